//! The dashboard's data, from the store.
//!
//! - [`fleet`]: the fleet, searched; `glance`: counts and cells of it; `cache`: asked once for all who look at once; `catalog`: boot images
//! - `discovery`: machines that are not known yet; `failures`: what went wrong, as people read it
//! - [`machine`]: one machine, and what may be started on it; [`routes`]: its power routes, tried
//! - [`jobs`]: lists and stories of jobs, and what people decide; [`runs`]: what a run would do
//! - [`helpdesk`]: machines found by anything
//! - [`person`]: what whoever holds the link of a call is asked; [`alarms`]: what a person must look at
//! - `shared`: what the backends of all people share; [`sight`]: which changes somebody may be told of

pub(crate) mod alarms;
mod arrivals;
mod cache;
mod catalog;
mod console;
mod discovery;
mod failures;
pub(crate) mod fleet;
mod functions;
mod glance;
mod helpdesk;
mod jobs;
pub(crate) mod machine;
mod person;
mod routes;
mod runs;
mod shared;
mod sight;
pub(crate) mod signing;

use crate::captures::desk::may_take;
use crate::import;
use crate::people::{Deed, Gate, On};
use crate::runs::read;
use crate::start;
use async_trait::async_trait;
use failures::found;
use pitstop_app::Failure;
use pitstop_app::alarms::api::{AlarmCount, AlarmLine};
use pitstop_app::backend::Backend;
use pitstop_app::console::api::ConsolePage;
use pitstop_app::discovery::api::{Discovery, Preview};
use pitstop_app::go::Asked;
use pitstop_app::helpdesk::api::FoundList;
use pitstop_app::jobs::api::{JobPage, Jobs, JobsQuery};
use pitstop_app::live::told::Told;
use pitstop_app::machines::api::{Fleet, MachinePage};
use pitstop_app::machines::fleet::address::FleetQuery;
use pitstop_app::machines::fleet::api::{CellName, SavedView};
use pitstop_app::machines::routes::api::Tried;
use pitstop_app::runs::api::{MembersQuery, RunOffer, RunPage, Runs};
use pitstop_domain::Time;
use pitstop_domain::adoption::Rule;
use pitstop_domain::event::Changed;
use pitstop_domain::facts::{CallState, Decided, Decision};
use pitstop_domain::id::{CallId, JobId, MachineId, RunId, SecretId};
use pitstop_domain::keep::{Change, Kept};
use pitstop_domain::machine::Machine;
use pitstop_domain::net::Mac;
use pitstop_domain::people::{Right, Who};
use pitstop_domain::probe::Probe;
use pitstop_domain::query::Scope;
use pitstop_domain::route::Route;
use pitstop_domain::route::form::Filled;
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_domain::secret::Secret;
use pitstop_domain::symptom::Symptom;
use pitstop_store::fleet::Wanted;
use pitstop_store::{Error, Store};
use serde_json::json;
use sight::Sight;
use std::sync::Arc;
use uuid::Uuid;

pub use catalog::StoreCatalog;
pub(crate) use catalog::{deed, explain};
pub use failures::{failure, failure_of};
pub use functions::StoreFunctions;
pub use shared::Shared;

/// Alarms that a page shows; the rest is counted.
const ALARMS: i64 = 100;

/// The store, as one person sees it at the dashboard. There is no way to it but by the gate.
pub struct StoreBackend {
    gate: Gate,
    shared: Arc<Shared>,
    sight: Sight,
}

impl StoreBackend {
    pub fn new(gate: Gate, shared: Arc<Shared>) -> Self {
        Self { gate, shared, sight: Sight::default() }
    }

    async fn see(&self, on: On) -> Result<&Store, Failure> {
        self.gate.read(Right::See, on).await.map_err(failure_of)
    }

