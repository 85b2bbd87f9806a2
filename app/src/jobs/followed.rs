//! What the page of one job follows.

use super::api::JobPage;
use crate::live::document::follow;
use leptos::prelude::*;
use pitstop_domain::event::Noun;
use pitstop_domain::job::Phase;

/// The job, and its machine: sightings tell of the trip too. That it ended is told on other pages as well
/// (`public/news.js`).
pub(crate) fn followed(page: &JobPage) -> AnyView {
    let (job, machine) = (page.job.id, page.job.machine);
    let watch =
        (page.job.phase != Phase::Closed).then(|| view! { <template data-watch=job.to_string()></template> });
    view! { {follow(Noun::Job, job)} {follow(Noun::Machine, machine)} {watch} }.into_any()
}
