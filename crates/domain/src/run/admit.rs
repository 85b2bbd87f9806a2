//! The decision about a run: who is started now, and what is waited for.

use super::member::Member;
use super::progress::Progress;
use super::{Gap, Run, RunFacts, RunState, Wish, words};
use crate::Time;
use crate::id::{JobId, MachineId};
use crate::job::Phase;
use crate::step::Waiting;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// Jobs started in one transaction, by one statement. The next look follows at once, and reads all members again: by a
/// thousand at a time, ten thousand that were due at one moment took four times as long. Ten thousand are half a second of
/// the database, and some tens of megabytes.
pub const MOST_AT_A_TIME: usize = 10_000;

/// A run is looked at this often even if nobody wakes it: a lost signal costs a minute and no more.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(60);

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Admission {
    pub run: Run,
    /// Why the run moved (another state, another wave, a pause begun); `None` when it only waits.
    pub moved: Option<String>,
    /// Machines whose jobs start now.
    pub start: Vec<MachineId>,
    /// Machines whose turn will not come.
    pub skip: Vec<MachineId>,
    /// Jobs that are taken back.
    pub cancel: Vec<JobId>,
    /// Machines whose failure no longer counts.
    pub forgive: Vec<MachineId>,
    /// `None` only for a run that is over.
    pub waiting: Option<Waiting>,
    /// When to look again even if nothing is heard; `None` only for a run that is over.
    pub wake_at: Option<Time>,
}

/// Where does this run stand, and who may start, given what is known now? The members stand in their order.
pub fn admit(run: &Run, members: &[Member], facts: &RunFacts, now: Time) -> Admission {
    if run.is_over() {
        return bare(run.clone());
    }
    let progress = Progress::of(run, members, now);
    if let Some(wish) = facts.wish.as_ref().and_then(|wish| fulfil(run, wish.what, &progress, now)) {
        return wish;
    }
    if progress.ended == members.len() {
        return over(run, now);
    }
    if run.state != RunState::Running {
        return wait(run.clone(), words::standing_still(run, &progress), None, now);
    }
    if progress.must_stop() {
        return into(run, RunState::Stopped, words::too_many_failed(&progress), &progress, now);
    }
    if let Some(left) = window_closes(run, &progress, now) {
        return left;
    }
    match progress.next_wave() {
        None => wait(run.clone(), words::last_jobs(run, &progress), progress.next_missing, now),
        Some(wave) => next(run, &progress, wave, now),
    }
}

/// A wish that means something in this state.
fn fulfil(run: &Run, wish: Wish, progress: &Progress<'_>, now: Time) -> Option<Admission> {
    use RunState::{Cancelled, Paused, Running, Stopped};
    match (wish, run.state) {
        (Wish::Pause, Running) => Some(into(run, Paused, "paused by a person".to_owned(), progress, now)),
        (Wish::Resume, Paused | Stopped) => {
            let mut resumed = into(run, Running, "resumed by a person".to_owned(), progress, now);
            resumed.forgive = progress.failed().map(|member| member.machine).collect();
            Some(resumed)
        }
        (Wish::Cancel | Wish::CancelAll, Running | Paused | Stopped) => {
            let mut cancelled = into(run, Cancelled, "cancelled by a person".to_owned(), progress, now);
            cancelled.skip = waiting(progress).map(|member| member.machine).collect();
            if wish == Wish::CancelAll {
                cancelled.cancel = jobs_under_way(progress.members);
            }
            Some(cancelled)
        }
        (Wish::CancelAll, Cancelled) => {
            let cancel = jobs_under_way(progress.members);
            (!cancel.is_empty()).then(|| {
                let mut more =
                    into(run, Cancelled, "the jobs under way are taken back too".to_owned(), progress, now);
                more.cancel = cancel;
                more
            })
        }
        _ => None,
    }
}

/// A trip that would begin now would usually not be over when the window closes: who waits is left as it is.
fn window_closes(run: &Run, progress: &Progress<'_>, now: Time) -> Option<Admission> {
    let closing = run.plan.closes?;
    if progress.waiting == 0 || now + TimeDelta::seconds(i64::from(closing.trip_s)) <= closing.at {
        return None;
    }
    let mut left = wait(run.clone(), words::last_jobs(run, progress), Some(now), now);
    left.moved = Some(words::window_closes(progress));
    left.skip = waiting(progress).map(|member| member.machine).collect();
    Some(left)
}

