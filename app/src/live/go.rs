//! To another page, without loading it anew where it is of the same document.

/// Goes to a path of ours. Does nothing on the server, where nothing is pressed.
pub fn use_go() -> impl Fn(&str) + Clone {
    #[cfg(feature = "hydrate")]
    {
        let navigate = leptos_router::hooks::use_navigate();
        move |path: &str| match crate::session::nav::is_document(path) {
            true => drop(leptos::prelude::window().location().assign(path)),
            false => navigate(path, Default::default()),
        }
    }
    #[cfg(not(feature = "hydrate"))]
    |_: &str| {}
}
