//! What must hold in every state, at every restart, at every close, and at every end.

use super::case::Case;
use super::state::{Boot, JobRow, Machine, Parked, State};
use super::store::World;
use pitstop_domain::job::Phase;
use pitstop_domain::proof::Proof;
use pitstop_domain::route::Target;

/// Holds in every state.
pub fn in_every_state(state: &State) -> Option<&'static str> {
    let holders = state.jobs.iter().filter(|row| row.phase.holds_machine()).count();
    if holders > 1 {
        return Some("two jobs hold the machine");
    }
    if state.assignment.is_some_and(|job| state.jobs[job].phase != Phase::Switching) {
        return Some("an assignment outlives the phase that it was for");
    }
    let forgotten = |job: usize| {
        let row = &state.jobs[job];
        let another = state.jobs.iter().enumerate().any(|(other, row)| {
            other != job && (row.phase.holds_machine() || (row.phase == Phase::Queued && other < job))
        });
        let waits_for_another = row.phase == Phase::Queued && another;
        !matches!(row.phase, Phase::Held | Phase::Closed)
            && row.wake_at.is_none()
            && row.lease.is_none()
            && !waits_for_another
    };
    (0..state.jobs.len()).any(forgotten).then_some("an open job has neither a wake-up nor a person")
}

/// Holds when nothing more happens by itself.
pub fn in_the_end(case: &Case, state: &State) -> Option<&'static str> {
    if state.jobs.iter().any(|row| !matches!(row.phase, Phase::Held | Phase::Closed)) {
        let behind_a_held_one = state.jobs.iter().any(|row| row.phase == Phase::Held);
        let stuck =
            state.jobs.iter().any(|row| !matches!(row.phase, Phase::Held | Phase::Closed | Phase::Queued));
        if stuck || !behind_a_held_one {
            return Some("the run ended with a job neither closed nor held");
        }
    }
    // Also where a person gave up: the image's agent goes home when its job is over, or when it hears of nobody.
    let proven = state.jobs.iter().all(|row| row.proof.is_some());
    let closed = state.jobs.iter().all(|row| row.phase == Phase::Closed);
    let away = matches!(state.machine, Machine::Maintenance { .. });
    (away && closed && (proven || case.image_agent))
        .then_some("every job is closed, and the machine is in maintenance")
}

impl World<'_> {
    /// A restart that took effect.
    pub fn took_effect(&mut self, call: usize) {
        self.s.calls[call].effects += 1;
        let once = self.s.calls[call].effects <= 1;
        self.law(once, "a second restart took effect under one key");
    }

    /// The newest boot that anybody can know of. A boot of which nothing was heard yet cannot be told from one that
    /// comes later; where nothing was ever heard, the decision is to be careful.
    pub fn newest_known_boot(&mut self) -> Boot {
        if self.case.known { self.s.newest_heard.unwrap_or(0) } else { self.s.newest_boot() }
    }

    /// From now on only a later boot is a return.
    pub fn leaves(&mut self, call: usize) {
        let row = self.s.calls[call];
        if row.target() == Target::Maintenance {
            self.s.jobs[row.job].left_from = self.newest_known_boot();
        }
    }

    /// The machine is where the call is to bring it, and that was stored.
    pub fn wanted_state_is_not_seen(&mut self, call: usize) {
        let row = self.s.calls[call];
        let left_from = self.s.jobs[row.job].left_from;
        let seen = match (row.target(), self.s.machine) {
            (Target::Maintenance, Machine::Maintenance { boot, job, .. }) => {
                job == row.job && self.s.facts.maintenance.is_some_and(|(_, _, seen)| seen == boot)
            }
            (Target::OwnSystem, Machine::Own { boot, .. }) => {
                self.case.known
                    && boot > left_from
                    && self.s.facts.own.is_some_and(|(_, seen, _)| seen == boot)
            }
            _ => false,
        };
        self.law(!seen, "a restart was let go although the wanted state had been seen");
    }

    /// What a closed job says of the machine is so.
    pub fn proof_is_true(&mut self, job: usize, before: &JobRow) {
        let away = matches!(self.s.machine, Machine::Maintenance { .. } | Machine::Loading(_));
        let own = match self.s.machine {
            Machine::Own { boot, .. } => Some(boot),
            _ => None,
        };
        match self.s.jobs[job].proof {
            Some(Proof::Agent) => {
                let seen = self.s.facts.own.map(|(_, boot, _)| boot);
                let newer = own.or(seen).is_some_and(|boot| boot > before.left_from);
                self.law(!away && newer, "proven by its agent, and not in a newer boot of its own system");
            }
            Some(Proof::Handoff) => self.law(!away, "handed off, and in maintenance"),
            Some(Proof::Untouched) => {
                let under_way = self.s.parked.iter().any(|parked| match parked {
                    Parked::Effect(call, _) | Parked::Recorded(call, _) => self.s.calls[*call].job == job,
                    _ => false,
                });
                let touched = self.s.calls.iter().any(|call| call.job == job && call.effects > 0);
                self.law(!away && !under_way && !touched, "called untouched, and it was touched");
            }
            Some(Proof::Person | Proof::Probe) | None => {}
        }
    }
}
