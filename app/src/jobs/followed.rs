//! The page of one job, fetched anew whenever something happens to it.

use super::api::JobPage;
use crate::Failure;
use crate::live::fetch::Fetched;
use crate::live::{Pace, fetched, use_changes};
use crate::session::news::Watched;
use leptos::prelude::*;
use pitstop_domain::event::Noun;
use pitstop_domain::job::Phase;

/// Fetches the job's page by `fetch`, and again when the job or its machine changes. That it ended is told on other pages too.
pub(crate) fn followed<F>(
    id: Memo<String>,
    fetch: impl Fn(String) -> F + Send + Sync + 'static,
) -> Fetched<JobPage>
where
    F: Future<Output = Result<JobPage, Failure>> + Send + 'static,
{
    let machine = RwSignal::new(String::new());
    // Sightings of the machine tell of the trip too.
    let tick = use_changes(Pace::Thing, move |changed| match changed.kind {
        Noun::Job => id.try_with_untracked(|id| *id == changed.id).unwrap_or(false),
        Noun::Machine => machine.try_with_untracked(|machine| *machine == changed.id).unwrap_or(false),
        _ => false,
    });
    let data = fetched(move || (id.get(), tick.get()), move |(id, _)| fetch(id));
    let found = data.clone();
    Effect::new(move |_| {
        if let Some(Ok(page)) = found.get() {
            machine.set(page.job.machine.to_string());
            if page.job.phase != Phase::Closed {
                Watched::follow(page.job.id.to_string());
            }
        }
    });
    data
}
