//! To another page.

/// Goes to a path of ours: by the program's router where it is the fleet, else the browser loads it. Does nothing on the
/// server, where nothing is pressed.
pub fn use_go() -> impl Fn(&str) + Clone {
    #[cfg(feature = "hydrate")]
    {
        let navigate = leptos_router::hooks::use_navigate();
        move |path: &str| match path.split('?').next() {
            Some("/") => navigate(path, Default::default()),
            _ => drop(leptos::prelude::window().location().assign(path)),
        }
    }
    #[cfg(not(feature = "hydrate"))]
    |_: &str| {}
}
