//! Is the run that would be made now the one that is stored? All fields are named: whoever adds one has to say here what it
//! means for that.

use super::Drawn;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::run::{Admission, Run};
use pitstop_domain::step::Waiting;
use pitstop_store::runs::admission::First;
use pitstop_store::schedules::firing::Firing;

/// Stored as of `at`, drawn as of `moment`.
pub(super) fn alike(stored: &Firing, at: Time, drawn: &Drawn, moment: Time) -> bool {
    let Firing { run, members, first } = stored;
    let Drawn { run: run_now, members: members_now, admission: admission_now } = drawn;
    let late = moment - at;
    let first_alike = match (first, admission_now) {
        (None, None) => true,
        // Its jobs are compared one by one, of machines that somebody changed.
        (Some(First { admission, started: _ }), Some(now)) => admissions(admission, now, late),
        _ => false,
    };
    first_alike && runs(run, run_now, late) && members == members_now
}

fn runs(stored: &Run, now: &Run, late: TimeDelta) -> bool {
    // Whoever draws one names it anew.
    let Run { id: _, plan, state, since, because, wave, gap, over_at } = stored;
    *plan == now.plan
        && *state == now.state
        && *since + late == now.since
        && *because == now.because
        && *wave == now.wave
        && *gap == now.gap
        && *over_at == now.over_at
}

fn admissions(stored: &Admission, now: &Admission, late: TimeDelta) -> bool {
    let Admission { run, moved, start, skip, cancel, forgive, waiting, wake_at } = stored;
    let waiting_alike = match (waiting, &now.waiting) {
        (None, None) => true,
        (Some(stored), Some(now)) => waits(stored, now, late),
        _ => false,
    };
    waiting_alike
        && runs(run, &now.run, late)
        && *moved == now.moved
        && *start == now.start
        && *skip == now.skip
        && *cancel == now.cancel
        && *forgive == now.forgive
        && wake_at.map(|at| at + late) == now.wake_at
}

fn waits(stored: &Waiting, now: &Waiting, late: TimeDelta) -> bool {
    let Waiting { awaits, since, until, then, for_others } = stored;
    *awaits == now.awaits
        && *since + late == now.since
        && until.map(|until| until + late) == now.until
        && *then == now.then
        && *for_others == now.for_others
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::id::{JobId, MachineId, RunId};
    use pitstop_domain::run::{Closing, Member, MemberState, RunFacts, RunPlan, RunState, admit};
    use pitstop_store::runs::NewMember;
    use uuid::Uuid;

    fn at() -> Time {
        "2026-03-05T22:00:00Z".parse().unwrap()
    }

    /// Two machines, drawn as of a moment.
    fn drawn(now: Time) -> Drawn {
        let machines = [1, 2].map(|n| MachineId(Uuid::from_u128(n)));
        let run = Run::new(RunId(Uuid::now_v7()), RunPlan::plain("inventory"), now);
        let member = |machine| Member {
            machine,
            site: String::new(),
            wave: 1,
            state: MemberState::Waiting,
            forgiven: false,
        };
        let members = machines.map(|machine| NewMember { machine, wave: 1, refused: None }).to_vec();
        let admission = admit(&run, &machines.map(member), &RunFacts::default(), now);
        Drawn { run, members, admission: Some(admission) }
    }

    fn stored() -> Firing {
        let Drawn { run, members, admission } = drawn(at());
        Firing { run, members, first: admission.map(|admission| First { admission, started: vec![] }) }
    }

    #[test]
    fn the_same_of_another_moment_is_the_same_run() {
        for late in [0, 300, 1500].map(TimeDelta::milliseconds) {
            assert!(alike(&stored(), at(), &drawn(at() + late), at() + late), "{late}");
        }
    }

    #[test]
    fn whatever_of_a_run_is_another_it_is_another_run() {
        type Change = fn(&mut Drawn);
        let plain: [(&str, Change); 9] = [
            ("plan", |it| it.run.plan.off_again = true),
            ("closing", |it| it.run.plan.closes = Some(Closing { at: at(), trip_s: 60 })),
            ("words", |it| it.run.because.push('!')),
            ("since", |it| it.run.since += TimeDelta::seconds(1)),
            ("a wave", |it| it.members[1].wave = 2),
            ("refused", |it| it.members[1].refused = Some("no route".to_owned())),
            ("order", |it| it.members.reverse()),
            ("fewer", |it| drop(it.members.pop())),
            ("nobody starts", |it| it.admission = None),
        ];
        for (what, change) in plain {
            let mut now = drawn(at());
            change(&mut now);
            assert!(!alike(&stored(), at(), &now, at()), "{what}");
        }
        type OfAdmission = fn(&mut Admission);
        let of_admission: [(&str, OfAdmission); 12] = [
            ("state", |it| it.run.state = RunState::Stopped),
            ("wave", |it| it.run.wave = Some(2)),
            ("over", |it| it.run.over_at = Some(at())),
            ("moved", |it| it.moved = None),
            ("start", |it| it.start.truncate(1)),
            ("skip", |it| it.skip.push(MachineId(Uuid::from_u128(2)))),
            ("cancel", |it| it.cancel.push(JobId(Uuid::from_u128(2)))),
            ("forgive", |it| it.forgive.push(MachineId(Uuid::from_u128(2)))),
            ("wake_at", |it| it.wake_at = None),
            ("waits for nothing", |it| it.waiting = None),
            ("waits for another", |it| it.waiting.iter_mut().for_each(|it| it.awaits.push('!'))),
            ("waits for others", |it| it.waiting.iter_mut().for_each(|it| it.for_others = true)),
        ];
        for (what, change) in of_admission {
            let mut now = drawn(at());
            now.admission.iter_mut().for_each(change);
            assert!(!alike(&stored(), at(), &now, at()), "{what}");
        }
    }
}
