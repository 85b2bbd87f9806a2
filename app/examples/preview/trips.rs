//! Fake trips: what would be known of each kind of trip so many seconds after it was asked for.

use chrono::TimeDelta;
use pitstop_app::jobs::api::{CallLine, HistoryLine, ImageFacts, JobPage, LogRow};
use pitstop_app::machines::api::SeenSighting;
use pitstop_domain::Time;
use pitstop_domain::ending::Ending;
use pitstop_domain::facts::CallState;
use pitstop_domain::function::{Limits, Risk, Task};
use pitstop_domain::id::{BootId, CallId, JobId};
use pitstop_domain::job::{EndedAs, Initiator, Job, Outcome, Phase, Plan};
use pitstop_domain::machine::Machine;
use pitstop_domain::proof::Proof;
use pitstop_domain::route::{Route, Target};
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};
use pitstop_domain::step::Waiting;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Healthy,
    FoundErrors,
    Kexec,
    HeldAtLast,
    PersonAsked,
    NeverSwitched,
    /// Behind another job of the same machine.
    Behind,
}

pub struct Trip {
    pub id: JobId,
    pub machine: Machine,
    pub kind: Kind,
    pub asked: Time,
}

const KERNEL: u64 = 8_126_464;
const INITRD: u64 = 38_010_880;

pub fn image() -> ImageFacts {
    let digest =
        "9f2c4e1ab07d5e6f8a3b9f2c4e1ab07d5e6f8a3b9f2c4e1ab07d5e6f8a3b77aa".parse().expect("a digest");
    ImageFacts { name: "maintenance".into(), version: "2026.11.23".into(), digest, bytes: KERNEL + INITRD }
}

struct Story<'a> {
    trip: &'a Trip,
    now: Time,
    page: JobPage,
}

impl Story<'_> {
    fn at(&self, s: f64) -> Time {
        self.trip.asked + TimeDelta::milliseconds((s * 1000.0) as i64)
    }

    fn past(&self, s: f64) -> bool {
        self.at(s) <= self.now
    }

    fn moves(&mut self, s: f64, to: Phase, reason: &str) -> bool {
        let at = self.at(s);
        if !self.past(s) {
            return false;
        }
        let job = &mut self.page.job;
        let attempt = u32::from(matches!(to, Phase::Switching | Phase::Restoring));
        let from = job.phase;
        self.page.history.push(HistoryLine { at, from, to, attempt, reason: reason.into() });
        (job.phase, job.attempt, job.phase_since, job.attempt_since) = (to, attempt, at, at);
        true
    }

    fn sees(&mut self, s: f64, sighting: Sighting) {
        if self.past(s) {
            let at = self.at(s);
            self.page.sightings.push(SeenSighting { at, sighting });
        }
    }

    fn fetches(&mut self, from: f64, to: f64, step: FetchStep, name: &str, total: u64) {
        let share =
            ((self.now - self.at(from)).num_milliseconds() as f64 / ((to - from) * 1000.0)).clamp(0.0, 1.0);
        let fetched = |bytes: u64, done| {
            let job = Some(self.trip.id);
            Sighting::Fetched(Fetched {
                job,
                step,
                name: name.into(),
                bytes,
                total: Some(total),
                done,
                digest: None,
            })
        };
        let (first, last) = (fetched(0, false), fetched((total as f64 * share) as u64, share >= 1.0));
        self.sees(from, first);
        if share > 0.0 {
            let at = if share < 1.0 { self.now } else { self.at(to) };
            self.page.sightings.push(SeenSighting { at, sighting: last });
        }
    }

    fn calls(&mut self, s: f64, route: Route, target: Target, state: CallState, answer: Option<&str>) {
        if self.past(s) {
            let (phase, attempt) = (self.page.job.phase, self.page.job.attempt);
            let id = CallId(Uuid::from_u128(self.trip.id.0.as_u128() ^ (s * 10.0) as u128));
            let (created_at, changed_at) = (self.at(s), self.at(s + 0.4));
            let answer = answer.map(str::to_owned);
            self.page.calls.push(CallLine {
                id,
                phase,
                attempt,
                route,
                target,
                state,
                answer,
                created_at,
                changed_at,
            });
        }
    }

    fn waits(&mut self, awaits: &str, limit_s: Option<i64>, then: &str) {
        let since = self.page.job.attempt_since;
        let until = limit_s.map(|s| since + TimeDelta::seconds(s));
        self.page.waiting =
            Some(Waiting { for_others: false, awaits: awaits.into(), since, until, then: then.into() });
    }
}

