//! Pages that are documents: drawn whole on the server, and kept as they are by now by a script (`public/live.js`). They can
//! be read without JavaScript, and answer with the status that is theirs.

use super::app::titled;
use crate::Failure;
use crate::alarms::page::AlarmsPage;
use crate::discovery::import::ImportPage;
use crate::discovery::page::DiscoveryPage;
use crate::helpdesk::desk::DeskPage;
use crate::helpdesk::repair::RepairPageView;
use crate::helpdesk::search::SearchPage;
use crate::jobs::list::JobsPage;
use crate::jobs::page::JobPageView;
use crate::machines::fleet::act::ActPage;
use crate::machines::page::MachinePageView;
use crate::machines::routes::page::RoutesPage;
use crate::parts::Trouble;
use crate::runs::list::RunsPage;
use crate::runs::new::NewRunPage;
use crate::runs::page::RunPageView;
use crate::styleguide::page::StyleguidePage;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// What stands within the frame (`shell`).
#[component]
pub fn Documents() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=titled/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/act") view=ActPage ssr=SsrMode::Async/>
                <Route path=path!("/machines/:id") view=MachinePageView ssr=SsrMode::Async/>
                <Route path=path!("/machines/:id/routes") view=RoutesPage ssr=SsrMode::Async/>
                <Route path=path!("/discovery") view=DiscoveryPage ssr=SsrMode::Async/>
                <Route path=path!("/discovery/import") view=ImportPage ssr=SsrMode::Async/>
                <Route path=path!("/alarms") view=AlarmsPage ssr=SsrMode::Async/>
                <Route path=path!("/jobs") view=JobsPage ssr=SsrMode::Async/>
                <Route path=path!("/jobs/:id") view=JobPageView ssr=SsrMode::Async/>
                <Route path=path!("/runs") view=RunsPage ssr=SsrMode::Async/>
                <Route path=path!("/runs/new") view=NewRunPage ssr=SsrMode::Async/>
                <Route path=path!("/runs/:id") view=RunPageView ssr=SsrMode::Async/>
                <Route path=path!("/helpdesk") view=SearchPage ssr=SsrMode::Async/>
                <Route path=path!("/helpdesk/:machine") view=DeskPage ssr=SsrMode::Async/>
                <Route path=path!("/helpdesk/repair/:id") view=RepairPageView ssr=SsrMode::Async/>
                <Route path=path!("/styleguide") view=StyleguidePage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! { <Trouble failure=Failure::not_found("page")/> }
}
