//! A repair as it happens, and the card for the ticket when it is over.

use super::api::repair_state;
use super::card::{headline, lines, text};
use super::plain::{plain, say_now};
use super::words;
use crate::jobs::acts::provide_acts;
use crate::jobs::api::JobPage;
use crate::jobs::followed::followed;
use crate::jobs::parts::outcome_look;
use crate::jobs::person::PersonRoute;
use crate::jobs::steps::StepList;
use crate::parts::{Copy, Trouble, icon};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page at `/helpdesk/repair/{job}`.
#[component]
pub fn RepairPageView() -> impl IntoView {
    provide_acts();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = followed(id, repair_state);
    view! {
        <Transition fallback=|| view! { <div class="skeleton tall" aria-busy="true"></div> }>
            {move || data.get().map(|found| match found {
                Ok(page) => Either::Left(view! { <Found page/> }),
                Err(failure) => Either::Right(view! { <Trouble failure/> }),
            })}
        </Transition>
    }
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
    let ticket = text(&page, &format!("{}/jobs/{}", origin(), page.job.id));
    view! {
        <section class="panel result" data-state=name aria-labelledby="card">
            <h2 id="card">{icon(drawing)} {head}</h2>
            <dl class="facts">{each}</dl>
            <Copy text=ticket what="for the ticket"/>
        </section>
    }
    .into_any()
}

/// Where this dashboard is, for a link that is read elsewhere.
fn origin() -> String {
    #[cfg(feature = "hydrate")]
    return window().location().origin().unwrap_or_default();
    #[cfg(not(feature = "hydrate"))]
    String::new()
}
