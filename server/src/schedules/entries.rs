//! An occurrence in words.

use pitstop_app::schedules::desk::{EntryLine, EntryState};
use pitstop_calendar::due::length;
use pitstop_calendar::window::Shut;
use pitstop_calendar::{Occurrence, Outcome, Reading, Schedule, Zone};
use pitstop_domain::Time;
use pitstop_domain::id::RunId;
use pitstop_domain::run::tally::Tally;
use pitstop_store::schedules::occurrences::SettledRow;
use std::collections::HashMap;

/// One that comes.
pub fn coming(schedule: &Schedule, occurrence: &Occurrence, zone: Zone) -> EntryLine {
    let paused = schedule.paused_at.is_some();
    let words = if schedule.timing.ready_by.is_some() { "ready by then" } else { "" };
    EntryLine {
        schedule: schedule.id.to_string(),
        name: schedule.name.clone(),
        recurrence: occurrence.id.to_string(),
        at: occurrence.at,
        clock: clock(zone, occurrence.at),
        state: if paused { EntryState::Paused } else { EntryState::Coming },
        words: words.to_owned(),
        run: None,
        notes: change_of_clocks(schedule.timing.series.zone, occurrence).into_iter().collect(),
        moved: occurrence.moved,
    }
}

/// What the clocks show there.
pub fn clock(zone: Zone, at: Time) -> String {
    zone.local(at).format("%-H:%M").to_string()
}

fn change_of_clocks(zone: Zone, occurrence: &Occurrence) -> Option<String> {
    match occurrence.reading {
        Reading::Plain => None,
        Reading::Gap => Some(format!(
            "clocks are put ahead over {} that day: it begins at {}",
            occurrence.local.format("%-H:%M"),
            clock(zone, occurrence.at)
        )),
        Reading::Overlap => {
            Some(format!("it is {} twice that day: the first is meant", occurrence.local.format("%-H:%M")))
        }
    }
}

/// What stands in the way of one that comes.
pub fn shut(shut: &Shut) -> String {
    match shut {
        Shut::Outside => "no maintenance window is open then".to_owned(),
        Shut::Blackout(title) => format!("blackout: {title}"),
        Shut::TooShort { left_s, usual_s } => {
            let (left, usual) = (chrono::TimeDelta::seconds(*left_s), chrono::TimeDelta::seconds(*usual_s));
            format!(
                "only {} of the window are left then; a trip usually takes {}",
                length(left),
                length(usual)
            )
        }
    }
}

/// One that is settled.
pub fn settled(
    row: &SettledRow,
    schedule: &Schedule,
    tallies: &HashMap<RunId, (Tally, bool)>,
    zone: Zone,
    now: Time,
) -> EntryLine {
    let settled = &row.settled;
    let tally = row.run.and_then(|run| tallies.get(&run));
    let (state, words) = match (settled.outcome, tally) {
        (Outcome::Skipped, _) if settled.due_at > now => (EntryState::LeftOut, settled.reason.clone()),
        (Outcome::Skipped, _) => (EntryState::Skipped, settled.reason.clone()),
        (Outcome::Failed, _) => (EntryState::Failed, settled.reason.clone()),
        (Outcome::Started, Some((tally, over))) => run(tally, *over),
        (Outcome::Started, None) => (EntryState::UnderWay, settled.reason.clone()),
    };
    let moved = schedule.timing.series.moved.contains_key(&settled.id);
    EntryLine {
        schedule: row.schedule.to_string(),
        name: schedule.name.clone(),
        recurrence: settled.id.to_string(),
        at: settled.due_at,
        clock: clock(zone, settled.due_at),
        state,
        words,
        run: row.run.map(|run| run.to_string()),
        notes: vec![],
        moved,
    }
}

fn run(tally: &Tally, over: bool) -> (EntryState, String) {
    let (well, bad) = (tally.back + tally.found, tally.failed + tally.held);
    let machines =
        if tally.machines == 1 { "1 machine".to_owned() } else { format!("{} machines", tally.machines) };
    let left = tally.refused + tally.skipped + tally.cancelled;
    let mut parts = vec![format!("{well} of {machines} done")];
    for (n, words) in [(bad, "failed"), (tally.found, "found something"), (left, "not started")] {
        if n > 0 {
            parts.push(format!("{n} {words}"));
        }
    }
    let state = match over {
        _ if bad > 0 => EntryState::Failed,
        false => EntryState::UnderWay,
        true if well == 0 => EntryState::Skipped,
        true => EntryState::Well,
    };
    (state, parts.join(", "))
}
