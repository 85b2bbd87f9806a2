//! The program: what comes alive in the browser. It is the fleet, and nothing else: all other pages are documents
//! (`documents`).

use crate::live::provide_live;
use crate::machines::fleet::page::FleetPage;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// What stands within the frame (`shell`).
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_live();
    view! {
        <Title formatter=titled/>
        <Router>
            <Routes fallback=|| ()>
                <Route path=path!("/") view=FleetPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// A page's title, as the window has it.
pub(super) fn titled(title: String) -> String {
    if title.is_empty() { "Pitstop".to_owned() } else { format!("{title} \u{b7} Pitstop") }
}