pub fn page(trip: &Trip, now: Time) -> JobPage {
    let mut story = Story { trip, now, page: blank(trip, now) };
    story.waits("the machine, which another job holds", None, "this job starts when that one is closed");
    match trip.kind {
        Kind::PersonAsked => person(&mut story),
        Kind::NeverSwitched => never(&mut story),
        Kind::Behind => {}
        _ => whole(&mut story),
    }
    if story.page.job.phase == Phase::Closed {
        story.page.waiting = None;
        story.page.closed_at = Some(story.page.job.phase_since);
    }
    know(&mut story);
    story.page.log_total = story.page.log.len() as u64;
    story.page
}

fn whole(story: &mut Story) {
    let kexec = story.trip.kind == Kind::Kexec;
    let id = story.trip.id;
    let route = if kexec { Route::AgentKexec } else { Route::Agent };
    if !story.moves(0.4, Phase::Switching, "the machine is free: restart by the agent") {
        return;
    }
    story.page.job.switching_since = Some(story.at(0.4));
    story.waits(
        "the first report of the maintenance image's agent",
        Some(900),
        "the next route is tried: start by the agent with kexec",
    );
    let answer = if kexec { "image fetched, starting it" } else { "BootNext set to Boot0004, restarting" };
    story.calls(0.6, route, Target::Maintenance, CallState::Accepted, Some(answer));
    let start = if kexec { 1.5 } else { 6.0 };
    if !kexec {
        story.sees(4.2, Sighting::AskedToBoot { by: "UEFI, x86-64".into(), told: Told::Maintenance });
        story.fetches(5.0, 5.3, FetchStep::Loader, "snponly.efi", 178_176);
        story.fetches(5.8, 5.81, FetchStep::Script, "boot.ipxe", 1_422);
    }
    story.fetches(start, start + 2.0, FetchStep::Kernel, "vmlinuz", KERNEL);
    story.fetches(start + 2.0, start + 12.0, FetchStep::Initrd, "initrd.img", INITRD);
    let run = start + 17.0;
    if !story.moves(run, Phase::Running, "the maintenance image's agent reported") {
        return;
    }
    story.waits("the end of the work", Some(4 * 3600), "the machine is returned to its own system");
    let boot_id = BootId("5b2fd3c1-70f0-4e2b-9a3e-2f0c7fd4c0de".into());
    story.sees(run, Sighting::MaintenanceAgent { job: id, boot_id });
    let share = ((story.now - story.at(run)).num_milliseconds() as f64 / 60_000.0).clamp(0.0, 1.0);
    let text =
        format!("pass {} of 2, pattern {}", if share < 0.5 { 1 } else { 2 }, (share * 14.0) as u32 % 7 + 1);
    let progress = Sighting::Progress { job: id, permille: (share * 1000.0) as u16, text };
    story.page.sightings.push(SeenSighting { at: story.now.min(story.at(run + 60.0)), sighting: progress });
    for i in 0..(share * 14.0) as i64 {
        let text = format!("pattern {} of 7 over 14.6 GiB: no difference", i % 7 + 1);
        story.page.log.push(LogRow { at: story.at(run + 4.3 * i as f64), text });
    }
    let (outcome, because) = match story.trip.kind {
        Kind::FoundErrors => (Outcome::Found, "3 differing words at 0x1_7f3a_2010, 2 passes over 14.6 GiB"),
        _ => (Outcome::Succeeded, "2 passes over 14.6 GiB, no error"),
    };
    back(story, run + 60.0, outcome, because);
}

fn back(story: &mut Story, s: f64, outcome: Outcome, because: &str) {
    if !story.moves(s, Phase::Restoring, because) {
        return;
    }
    story.page.job.ended = Some(EndedAs { outcome, because: because.into() });
    story.page.report = Some(serde_json::json!({ "passes": 2, "bytes": 15_676_630_000_u64, "errors": [] }));
    story.waits(
        "the own system's agent with a new boot",
        Some(900),
        "the job is held and an alarm is raised",
    );
    story.calls(s + 0.2, Route::Agent, Target::OwnSystem, CallState::Accepted, Some("restarting"));
    if story.trip.kind == Kind::HeldAtLast {
        tried_in_vain(story, s);
        if story.moves(
            s + 60.0,
            Phase::Held,
            "every route was tried; at last: the board says that it is switched on, and its own system was not seen within 15 min",
        ) {
            story.waits(
                "a person's decision, or the machine itself",
                None,
                "try again, confirm that it runs its own system, or give up",
            );
        }
        return;
    }
    story.sees(s + 6.0, Sighting::AskedToBoot { by: "UEFI, x86-64".into(), told: Told::OwnSystem });
    if story.moves(s + 21.0, Phase::Closed, "the machine is back: its own system reported a new boot") {
        story.page.job.proof = Some(Proof::Agent);
    }
}

