//! A server with next to nothing in it.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

pub mod captures;
pub mod door;
pub mod health;
pub mod hooks;
pub mod people;
pub mod timetable;

use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::alarms::api::{AlarmCount, AlarmLine};
use pitstop_app::backend::Backend;
use pitstop_app::console::api::ConsolePage;
use pitstop_app::discovery::api::{Discovery, Preview};
use pitstop_app::go::{Asked, Stage};
use pitstop_app::helpdesk::api::FoundList;
use pitstop_app::jobs::api::{JobPage, Jobs, JobsQuery};
use pitstop_app::live::told::Told;
use pitstop_app::machines::api::{Fleet, MachinePage};
use pitstop_app::machines::fleet::address::FleetQuery;
use pitstop_app::machines::fleet::api::{CellName, SavedView};
use pitstop_app::machines::routes::api::Tried;
use pitstop_app::runs::api::{MembersQuery, RunOffer, RunPage, Runs, Said};
use pitstop_domain::Time;
use pitstop_domain::adoption::Rule;
use pitstop_domain::event::Changed;
use pitstop_domain::facts::Decision;
use pitstop_domain::id::{CallId, JobId, MachineId, RunId, SecretId};
use pitstop_domain::keep::{Change, Kept};
use pitstop_domain::machine::{Arch, Desk, Firmware, Machine};
use pitstop_domain::net::Mac;
use pitstop_domain::probe::Probe;
use pitstop_domain::query::Query;
use pitstop_domain::route::form::Filled;
use pitstop_domain::route::{Route, Target};
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_domain::secret::Secret;
use pitstop_domain::symptom::Symptom;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// The one machine that there is, for those who ask for it alone.
pub const MACHINE: &str = "00000000-0000-0000-0000-000000000007";

/// A server whose one machine has no page, and that starts memory tests and refuses all else.
pub struct Bare {
    pub told: Arc<Told>,
    pub routes: Mutex<Vec<Route>>,
    pub secrets: Mutex<Vec<Secret>>,
    pub probe: Mutex<Option<Probe>>,
    pub did: Mutex<Vec<bool>>,
    /// Answers take a moment.
    pub slow: bool,
}

impl Bare {
    pub fn new() -> Self {
        Self {
            told: Arc::new(Told::new(1)),
            routes: Mutex::new(vec![Route::Agent, Route::Person]),
            secrets: Mutex::default(),
            probe: Mutex::default(),
            did: Mutex::default(),
            slow: false,
        }
    }
}

