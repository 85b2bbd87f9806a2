//! A server without sockets, with a machine, a job, a run and an alarm in it, and somebody of each role.

use super::database::own_database;
use super::table::Row;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use clap::Parser;
use pitstop_app::machines::routes::edit::mark_of;
use pitstop_calendar::{OnMiss, Schedule, Series, Timing, Zone};
use pitstop_domain::function::{Function, Risk};
use pitstop_domain::health::Rule;
use pitstop_domain::hook::{Hook, Kind, Written};
use pitstop_domain::id::{CallId, HookId, JobId, MachineId, PersonId, RuleId, RunId, ScheduleId};
use pitstop_domain::job::{Initiator, Job};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::people::{Grant, Role, Scope};
use pitstop_domain::route::Route;
use pitstop_domain::run::{Run, RunPlan};
use pitstop_server::backend::Shared;
use pitstop_server::captures::Captures;
use pitstop_server::config::Config;
use pitstop_server::console::Consoles;
use pitstop_server::hub::Hub;
use pitstop_server::uploads::Uploads;
use pitstop_server::{builtin, web};
use pitstop_store::machines::NewMachine;
use pitstop_store::people::audit::Entry;
use pitstop_store::runs::NewMember;
use pitstop_store::{Keys, Store};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use uuid::Uuid;

/// Where the machine stands.
pub const SITE: &str = "graz";

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Visitor {
    Role(Role),
    /// An administrator of another site.
    Elsewhere,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub cookie: Option<String>,
    pub body: String,
}

pub struct House {
    pub store: Store,
    pub router: Router,
    pub machine: MachineId,
    pub job: JobId,
    pub run: RunId,
    people: HashMap<String, PersonId>,
    words: HashMap<&'static str, String>,
    asked: AtomicU32,
    _data: tempfile::TempDir,
}

fn entry() -> Entry {
    Entry { who: "test".into(), came_from: "test".into(), act: "test".into(), ..Entry::default() }
}

impl House {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With more settings.
    pub async fn with(settings: &[&str]) -> Self {
        let store = Store::open(&own_database().await).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let config = Config::parse_from(
            ["pitstop-server", "--data", data.path().to_str().unwrap()].iter().chain(settings),
        );
        let keys = Keys::new([7; 32]);
        let (hub, tasks, stop) = (Hub::default(), TaskTracker::new(), CancellationToken::new());
        tokio::spawn(hub.clone().run(store.clone(), stop.clone()));
        let shared = Arc::new(Shared::new(
            keys.clone(),
            config.limits_percent,
            None,
            Uploads::beside(&config.images()),
        ));
        let consoles = Consoles::new(store.clone(), data.path().join("consoles"));
        let captures = Captures::new(store.clone(), "/nowhere/captures".into(), 0);
        let within = web::Within { store: store.clone(), keys, hub, consoles, captures };
        let router = web::router(&config, &within, shared, &tasks, &stop).unwrap();
        functions(&store).await;
        // One that the server itself can ask; nobody answers there.
        let asked = Route::Simulated { url: "http://127.0.0.1:1/reset".to_owned() };
        let routes = vec![Route::Agent, asked, Route::Person];
        let machine = machine(&store, "pc-7", SITE, 7, &routes).await;
        // No job has it.
        let free = self::machine(&store, "pc-9", SITE, 9, &routes).await;
        let job = job(&store, machine).await;
        let run = run(&store, machine).await;
        let people = people(&store).await;
        let words = HashMap::from([
            ("machine", machine.to_string()),
            ("free", free.to_string()),
            ("job", job.to_string()),
            ("run", run.to_string()),
            ("capture", capture(&store, machine, job).await),
            ("schedule", schedule(&store).await.to_string()),
            ("times", Uuid::from_u128(12).to_string()),
            ("mark", mark_of(&routes)),
            ("alarm", alarm(&store, machine, job).await.to_string()),
            ("health_alert", health_alert(&store, machine).await.to_string()),
            ("rule", Uuid::from_u128(14).to_string()),
            ("question", Uuid::from_u128(13).to_string()),
            ("decision", "acknowledge".to_owned()),
            ("call", CallId(Uuid::from_u128(8)).to_string()),
            ("person", people["victim"].to_string()),
            ("session", Uuid::from_u128(9).to_string()),
            ("token", Uuid::from_u128(10).to_string()),
            ("act", "sign_out".to_owned()),
            ("site", "berlin".to_owned()),
            ("symptom", "slow".to_owned()),
            ("recording", Uuid::from_u128(12).to_string()),
            ("draft", Uuid::from_u128(11).to_string()),
            ("digest", "a".repeat(64)),
            ("image", "pitstop-maintenance".to_owned()),
            ("upload", "0".repeat(32)),
            ("boot", Uuid::from_u128(15).to_string()),
            ("fetch", "0".repeat(32)),
            ("coming", "0".repeat(32)),
            ("function", "inventory".to_owned()),
            ("file", "vmlinuz".to_owned()),
            ("key", "0123456789ABCDEF".to_owned()),
            ("signing_key", "2FB9FAFE90C74D70".to_owned()),
            ("move", "promote".to_owned()),
            ("webhook", webhook(&store, &within.keys).await.to_string()),
            ("delivery", "1".to_owned()),
        ]);
        Self { store, router, machine, job, run, people, words, asked: AtomicU32::new(0), _data: data }
    }

