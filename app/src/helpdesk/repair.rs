//! A repair as it happens, and the card for the ticket when it is over.

use super::card::{headline, lines, text};
use super::plain::{plain, say_now};
use super::server::repair_state;
use super::words;
use crate::jobs::acts::provide_acts;
use crate::jobs::api::JobPage;
use crate::jobs::followed::followed;
use crate::jobs::parts::outcome_look;
use crate::jobs::person::PersonRoute;
use crate::jobs::steps::StepList;
use crate::live::document::drawn;
use crate::parts::{Copy, icon};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page at `/helpdesk/repair/{job}`.
#[component]
pub fn RepairPageView() -> impl IntoView {
    provide_acts();
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    drawn(async move { repair_state(&id).await }, |page| view! { {followed(&page)} <Found page/> })
}

#[component]
fn Found(page: JobPage) -> AnyView {
    let asked_at = page.asked_at;
    view! {
        <Title text=format!("{} · {}", page.machine_name, words::TITLE)/>
        <div class="desk">
            <div class="page-head">
                <p class="crumbs"><a href="/helpdesk">{words::TITLE}</a> " / " <a href=format!("/helpdesk/{}", page.job.machine)>{page.machine_name.clone()}</a></p>
                <h1>{page.title.clone()} " on " {page.machine_name.clone()}</h1>
            </div>
            <p class="say-now" aria-live="polite">{say_now(&page)}</p>
            <Card page=page.clone()/>
            <PersonRoute page=page.clone()/>
            <div class="plain-steps"><StepList label=words::STEPS steps=plain(&page) asked_at/></div>
            <p class="muted"><a href=format!("/jobs/{}", page.job.id)>{words::ENGINEER}</a></p>
        </div>
    }
    .into_any()
}

#[component]
fn Card(page: JobPage) -> AnyView {
    let (Some(head), Some(ended)) = (headline(&page), page.job.ended.clone()) else { return ().into_any() };
    let (drawing, name, _) = outcome_look(ended.outcome);
    let each: Vec<_> = lines(&page)
        .into_iter()
        .map(|(name, said)| view! { <div><dt>{name}</dt><dd>{said}</dd></div> })
        .collect();
    let ticket = text(&page, &format!("{}/jobs/{}", crate::serve::base_url(), page.job.id));
    view! {
        <section class="panel result" data-state=name aria-labelledby="card">
            <h2 id="card">{icon(drawing)} {head}</h2>
            <dl class="facts">{each}</dl>
            <Copy text=ticket what="for the ticket"/>
        </section>
    }
    .into_any()
}