    async fn act<'a, T, F>(
        &'a self,
        deed: Deed,
        work: impl FnOnce(&'a Store) -> F + Send,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    /// What this person sees of the fleet.
    fn scope(&self) -> Scope {
        self.scope_of(Right::See)
    }

    fn scope_of(&self, right: Right) -> Scope {
        Scope::of(self.gate.who().scopes(right))
    }

    /// A machine must not be put where whoever puts it may not change machines.
    fn may_put(&self, site: Option<&str>) -> Result<(), Error> {
        site.map_or(Ok(()), |site| may_put(self.gate.who(), site))
    }

    /// Who decides, for the story of a job.
    fn by(&self) -> String {
        self.gate.who().to_string()
    }
}

#[async_trait]
impl Backend for StoreBackend {
    async fn fleet(&self, query: &FleetQuery) -> Result<Fleet, Failure> {
        let store = self.see(On::Somewhere).await?;
        fleet::fleet(store, &self.shared.cache, query, &self.scope()).await.map_err(failure)
    }

    async fn cell(&self, q: &str, nth: u64) -> Result<Option<CellName>, Failure> {
        fleet::cell(self.see(On::Somewhere).await?, q, nth, &self.scope()).await.map_err(failure)
    }

    async fn change_machines(&self, q: &str, change: &Change, expect: u64) -> Result<u64, Failure> {
        let query = fleet::understood(q).map_err(failure)?;
        let put = self.may_put(change.site());
        let (scope, mine, now) = (self.scope(), self.scope_of(Right::EditMachines), self.gate.now());
        let what = format!("changed {expect} machines, found by `{q}`");
        let deed = Deed { after: Some(json!(change)), ..Deed::new(Right::EditMachines, On::Somewhere, what) };
        let (query, beyond) = (&query, mine != scope);
        let changed = self.act(deed, |store| async move {
            put?;
            let wanted = Wanted { query, scope: &mine, now };
            if beyond
                && store.fleet_count(&wanted).await?
                    != store.fleet_count(&Wanted { scope: &scope, ..wanted }).await?
            {
                return Err(Error::Refused(
                    "some of these machines are not yours to change: choose those that are".to_owned(),
                ));
            }
            store.change_machines(&wanted, change, Some(expect)).await
        });
        let changed = changed.await?;
        self.shared.cache.forget();
        Ok(changed)
    }

    async fn keep_machine(&self, id: MachineId, kept: &Kept, version: i64) -> Result<(), Failure> {
        let put = self.may_put(Some(&kept.site));
        let before = self.see(On::Machine(id)).await?.machine(id).await.map_err(failure)?;
        let before = before
            .map(|machine| json!({ "site": machine.site, "labels": machine.labels, "desk": machine.desk }));
        let deed = Deed::new(Right::EditMachines, On::Machine(id), "changed what is kept of it")
            .changes(json!(before), json!(kept));
        self.act(deed, |store| async move {
            put?;
            store.keep_machine(id, kept, version).await
        })
        .await?;
        self.shared.cache.forget();
        Ok(())
    }

    async fn keep_view(&self, view: &SavedView) -> Result<(), Failure> {
        let (row, now) = (fleet::view_row(view), self.gate.now());
        let deed = Deed::new(Right::EditMachines, On::Somewhere, format!("kept the view {}", row.name));
        self.act(deed, |store| async move { store.keep_view(&row, now).await }).await
    }

    async fn drop_view(&self, id: i64) -> Result<(), Failure> {
        let deed = Deed::new(Right::EditMachines, On::Somewhere, format!("removed view {id}"));
        self.act(deed, |store| store.drop_view(id)).await
    }

    async fn machine(&self, id: MachineId) -> Result<Option<MachinePage>, Failure> {
        found(
            async {
                machine::page(self.see(On::Machine(id)).await?, id, self.gate.who()).await.map_err(failure)
            }
            .await,
        )
    }

    async fn find_machines(&self, words: &[String], most: usize) -> Result<FoundList, Failure> {
        helpdesk::find(self.see(On::Somewhere).await?, words, most, &self.scope()).await.map_err(failure)
    }

    async fn symptoms(&self) -> Result<Vec<Symptom>, Failure> {
        self.see(On::Somewhere).await?.symptoms().await.map_err(failure)
    }

