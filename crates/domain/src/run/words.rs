//! Why a run waits, and why it moved, in words for people.

use super::admit::gap_ends;
use super::progress::Progress;
use super::{Gap, Run, RunState, StopOn};
use crate::Time;
use crate::step::Waiting;

/// `the canary`, `wave 2`.
pub(super) fn wave_name(wave: u32) -> String {
    if wave == 0 { "the canary".to_owned() } else { format!("wave {wave}") }
}

fn machines(n: usize) -> String {
    if n == 1 { "1 machine".to_owned() } else { format!("{n} machines") }
}

fn jobs(n: usize) -> String {
    if n == 1 { "1 job".to_owned() } else { format!("{n} jobs") }
}

/// Nobody ends this wait but a person, or those who are under way.
fn untimed(awaits: String, since: Time, then: String) -> Waiting {
    Waiting { for_others: false, awaits, since, until: None, then }
}

pub(super) fn standing_still(run: &Run, progress: &Progress<'_>) -> Waiting {
    let left = machines(progress.waiting);
    let open = progress.members.len() - progress.ended - progress.waiting;
    let (awaits, then) = match run.state {
        RunState::Running => {
            ("its next look".to_owned(), "machines are started as the plan allows".to_owned())
        }
        RunState::Paused => (
            "a person to resume it".to_owned(),
            format!("{left} not started yet go on; until then nobody is started"),
        ),
        RunState::Stopped => (
            "a person: too many jobs failed".to_owned(),
            format!("resumed, {left} not started yet go on; cancelled, they are left as they are"),
        ),
        RunState::Cancelled | RunState::Closed => (
            format!("{} under way, which give their machines back", jobs(open)),
            "the run is over".to_owned(),
        ),
    };
    untimed(awaits, run.since, then)
}

pub(super) fn too_many_failed(progress: &Progress<'_>) -> String {
    let held = match progress.held {
        0 => String::new(),
        n => format!(", {n} held"),
    };
    format!("{} of {} failed{held}", progress.failures, jobs_ended(progress.counted))
}

fn jobs_ended(n: usize) -> String {
    if n == 1 { "1 job that ended".to_owned() } else { format!("{n} jobs that ended") }
}

pub(super) fn last_jobs(run: &Run, progress: &Progress<'_>) -> Waiting {
    let mut parts = Vec::new();
    let mut part = |n: usize, words: &str| {
        if n > 0 {
            parts.push(format!("{} {words}", jobs(n)));
        }
    };
    part(progress.under_way, "under way");
    part(progress.no_show, "whose machine shows no sign");
    part(progress.held, "held for a person's decision");
    untimed(parts.join(", "), run.since, "the run is closed when they are".to_owned())
}

pub(super) fn window_closes(progress: &Progress<'_>) -> String {
    format!(
        "the maintenance window closes: {} not started yet are left as they are",
        machines(progress.waiting)
    )
}

pub(super) fn earlier_wave(run: &Run, progress: &Progress<'_>, wave: u32) -> Waiting {
    let blocking: Vec<_> = progress.in_the_way(wave).collect();
    let earlier = blocking.iter().map(|member| member.wave).min().unwrap_or_default();
    let open = blocking.iter().filter(|member| member.wave == earlier).count();
    let of = progress.size_of(earlier);
    let awaits = format!("{}: {} of {} have ended", wave_name(earlier), of - open.min(of), machines(of));
    let pause = if run.plan.pause_s > 0 { ", after its pause" } else { "" };
    let unless = match run.plan.stop_on {
        None => String::new(),
        Some(StopOn::Failures(n)) => format!(", unless {} failed", jobs(n as usize)),
        Some(StopOn::Percent(n)) => format!(", unless {n} % failed"),
    };
    let then = format!("{} starts with {}{pause}{unless}", wave_name(wave), machines(progress.size_of(wave)));
    untimed(awaits, run.since, then)
}

pub(super) fn gap(run: &Run, progress: &Progress<'_>, gap: Gap) -> Waiting {
    Waiting {
        for_others: false,
        awaits: "the pause between waves to pass".to_owned(),
        since: gap.since,
        until: Some(gap_ends(run, gap)),
        then: format!("{} starts with {}", wave_name(gap.before), machines(progress.size_of(gap.before))),
    }
}

pub(super) fn gap_begins(run: &Run, wave: u32) -> String {
    format!("{} starts after a pause of {} s", wave_name(wave), run.plan.pause_s)
}

pub(super) fn wave_begins(progress: &Progress<'_>, wave: u32) -> String {
    format!("{} starts: {}", wave_name(wave), machines(progress.size_of(wave)))
}

pub(super) fn no_place(run: &Run, progress: &Progress<'_>, wave: u32) -> Waiting {
    let full = run.plan.at_once.in_all.is_some_and(|limit| progress.taken >= limit as usize);
    let awaits = if full {
        format!("a free place: {} at work, and no more at once", machines(progress.taken))
    } else {
        let limit = run.plan.at_once.per_site.unwrap_or_default();
        format!("a free place: {limit} at once at each site, and those that wait are at full ones")
    };
    let waiting = progress.members.iter().filter(|member| member.waits() && member.wave == wave).count();
    untimed(awaits, run.since, format!("the next of {} in {} starts", machines(waiting), wave_name(wave)))
}

pub(super) fn started(run: &Run, progress: &Progress<'_>, starting: usize) -> Waiting {
    let under_way = progress.under_way + starting;
    untimed(
        format!("{} at work", machines(under_way)),
        run.since,
        "more start as places become free".to_owned(),
    )
}
