//! The store's rules, each function a transaction and named like the real one in `crates/store/src`.

use super::case::{Case, LEASE, Mutant};
use super::decide::Beside;
use super::normal::left_our_hands;
use super::state::{
    Boot, Call, CallRow, Decided, FactRows, JobNo, JobRow, QuestionRow, Rung, Sight, State, T, TICK,
};
use pitstop_domain::job::Phase;
use pitstop_domain::route::Target;

/// A state that is being changed, and the first law that broke on the way.
pub struct World<'a> {
    pub case: &'a Case,
    pub s: State,
    pub breach: Option<&'static str>,
}

impl World<'_> {
    pub fn law(&mut self, holds: bool, breach: &'static str) {
        if !holds {
            self.breach.get_or_insert(breach);
        }
    }

    /// `Store::claim_due`, for one job.
    pub fn claim_due(&mut self, job: JobNo) -> JobRow {
        let until = self.s.stamp() + LEASE * TICK;
        let row = &mut self.s.jobs[job];
        (row.lease, row.wake_at) = (Some(until), None);
        *row
    }

    /// `Store::revive_lost_claims`, for one job.
    pub fn revive(&mut self, job: JobNo) {
        let now = self.s.now;
        let row = &mut self.s.jobs[job];
        (row.lease, row.wake_at) = (None, Some(now));
    }

    /// The second half of `Store::load_facts`: what stands beside the sightings.
    pub fn beside(&self, job: JobNo, row: &JobRow) -> Beside {
        let calls = || self.s.calls.iter().filter(|call| call.job == job);
        let others = || self.s.jobs.iter().enumerate().filter(|(other, _)| *other != job);
        Beside {
            question: self.s.question.filter(|_| !self.case.is(Mutant::AskedUnseen)),
            present: self.present(),
            to_be_off: self.to_be_off(),
            calls: calls()
                .filter(|call| (call.phase, call.phase_since) == (row.phase, row.phase_since))
                .copied()
                .collect(),
            touched: (self.s.jobs[job].touched || calls().any(|call| left_our_hands(call.phase, call.state)))
                && !self.case.is(Mutant::TouchForgotten),
            free: !others().any(|(other, row)| {
                let before = row.phase == Phase::Queued && other < job;
                row.phase.holds_machine() || (before && !self.case.is(Mutant::TwoHolders))
            }),
        }
    }

    /// `Store::commit_step`.
    pub fn commit_step(&mut self, job: JobNo, claimed: &JobRow, decided: &Decided) {
        self.s.stamp();
        let row = self.s.jobs[job];
        let same_version = row.version == claimed.version || self.case.is(Mutant::CommitUncompared);
        let without_lease =
            self.case.is(Mutant::CommitWithoutLease) || self.case.is(Mutant::CommitUncompared);
        let same_lease = row.lease == claimed.lease || without_lease;
        let taken =
            (self.s.jobs.iter().enumerate()).any(|(other, row)| other != job && row.phase.holds_machine());
        let unique = !(decided.row.phase.holds_machine() && taken) || self.case.is(Mutant::TwoHolders);
        // What was seen since the claim must be looked at before anything moves.
        let despite = self.case.is(Mutant::MoveDespiteNews) || self.case.is(Mutant::CommitUncompared);
        let nothing_new = !decided.moved || row.wake_at.is_none() || despite;
        if !(same_version && same_lease && unique && nothing_new) {
            return self.release(job, claimed);
        }
        let next = &decided.row;
        let moved = (row.phase, row.attempt, row.phase_since) != (next.phase, next.attempt, next.phase_since);
        self.law(!moved || decided.moved, "a phase moved without a line in its history");
        let wake_at = row.wake_at.into_iter().chain(decided.wake_at).min();
        if row.phase == Phase::Queued && next.phase == Phase::Switching {
            self.whoever_was_there_had_a_say();
        }
        let newest = self.newest_known_boot();
        self.s.jobs[job] = JobRow {
            cancel: row.cancel,
            decision: row.decision,
            touched: row.touched,
            wake_at: wake_at.filter(|_| next.phase != Phase::Closed),
            lease: None,
            version: row.version + u8::from(decided.moved),
            left_from: if next.phase == Phase::Switching && row.phase == Phase::Queued {
                newest
            } else {
                row.left_from
            },
            ..*next
        };
        self.run(job, decided);
        if next.phase == Phase::Closed && row.phase != Phase::Closed {
            self.void_calls(job);
            if !self.case.is(Mutant::NextJobNotWoken) {
                self.wake();
            }
            self.proof_is_true(job, &row);
        }
    }

    fn run(&mut self, job: JobNo, decided: &Decided) {
        if decided.ask {
            self.law(self.s.question.is_none(), "a question was put twice");
            let asked = self.s.now;
            self.s.question = Some(QuestionRow { asked, round: 0, snoozed: None, shown: None, answer: None });
        }
        if decided.assign {
            self.s.assignment = Some(job);
            self.void_shut_downs();
        }
        if let Some(boot) = decided.shut_down {
            self.give_shut_down(job, boot);
        }
        if decided.unassign && self.s.assignment == Some(job) && !self.case.is(Mutant::UnassignForgotten) {
            self.s.assignment = None;
        }
        if decided.void {
            self.void_calls(job);
        }
        let JobRow { phase, phase_since, attempt, .. } = decided.row;
        if let Some(rung) = decided.restart {
            let state = Call::Waiting;
            let new = CallRow {
                job,
                phase,
                phase_since,
                attempt,
                rung,
                state,
                boot: None,
                lease: None,
                found_off: false,
                effects: 0,
            };
            self.s.calls.push(new);
        }
    }

    fn void_calls(&mut self, job: JobNo) {
        if self.case.is(Mutant::OldCallsMade) {
            return;
        }
        let waiting = |call: &&mut CallRow| call.job == job && call.state == Call::Waiting;
        self.s.calls.iter_mut().filter(waiting).for_each(|call| call.state = Call::Void);
    }

    /// `Store::release`.
    fn release(&mut self, job: JobNo, claimed: &JobRow) {
        let now = self.s.now;
        let row = &mut self.s.jobs[job];
        if row.phase != Phase::Closed && row.lease == claimed.lease {
            (row.lease, row.wake_at) = (None, Some(now));
        }
    }

    /// `sightings::wake`.
    pub fn wake(&mut self) {
        let now = self.s.now;
        let open = |row: &&mut JobRow| row.phase != Phase::Closed;
        self.s.jobs.iter_mut().filter(open).for_each(|row| row.wake_at = Some(now));
    }

    /// `Store::saw`. `known`: were it of a boot, that boot was heard before. False: it is late and tells nothing.
    pub fn saw(&mut self, sight: Sight, at: T, known: bool) -> bool {
        // Boots follow each other: one that another followed does not come back.
        let boot = match sight {
            Sight::Own(boot) | Sight::Maintenance(_, boot) => Some(boot),
            _ => None,
        };
        if boot.is_some() && boot < self.s.newest_heard && known && !self.case.is(Mutant::OldBootBelieved) {
            return false;
        }
        // ... and the first word of one is later than all that was heard of those before.
        let heard = self.s.facts.own.map(|own| own.0).max(self.s.facts.maintenance.map(|seen| seen.0));
        let first = boot > self.s.newest_heard && heard.is_some_and(|heard| at < heard);
        let at = if first { self.s.stamp() } else { at };
        let newer = |known: Option<T>| known.is_none_or(|known| known <= at);
        let FactRows { own, maintenance, asked, home, fetched, reported } = &mut self.s.facts;
        match sight {
            Sight::Own(boot) if newer(own.map(|own| own.0)) => {
                let first = own.filter(|(_, known, _)| *known == boot).map_or(at, |(.., first)| first);
                *own = Some((at, boot, first));
            }
            Sight::Maintenance(job, boot) if newer(maintenance.map(|seen| seen.0)) => {
                *maintenance = Some((at, job, boot));
            }
            Sight::Asked if newer(*asked) => *asked = Some(at),
            Sight::SentHome if newer(*home) => *home = Some(at),
            Sight::Fetched(job) if newer(fetched.map(|seen| seen.0)) => *fetched = Some((at, job)),
            Sight::Reported(job) if newer(reported.map(|seen| seen.0)) => *reported = Some((at, job)),
            _ => {}
        }
        if let Some(boot) = boot {
            self.heard(boot);
        }
        if !self.case.is(Mutant::SightingWithoutWake) {
            self.wake();
        }
        true
    }

    /// The call of the attempt that the job is at (`orders::OF_THE_ATTEMPT`).
    pub fn of_the_attempt(&self, call: &CallRow) -> bool {
        let row = &self.s.jobs[call.job];
        (row.phase, row.phase_since, row.attempt) == (call.phase, call.phase_since, call.attempt)
            || self.case.is(Mutant::OldCallsMade)
    }

    /// The look of `Store::fetch_order`.
    pub fn order_for(&self, target: Target, boot: Boot) -> Option<usize> {
        self.s.calls.iter().position(|call| {
            call.rung == Rung::Agent
                && call.target() == target
                && self.of_the_attempt(call)
                && (call.state == Call::Waiting || call.state == Call::Started && call.boot == Some(boot))
        })
    }

    /// `Store::fetch_order`.
    pub fn fetch_order(&mut self, target: Target, boot: Boot) -> Option<usize> {
        let call = self.order_for(target, boot)?;
        if self.s.calls[call].state == Call::Waiting {
            self.start(call);
            self.s.calls[call].boot = Some(boot);
        }
        Some(call)
    }

    /// `orders::start`.
    fn start(&mut self, call: usize) {
        self.s.calls[call].state = Call::Started;
        self.news_of(call);
    }

    /// A step decided on older facts must not be stored.
    fn news_of(&mut self, call: usize) {
        let now = self.s.now;
        let row = &mut self.s.jobs[self.s.calls[call].job];
        row.version += 1;
        row.wake_at = Some(now).filter(|_| row.phase != Phase::Closed);
    }

    /// May an executor take it: nobody has, or who had it let its lease run out while preparing?
    pub fn may_be_taken(&self, call: &CallRow) -> bool {
        let again =
            |state| state == Call::Started || state == Call::Pressed && self.case.is(Mutant::PressedAgain);
        call.rung == Rung::Board
            && self.of_the_attempt(call)
            && (call.state == Call::Waiting
                || again(call.state) && call.lease.is_none_or(|until| until <= self.s.now))
    }

    /// `Store::take`, under a lease. Gives the lease.
    pub fn take(&mut self, call: usize) -> T {
        let until = self.s.stamp() + LEASE * TICK;
        self.start(call);
        self.s.calls[call].lease = Some(until);
        until
    }

    /// Records that the one request which restarts is about to leave: by whoever has the lease, for the attempt that
    /// the job is at, and only while a step would still wait for it.
    pub fn press(&mut self, call: usize, lease: T) -> bool {
        let row = self.s.calls[call];
        let again = self.case.is(Mutant::PressedAgain) || self.case.is(Mutant::CallLeaseIgnored);
        let may = row.state == Call::Started || row.state == Call::Pressed && again;
        let mine = row.lease == Some(lease) || self.case.is(Mutant::CallLeaseIgnored);
        let wanted = self.case.is(Mutant::PressedUnseen) || self.still_wanted(call);
        if !(mine && may && self.of_the_attempt(&row) && wanted) {
            return false;
        }
        self.wanted_state_is_not_seen(call);
        self.leaves(call);
        self.s.calls[call].found_off = self.found_off(&row);
        self.s.calls[call].state = Call::Pressed;
        self.news_of(call);
        true
    }

    /// `Store::answer_call`. False: it was given up meanwhile, and whoever answers must not act.
    pub fn answer_call(&mut self, call: usize, answer: Call) -> bool {
        let row = self.s.calls[call];
        let known = matches!(row.state, Call::Waiting | Call::Started | Call::Pressed)
            || row.state == answer
            || (row.state == Call::Accepted && answer == Call::Refused);
        if !self.of_the_attempt(&row) || !known {
            return false;
        }
        if row.rung == Rung::Agent && answer == Call::Accepted && row.state != Call::Accepted {
            self.wanted_state_is_not_seen(call);
            self.leaves(call);
        }
        self.s.calls[call].state = answer;
        self.s.stamp();
        self.wake();
        true
    }

    /// Would a step, on all that is stored now, still wait for this call?
    fn still_wanted(&self, call: usize) -> bool {
        let job = self.s.calls[call].job;
        let row = &self.s.jobs[job];
        let beside = self.beside(job, row);
        !super::decide::decide(self.case, job, row, &self.s.facts, &beside, self.s.now).moved
    }
}

impl CallRow {
    pub fn target(&self) -> Target {
        if self.phase == Phase::Switching { Target::Maintenance } else { Target::OwnSystem }
    }
}

impl State {
    pub fn newest_boot(&mut self) -> Boot {
        let mut newest = 0;
        self.boots(&mut |boot| newest = newest.max(*boot));
        newest
    }
}
