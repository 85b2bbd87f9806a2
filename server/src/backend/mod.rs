//! The dashboard's data, from the store.
//!
//! - [`fleet`]: the fleet, searched; `glance`: counts and cells of it; `cache`: asked once for all who look at once
//! - `discovery`: machines that are not known yet
//! - [`machine`]: one machine, and what may be started on it; [`routes`]: its power routes, tried
//! - [`jobs`]: lists and stories of jobs, and what people decide; [`runs`]: what a run would do
//! - [`helpdesk`]: machines found by anything
//! - [`person`]: what whoever holds the link of a call is asked

mod cache;
mod discovery;
pub(crate) mod fleet;
mod glance;
mod helpdesk;
mod jobs;
pub(crate) mod machine;
mod person;
mod routes;
mod runs;

use self::cache::Cache;
use crate::hub::Hub;
use crate::import;
use crate::runs::choose::choose;
use crate::runs::read;
use crate::runs::start::start as start_run;
use crate::start;
use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::alarms::api::{AlarmCount, AlarmLine};
use pitstop_app::backend::Backend;
use pitstop_app::discovery::api::{Discovery, Preview};
use pitstop_app::go::Asked;
use pitstop_app::helpdesk::api::FoundList;
use pitstop_app::images::api::ImageRow;
use pitstop_app::jobs::api::{JobPage, Jobs, JobsQuery};
use pitstop_app::machines::api::{Fleet, MachinePage};
use pitstop_app::machines::fleet::address::FleetQuery;
use pitstop_app::machines::fleet::api::{CellName, SavedView};
use pitstop_app::machines::routes::api::Tried;
use pitstop_app::runs::api::{MembersQuery, RunOffer, RunPage, Runs};
use pitstop_domain::Time;
use pitstop_domain::adoption::Rule;
use pitstop_domain::event::Changed;
use pitstop_domain::facts::{CallState, Decided, Decision};
use pitstop_domain::function::Task;
use pitstop_domain::id::{CallId, JobId, MachineId, RunId, SecretId};
use pitstop_domain::job::Initiator;
use pitstop_domain::keep::{Change, Kept};
use pitstop_domain::machine::Machine;
use pitstop_domain::net::Mac;
use pitstop_domain::probe::Probe;
use pitstop_domain::query::Scope;
use pitstop_domain::route::Route;
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_domain::secret::Secret;
use pitstop_netboot::dhcp::Counters;
use pitstop_store::alarms::AlarmRow;
use pitstop_store::fleet::Wanted;
use pitstop_store::signals::Signal;
use pitstop_store::{Error, Keys, Store};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Until people log in there is one person: whoever reaches the dashboard.
const SOMEBODY: &str = "a person at the dashboard";

/// Alarms that a page shows; the rest is counted.
const ALARMS: i64 = 100;

/// Changes that a slow browser may lag behind before it fetches everything anew.
const BACKLOG: usize = 1024;

/// The store, as the dashboard sees it.
pub struct StoreBackend {
    store: Store,
    keys: Keys,
    limits_percent: u32,
    public_url: Option<String>,
    cache: Cache,
    silences: Option<Arc<Counters>>,
    changes: broadcast::Sender<Changed>,
}

impl StoreBackend {
    /// `keys` seal and open the secrets of power routes, and sign links; `public_url` is where people reach the
    /// dashboard, where that was set.
    pub fn new(store: Store, keys: Keys, limits_percent: u32, public_url: Option<String>) -> Self {
        Self {
            store,
            keys,
            limits_percent,
            public_url,
            cache: Cache::default(),
            silences: None,
            changes: broadcast::channel(BACKLOG).0,
        }
    }

    /// What was asked over DHCP and not answered.
    pub fn with_silences(self, silences: Arc<Counters>) -> Self {
        Self { silences: Some(silences), ..self }
    }

    /// Passes on what changed, until cancelled.
    pub fn pass_on(&self, hub: &Hub, stop: CancellationToken) -> impl Future<Output = ()> + use<> {
        let (mut signals, changes) = (hub.subscribe(), self.changes.clone());
        async move {
            let passing = async {
                loop {
                    match signals.recv().await {
                        // No page open is no failure.
                        Ok(Signal::Changed(changed)) => drop(changes.send(changed)),
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return,
                    }
                }
            };
            stop.run_until_cancelled(passing).await;
        }
    }
}

/// The store's errors in words for people; what they cannot help is logged here, once.
fn failure(error: Error) -> Failure {
    match error {
        Error::Refused(why) => Failure::Refused(why),
        Error::NotFound(what) => Failure::not_found(what),
        error => {
            tracing::error!(%error, "A page could not be served.");
            Failure::Unavailable(
                "The database does not answer. Running jobs wait for it; try again in a moment.".to_owned(),
            )
        }
    }
}

