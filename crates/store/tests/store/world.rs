//! A store with an image and a function in it, and short words for what happens to its machines.
#![allow(dead_code, reason = "the tests of the worker and of the server use a part of it, too")]

use super::database::own_database;
use chrono::{DateTime, TimeDelta};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::ending::Ending;
use pitstop_domain::facts::{Decided, Decision};
use pitstop_domain::function::{Function, Limits, Risk, Task};
use pitstop_domain::id::{BootId, JobId, MachineId};
use pitstop_domain::image::{ImageFormat, ImageKind, ImageVersion, Part, PartRole};
use pitstop_domain::job::{Initiator, Job, Outcome, Plan};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::route::Route;
use pitstop_domain::sighting::Sighting;
use pitstop_domain::step::step;
use pitstop_store::Store;
use pitstop_store::machines::NewMachine;
use pitstop_store::presses::Press;
use pitstop_store::trip::Claimed;
use uuid::Uuid;

/// A second of the test. Its beginning is long ago, so that no clock but the test's has come to it.
pub fn at(second: i64) -> Time {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(second)
}

pub fn boot(name: &str) -> BootId {
    BootId(name.to_owned())
}

pub fn mac(last: u8) -> Mac {
    Mac([0x52, 0x54, 0, 0, 0, last])
}

pub fn digest() -> Digest {
    "a".repeat(64).parse().unwrap()
}

pub fn limits() -> Limits {
    Limits { switch_s: 600, run_s: 3600, restore_s: 600, pickup_s: 60, dead_man_s: 300, handoff_quiet_s: 120 }
}

pub fn simulated() -> Route {
    Route::Simulated { url: "http://127.0.0.1:1/reset".to_owned() }
}

pub fn own(name: &str) -> Sighting {
    Sighting::OwnAgent { boot_id: boot(name) }
}

pub fn in_maintenance(job: JobId) -> Sighting {
    Sighting::MaintenanceAgent { job, boot_id: boot("maintenance") }
}

pub fn reported(job: JobId) -> Sighting {
    Sighting::Reported { job, outcome: Outcome::Succeeded, summary: "done".to_owned() }
}

pub struct World {
    pub store: Store,
    /// The test's database, for a second store on it.
    pub url: String,
}

impl World {
    pub async fn new() -> Self {
        let url = own_database().await;
        let store = Store::open(&url).await.unwrap();
        store.add_image(&image()).await.unwrap();
        store.put_function(&function(), 1).await.unwrap();
        Self { store, url }
    }

    /// The machine of this number, with its MAC and an agent.
    pub async fn machine(&self, number: u8) -> MachineId {
        let id = self.store.add_machine(&new_machine(number)).await.unwrap();
        self.store.set_has_agent(id).await.unwrap();
        id
    }

    /// A job asked for at this second, by the agent's route, the simulated one, and a person.
    pub async fn job(&self, machine: MachineId, second: i64) -> Job {
        self.job_by(machine, second, vec![Route::Agent, simulated(), Route::Person]).await
    }

    pub async fn job_by(&self, machine: MachineId, second: i64, routes: Vec<Route>) -> Job {
        self.job_planned(machine, second, plan(routes)).await
    }

    pub async fn job_planned(&self, machine: MachineId, second: i64, plan: Plan) -> Job {
        let id = JobId(Uuid::now_v7());
        let job = Job::new(id, machine, "inventory", digest(), plan, at(second));
        self.store.add_job(&job, &Initiator::Program { name: "test".to_owned() }).await.unwrap();
        job
    }

    pub async fn saw(&self, machine: MachineId, sighting: Sighting, second: i64) {
        self.store.saw(machine, &sighting, at(second)).await.unwrap();
    }

    /// A worker makes the calls that wait, as far as the press.
    pub async fn push(&self, second: i64) {
        for taken in self.store.take_pushed_calls("worker", 64, at(second)).await.unwrap() {
            while self.store.press(&taken, at(second)).await.unwrap() == Press::Undecided {
                self.work(second).await;
            }
        }
    }

    /// Ann decides about a held job.
    pub async fn decide(&self, job: JobId, what: Decision, second: i64) -> Result<(), pitstop_store::Error> {
        self.store.decide_job(job, Decided { what, by: "ann".to_owned() }, at(second)).await
    }

