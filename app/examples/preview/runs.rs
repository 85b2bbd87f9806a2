//! Fake runs: one under way, one that stopped, one that is over; and an estimate over the fake machines.

use chrono::TimeDelta;
use pitstop_app::Failure;
use pitstop_app::machines::api::MachineRow;
use pitstop_app::runs::api::{
    Choice, MemberLine, MembersQuery, PAGE, RunLine, RunMove, RunOffer, RunPage, Runs, Said, WaveLine,
};
use pitstop_domain::Time;
use pitstop_domain::function::Risk;
use pitstop_domain::id::{JobId, RunId};
use pitstop_domain::job::{Initiator, Phase};
use pitstop_domain::machine::{Arch, Machine};
use pitstop_domain::people::Right;
use pitstop_domain::run::estimate::{Candidate, Estimate, alike, estimate};
use pitstop_domain::run::remaining::Expected;
use pitstop_domain::run::tally::{Kind, Tally};
use pitstop_domain::run::waves::deal;
use pitstop_domain::run::{AtOnce, Run, RunPlan, RunState, Size, StopOn};
use pitstop_domain::step::Waiting;
use std::collections::BTreeMap;
use uuid::Uuid;

const IDS: u128 = 0x3000_0000_0000_4000_8000_0000_0000_0000;

pub fn id(n: u128) -> RunId {
    RunId(Uuid::from_u128(IDS + n))
}

fn plan() -> RunPlan {
    RunPlan {
        canary: 2,
        wave: Some(Size::Machines(24)),
        pause_s: 300,
        stop_on: Some(StopOn::Percent(10)),
        at_once: AtOnce { in_all: Some(20), per_site: Some(6) },
        ..RunPlan::plain("memory-test")
    }
}

fn state(n: u128) -> RunState {
    [RunState::Running, RunState::Stopped, RunState::Closed][n as usize % 3]
}

/// How far the member at this place of the order is.
fn kind(n: u128, position: usize, of: usize) -> Kind {
    match (n, position) {
        (0, 7) => Kind::Found,
        (0, 19) => Kind::Failed,
        (0, 23) => Kind::NoShow,
        (_, p) if p >= of.saturating_sub(3) => Kind::Refused,
        (0, p) if p < 30 => Kind::Back,
        (0, 30..47) => Kind::UnderWay,
        (1, 0) => Kind::Held,
        (1, 1) => Kind::Failed,
        (0 | 1, _) => Kind::Waiting,
        (_, 31) => Kind::Failed,
        (_, p) if p % 17 == 4 => Kind::Found,
        _ => Kind::Back,
    }
}

fn member(n: u128, position: usize, of: usize, wave: u32, machine: &Machine, now: Time) -> MemberLine {
    let kind = kind(n, position, of);
    let started = !matches!(kind, Kind::Waiting | Kind::Refused | Kind::Skipped);
    let closed = matches!(kind, Kind::Back | Kind::Found | Kind::Failed);
    let words = match kind {
        Kind::Back => "2 passes over 15.1 GiB: no error",
        Kind::Found => "3 errors in 2 passes, first at 0x1f4a0c8",
        Kind::Failed => "the own system came up instead, by every route",
        Kind::Held => "waits for a person's decision",
        Kind::NoShow => "waits for the machine to ask for its boot script",
        Kind::UnderWay => "waits for the task to end",
        Kind::Refused => {
            "no version of the image `pitstop-maintenance` suits this machine: it is for x86-64, the machine is arm64"
        }
        _ => "",
    };
    let started_at = now - TimeDelta::seconds(900 - 7 * position as i64);
    MemberLine {
        machine: machine.id,
        name: machine.name.clone(),
        site: machine.site.clone(),
        wave,
        kind,
        job: started.then(|| JobId(Uuid::from_u128(IDS + position as u128))),
        phase: (kind == Kind::UnderWay).then_some(if position.is_multiple_of(3) {
            Phase::Switching
        } else {
            Phase::Running
        }),
        words: words.to_owned(),
        started_at: started.then_some(started_at),
        closed_at: closed.then(|| started_at + TimeDelta::seconds(95 + position as i64 % 40)),
    }
}

fn members(n: u128, machines: &[Machine], now: Time) -> Vec<MemberLine> {
    let machines = &machines[..machines.len().min(120)];
    let sites: Vec<&str> = machines.iter().map(|machine| machine.site.as_str()).collect();
    let places = deal(&plan(), &sites);
    let line = |(position, place): (usize, &pitstop_domain::run::waves::Place)| {
        member(n, position, machines.len(), place.wave, &machines[place.index], now)
    };
    places.iter().enumerate().map(line).collect()
}

fn waiting(n: u128, now: Time) -> Option<Waiting> {
    let since = now - TimeDelta::seconds(130);
    match n {
        0 => Some(Waiting {
            for_others: false,
            awaits: "a free place: 17 machines at work, and those that wait are at full sites".into(),
            since,
            until: None,
            then: "the next of 1 machine in wave 2 starts".into(),
        }),
        1 => Some(Waiting {
            for_others: false,
            awaits: "a person: too many jobs failed".into(),
            since,
            until: None,
            then: "resumed, 115 machines not started yet go on; cancelled, they are left as they are".into(),
        }),
        _ => None,
    }
}

fn because(n: u128) -> &'static str {
    ["asked for", "2 of 2 jobs that ended failed, 1 held", "every machine has ended"][n as usize % 3]
}