impl Bare {
    /// As a database would, so that pages are rendered between each other.
    async fn later(&self) {
        if self.slow {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

#[async_trait]
impl Backend for Bare {
    async fn fleet(&self, query: &FleetQuery) -> Result<Fleet, Failure> {
        self.later().await;
        let errors = Query::parse(&query.q).err().unwrap_or_default();
        let total = if query.q.is_empty() { 0 } else { 3 };
        Ok(Fleet { total, matching: 0, errors, ..Fleet::default() })
    }
    async fn cell(&self, _: &str, _: u64) -> Result<Option<CellName>, Failure> {
        Ok(None)
    }
    async fn change_machines(&self, q: &str, change: &Change, expect: u64) -> Result<u64, Failure> {
        match (q, change, expect) {
            ("site:berlin", Change::AddLabel(label), 3) if label == "lab" => Ok(2),
            _ => Err(Failure::Refused(format!("not {q}, {change:?}, {expect}"))),
        }
    }
    async fn keep_machine(&self, _: MachineId, kept: &Kept, version: i64) -> Result<(), Failure> {
        match (kept.labels.len(), version) {
            (2, 1) => Ok(()),
            _ => Err(Failure::Refused("the machine was changed meanwhile".to_owned())),
        }
    }
    async fn keep_view(&self, _: &SavedView) -> Result<(), Failure> {
        Ok(())
    }
    async fn drop_view(&self, _: i64) -> Result<(), Failure> {
        Ok(())
    }
    async fn machine(&self, _: MachineId) -> Result<Option<MachinePage>, Failure> {
        self.later().await;
        Ok(None)
    }
    async fn find_machines(&self, _: &[String], _: usize) -> Result<FoundList, Failure> {
        self.later().await;
        Ok(FoundList::default())
    }
    async fn symptoms(&self) -> Result<Vec<Symptom>, Failure> {
        Ok(door::symptoms())
    }
    async fn start_job(
        &self,
        _: MachineId,
        function: &str,
        _: &Filled,
        _: Option<&str>,
    ) -> Result<JobId, Failure> {
        match function {
            "memory-test" => Ok(JobId(Uuid::from_u128(9))),
            _ => Err(Failure::Refused("no image suits".to_owned())),
        }
    }
    async fn jobs(&self, _: &JobsQuery) -> Result<Jobs, Failure> {
        self.later().await;
        Err(Failure::Unavailable("the database is away".to_owned()))
    }
    async fn job(&self, _: JobId) -> Result<Option<JobPage>, Failure> {
        self.later().await;
        Ok(None)
    }
    async fn console(&self, job: JobId) -> Result<Option<ConsolePage>, Failure> {
        Ok(Some(door::console(job)))
    }

    async fn cancel_job(&self, _: JobId) -> Result<(), Failure> {
        Ok(())
    }
    async fn decide(&self, _: JobId, _: Decision) -> Result<(), Failure> {
        Ok(())
    }
    async fn person_did(&self, _: JobId, _: CallId, done: bool) -> Result<(), Failure> {
        self.did.lock().unwrap().push(done);
        Ok(())
    }
    fn person_token(&self, _: CallId) -> String {
        "right".to_owned()
    }
    fn public_url(&self) -> Option<String> {
        None
    }
    async fn person_asked(&self, _: JobId, _: CallId, token: &str) -> Result<Option<Asked>, Failure> {
        let stage = match self.did.lock().unwrap().last() {
            None => Stage::Waits,
            Some(done) => {
                Stage::Answered { done: *done, now: "the machine is awaited".to_owned(), over: false }
            }
        };
        let (machine, site) = ("pc-7".to_owned(), "berlin".to_owned());
        let asked = Asked { machine, site, firmware: Firmware::Uefi, target: Target::Maintenance, stage };
        Ok((token == "right").then_some(asked))
    }
    async fn alarms(&self) -> Result<Vec<AlarmLine>, Failure> {
        Ok(vec![])
    }
    async fn count_alarms(&self) -> Result<AlarmCount, Failure> {
        self.later().await;
        Ok(AlarmCount::default())
    }
    async fn see_alarm(&self, _: i64) -> Result<(), Failure> {
        Ok(())
    }
    async fn machine_alone(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        let routes = self.routes.lock().unwrap().clone();
        Ok((id.to_string() == MACHINE).then(|| machine(id, routes)))
    }
    async fn set_routes(
        &self,
        _: MachineId,
        routes: Vec<Route>,
        secrets: Vec<(SecretId, Secret)>,
    ) -> Result<(), Failure> {
        *self.routes.lock().unwrap() = routes;
        self.secrets.lock().unwrap().extend(secrets.into_iter().map(|(_, secret)| secret));
        Ok(())
    }
    fn new_secret_id(&self) -> SecretId {
        SecretId(Uuid::from_u128(1))
    }
    async fn try_route(&self, _: MachineId, _: &Route) -> Result<Tried, Failure> {
        Err(Failure::Refused("no board".to_owned()))
    }
    async fn set_probe(&self, _: MachineId, probe: Option<Probe>) -> Result<(), Failure> {
        *self.probe.lock().unwrap() = probe;
        Ok(())
    }
    async fn set_own_image(&self, _: MachineId, image: Option<&str>) -> Result<(), Failure> {
        match image {
            Some("gone") => Err(Failure::Refused("there is no image `gone` in the catalog".to_owned())),
            _ => Ok(()),
        }
    }
    async fn runs(&self, _: Option<Time>) -> Result<Runs, Failure> {
        Ok(Runs { asked_at: Time::UNIX_EPOCH, rows: vec![], more: None })
    }
    async fn run(&self, _: RunId, _: MembersQuery) -> Result<Option<RunPage>, Failure> {
        Ok(None)
    }
    async fn offer_run(&self, _: &str, _: Option<&RunPlan>) -> Result<RunOffer, Failure> {
        Ok(RunOffer {
            functions: vec![],
            total: 3,
            matching: 3,
            estimate: None,
            said: Said::default(),
            wrong: None,
        })
    }
    async fn start_run(&self, q: &str, plan: &RunPlan, expect: u32) -> Result<RunId, Failure> {
        match (q, plan.canary, expect) {
            ("site:berlin", 2, 3) => Ok(RunId(Uuid::from_u128(11))),
            _ => Err(Failure::Refused(format!("not {q}, {}, {expect}", plan.canary))),
        }
    }
    async fn wish_run(&self, _: RunId, _: Wish) -> Result<(), Failure> {
        Ok(())
    }
    async fn discovery(&self) -> Result<Discovery, Failure> {
        Ok(Discovery::default())
    }
    async fn adopt(&self, _: Mac, name: String, _: String, _: Vec<String>) -> Result<MachineId, Failure> {
        match name.as_str() {
            "pc-9" => Ok(MachineId(Uuid::from_u128(7))),
            _ => Err(Failure::Refused("the name is taken".to_owned())),
        }
    }
    async fn add_rule(&self, rule: &Rule) -> Result<(), Failure> {
        match rule.mac_prefix.as_deref() {
            Some("525400") => Ok(()),
            other => Err(Failure::Refused(format!("not {other:?}"))),
        }
    }
    async fn drop_rule(&self, _: i64) -> Result<(), Failure> {
        Ok(())
    }
    async fn draft_import(&self, csv: &str) -> Result<Uuid, Failure> {
        match csv.len() {
            0 => Err(Failure::Refused("the list is empty".to_owned())),
            _ => Ok(Uuid::from_u128(5)),
        }
    }
    async fn preview_import(&self, _: Uuid) -> Result<Preview, Failure> {
        Ok(Preview { new: 2, ..Preview::default() })
    }
    async fn confirm_import(&self, _: Uuid, new: u64, changed: u64) -> Result<(), Failure> {
        match (new, changed) {
            (2, 0) => Ok(()),
            _ => Err(Failure::Refused(format!("not {new}, {changed}"))),
        }
    }
    async fn sees(&self, _: &Changed) -> bool {
        true
    }
    fn told(&self) -> &Arc<Told> {
        &self.told
    }
}

fn machine(id: MachineId, routes: Vec<Route>) -> Machine {
    Machine {
        id,
        name: "pc-7".to_owned(),
        smbios_uuid: None,
        macs: vec![],
        site: "berlin".to_owned(),
        labels: vec![],
        arch: Arch::X86_64,
        firmware: Firmware::Uefi,
        has_agent: false,
        routes,
        probe: None,
        own_image: None,
        inventory: None,
        created_at: Time::UNIX_EPOCH,
        version: 1,
        desk: Desk::default(),
    }
}