    /// Asks as this row says.
    pub async fn ask(&self, row: &Row, visitor: Option<Visitor>, accept: &str) -> Answer {
        let mut headers = vec![("accept", accept.to_owned())];
        if let Some(visitor) = visitor {
            headers.push(("cookie", self.cookie(visitor).await));
        }
        self.send(row, headers).await
    }

    /// As somebody's browser asks that was led here by a page of another site.
    pub async fn ask_by_a_link_elsewhere(&self, row: &Row, visitor: Visitor) -> Answer {
        let led = [("cookie", self.cookie(visitor).await), ("sec-fetch-site", "cross-site".to_owned())];
        self.send(row, led.into()).await
    }

    /// As a page of another site has a browser ask that holds an administrator's cookie.
    pub async fn ask_from_elsewhere(&self, row: &Row) -> Answer {
        let cookie = self.cookie(Visitor::Role(Role::Administrator)).await;
        let elsewhere = [
            ("cookie", cookie),
            ("origin", "https://evil.example".to_owned()),
            ("host", "pitstop".to_owned()),
        ];
        self.send(row, elsewhere.into()).await
    }

    /// Of a new session: what one request ends does not concern the next.
    pub async fn cookie(&self, visitor: Visitor) -> String {
        let person = match visitor {
            Visitor::Role(role) => self.people[role.name()],
            Visitor::Elsewhere => self.people["elsewhere"],
        };
        self.cookie_of(person).await
    }

    pub async fn cookie_of(&self, person: PersonId) -> String {
        let (_, token) = self.store.add_session(person, "192.0.2.7", "a test", &entry()).await.unwrap();
        format!("pitstop={}", token.expose())
    }

    pub async fn new_person(&self, name: &str, grants: &[Grant]) -> PersonId {
        self.store.add_person(name, name, grants, &entry()).await.unwrap()
    }

    pub fn person(&self, name: &str) -> PersonId {
        self.people[name]
    }

    pub async fn audited(&self) -> i64 {
        sqlx::query_scalar("select count(*) from audit where act <> 'test'")
            .fetch_one(self.store.pool())
            .await
            .unwrap()
    }

