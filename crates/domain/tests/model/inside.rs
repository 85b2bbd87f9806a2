//! All moments and all boots inside of a state, wherever they stand: for [`super::normal`].

use super::state::{Boot, FactRows, JobRow, Machine, Parked, Sight, State, T};

impl State {
    pub fn boots(&mut self, visit: &mut impl FnMut(&mut Boot)) {
        let mut each = |boot: &mut Option<Boot>| boot.iter_mut().for_each(&mut *visit);
        for row in &mut self.jobs {
            boots_of(row, &mut each);
        }
        for call in &mut self.calls {
            each(&mut call.boot);
        }
        for parked in &mut self.parked {
            match parked {
                Parked::Claimed(_, row) => boots_of(row, &mut each),
                Parked::Decided(_, row, decided) => {
                    boots_of(row, &mut each);
                    boots_of(&mut decided.row, &mut each);
                }
                Parked::Effect(_, boot) => each(boot),
                _ => {}
            }
        }
        for row in &mut self.jobs {
            visit(&mut row.left_from);
        }
        facts_boots(&mut self.facts, visit);
        self.shut_downs.iter_mut().for_each(|row| visit(&mut row.boot));
        self.newest_heard.iter_mut().for_each(&mut *visit);
        for parked in &mut self.parked {
            match parked {
                Parked::Claimed(_, row) => visit(&mut row.left_from),
                Parked::Loaded(_, row, facts) => {
                    let mut each = |boot: &mut Option<Boot>| boot.iter_mut().for_each(&mut *visit);
                    boots_of(row, &mut each);
                    visit(&mut row.left_from);
                    facts_boots(facts, visit);
                }
                Parked::Decided(_, row, decided) => {
                    visit(&mut row.left_from);
                    visit(&mut decided.row.left_from);
                    decided.shut_down.iter_mut().for_each(&mut *visit);
                }
                Parked::ShutDown(_, boot)
                | Parked::Heartbeat { boot, .. }
                | Parked::Report { boot, .. }
                | Parked::Sighting(_, Sight::Own(boot) | Sight::Maintenance(_, boot), _) => visit(boot),
                _ => {}
            }
        }
        if let Machine::Own { boot, .. } | Machine::Maintenance { boot, .. } = &mut self.machine {
            visit(boot);
        }
    }

    pub fn times(&mut self, visit: &mut impl FnMut(&mut T)) {
        visit(&mut self.now);
        for row in &mut self.jobs {
            times_of(row, visit);
        }
        times_of_facts(&mut self.facts, visit);
        for call in &mut self.calls {
            visit(&mut call.phase_since);
            call.lease.iter_mut().for_each(&mut *visit);
        }
        if let Some(question) = &mut self.question {
            visit(&mut question.asked);
            question.snoozed.iter_mut().chain(&mut question.shown).for_each(&mut *visit);
            question.answer.iter_mut().for_each(|answer| visit(&mut answer.0));
        }
        if let Machine::Maintenance { silent_since, .. } = &mut self.machine {
            silent_since.iter_mut().for_each(&mut *visit);
        }
        for parked in &mut self.parked {
            match parked {
                Parked::Claimed(_, row) => times_of(row, visit),
                Parked::Loaded(_, row, facts) => {
                    times_of(row, visit);
                    times_of_facts(facts, visit);
                }
                Parked::Decided(_, row, decided) => {
                    times_of(row, visit);
                    times_of(&mut decided.row, visit);
                    decided.wake_at.iter_mut().for_each(&mut *visit);
                }
                Parked::Taken(_, at) | Parked::Recorded(_, at) | Parked::Sighting(at, ..) => visit(at),
                _ => {}
            }
        }
    }
}

fn boots_of(row: &mut JobRow, each: &mut impl FnMut(&mut Option<Boot>)) {
    each(&mut row.boot_before);
    each(&mut row.boot_attempt);
    each(&mut row.boot_maintenance);
}

fn facts_boots(facts: &mut FactRows, visit: &mut impl FnMut(&mut Boot)) {
    facts.own.iter_mut().for_each(|own| visit(&mut own.1));
    facts.maintenance.iter_mut().for_each(|seen| visit(&mut seen.2));
}

fn times_of(row: &mut JobRow, visit: &mut impl FnMut(&mut T)) {
    visit(&mut row.phase_since);
    visit(&mut row.attempt_since);
    for at in [&mut row.switching_since, &mut row.cancel, &mut row.wake_at, &mut row.lease] {
        at.iter_mut().for_each(&mut *visit);
    }
    row.decision.iter_mut().for_each(|decision| visit(&mut decision.0));
}

fn times_of_facts(facts: &mut FactRows, visit: &mut impl FnMut(&mut T)) {
    facts.own.iter_mut().for_each(|own| {
        visit(&mut own.0);
        visit(&mut own.2);
    });
    facts.maintenance.iter_mut().for_each(|seen| visit(&mut seen.0));
    for at in [&mut facts.asked, &mut facts.home] {
        at.iter_mut().for_each(&mut *visit);
    }
    facts.fetched.iter_mut().for_each(|seen| visit(&mut seen.0));
    facts.reported.iter_mut().for_each(|seen| visit(&mut seen.0));
}
