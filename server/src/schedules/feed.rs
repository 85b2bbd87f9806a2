//! The timetable for calendar programs: what a person sees of it, as iCalendar.

use pitstop_calendar::due::HORIZON;
use pitstop_calendar::ical::feed::{Entry, feed};
use pitstop_calendar::{Outcome, words};
use pitstop_store::schedules::ScheduleRow;
use pitstop_store::{Result, Store};
use pitstop_worker::members::whole;
use std::collections::BTreeSet;

/// Where nobody knows how long a run takes.
const GUESS_MINUTES: u32 = 60;

pub(super) async fn text(store: &Store, rows: Vec<ScheduleRow>) -> Result<String> {
    let now = store.now();
    let ahead = store.settled_between(now, now + HORIZON * 10).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows.into_iter().filter(|row| row.schedule.paused_at.is_none()) {
        let schedule = row.schedule;
        let left_out: BTreeSet<_> = ahead
            .iter()
            .filter(|one| one.schedule == schedule.id && one.settled.outcome == Outcome::Skipped)
            .map(|one| one.settled.id)
            .collect();
        let usual = store.usual_run_seconds(schedule.id).await?.map(|s| whole(s) / 60);
        let minutes = usual.and_then(|minutes| u32::try_from(minutes).ok()).unwrap_or(GUESS_MINUTES);
        let title = super::desk::title(store, &schedule.plan.function).await?;
        let description = format!("{title}, {}", words::series(&schedule.timing.series));
        entries.push(Entry {
            uid: format!("{}@pitstop", schedule.id),
            title: schedule.name,
            description,
            timing: schedule.timing,
            left_out,
            minutes,
            changed_at: row.changed_at,
        });
    }
    Ok(feed("Pitstop", &entries, now))
}