#[async_trait]
impl Backend for StoreBackend {
    async fn fleet(&self, query: &FleetQuery) -> Result<Fleet, Failure> {
        fleet::fleet(&self.store, &self.cache, query, &Scope::ALL).await.map_err(failure)
    }

    async fn cell(&self, q: &str, nth: u64) -> Result<Option<CellName>, Failure> {
        fleet::cell(&self.store, q, nth, &Scope::ALL).await.map_err(failure)
    }

    async fn change_machines(&self, q: &str, change: &Change, expect: u64) -> Result<u64, Failure> {
        let query = fleet::understood(q).map_err(failure)?;
        let wanted = Wanted { query: &query, scope: &Scope::ALL, now: self.store.now() };
        let changed = self.store.change_machines(&wanted, change, Some(expect)).await.map_err(failure)?;
        tracing::info!(q, ?change, changed, "Machines were changed.");
        self.cache.forget();
        Ok(changed)
    }

    async fn keep_machine(&self, id: MachineId, kept: &Kept, version: i64) -> Result<(), Failure> {
        self.store.keep_machine(id, kept, version).await.map_err(failure)?;
        self.cache.forget();
        Ok(())
    }

    async fn keep_view(&self, view: &SavedView) -> Result<(), Failure> {
        self.store.keep_view(&fleet::view_row(view), self.store.now()).await.map_err(failure)
    }

