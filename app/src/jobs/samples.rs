//! Pages for tests: a job, moved to where a test needs it.

use super::api::{CallLine, HistoryLine, ImageFacts, JobPage};
use crate::machines::api::SeenSighting;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::ending::Ending;
use pitstop_domain::facts::CallState;
use pitstop_domain::function::{Limits, Risk, Task};
use pitstop_domain::id::{CallId, JobId, MachineId};
use pitstop_domain::job::{EndedAs, Initiator, Job, Outcome, Phase, Plan};
use pitstop_domain::machine::Firmware;
use pitstop_domain::route::{Route, Target};
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};
use uuid::Uuid;

/// So many seconds after the job was asked for.
pub fn at(s: i64) -> Time {
    Time::UNIX_EPOCH + TimeDelta::seconds(1_000_000 + s)
}

/// A job that nobody has looked at yet, with an image of 1000 bytes.
pub fn queued() -> JobPage {
    let digest: pitstop_domain::digest::Digest = "ab".repeat(32).parse().unwrap();
    let plan = Plan {
        task: Task::MemoryTest { mib: None, passes: 1 },
        ending: Ending::by_agent(),
        limits: Limits::default(),
        routes: vec![Route::Agent, Route::AgentKexec, Route::Person],
        firmware: Firmware::Uefi,
        own_agent: true,
        image_agent: true,
        probe: None,
        ask: None,
        off_again: false,
    };
    let (id, machine) = (JobId(Uuid::from_u128(1)), MachineId(Uuid::from_u128(2)));
    JobPage {
        asked_at: at(0),
        job: Job::new(id, machine, "memory-test", digest.clone(), plan, at(0)),
        created_at: at(0),
        closed_at: None,
        initiator: Initiator::Person { name: "somebody".into(), reported: None },
        run: None,
        machine_name: "pc-1".into(),
        site: "main".into(),
        contact: String::new(),
        title: "Memory test".into(),
        risk: Risk::ReadsOnly,
        told: String::new(),
        image: Some(ImageFacts { name: "maintenance".into(), version: "1".into(), digest, bytes: 1000 }),
        waiting: None,
        cancel: None,
        usual_s: None,
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

impl JobPage {
    /// The job moved into a phase.
    pub fn moved(mut self, s: i64, to: Phase) -> Self {
        let attempt = u32::from(matches!(to, Phase::Switching | Phase::Restoring));
        self.history.push(HistoryLine { at: at(s), from: self.job.phase, to, attempt, reason: "so".into() });
        (self.job.phase, self.job.attempt, self.job.phase_since) = (to, attempt, at(s));
        if to == Phase::Switching {
            self.job.switching_since = Some(at(s));
        }
        if to == Phase::Closed {
            self.closed_at = Some(at(s));
        }
        self
    }

    pub fn saw(mut self, s: i64, sighting: Sighting) -> Self {
        self.sightings.push(SeenSighting { at: at(s), sighting });
        self
    }

    pub fn asked(self, s: i64, told: Told) -> Self {
        self.saw(s, Sighting::AskedToBoot { by: "UEFI".into(), told })
    }

    pub fn fetched(self, s: i64, step: FetchStep, bytes: u64, done: bool) -> Self {
        let (job, name) = (Some(self.job.id), format!("{step:?}"));
        self.saw(s, Sighting::Fetched(Fetched { job, step, name, bytes, total: None, done, digest: None }))
    }

    pub fn called(mut self, s: i64, route: Route, state: CallState) -> Self {
        let (phase, attempt) = (self.job.phase, self.job.attempt);
        let target = if phase == Phase::Switching { Target::Maintenance } else { Target::OwnSystem };
        let (id, answer) = (CallId(Uuid::from_u128(s as u128)), None);
        self.calls.push(CallLine {
            id,
            phase,
            attempt,
            route,
            target,
            state,
            answer,
            created_at: at(s),
            changed_at: at(s),
        });
        self
    }

    pub fn ended(mut self, outcome: Outcome, because: &str) -> Self {
        self.job.ended = Some(EndedAs { outcome, because: because.into() });
        self
    }
}
