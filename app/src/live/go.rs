//! To another page, without loading it anew.

/// Goes to a path of ours. Does nothing on the server, where nothing is pressed.
pub fn use_go() -> impl Fn(&str) + Clone {
    #[cfg(feature = "hydrate")]
    {
        let navigate = leptos_router::hooks::use_navigate();
        move |path: &str| {
            // The timetable's pages are documents without the program.
            if path.starts_with(crate::session::nav::SCHEDULES) {
                let _ = leptos::prelude::window().location().set_href(path);
            } else {
                navigate(path, Default::default());
            }
        }
    }
    #[cfg(not(feature = "hydrate"))]
    |_: &str| {}
}