    pub async fn claim(&self, second: i64) -> Vec<Claimed> {
        self.store.claim_due("worker", 64, at(second)).await.unwrap()
    }

    /// The one job that is due.
    pub async fn claim_one(&self, second: i64) -> Claimed {
        let mut claimed = self.claim(second).await;
        assert_eq!(claimed.len(), 1, "one job is due");
        claimed.remove(0)
    }

    pub async fn commit(&self, claimed: &Claimed, second: i64) -> bool {
        let facts = self.store.load_facts(claimed, at(second)).await.unwrap();
        let step = step(&claimed.job, &facts, at(second));
        self.store.commit_step(claimed, &step, at(second)).await.unwrap()
    }

    /// Steps all that is due until nothing is.
    pub async fn work(&self, second: i64) {
        loop {
            let claimed = self.claim(second).await;
            if claimed.is_empty() {
                return;
            }
            for claimed in &claimed {
                self.commit(claimed, second).await;
            }
        }
    }

    /// The job's row as it stands.
    pub async fn now(&self, job: &Job) -> Job {
        self.store.job(job.id).await.unwrap().unwrap().job
    }

    /// A column of the job's row that nobody but the worker reads.
    pub async fn wake_at(&self, job: &Job) -> Option<Time> {
        let sql = "select wake_at from jobs where id = $1";
        sqlx::query_scalar(sql).bind(job.id.0).fetch_one(self.store.pool()).await.unwrap()
    }

    /// As if the worker that claimed the job had been away for longer than its lease.
    pub async fn lease_runs_out(&self, job: &Job) {
        let sql = "update jobs set lease_until = lease_until - interval '1 hour' where id = $1";
        self.sql(sql, job).await.unwrap();
    }

    /// A statement about one job, `$1`.
    pub async fn sql(&self, sql: &str, job: &Job) -> Result<u64, sqlx::Error> {
        let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(job.id.0).execute(self.store.pool()).await?;
        Ok(done.rows_affected())
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.store.pool()).await.unwrap()
    }
}

/// A plan of an inventory by these routes, on a machine whose agent is known.
pub fn plan(routes: Vec<Route>) -> Plan {
    Plan {
        task: Task::Inventory,
        ending: Ending::by_agent(),
        limits: limits(),
        routes,
        firmware: Firmware::Bios,
        own_agent: true,
        image_agent: true,
        probe: None,
        ask: None,
        off_again: false,
    }
}

pub fn new_machine(number: u8) -> NewMachine {
    numbered(u32::from(number))
}

/// As [`new_machine`], where there are many.
pub fn numbered(number: u32) -> NewMachine {
    let [a, b, c, d] = number.to_be_bytes();
    NewMachine {
        name: format!("m{number}"),
        smbios_uuid: Some(Uuid::from_u128(u128::from(number))),
        macs: vec![Mac([0x52, 0x54, a, b, c, d])],
        site: "main".to_owned(),
        labels: vec![],
        arch: Arch::X86_64,
        firmware: Firmware::Bios,
        routes: vec![],
    }
}

pub fn image() -> ImageVersion {
    let part = |role, file: &str| Part { role, file: file.to_owned(), digest: digest(), bytes: 1 };
    ImageVersion {
        digest: digest(),
        name: "maintenance".to_owned(),
        version: "1".to_owned(),
        title: "Maintenance".to_owned(),
        kind: ImageKind::Maintenance,
        format: ImageFormat::Linux,
        arch: Arch::X86_64,
        firmware: vec![Firmware::Bios, Firmware::Uefi],
        parts: vec![part(PartRole::Kernel, "vmlinuz"), part(PartRole::Initrd, "initrd.img")],
        cmdline: String::new(),
        agent: true,
        provenance: serde_json::json!({}),
        created_at: at(0),
        standing: pitstop_domain::image::Standing::default(),
    }
}

pub fn function() -> Function {
    Function {
        name: "inventory".to_owned(),
        title: "Inventory".to_owned(),
        description: String::new(),
        image: "maintenance".to_owned(),
        task: Task::Inventory,
        parameters: vec![],
        least_role: None,
        missing: None,
        ending: Ending::by_agent(),
        limits: limits(),
        risk: Risk::ReadsOnly,
        told: String::new(),
    }
}
