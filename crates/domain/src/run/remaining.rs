//! When a run under way is expected to be over: what is left of it, played through with the usual times. Where that cannot be
//! known, it says why rather than a figure.

use super::admit::gap_ends;
use super::estimate::{Goes, one_wave};
use super::member::{Member, Standing};
use super::{Run, RunState};
use crate::Time;
use crate::job::Phase;
use crate::places::Turn;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A member, and what is known of its time.
#[derive(Clone, Copy, Debug)]
pub struct Timed<'a> {
    pub member: &'a Member,
    /// How long such a trip usually takes on its model, in seconds.
    pub usual_s: Option<u64>,
    /// How the machines of its site take turns.
    pub turn: Option<Turn>,
    pub started_at: Option<Time>,
}

/// When it is expected to be over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// `None`: nobody can know.
    pub over_at: Option<Time>,
    /// In words, with how sure that is.
    pub words: String,
}

/// When this run is expected to be over; `None`: it is.
pub fn remaining(run: &Run, members: &[Timed<'_>], now: Time) -> Option<Expected> {
    if run.over_at.is_some() {
        return None;
    }
    let slowest = members.iter().filter_map(|one| one.usual_s).max();
    Some(match (unknown(run, members, now), slowest) {
        (Some(why), _) => Expected { over_at: None, words: format!("not known: {why}") },
        (None, None) => {
            let why = "not known: nothing like it was done before";
            Expected { over_at: None, words: why.to_owned() }
        }
        (None, Some(slowest)) => played(run, members, slowest, now),
    })
}

/// What a person must end, or a machine that nobody hears.
fn unknown(run: &Run, members: &[Timed<'_>], now: Time) -> Option<String> {
    let count = |wanted: Standing| {
        let is = |one: &&Timed<'_>| standing(run, one.member, now) == Some(wanted);
        members.iter().filter(is).count()
    };
    let jobs = |n: usize| if n == 1 { "1 job".to_owned() } else { format!("{n} jobs") };
    let (held, no_show) = (count(Standing::Held), count(Standing::NoShow));
    match run.state {
        RunState::Paused => Some("it is paused until a person resumes it".to_owned()),
        RunState::Stopped => Some("too many jobs failed, and a person has to decide".to_owned()),
        _ if held > 0 => Some(format!("{} held for a person's decision", jobs(held))),
        _ if no_show > 0 => Some(format!("{} whose machine shows no sign", jobs(no_show))),
        _ => None,
    }
}

fn standing(run: &Run, member: &Member, now: Time) -> Option<Standing> {
    member.job().map(|job| job.standing(run.plan.no_show_s, now))
}

/// What is left of a wave: seconds of those that are away, and those that wait.
#[derive(Default)]
struct Rest<'a> {
    away: Vec<(&'a str, u64)>,
    waiting: Vec<Goes<'a>>,
}

fn played(run: &Run, members: &[Timed<'_>], slowest: u64, now: Time) -> Expected {
    let mut waves: BTreeMap<u32, Rest<'_>> = BTreeMap::new();
    let (mut late, mut guessed) = (0, 0);
    for one in members {
        let rest = waves.entry(one.member.wave).or_default();
        let usual = one.usual_s.unwrap_or(slowest);
        let under_way = standing(run, one.member, now) == Some(Standing::UnderWay);
        // One that is queued for others than its machine has not begun.
        let queued =
            under_way && one.member.job().is_some_and(|job| job.phase == Phase::Queued && job.for_others);
        let waits = queued || one.member.waits() && run.state == RunState::Running;
        guessed += usize::from(one.usual_s.is_none() && (under_way || waits));
        if waits {
            rest.waiting.push(Goes { site: &one.member.site, takes: usual, turn: one.turn });
        } else if under_way {
            let gone = one.started_at.map_or(0, |at| (now - at).num_seconds().max(0).unsigned_abs());
            late += usize::from(gone > usual);
            rest.away.push((&one.member.site, usual.saturating_sub(gone)));
        }
    }
    waves.retain(|_, rest| !rest.away.is_empty() || !rest.waiting.is_empty());
    let mut seconds = 0;
    for (i, (wave, rest)) in waves.into_iter().enumerate() {
        // A wave that is under way has its pause behind it.
        let begun = run.wave == Some(wave) || !rest.away.is_empty();
        seconds += match run.gap.filter(|gap| gap.before == wave && i == 0) {
            _ if begun => 0,
            Some(gap) => (gap_ends(run, gap) - now).num_seconds().max(0).unsigned_abs(),
            None if wave == 0 => 0,
            None => u64::from(run.plan.pause_s),
        };
        seconds += one_wave(&run.plan, &rest.away, rest.waiting).1;
    }
    let over_at = now + TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0));
    // Whose turn comes too late for the window is left as it is.
    let over_at = run.plan.closes.map_or(over_at, |closing| over_at.min(closing.at.max(now)));
    Expected { over_at: Some(over_at), words: words(over_at - now, late, guessed) }
}

fn words(left: TimeDelta, late: usize, guessed: usize) -> String {
    let minutes = (left.num_seconds() + 59) / 60;
    let about = match minutes {
        ..=1 => "within a minute or so".to_owned(),
        2..=90 => format!("in about {minutes} min"),
        _ => format!("in about {} h {} min", minutes / 60, minutes % 60),
    };
    let machines = |n: usize| if n == 1 { "1 machine".to_owned() } else { format!("{n} machines") };
    let mut words = format!("{about}, if all goes as usual");
    if late > 0 {
        words += &format!("; {} took longer than usual already", machines(late));
    }
    if guessed > 0 {
        words += &format!("; of {} it is not known how long they take", machines(guessed));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, job, members, run};
    use super::super::member::MemberState;
    use super::super::plan::{AtOnce, Size};
    use super::super::{Gap, RunPlan};
    use super::*;
    use crate::job::{Outcome, Phase};

    fn timed(members: &[Member], usual_s: Option<u64>) -> Vec<Timed<'_>> {
        let started = |member: &Member| member.job().map(|_| at(0));
        members
            .iter()
            .map(|member| Timed { member, usual_s, turn: None, started_at: started(member) })
            .collect()
    }

    fn over_at(run: &Run, members: &[Member], now: i64) -> Option<i64> {
        remaining(run, &timed(members, Some(600)), at(now)).unwrap().over_at.map(|at| at.timestamp())
    }

    fn two_at_once() -> RunPlan {
        RunPlan { at_once: AtOnce { in_all: Some(2), per_site: None }, ..RunPlan::plain("inventory") }
    }

    #[test]
    fn what_is_left_is_played_through_from_where_it_stands() {
        let run = run(two_at_once());
        let mut members = members(&run.plan, 4);
        assert_eq!(over_at(&run, &members, 0), Some(1200));
        members[0].state = job(0, Phase::Running, None, at(100));
        members[1].state = job(1, Phase::Running, None, at(100));
        assert_eq!(over_at(&run, &members, 200), Some(1200), "400 s of two, then two more");
        members[0].state = job(0, Phase::Closed, Some(Outcome::Succeeded), at(300));
        members[2].state = members[0].state.clone();
        members[3].state = members[0].state.clone();
        assert_eq!(over_at(&run, &members, 300), Some(600));
    }

    #[test]
    fn who_is_queued_for_a_place_has_not_begun_and_is_not_missed() {
        let plan = RunPlan { no_show_s: 600, ..RunPlan::plain("inventory") };
        let run = run(plan);
        let mut members = members(&run.plan, 4);
        for (n, member) in members.iter_mut().enumerate() {
            member.site = "berlin".to_owned();
            member.state = job(n, Phase::Queued, None, at(0));
            if let MemberState::Job(seen) = &mut member.state {
                seen.for_others = true;
            }
        }
        let turn = Some(Turn { at_once: 1, way_s: 60 });
        let timed: Vec<_> = timed(&members, Some(100)).into_iter().map(|one| Timed { turn, ..one }).collect();
        let expected = remaining(&run, &timed, at(5000)).unwrap();
        assert_eq!(expected.over_at, Some(at(5000 + 3 * 60 + 100)), "{expected:?}");
    }

    #[test]
    fn waves_come_after_each_other_with_their_pauses() {
        let plan =
            RunPlan { canary: 1, wave: Some(Size::Machines(2)), pause_s: 60, ..RunPlan::plain("inventory") };
        let mut run = run(plan);
        let mut members = members(&run.plan, 3);
        assert_eq!(over_at(&run, &members, 0), Some(600 + 60 + 600));
        members[0].state = job(0, Phase::Closed, Some(Outcome::Succeeded), at(600));
        (run.wave, run.gap) = (Some(0), Some(Gap { before: 1, since: at(600) }));
        assert_eq!(over_at(&run, &members, 630), Some(660 + 600));
    }

    #[test]
    fn what_nobody_can_know_is_said_and_not_guessed() {
        let mut run = run(two_at_once());
        let mut members = members(&run.plan, 3);
        let words = |run: &Run, members: &[Member], usual| {
            remaining(run, &timed(members, usual), at(700)).unwrap().words
        };
        assert_eq!(words(&run, &members, None), "not known: nothing like it was done before");
        members[0].state = job(0, Phase::Running, None, at(0));
        assert!(words(&run, &members, Some(600)).contains("1 machine took longer than usual"));
        members[0].state = job(0, Phase::Held, None, at(0));
        assert_eq!(words(&run, &members, Some(600)), "not known: 1 job held for a person's decision");
        run.state = RunState::Paused;
        assert!(words(&run, &members, Some(600)).contains("paused"));
        run.over_at = Some(at(1));
        assert_eq!(remaining(&run, &timed(&members, Some(600)), at(700)), None);
    }
}