pub fn list(machines: &[Machine], now: Time) -> Runs {
    let line = |n: u128| RunLine {
        id: id(n),
        function: "memory-test".into(),
        title: "Memory test".into(),
        state: state(n),
        because: because(n).into(),
        created_at: now - TimeDelta::seconds([900, 2400, 90_000][n as usize]),
        over_at: (n == 2).then(|| now - TimeDelta::seconds(86_000)),
        awaits: waiting(n, now).map(|waiting| waiting.awaits),
        tally: tally(members(n, machines, now).iter()),
    };
    let rows = if machines.is_empty() { vec![] } else { (0..3).map(line).collect() };
    Runs { asked_at: now, rows, more: None }
}

fn tally<'a>(members: impl Iterator<Item = &'a MemberLine>) -> Tally {
    let mut tally = Tally::default();
    members.for_each(|member| tally.add(member.kind, 1));
    tally
}

pub fn page(run: RunId, query: MembersQuery, machines: &[Machine], now: Time) -> Option<RunPage> {
    let n = (0..3).find(|n| id(*n) == run)?;
    let members = members(n, machines, now);
    let mut waves: BTreeMap<u32, Tally> = BTreeMap::new();
    members.iter().for_each(|member| waves.entry(member.wave).or_default().add(member.kind, 1));
    let listed: Vec<_> =
        members.iter().filter(|m| query.show.is_none_or(|kind| kind == m.kind)).cloned().collect();
    let moved = |ago: i64, state: &str, reason: &str| RunMove {
        at: now - TimeDelta::seconds(ago),
        state: state.into(),
        reason: reason.into(),
    };
    let run = Run {
        state: state(n),
        since: now - TimeDelta::seconds(130),
        because: because(n).into(),
        wave: Some(if n == 1 { 0 } else { 2 }),
        over_at: (n == 2).then(|| now - TimeDelta::seconds(86_000)),
        ..Run::new(run, plan(), now)
    };
    Some(RunPage {
        asked_at: now,
        run,
        title: "Memory test".into(),
        risk: Risk::ReadsOnly,
        initiator: Initiator::Person { name: "dashboard".into(), reported: None },
        created_at: now - TimeDelta::seconds(if n == 2 { 90_000 } else { 900 }),
        waiting: waiting(n, now),
        expected: (n != 2)
            .then(|| Expected { over_at: None, words: "in about 25 min, if all goes as usual".into() }),
        wish: None,
        tally: tally(members.iter()),
        waves: waves.into_iter().map(|(wave, tally)| WaveLine { wave, tally }).collect(),
        listed: listed.len() as u64,
        members: listed.into_iter().skip((query.page.max(1) as usize - 1) * PAGE).take(PAGE).collect(),
        history: vec![
            moved(900, "running", "asked for"),
            moved(899, "running", "the canary starts: 2 machines"),
            moved(760, "running", "wave 1 starts after a pause of 300 s"),
            moved(460, "running", "wave 1 starts: 24 machines"),
        ],
    })
}

pub fn offer(total: usize, rows: &[MachineRow], plan: Option<&RunPlan>) -> RunOffer {
    let choice = |name: &str, title: &str, description: &str, risk| Choice {
        name: name.into(),
        title: title.into(),
        description: description.into(),
        risk,
        right: Right::Repair(risk),
        told: format!("{title} in progress, please do not switch off"),
    };
    let candidate = |row: &MachineRow| {
        Candidate {
        machine: row.id,
        name: row.name.clone(),
        site: row.site.clone(),
        usual_s: row.model.as_ref().map(|model| 60 + model.len() as u64),
            turn: None,
        refused: (row.arch == Arch::Aarch64).then(|| {
            "no version of the image `pitstop-maintenance` suits this machine: it is for x86-64, the machine is arm64".into()
        }),
        busy: row.job.as_ref().map(|job| format!("{} holds it until that is closed", job.title)),
            warned: None,
    }
    };
    let candidates: Vec<_> = rows.iter().map(candidate).collect();
    let told = plan.filter(|_| !rows.is_empty()).map(|plan| estimate(plan, &candidates));
    RunOffer {
        functions: vec![
            choice(
                "memory-test",
                "Memory test",
                "Writes patterns over all free memory and reads them back.",
                Risk::ReadsOnly,
            ),
            choice(
                "fsck",
                "Repair file systems",
                "Checks all file systems and repairs what can be repaired.",
                Risk::Repairs,
            ),
            choice(
                "wipe",
                "Wipe disks",
                "Overwrites every disk. Nothing can be brought back.",
                Risk::Destroys,
            ),
        ],
        total: total as u64,
        matching: rows.len() as u64,
        said: told.as_ref().map(said).unwrap_or_default(),
        estimate: told.map(|told| Estimate { refused: vec![], busy: vec![], ..told }),
        wrong: None,
    }
}

fn said(told: &Estimate) -> Said {
    Said { refused: alike(&told.refused, 12), busy: alike(&told.busy, 12), warned: vec![] }
}

/// What the fake server says to whoever starts a run.
pub fn start(rows: &[MachineRow], plan: &RunPlan, expect: u32) -> Result<RunId, Failure> {
    println!("FAKE: {plan:?} on {} machines, {expect} expected", rows.len());
    if plan.function == "fsck" {
        return Err(Failure::Refused(
            "it would be 291 machines now, not the 292 that you agreed to: look at the estimate again".into(),
        ));
    }
    Ok(id(0))
}