    async fn start_job(
        &self,
        machine: MachineId,
        function: &str,
        filled: &Filled,
        reported: Option<&str>,
    ) -> Result<JobId, Failure> {
        let store = self.see(On::Machine(machine)).await?;
        let on =
            store.machine(machine).await.map_err(failure)?.ok_or_else(|| Failure::not_found("machine"))?;
        let known = store.function(function).await.map_err(failure)?;
        let known = known.ok_or_else(|| Failure::not_found("function"))?;
        let (right, initiator) = (known.right(), self.gate.who().initiator().reporting(reported));
        let task = known
            .filled(filled, &on.name)
            .map_err(|errors| Failure::Fields { errors, filled: filled.clone() })?;
        may_take(&self.gate, &task, machine).await.map_err(failure_of)?;
        let after = json!({ "function": function, "task": task, "reported": reported });
        let deed = Deed {
            after: Some(after),
            ..Deed::new(right, On::Machine(machine), format!("started {}", known.title))
        };
        let asked =
            start::Asked { task: Some(task), limits_percent: self.shared.limits_percent, off_again: false };
        self.act(
            deed,
            |store| async move { start::start(store, machine, function, &asked, &initiator).await },
        )
        .await
    }

    async fn set_own_image(&self, machine: MachineId, image: Option<&str>) -> Result<(), Failure> {
        let before = self.see(On::Machine(machine)).await?.machine(machine).await.map_err(failure)?;
        let deed = Deed::new(Right::EditMachines, On::Machine(machine), "changed what its own system is")
            .changes(json!(before.and_then(|machine| machine.own_image)), json!(image));
        self.act(deed, |store| store.set_own_image(machine, image)).await
    }

    async fn jobs(&self, query: &JobsQuery) -> Result<Jobs, Failure> {
        jobs::list(self.see(On::Somewhere).await?, query, self.gate.scopes()).await.map_err(failure)
    }

    async fn job(&self, id: JobId) -> Result<Option<JobPage>, Failure> {
        found(async { jobs::page(self.see(On::Job(id)).await?, id).await.map_err(failure) }.await)
    }

    async fn console(&self, id: JobId) -> Result<Option<ConsolePage>, Failure> {
        let store = self.gate.read(Right::UseConsole, On::Job(id)).await;
        found(async { console::page(store.map_err(failure_of)?, id).await.map_err(failure) }.await)
    }

    async fn cancel_job(&self, id: JobId) -> Result<(), Failure> {
        let (by, now) = (format!("by {}", self.by()), self.gate.now());
        let deed = Deed::new(Right::Cancel, On::Job(id), format!("took job {id} back"));
        self.act(deed, |store| async move { store.cancel_job(id, &by, now).await }).await
    }

    async fn decide(&self, id: JobId, decision: Decision) -> Result<(), Failure> {
        let (by, now) = (self.by(), self.gate.now());
        let after = json!({ "job": id, "decision": decision });
        let deed =
            Deed { after: Some(after), ..Deed::new(Right::Decide, On::Job(id), "decided about a held job") };
        self.act(deed, |store| store.decide_job(id, Decided { what: decision, by }, now)).await
    }

    async fn person_did(&self, job: JobId, call: CallId, done: bool) -> Result<(), Failure> {
        let (state, did) = match done {
            true => (CallState::Accepted, "says that it is done"),
            false => (CallState::Refused, "says that it cannot be done"),
        };
        let (answer, now) = (format!("{} {did}", self.by()), self.gate.now());
        let deed =
            Deed::new(Right::Press, On::Job(job), format!("was asked to restart it by hand, and {did}"));
        let answered = self.act(deed, |store| async move {
            let row = store.call(call).await?;
            if !row.is_some_and(|row| row.job == job && row.route == Route::Person) {
                return Err(Error::NotFound("request to a person"));
            }
            store.answer_call(call, state, &answer, now).await
        });
        answered.await
    }

