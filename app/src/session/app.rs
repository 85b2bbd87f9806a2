//! The routes. Pages are rendered whole on the server: they can be read without JavaScript, and answer with the
//! status that is theirs.

use super::bar::TopBar;
use super::keys::Keys;
use super::news::{News, Watched};
use crate::Failure;
use crate::alarms::bar::AlarmBar;
use crate::alarms::page::AlarmsPage;
use crate::discovery::import::ImportPage;
use crate::discovery::page::DiscoveryPage;
use crate::helpdesk::desk::DeskPage;
use crate::helpdesk::repair::RepairPageView;
use crate::helpdesk::search::SearchPage;
use crate::jobs::list::JobsPage;
use crate::jobs::page::JobPageView;
use crate::live::{clock::provide_clock, provide_live};
use crate::machines::fleet::act::ActPage;
use crate::machines::fleet::page::FleetPage;
use crate::machines::page::MachinePageView;
use crate::machines::routes::page::RoutesPage;
use crate::parts::{ToastCorner, Toasts, Trouble};
use crate::runs::list::RunsPage;
use crate::runs::new::NewRunPage;
use crate::runs::page::RunPageView;
use crate::styleguide::page::StyleguidePage;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// The dashboard.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_clock();
    provide_live();
    Toasts::provide();
    Watched::provide();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Pitstop".to_owned() } else { format!("{title} · Pitstop") }/>
        <a class="skip" href="#main">"Skip to the page"</a>
        <Router>
            <TopBar/>
            <AlarmBar/>
            <main id="main" tabindex="-1">
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=FleetPage ssr=SsrMode::Async/>
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
            </main>
            <ToastCorner/>
            <News/>
            <Keys/>
        </Router>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! { <Trouble failure=Failure::not_found("page")/> }
}
