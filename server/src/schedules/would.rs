//! What a schedule would do, told before it is kept.

use super::days::Looked;
use super::entries::coming;
use pitstop_app::schedules::desk::Would;
use pitstop_calendar::due::length;
use pitstop_calendar::{Chosen, Schedule, words};
use pitstop_domain::run::estimate::estimate;
use pitstop_store::{Error, Result, Store};
use pitstop_worker::members::candidates;
use pitstop_worker::schedules::places::Places;

/// Times that are shown ahead.
const AHEAD: usize = 10;

/// The next ten times, the machines, and what stands in the way.
///
/// # Errors
/// When the search or the plan cannot be understood.
pub async fn would(store: &Store, schedule: &Schedule) -> Result<Would> {
    let now = store.now();
    let zone = schedule.timing.series.zone;
    let places = Places::of(store, schedule, now).await?;
    let looked = Looked::at(store, schedule, now).await?;
    let mut next: Vec<_> =
        schedule.timing.series.next(now, AHEAD).iter().map(|one| coming(schedule, one, zone)).collect();
    next.iter_mut().for_each(|entry| {
        looked.note(entry, now);
        // Kept or not, it is what the form says now.
        entry.schedule.clear();
        // One day is not enough to know one by.
        entry.clock = zone.local(entry.at).format("%a %-d %b %Y, %-H:%M").to_string();
    });
    let estimate = estimate(&schedule.plan, &candidates(store, &places.chosen, &schedule.plan).await?);
    let takes = estimate.total_s.and_then(|s| i64::try_from(s).ok()).map(chrono::TimeDelta::seconds);
    let takes = takes.map_or_else(
        || ", nobody knows yet how long it takes".to_owned(),
        |takes| format!(", in about {}", length(takes)),
    );
    let live = matches!(schedule.chosen, Chosen::Search(_));
    let found = if live { "now found" } else { "named" };
    let machines = if estimate.machines == 1 { "machine" } else { "machines" };
    let machines = format!(
        "{} {machines} of {} {found} could be started{takes}.",
        estimate.machines,
        places.chosen.len()
    );
    let mut notes = Vec::new();
    if let Some(first) = estimate.refused.first() {
        let count = estimate.refused.len();
        notes.push(format!("{count} could not be started; the first, {}: {}", first.name, first.why));
    }
    Ok(Would { words: words::series(&schedule.timing.series), next, zone: zone.to_string(), machines, notes })
}

/// A refusal, where it is one that the form can show.
pub fn said(error: Error) -> Result<String> {
    match error {
        Error::Refused(why) => Ok(why),
        Error::NotFound(what) => Ok(format!("There is no such {what}.")),
        other => Err(other),
    }
}