/// Starts what may start of this wave, the next of which machines wait.
fn next(run: &Run, progress: &Progress<'_>, wave: u32, now: Time) -> Admission {
    if progress.in_the_way(wave).next().is_some() {
        return wait(run.clone(), words::earlier_wave(run, progress, wave), progress.next_missing, now);
    }
    if run.plan.pause_s > 0 && progress.follows_another(wave) && run.wave != Some(wave) {
        match run.gap.filter(|gap| gap.before == wave) {
            None => return begin_gap(run, progress, wave, now),
            Some(gap) if gap_ends(run, gap) > now => {
                return wait(run.clone(), words::gap(run, progress, gap), Some(gap_ends(run, gap)), now);
            }
            Some(_) => {}
        }
    }
    start(run, progress, wave, now)
}

fn begin_gap(run: &Run, progress: &Progress<'_>, wave: u32, now: Time) -> Admission {
    let gap = Gap { before: wave, since: now };
    let paused = Run { gap: Some(gap), ..run.clone() };
    let waiting = words::gap(&paused, progress, gap);
    let mut begun = wait(paused, waiting, Some(gap_ends(run, gap)), now);
    begun.moved = Some(words::gap_begins(run, wave));
    begun
}

pub(super) fn gap_ends(run: &Run, gap: Gap) -> Time {
    gap.since + TimeDelta::seconds(i64::from(run.plan.pause_s))
}

fn start(run: &Run, progress: &Progress<'_>, wave: u32, now: Time) -> Admission {
    let start = free_places(run, progress, wave);
    if start.is_empty() {
        return wait(run.clone(), words::no_place(run, progress, wave), progress.next_missing, now);
    }
    let first = run.wave != Some(wave);
    let begun = Run { wave: Some(wave), gap: None, ..run.clone() };
    // Looked at again at once: some may be refused, and more may wait.
    let mut started = wait(begun, words::started(run, progress, start.len()), Some(now), now);
    started.moved = first.then(|| words::wave_begins(progress, wave));
    started.start = start;
    started
}

/// Machines of the wave that find a place, in their order.
fn free_places(run: &Run, progress: &Progress<'_>, wave: u32) -> Vec<MachineId> {
    let limit = |limit: Option<u32>| limit.map_or(usize::MAX, |limit| limit as usize);
    let (in_all, per_site) = (limit(run.plan.at_once.in_all), limit(run.plan.at_once.per_site));
    let mut free = in_all.saturating_sub(progress.taken).min(MOST_AT_A_TIME);
    let mut taken_at: BTreeMap<&str, usize> = progress.taken_at.clone();
    let mut start = Vec::new();
    for member in waiting(progress).filter(|member| member.wave == wave) {
        if free == 0 {
            break;
        }
        let here = taken_at.entry(&member.site).or_default();
        if *here < per_site {
            *here += 1;
            free -= 1;
            start.push(member.machine);
        }
    }
    start
}

fn waiting<'a>(progress: &Progress<'a>) -> impl Iterator<Item = &'a Member> + use<'a> {
    progress.members.iter().filter(|member| member.waits())
}

/// Jobs that can still be taken back.
fn jobs_under_way(members: &[Member]) -> Vec<JobId> {
    let jobs = members.iter().filter_map(Member::job);
    jobs.filter(|job| matches!(job.phase, Phase::Queued | Phase::Switching | Phase::Running))
        .map(|job| job.job)
        .collect()
}

/// Into another state; looked at again at once, since that may decide more.
fn into(run: &Run, state: RunState, because: String, progress: &Progress<'_>, now: Time) -> Admission {
    let moved = Run { state, since: now, because: because.clone(), ..run.clone() };
    let waiting = words::standing_still(&moved, progress);
    let mut admission = wait(moved, waiting, Some(now), now);
    admission.moved = Some(because);
    admission
}

fn over(run: &Run, now: Time) -> Admission {
    let (state, because) = match run.state {
        RunState::Cancelled => (RunState::Cancelled, run.because.clone()),
        _ => (RunState::Closed, "every machine has ended".to_owned()),
    };
    let moved = Some("every machine has ended".to_owned());
    Admission { moved, ..bare(Run { state, because, since: now, over_at: Some(now), ..run.clone() }) }
}

fn wait(run: Run, waiting: Waiting, wake_at: Option<Time>, now: Time) -> Admission {
    let wake_at = Some(wake_at.unwrap_or(now + LOOK_AGAIN).min(now + LOOK_AGAIN));
    Admission { waiting: Some(waiting), wake_at, ..bare(run) }
}

fn bare(run: Run) -> Admission {
    Admission {
        run,
        moved: None,
        start: vec![],
        skip: vec![],
        cancel: vec![],
        forgive: vec![],
        waiting: None,
        wake_at: None,
    }
}