    async fn drop_view(&self, id: i64) -> Result<(), Failure> {
        self.store.drop_view(id).await.map_err(failure)
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachinePage>, Failure> {
        machine::page(&self.store, id).await.map_err(failure)
    }

    async fn find_machines(&self, words: &[String], most: usize) -> Result<FoundList, Failure> {
        helpdesk::find(&self.store, words, most).await.map_err(failure)
    }

    async fn start_job(
        &self,
        machine: MachineId,
        function: &str,
        task: Option<Task>,
    ) -> Result<JobId, Failure> {
        let initiator = Initiator::Person { name: "dashboard".to_owned() };
        start::start(&self.store, machine, function, task, &initiator, self.limits_percent)
            .await
            .map_err(failure)
    }

    async fn set_own_image(&self, machine: MachineId, image: Option<&str>) -> Result<(), Failure> {
        self.store.set_own_image(machine, image).await.map_err(failure)
    }

    async fn jobs(&self, query: &JobsQuery) -> Result<Jobs, Failure> {
        jobs::list(&self.store, query).await.map_err(failure)
    }

    async fn job(&self, id: JobId) -> Result<Option<JobPage>, Failure> {
        jobs::page(&self.store, id).await.map_err(failure)
    }

    async fn cancel_job(&self, id: JobId) -> Result<(), Failure> {
        self.store.cancel_job(id, &format!("by {SOMEBODY}"), self.store.now()).await.map_err(failure)
    }

    async fn decide(&self, id: JobId, decision: Decision) -> Result<(), Failure> {
        let by = SOMEBODY.to_owned();
        self.store.decide_job(id, Decided { what: decision, by }, self.store.now()).await.map_err(failure)
    }

    async fn person_did(&self, job: JobId, call: CallId, done: bool) -> Result<(), Failure> {
        let row = self.store.call(call).await.map_err(failure)?;
        if !row.is_some_and(|row| row.job == job && row.route == Route::Person) {
            return Err(Failure::not_found("request to a person"));
        }
        let (state, answer) = match done {
            true => (CallState::Accepted, "a person says that it is done"),
            false => (CallState::Refused, "a person says that it cannot be done"),
        };
        self.store.answer_call(call, state, answer, self.store.now()).await.map_err(failure)
    }

    async fn runs(&self, before: Option<Time>) -> Result<Runs, Failure> {
        read::list(&self.store, false, before).await.map_err(failure)
    }

    async fn run(&self, id: RunId, query: MembersQuery) -> Result<Option<RunPage>, Failure> {
        read::page(&self.store, id, query).await.map_err(failure)
    }

    async fn offer_run(&self, q: &str, plan: Option<&RunPlan>) -> Result<RunOffer, Failure> {
        runs::offer(&self.store, q, plan).await.map_err(failure)
    }

    async fn start_run(&self, q: &str, plan: &RunPlan, expect: u32) -> Result<RunId, Failure> {
        let initiator = Initiator::Person { name: "dashboard".to_owned() };
        let plan = RunPlan { limits_percent: self.limits_percent, ..plan.clone() };
        let rows = choose(&self.store, None, q).await.map_err(failure)?;
        let started = start_run(&self.store, &rows, &plan, Some(expect), &initiator).await;
        started.map(|(run, _)| run).map_err(failure)
    }

    async fn wish_run(&self, id: RunId, wish: Wish) -> Result<(), Failure> {
        self.store.wish_run(id, wish, self.store.now()).await.map_err(failure)
    }

    fn person_token(&self, call: CallId) -> String {
        self.keys.person_token(call)
    }

    fn public_url(&self) -> Option<String> {
        self.public_url.clone()
    }

    async fn person_asked(&self, job: JobId, call: CallId, token: &str) -> Result<Option<Asked>, Failure> {
        person::asked(&self.store, &self.keys, job, call, token).await.map_err(failure)
    }

    async fn alarms(&self) -> Result<Vec<AlarmLine>, Failure> {
        let alarms = self.store.open_alarms(ALARMS).await.map_err(failure)?;
        Ok(alarms.into_iter().map(alarm_line).collect())
    }

    async fn count_alarms(&self) -> Result<AlarmCount, Failure> {
        let (open, unseen) = self.store.count_alarms().await.map_err(failure)?;
        Ok(AlarmCount { open, unseen })
    }

    async fn see_alarm(&self, id: i64) -> Result<(), Failure> {
        self.store.see_alarm(id, SOMEBODY, self.store.now()).await.map_err(failure)
    }

    async fn machine_alone(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        self.store.machine(id).await.map_err(failure)
    }

    async fn set_routes(
        &self,
        machine: MachineId,
        routes: Vec<Route>,
        secrets: Vec<(SecretId, Secret)>,
    ) -> Result<(), Failure> {
        let stored = self.store.set_routes_with_secrets(&self.keys, machine, &routes, &secrets).await;
        stored.map_err(failure)?;
        tracing::info!(%machine, rungs = routes.len(), "A machine's power routes were changed.");
        Ok(())
    }

    fn new_secret_id(&self) -> SecretId {
        SecretId(uuid::Uuid::now_v7())
    }

    async fn try_route(&self, machine: MachineId, route: &Route) -> Result<Tried, Failure> {
        routes::tried(&self.store, &self.keys, machine, route).await.map_err(failure)
    }

    async fn set_probe(&self, machine: MachineId, probe: Option<Probe>) -> Result<(), Failure> {
        self.store.set_probe(machine, probe.as_ref()).await.map_err(failure)
    }

    async fn discovery(&self) -> Result<Discovery, Failure> {
        let values = self.cache.values(&self.store, &Scope::ALL).await.map_err(failure)?;
        discovery::page(&self.store, values.sites, self.silences.as_deref()).await.map_err(failure)
    }

    async fn adopt(
        &self,
        mac: Mac,
        name: String,
        site: String,
        labels: Vec<String>,
    ) -> Result<MachineId, Failure> {
        let id = discovery::adopt(&self.store, mac, name, site, labels).await.map_err(failure)?;
        self.cache.forget();
        Ok(id)
    }

    async fn add_rule(&self, rule: &Rule) -> Result<(), Failure> {
        self.store.add_adoption_rule(rule, self.store.now()).await.map_err(failure)
    }

    async fn drop_rule(&self, id: i64) -> Result<(), Failure> {
        self.store.drop_adoption_rule(id).await.map_err(failure)
    }

    async fn draft_import(&self, csv: &str) -> Result<Uuid, Failure> {
        self.store.draft_import(csv, self.store.now()).await.map_err(failure)
    }

    async fn preview_import(&self, draft: Uuid) -> Result<Preview, Failure> {
        let text = discovery::text(&self.store, draft).await.map_err(failure)?;
        import::preview(&self.store, &text).await.map_err(failure)
    }

    async fn confirm_import(&self, draft: Uuid, new: u64, changed: u64) -> Result<(), Failure> {
        discovery::confirm(&self.store, draft, (new, changed)).await.map_err(failure)?;
        self.cache.forget();
        Ok(())
    }

    async fn images(&self) -> Result<Vec<ImageRow>, Failure> {
        let images = self.store.images().await.map_err(failure)?;
        Ok(images.into_iter().map(image_row).collect())
    }

    fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }
}

fn alarm_line(alarm: AlarmRow) -> AlarmLine {
    AlarmLine {
        id: alarm.id,
        job: alarm.job,
        machine: alarm.machine,
        machine_name: alarm.machine_name,
        reason: alarm.reason,
        raised_at: alarm.raised_at,
        seen: alarm.seen,
    }
}

fn image_row(image: pitstop_domain::image::ImageVersion) -> ImageRow {
    ImageRow {
        digest: image.digest,
        name: image.name,
        version: image.version,
        title: image.title,
        kind: image.kind,
        arch: image.arch,
        firmware: image.firmware,
        parts: image.parts,
        agent: image.agent,
        created_at: image.created_at,
    }
}
