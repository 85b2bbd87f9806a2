//! The list of jobs, newest first.

use super::api::{Jobs, JobsQuery, Show};
use super::parts::JobTable;
use super::server::jobs;
use crate::live::document::{drawn, follow_all};
use crate::parts::{Empty, Tab, Tabs};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::event::Noun;

const TABS: [(Show, &str, &str); 4] = [
    (Show::All, "", "All"),
    (Show::Open, "open", "Under way"),
    (Show::Held, "held", "Held"),
    (Show::Closed, "closed", "Closed"),
];

/// The page at `/jobs`.
#[component]
pub fn JobsPage() -> impl IntoView {
    let query = use_query_map().with_untracked(|map| read(map.get("show"), map.get("after")));
    view! {
        <Title text="Jobs"/>
        {follow_all(Noun::Job)}
        {drawn(jobs(query.clone()), move |jobs| view! { <Found query jobs/> })}
    }
}

fn read(show: Option<String>, after: Option<String>) -> JobsQuery {
    let show = show.unwrap_or_default();
    JobsQuery {
        show: TABS.iter().find(|(_, name, _)| *name == show).map_or(Show::All, |(show, _, _)| *show),
        after: after.and_then(|text| text.parse().ok()),
    }
}

fn href(query: &JobsQuery) -> String {
    let name = TABS.iter().find(|(show, _, _)| *show == query.show).map_or("", |(_, name, _)| name);
    let show = (!name.is_empty()).then(|| format!("show={name}"));
    let after = query.after.map(|job| format!("after={job}"));
    let parts: Vec<_> = show.into_iter().chain(after).collect();
    if parts.is_empty() { "/jobs".to_owned() } else { format!("/jobs?{}", parts.join("&")) }
}

#[component]
fn Found(query: JobsQuery, jobs: Jobs) -> AnyView {
    let tabs = TABS
        .into_iter()
        .map(|(show, _, words)| {
            let count = match show {
                Show::Open => Some(jobs.open),
                Show::Held => Some(jobs.held),
                Show::All | Show::Closed => None,
            };
            Tab { href: href(&JobsQuery { show, after: None }), words, count, here: show == query.show }
        })
        .collect();
    let older = jobs.more.map(|last| href(&JobsQuery { after: Some(last), ..query }));
    view! {
        <div class="page-head"><h1>"Jobs"</h1></div>
        <Tabs label="Which jobs" tabs/>
        {if jobs.rows.is_empty() {
            Either::Left(nothing(query.show))
        } else {
            Either::Right(view! { <JobTable rows=jobs.rows asked_at=jobs.asked_at machines=true/> })
        }}
        <nav class="pages" aria-label="Pages of the list">
            {query.after.is_some().then(|| view! { <a class="button" href=href(&JobsQuery { after: None, ..query })>"Newest"</a> })}
            {older.map(|href| view! { <a class="button" href=href rel="next">"Older"</a> })}
        </nav>
    }.into_any()
}

fn nothing(show: Show) -> impl IntoView {
    match show {
        Show::Held => Either::Left(view! {
            <Empty title="Nothing waits for a person">
                <p>"A job is held when its machine could not be proven back. It would stand here until somebody decides."</p>
            </Empty>
        }),
        _ => Either::Right(view! {
            <Empty title="No job here">
                <p>"A job is one trip of a machine into maintenance and back. Choose a machine and run a function on it."</p>
                <p><a class="button" href="/">"To the fleet"</a></p>
            </Empty>
        }),
    }
}
