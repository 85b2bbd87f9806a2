//! States that nothing can tell apart become one: what counts is the order of moments and how many ticks lie
//! between them, the order of boots, and which claims are still the newest.

use super::case::{Case, LONGEST, Mutant};
use super::state::{Call, Parked, State, T, TICK};
use pitstop_domain::job::Phase;

/// Longer than every limit: to wait longer changes nothing.
const FAR: T = LONGEST + 2;

pub fn normalize(case: &Case, state: &mut State) {
    forget_closed_jobs(state);
    forget_old_question(state);
    forget_old_shut_downs(state);
    if !case.is(Mutant::OldCallsMade) {
        forget_old_calls(state);
    }
    forget_dead_claims(state);
    close_ranks_of_boots(state);
    close_ranks_of_moments(state);
}

/// What is written in a closed job moves nothing any more.
fn forget_closed_jobs(state: &mut State) {
    let now = state.now;
    for row in state.jobs.iter_mut().filter(|row| row.phase == Phase::Closed) {
        (row.phase_since, row.attempt_since, row.switching_since) = (now, now, None);
        (row.boot_before, row.boot_attempt, row.boot_maintenance) = (None, None, None);
        (row.cancel, row.decision, row.touched, row.left_from) = (None, None, false, 0);
        (row.outcome, row.version, row.was_off) = (None, 0, false);
    }
}

/// Nobody is asked any more once the machine is taken, or its job is over.
fn forget_old_question(state: &mut State) {
    if state.jobs.iter().all(|row| row.phase != Phase::Queued) {
        (state.question, state.person) = (None, false);
    }
}

/// An order that was refused, taken back or answered is given to nobody.
fn forget_old_shut_downs(state: &mut State) {
    let parked = &state.parked;
    state.shut_downs.retain(|row| {
        let under_way = parked.iter().any(|one| matches!(one, Parked::ShutDown(job, _) if *job == row.job));
        under_way || matches!(row.state, Call::Waiting | Call::Started)
    });
}

fn forget_old_calls(state: &mut State) {
    for at in (0..state.calls.len()).rev() {
        let call = state.calls[at];
        let job = &mut state.jobs[call.job];
        let current =
            (job.phase, job.phase_since, job.attempt) == (call.phase, call.phase_since, call.attempt);
        let wanted = state.parked.iter().any(|parked| call_of(parked) == Some(at));
        if current || wanted {
            continue;
        }
        job.touched |= job.phase != Phase::Closed && left_our_hands(call.phase, call.state);
        state.calls.remove(at);
        for parked in &mut state.parked {
            match parked {
                Parked::Taken(i, _) | Parked::Recorded(i, _) | Parked::Answer(i) | Parked::Effect(i, _) => {
                    *i -= usize::from(*i > at);
                }
                _ => {}
            }
        }
    }
}

fn call_of(parked: &Parked) -> Option<usize> {
    match parked {
        Parked::Taken(i, _) | Parked::Recorded(i, _) | Parked::Answer(i) | Parked::Effect(i, _) => Some(*i),
        _ => None,
    }
}

pub fn left_our_hands(phase: Phase, call: Call) -> bool {
    phase == Phase::Switching && matches!(call, Call::Pressed | Call::Accepted)
}

/// Versions are only compared with those of claims that are under way.
fn forget_dead_claims(state: &mut State) {
    for (job, row) in state.jobs.iter_mut().enumerate() {
        let claimed = state.parked.iter().any(|parked| {
            matches!(parked, Parked::Claimed(of, _) | Parked::Loaded(of, ..) | Parked::Decided(of, ..) if *of == job)
        });
        if !claimed {
            row.version = 0;
        }
    }
}

fn close_ranks_of_boots(state: &mut State) {
    let mut all = 0_u64;
    state.boots(&mut |boot| all |= 1 << *boot);
    state.boots(&mut |boot| *boot = (all & ((1 << *boot) - 1)).count_ones() as u8);
}

fn close_ranks_of_moments(state: &mut State) {
    let mut all: Vec<T> = Vec::with_capacity(32);
    state.times(&mut |at| all.push(*at));
    all.sort_unstable();
    all.dedup();
    let mut new = Vec::with_capacity(all.len());
    let (mut tick, mut place) = (0, 0);
    for (i, at) in all.iter().enumerate() {
        let gap = if i == 0 { 0 } else { at / TICK - all[i - 1] / TICK };
        (tick, place) = if gap > 0 { (tick + gap.min(FAR), 0) } else { (tick, place + T::from(i > 0)) };
        new.push(tick * TICK + place);
    }
    state.times(&mut |at| *at = new[all.partition_point(|known| known < at)]);
}