    async fn runs(&self, before: Option<Time>) -> Result<Runs, Failure> {
        let store = self.see(On::Somewhere).await?;
        read::list(store, false, before, self.gate.scopes().as_deref()).await.map_err(failure)
    }

    async fn run(&self, id: RunId, query: MembersQuery) -> Result<Option<RunPage>, Failure> {
        let scopes = self.gate.scopes();
        found(
            async {
                read::page(self.see(On::Run(id)).await?, id, query, scopes.as_deref()).await.map_err(failure)
            }
            .await,
        )
    }

    async fn offer_run(&self, q: &str, plan: Option<&RunPlan>) -> Result<RunOffer, Failure> {
        let store = self.see(On::Somewhere).await?;
        runs::offer(store, self.gate.who(), q, plan).await.map_err(failure)
    }

    async fn start_run(&self, q: &str, plan: &RunPlan, expect: u32) -> Result<RunId, Failure> {
        let plan = RunPlan { limits_percent: self.shared.limits_percent, ..plan.clone() };
        let started = crate::runs::ask::ask(&self.gate, None, q, &plan, Some(expect)).await;
        started.map(|(run, _)| run).map_err(failure_of)
    }

    async fn wish_run(&self, id: RunId, wish: Wish) -> Result<(), Failure> {
        let now = self.gate.now();
        let deed = Deed {
            after: Some(json!({ "run": id, "wish": wish })),
            ..Deed::new(Right::StartRuns, On::Run(id), "wished something of a run")
        };
        self.act(deed, |store| store.wish_run(id, wish, now)).await
    }

    fn person_token(&self, call: CallId) -> String {
        self.shared.keys.person_token(call)
    }

    fn public_url(&self) -> Option<String> {
        self.shared.public_url.clone()
    }

    async fn person_asked(&self, job: JobId, call: CallId, token: &str) -> Result<Option<Asked>, Failure> {
        if !self.shared.keys.is_person_token(call, token) {
            return Ok(None);
        }
        // The token is the right.
        let store = self.gate.read(Right::Press, On::Job(job)).await.map_err(failure_of);
        found(async { person::asked(store?, job, call).await.map_err(failure) }.await)
    }

    async fn alarms(&self) -> Result<Vec<AlarmLine>, Failure> {
        let alarms =
            alarms::open(self.see(On::Somewhere).await?, self.gate.scopes().as_deref(), ALARMS).await;
        Ok(alarms.map_err(failure)?.into_iter().map(alarms::line).collect())
    }

    async fn count_alarms(&self) -> Result<AlarmCount, Failure> {
        let store = self.see(On::Somewhere).await?;
        let (open, unseen) = alarms::count(store, self.gate.scopes().as_deref()).await.map_err(failure)?;
        Ok(AlarmCount { open, unseen })
    }

    async fn see_alarm(&self, id: i64) -> Result<(), Failure> {
        let (by, now) = (self.by(), self.gate.now());
        let deed = Deed::new(Right::LookAfter, On::Alarm(id), "looks after an alarm");
        self.act(deed, |store| async move { store.see_alarm(id, &by, now).await }).await
    }

    async fn machine_alone(&self, id: MachineId) -> Result<Option<Machine>, Failure> {
        found(async { self.see(On::Machine(id)).await?.machine(id).await.map_err(failure) }.await)
    }

    async fn set_routes(
        &self,
        machine: MachineId,
        routes: Vec<Route>,
        secrets: Vec<(SecretId, Secret)>,
    ) -> Result<(), Failure> {
        let before = self.see(On::Machine(machine)).await?.machine(machine).await.map_err(failure)?;
        // Routes name their secrets and do not hold them.
        let deed = Deed::new(Right::EditRoutes, On::Machine(machine), "changed its power routes")
            .changes(json!(before.map(|machine| machine.routes)), json!(routes));
        let keys = &self.shared.keys;
        self.act(deed, |store| async move {
            store.set_routes_with_secrets(keys, machine, &routes, &secrets).await
        })
        .await
    }

    fn new_secret_id(&self) -> SecretId {
        SecretId(uuid::Uuid::now_v7())
    }