    async fn send(&self, row: &Row, headers: Vec<(&str, String)>) -> Answer {
        let (path, with) = (self.filled(row.path), self.filled(row.with));
        let kind =
            if with.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let (uri, body) = match row.method {
            "GET" => (format!("{path}?{}", with.replace('[', "%5B").replace(']', "%5D")), String::new()),
            _ => (path, with),
        };
        let mut request = Request::builder().method(row.method).uri(uri);
        if !body.is_empty() || kind != "application/json" {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        self.answer(request.body(Body::from(body)).unwrap()).await
    }

    /// Asks from an address of its own, so that nothing is throttled that a test does not throttle.
    pub async fn answer(&self, mut request: Request<Body>) -> Answer {
        let n = self.asked.fetch_add(1, Ordering::Relaxed);
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            let address = SocketAddr::from(([10, 0, (n >> 8) as u8, n as u8], 4000));
            request.extensions_mut().insert(ConnectInfo(address));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let text = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, cookie) = (text(header::LOCATION), text(header::SET_COOKIE));
        let (status, endless) = (
            response.status().as_u16(),
            text(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream"),
        );
        let body = match endless {
            true => String::new(),
            false => {
                String::from_utf8_lossy(&axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap())
                    .into_owned()
            }
        };
        Answer { status, location, cookie, body }
    }

    fn filled(&self, text: &str) -> String {
        let n = self.asked.load(Ordering::Relaxed).to_string();
        let text = self
            .words
            .iter()
            .fold(text.to_owned(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value));
        text.replace("{n}", &n)
    }
}

/// A program outside that was told of a test.
async fn webhook(store: &Store, keys: &Keys) -> HookId {
    let written = Written {
        name: "Tickets".to_owned(),
        url: "https://tickets.example/".to_owned(),
        kinds: vec![Kind::JobHeld],
        query: String::new(),
    };
    let hook = Hook::of(HookId(Uuid::now_v7()), &written).unwrap();
    store.add_hook(keys, &hook, "test", store.now()).await.unwrap();
    store.test_hook(hook.id, "test", store.now()).await.unwrap();
    hook.id
}

async fn functions(store: &Store) {
    let inventory = builtin::functions().into_iter().find(|function| function.name == "inventory").unwrap();
    for (name, risk) in [("inventory", Risk::ReadsOnly), ("mends", Risk::Repairs), ("wipes", Risk::Destroys)]
    {
        let function = Function { name: name.to_owned(), risk, ..inventory.clone() };
        store.put_function(&function, 0).await.unwrap();
    }
    let restore = builtin::functions().into_iter().find(|function| function.name == "restore").unwrap();
    store.put_function(&restore, 0).await.unwrap();
}

pub async fn machine(store: &Store, name: &str, site: &str, last: u8, routes: &[Route]) -> MachineId {
    let new = NewMachine {
        name: name.to_owned(),
        smbios_uuid: None,
        macs: vec![Mac([0x52, 0x54, 0, 0, 1, last])],
        site: site.to_owned(),
        labels: vec![],
        arch: Arch::X86_64,
        firmware: Firmware::Bios,
        routes: routes.to_vec(),
    };
    store.add_machine(&new).await.unwrap()
}

pub async fn job(store: &Store, machine: MachineId) -> JobId {
    let id = JobId(Uuid::now_v7());
    let sql = "insert into images (digest, name, version, title, kind, format, arch, firmware, parts, agent) \
               values (repeat('a', 64), 'pitstop-maintenance', '1', 'I', 'maintenance', 'linux', 'x86_64', '{bios}', $1::jsonb, true) on conflict do nothing";
    let parts = serde_json::json!([{ "role": "kernel", "file": "k", "digest": "a".repeat(64), "bytes": 1 }]);
    sqlx::query(sql).bind(parts).execute(store.pool()).await.unwrap();
    let plan = serde_json::json!({
        "task": pitstop_domain::function::Task::Inventory, "ending": pitstop_domain::ending::Ending::by_agent(),
        "limits": pitstop_domain::function::Limits::default(), "routes": [Route::Person],
        "firmware": Firmware::Bios, "own_agent": true, "image_agent": true,
    });
    let plan = serde_json::from_value(plan).unwrap();
    let job = Job::new(id, machine, "inventory", "a".repeat(64).parse().unwrap(), plan, store.now());
    store.add_job(&job, &Initiator::Program { name: "test".to_owned() }).await.unwrap();
    id
}

pub async fn run(store: &Store, machine: MachineId) -> RunId {
    let run = Run::new(RunId(Uuid::now_v7()), RunPlan::plain("inventory"), store.now());
    let member = NewMember { machine, wave: 0, refused: None };
    store.add_run(&run, &Initiator::Program { name: "test".to_owned() }, &[member]).await.unwrap();
    run.id
}

/// Far ahead, for all machines, made by who may touch them all.
async fn schedule(store: &Store) -> ScheduleId {
    let series = Series::once(Zone::UTC, "2031-01-01T22:00:00".parse().unwrap());
    let schedule = Schedule {
        id: ScheduleId(Uuid::now_v7()),
        name: "far".to_owned(),
        chosen: pitstop_calendar::Chosen::Search(String::new()),
        scopes: None,
        plan: RunPlan::plain("inventory"),
        timing: Timing { series, ready_by: None, on_miss: OnMiss::Skip },
        since: store.now(),
        settled_through: None,
        paused_at: None,
    };
    store.keep_schedule(&schedule, None, "test", store.now()).await.unwrap();
    schedule.id
}

async fn alarm(store: &Store, machine: MachineId, job: JobId) -> i64 {
    let sql = "insert into alarms (kind, job_id, machine_id, reason, raised_at) values ('held', $1, $2, 'held', now()) returning id";
    sqlx::query_scalar(sql).bind(job.0).bind(machine.0).fetch_one(store.pool()).await.unwrap()
}

/// An alert that fires on this machine.
async fn health_alert(store: &Store, machine: MachineId) -> Uuid {
    let rule = Rule::new(RuleId(Uuid::now_v7()), "slow", vec![], "inventory");
    store.keep_health_rule(&rule, None, "test", store.now()).await.unwrap();
    // Nobody is to look at it while the tests ask.
    let alert = serde_json::json!({
        "rule": rule.id, "machine": machine, "state": "firing", "since": store.now(), "fired_at": store.now(),
        "reason": "it is slow", "note": "", "needs_person": true, "approved_by": null, "job": null, "acted_at": null,
        "verdict": null, "resolved_at": null,
    });
    let sql = "insert into health_alerts (id, rule_id, machine_id, state, alert, since, fired_at, needs_person) \
               values ($1, $2, $3, 'firing', $4, now(), now(), true)";
    let id = Uuid::now_v7();
    let query = sqlx::query(sql).bind(id).bind(rule.id.0).bind(machine.0).bind(alert);
    query.execute(store.pool()).await.unwrap();
    id
}

async fn people(store: &Store) -> HashMap<String, PersonId> {
    let roles = Role::ALL.map(|role| (role.name(), vec![Grant::everywhere(role)]));
    let elsewhere = vec![Grant { role: Role::Administrator, scope: Scope::sites(["wien"]) }];
    let all = roles.into_iter().chain([("elsewhere", elsewhere), ("victim", vec![])]);
    let mut people = HashMap::new();
    for (name, grants) in all {
        people.insert(name.to_owned(), store.add_person(name, name, &grants, &entry()).await.unwrap());
    }
    // Otherwise the last administrator could not be changed by the tests.
    people
}

/// One that comes in just now.
async fn capture(store: &Store, machine: MachineId, job: JobId) -> String {
    let source = serde_json::json!({ "device": "/dev/sda", "model": "", "serial": "", "bytes": 1, "sector": 512,
        "table": "none", "pieces": [] });
    let source = serde_json::from_value(source).unwrap();
    store.begin_capture(machine, job, &source).await.unwrap().0.to_string()
}