fn tried_in_vain(story: &mut Story, s: f64) {
    use CallState::{Accepted, Pressed, Refused};
    let routes = story.trip.machine.routes.clone();
    let said = [
        (1, Accepted, "boot device: disk, read back; ForceRestart taken"),
        (2, Refused, "the board is another machine's: its UUID is 4c4c4544-0043-4410-8052-b4c04f4d3732"),
        (3, Refused, "the board does not know this user or password (401)"),
        (4, Pressed, "no answer within 60 s"),
    ];
    for (n, (at, state, words)) in said.into_iter().enumerate() {
        if let Some(route) = routes.get(at) {
            let at = s + 8.0 + 9.0 * n as f64;
            story.calls(at, route.clone(), Target::OwnSystem, state, Some(words));
            if let Some(call) = story.page.calls.last_mut() {
                call.attempt = n as u32 + 2;
            }
        }
    }
    story.sees(s + 50.0, Sighting::Power { on: true, route: "redfish".into() });
    let what = story.trip.machine.probe.as_ref().map(ToString::to_string).unwrap_or_default();
    story.sees(s + 52.0, Sighting::Probed { answered: false, what });
}

/// The newest of each kind, and the own system's last word before the trip.
fn know(story: &mut Story) {
    story.page.known = story.page.sightings.clone();
    if story.trip.machine.has_agent {
        let sighting = Sighting::OwnAgent { boot_id: BootId("0d0e9b7a-5c2d-4c55-9a3e-0f0c7fd4c0aa".into()) };
        story.page.known.push(SeenSighting { at: story.at(-20.0), sighting });
    }
    story.page.usual_phase_s = match story.page.job.phase {
        Phase::Switching => Some(24),
        Phase::Running => Some(61),
        Phase::Restoring => Some(38),
        _ => None,
    };
}

fn person(story: &mut Story) {
    if story.moves(0.4, Phase::Switching, "the machine is free: restart by a person") {
        story.page.job.switching_since = Some(story.at(0.4));
        story.waits(
            "a person to restart the machine with network boot first",
            Some(86_400),
            "the attempt is given up and the machine is returned to its own system",
        );
        story.calls(0.6, Route::Person, Target::Maintenance, CallState::Waiting, None);
    }
}

fn never(story: &mut Story) {
    if !story.moves(0.4, Phase::Switching, "the machine is free: restart by the agent") {
        return;
    }
    story.page.job.switching_since = Some(story.at(0.4));
    story.calls(
        0.6,
        Route::Agent,
        Target::Maintenance,
        CallState::Refused,
        Some("the agent has no right to restart: run it as root"),
    );
    let because = "every route was tried; at last: the agent has no right to restart: run it as root";
    if story.moves(3.0, Phase::Restoring, because) {
        story.page.job.ended = Some(EndedAs { outcome: Outcome::Failed, because: because.into() });
        story.moves(3.1, Phase::Closed, "the machine is back: it never left its own system");
        story.page.job.proof = Some(Proof::Untouched);
    }
}

fn blank(trip: &Trip, now: Time) -> JobPage {
    let plan = Plan {
        task: Task::MemoryTest { mib: None, passes: 2 },
        ending: Ending::by_agent(),
        limits: Limits::default(),
        routes: trip.machine.routes.clone(),
        firmware: trip.machine.firmware,
        own_agent: trip.machine.has_agent,
        image_agent: true,
        probe: None,
        ask: None,
        off_again: false,
    };
    JobPage {
        asked_at: now,
        job: Job::new(trip.id, trip.machine.id, "memory-test", image().digest, plan, trip.asked),
        created_at: trip.asked,
        closed_at: None,
        initiator: Initiator::Person { name: "dashboard".into(), reported: None },
        run: None,
        machine_name: trip.machine.name.clone(),
        site: trip.machine.site.clone(),
        contact: String::new(),
        title: "Memory test".into(),
        risk: Risk::ReadsOnly,
        told: "Memory is being tested".into(),
        image: Some(image()),
        waiting: None,
        cancel: None,
        usual_s: Some(95),
        usual_phase_s: None,
        known: vec![],
        behind: None,
        link: None,
        history: vec![],
        calls: vec![],
        sightings: vec![],
        log: vec![],
        log_total: 0,
        report: None,
        before: None,
        consoles: 0,
    }
}
