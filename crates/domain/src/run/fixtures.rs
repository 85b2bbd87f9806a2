//! Runs and members in few words.

use super::*;
use crate::id::{JobId, MachineId};
use crate::job::{Outcome, Phase};
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

pub fn at(second: i64) -> Time {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

pub fn run(plan: RunPlan) -> Run {
    Run::new(RunId(Uuid::from_u128(1)), plan, at(0))
}

pub fn machine(n: usize) -> MachineId {
    MachineId(Uuid::from_u128(1000 + n as u128))
}

/// Members as the plan deals them; every third is in Porto.
pub fn members(plan: &RunPlan, n: usize) -> Vec<Member> {
    let sites: Vec<&str> = (0..n).map(|n| if n % 3 == 2 { "porto" } else { "berlin" }).collect();
    let member = |place: waves::Place| Member {
        machine: machine(place.index),
        site: sites[place.index].to_owned(),
        wave: place.wave,
        state: MemberState::Waiting,
        forgiven: false,
    };
    waves::deal(plan, &sites).into_iter().map(member).collect()
}

pub fn job(n: usize, phase: Phase, outcome: Option<Outcome>, since: Time) -> MemberState {
    let job = JobId(Uuid::from_u128(2000 + n as u128));
    MemberState::Job(JobSeen {
        job,
        phase,
        outcome,
        proven: outcome.is_some(),
        since,
        sign: None,
        for_others: false,
    })
}

/// Stores a decision as the store does.
pub fn store(run: &mut Run, members: &mut [Member], admission: &Admission, now: Time) {
    *run = admission.run.clone();
    for (n, member) in members.iter_mut().enumerate() {
        if admission.start.contains(&member.machine) {
            assert_eq!(member.state, MemberState::Waiting, "a machine is started at most once");
            member.state = job(n, Phase::Queued, None, now);
        }
        if admission.skip.contains(&member.machine) {
            member.state = MemberState::Skipped;
        }
        member.forgiven |= admission.forgive.contains(&member.machine);
    }
}

/// Decides and stores until nothing more happens at this moment.
pub fn settle(run: &mut Run, members: &mut [Member], wish: Option<Wish>, now: Time) -> Admission {
    let mut wish = wish.map(|what| Seen { at: now, what });
    for _ in 0..1000 {
        let admission = admit(run, members, &RunFacts { wish: wish.take() }, now);
        store(run, members, &admission, now);
        if admission.wake_at.is_none_or(|wake_at| wake_at > now) {
            return admission;
        }
    }
    panic!("a run that never comes to rest: {run:?}");
}
