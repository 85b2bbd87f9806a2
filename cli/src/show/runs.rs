//! Runs, and what one would do.

use super::Look;
use super::paint::Tone;
use super::table::{Cell, table};
use super::words::{clip, duration, spaced};
use crate::shape::{RunLine, RunStory};
use chrono::TimeDelta;
use pitstop_domain::run::estimate::Estimate;
use pitstop_domain::run::tally::{Kind, Tally};

/// Enough of a reason to know which run it is.
const LONGEST_NOTE: usize = 60;

pub fn list(runs: &[RunLine], look: &Look) -> String {
    let rows = runs.iter().map(|run| {
        let note = match &run.awaits {
            Some(awaits) if run.over_at.is_none() => format!("waits for {awaits}"),
            _ => run.because.clone(),
        };
        [
            run.id.to_string().into(),
            (&run.function).into(),
            Cell::toned(&run.state, tone(&run.state)),
            run.tally.machines.to_string().into(),
            tally(&run.tally).into(),
            look.stamp(run.created_at).into(),
            duration(run.over_at.unwrap_or(look.now) - run.created_at).into(),
            clip(&note, LONGEST_NOTE).into(),
        ]
    });
    let head = ["RUN", "FUNCTION", "STATE", "MACHINES", "HOW FAR", "MADE", "TOOK", "NOTE"];
    table(head, rows.collect(), look.paint)
}

/// The whole run: where it is, why, and its machines.
pub fn one(story: &RunStory, look: &Look) -> String {
    let mut text = format!("{}, {}: {}\n", story.title, story.run.state, tally(&story.tally));
    match &story.waiting {
        Some(waiting) => text += &format!("waits for {}; then: {}\n", waiting.awaits, waiting.then),
        None => text += &format!("{}\n", story.run.because),
    }
    text.push('\n');
    for line in &story.history {
        text += &format!("{}  {}: {}\n", look.stamp(line.at), line.state, line.reason);
    }
    let rows = story.members.iter().map(|member| {
        [
            (&member.name).into(),
            (&member.site).into(),
            wave(member.wave).into(),
            spaced(&member.kind).into(),
            member.job.map(|job| job.to_string()).unwrap_or_default().into(),
            clip(&member.words, LONGEST_NOTE).into(),
        ]
    });
    text.push('\n');
    text += &table(["MACHINE", "SITE", "WAVE", "STATE", "JOB", "NOTE"], rows.collect(), look.paint);
    let left = story.listed.saturating_sub(story.members.len() as u64);
    if left > 0 {
        text += &format!("and {left} more\n");
    }
    text
}

/// What a run would do.
pub fn estimate(told: &Estimate) -> String {
    let takes = |seconds: Option<u64>| seconds.map_or("not known yet".to_owned(), time);
    let mut text = format!(
        "{} machines, {} at once at most, time in all: {}\n",
        told.machines,
        told.at_once,
        takes(told.total_s)
    );
    for line in &told.waves {
        text += &format!("  {}: {} machines, {}\n", wave(line.wave), line.machines, takes(line.seconds));
    }
    for refused in &told.refused {
        text += &format!("  refused: {}: {}\n", refused.name, refused.why);
    }
    for busy in &told.busy {
        text += &format!("  waits: {}: {}\n", busy.name, busy.why);
    }
    text
}

/// `3 back, 2 waiting`.
pub fn tally(tally: &Tally) -> String {
    let some = Kind::ALL.into_iter().filter(|kind| tally.count(*kind) > 0);
    some.map(|kind| format!("{} {}", tally.count(kind), kind.words())).collect::<Vec<_>>().join(", ")
}

fn wave(wave: u32) -> String {
    if wave == 0 { "canary".to_owned() } else { format!("wave {wave}") }
}

fn time(seconds: u64) -> String {
    duration(TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1000)))
}

fn tone(state: &str) -> Tone {
    match state {
        "stopped" => Tone::Bad,
        "paused" => Tone::Warning,
        "cancelled" => Tone::Quiet,
        "closed" => Tone::Good,
        _ => Tone::Plain,
    }
}