    async fn try_route(&self, machine: MachineId, route: &Route) -> Result<Tried, Failure> {
        let store = self.gate.read(Right::TryRoutes, On::Machine(machine)).await.map_err(failure_of)?;
        routes::tried(store, &self.shared.keys, machine, route).await.map_err(failure)
    }

    async fn set_probe(&self, machine: MachineId, probe: Option<Probe>) -> Result<(), Failure> {
        let before = self.see(On::Machine(machine)).await?.machine(machine).await.map_err(failure)?;
        let deed = Deed::new(Right::EditRoutes, On::Machine(machine), "changed its probe")
            .changes(json!(before.and_then(|machine| machine.probe)), json!(probe));
        self.act(deed, |store| async move { store.set_probe(machine, probe.as_ref()).await }).await
    }

    async fn discovery(&self) -> Result<Discovery, Failure> {
        let store = self.see(On::Installation).await?;
        let values = self.shared.cache.values(store, &self.scope()).await.map_err(failure)?;
        discovery::page(store, values.sites, self.shared.silences.dhcp.as_deref()).await.map_err(failure)
    }

    async fn adopt(
        &self,
        mac: Mac,
        name: String,
        site: String,
        labels: Vec<String>,
    ) -> Result<MachineId, Failure> {
        let after = json!({ "name": name, "site": site, "labels": labels });
        let what = format!("adopted the machine with {mac}");
        let deed = Deed { after: Some(after), ..Deed::new(Right::EditMachines, On::Installation, what) };
        let id = self.act(deed, |store| discovery::adopt(store, mac, name, site, labels)).await?;
        self.shared.cache.forget();
        Ok(id)
    }

    async fn add_rule(&self, rule: &Rule) -> Result<(), Failure> {
        let now = self.gate.now();
        let deed = Deed {
            after: Some(json!(rule)),
            ..Deed::new(Right::EditMachines, On::Installation, "added a rule by which machines are adopted")
        };
        self.act(deed, |store| store.add_adoption_rule(rule, now)).await
    }

    async fn drop_rule(&self, id: i64) -> Result<(), Failure> {
        let what = format!("removed rule {id}, by which machines were adopted");
        let deed = Deed::new(Right::EditMachines, On::Installation, what);
        self.act(deed, |store| store.drop_adoption_rule(id)).await
    }

    async fn draft_import(&self, csv: &str) -> Result<Uuid, Failure> {
        let store = self.gate.read(Right::EditMachines, On::Installation).await.map_err(failure_of)?;
        store.draft_import(csv, self.gate.now()).await.map_err(failure)
    }

    async fn preview_import(&self, draft: Uuid) -> Result<Preview, Failure> {
        let store = self.gate.read(Right::EditMachines, On::Installation).await.map_err(failure_of)?;
        let text = discovery::text(store, draft).await.map_err(failure)?;
        import::preview(store, &text).await.map_err(failure)
    }

    async fn confirm_import(&self, draft: Uuid, new: u64, changed: u64) -> Result<(), Failure> {
        let what = format!("imported a list: {new} new machines, {changed} changed");
        let deed = Deed::new(Right::EditMachines, On::Installation, what);
        self.act(deed, |store| discovery::confirm(store, draft, (new, changed))).await?;
        self.shared.cache.forget();
        Ok(())
    }

    async fn sees(&self, changed: &Changed) -> bool {
        self.sight.sees(&self.gate, changed).await
    }

    fn told(&self) -> &Arc<Told> {
        &self.shared.told
    }
}

/// Is there something at this site that they may change?
pub(crate) fn may_put(who: &Who, site: &str) -> Result<(), Error> {
    let Some(parts) = who.scopes(Right::EditMachines) else { return Ok(()) };
    match parts.iter().any(|part| part.sites.is_empty() || part.sites.contains(site)) {
        true => Ok(()),
        false => {
            Err(Error::Refused(format!("you may put no machine at {site}: none there are yours to change")))
        }
    }
}
