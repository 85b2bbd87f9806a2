//! What a schedule would do, told before it is kept.

use super::comes::{Ahead, Looked, NAMED, clashes, entries};
use chrono::TimeDelta;
use pitstop_app::schedules::desk::{EntryLine, EntryState, Would};
use pitstop_calendar::due::{HORIZON, length};
use pitstop_calendar::{Chosen, Occurrence, Schedule, words};
use pitstop_domain::Time;
use pitstop_domain::run::estimate::estimate;
use pitstop_store::{Error, Result, Store};
use pitstop_worker::members::candidates;
use pitstop_worker::schedules::ground::Ground;
use pitstop_worker::schedules::places::Places;

/// Times that are shown ahead.
const AHEAD: usize = 10;

/// Windows and blackouts are looked at this far ahead: a rule of every year has times in ten years, too.
const KNOWN: TimeDelta = TimeDelta::days(400);

/// The next ten times, the machines, and what stands in the way: windows, blackouts, and these other schedules.
///
/// # Errors
/// When the search or the plan cannot be understood.
pub async fn would(store: &Store, schedule: &Schedule, others: &[Schedule]) -> Result<Would> {
    let now = store.now();
    let zone = schedule.timing.series.zone;
    let places = Places::of(store, schedule, now).await?;
    let estimate = estimate(&schedule.plan, &candidates(store, &places.chosen, &schedule.plan).await?);
    let next = next(store, schedule, others, estimate.total_s, now).await?;
    let takes = estimate.total_s.and_then(|s| i64::try_from(s).ok()).map(TimeDelta::seconds);
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
    let conflicts = next.iter().filter(|entry| entry.state == EntryState::Conflict).count();
    if conflicts > 0 {
        notes.push(format!("Something stands in the way of {conflicts} of the next {} times.", next.len()));
    }
    if let Some(first) = estimate.refused.first() {
        let count = estimate.refused.len();
        notes.push(format!("{count} could not be started; the first, {}: {}", first.name, first.why));
    }
    Ok(Would { words: words::series(&schedule.timing.series), next, zone: zone.to_string(), machines, notes })
}

async fn next(
    store: &Store,
    schedule: &Schedule,
    others: &[Schedule],
    run_s: Option<u64>,
    now: Time,
) -> Result<Vec<EntryLine>> {
    let own = schedule.timing.series.next(now, AHEAD);
    let until = own.last().map_or(now, |last| last.at).max(now + HORIZON).min(now + KNOWN);
    let all: Vec<&Schedule> =
        std::iter::once(schedule).chain(others.iter().filter(|one| one.paused_at.is_none())).collect();
    let mut ground = Ground::of(store, &all, now - TimeDelta::days(1)..until + TimeDelta::days(2)).await?;
    let mut looked = Vec::with_capacity(all.len());
    for one in &all {
        looked.push(Some(Looked::of(store, &mut ground, one, until + TimeDelta::days(2)).await?));
    }
    if let Some(mine) = looked[0].as_mut().filter(|mine| mine.placed.run_s.is_none()) {
        let known = run_s.and_then(|s| i64::try_from(s).ok()).map(TimeDelta::seconds);
        (mine.placed.run_s, mine.takes) = (run_s, known.unwrap_or(mine.takes));
    }
    let mut ahead: Vec<_> = own.into_iter().map(|occurrence| Ahead { schedule: 0, occurrence }).collect();
    ahead.extend(beside(&all, &looked, &ahead));
    let clashes = clashes(&mut ahead, &looked, NAMED);
    let zone = schedule.timing.series.zone;
    let day = |at| zone.local(at).format("%a %-d %b %Y, %-H:%M").to_string();
    let entries = entries(&all, &ahead, &clashes, &looked, zone);
    let mine = entries.into_iter().zip(&ahead).filter(|(_, one)| one.schedule == 0);
    Ok(mine
        .map(|(mut entry, _)| {
            // Kept or not, it is what the form says now.
            entry.schedule.clear();
            // One day is not enough to know one by.
            entry.clock = day(entry.at);
            entry
        })
        .collect())
}

/// Times of the others at which their machines, if this schedule wants them, are away at the same time.
fn beside(all: &[&Schedule], looked: &[Option<Looked>], own: &[Ahead]) -> Vec<Ahead> {
    let Some(Some(mine)) = looked.first() else { return vec![] };
    let mut beside: Vec<Ahead> = Vec::new();
    for (n, other) in all.iter().enumerate().skip(1) {
        let Some(theirs) = &looked[n] else { continue };
        if mine.placed.machines.shared(&theirs.placed.machines) == 0 {
            continue;
        }
        let mut found: Vec<Occurrence> = Vec::new();
        for one in own {
            let begins = mine.begins(one.occurrence.at) + theirs.lead;
            let times = other.timing.series.between(begins - theirs.takes, begins + mine.takes).into_iter();
            found.extend(times.filter(|time| time.at > other.since));
        }
        found.sort_by_key(|one| one.id);
        found.dedup_by_key(|one| one.id);
        beside.extend(found.into_iter().map(|occurrence| Ahead { schedule: n, occurrence }));
    }
    beside
}

/// A refusal, where it is one that the form can show.
pub fn said(error: Error) -> Result<String> {
    match error {
        Error::Refused(why) => Ok(why),
        Error::NotFound(what) => Ok(format!("There is no such {what}.")),
        other => Err(other),
    }
}
