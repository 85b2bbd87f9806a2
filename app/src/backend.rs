//! What the dashboard needs of the rest of the server. The server implements it over the store; the preview
//! over samples.

use crate::Failure;
use crate::alarms::api::{AlarmCount, AlarmLine};
use crate::console::api::ConsolePage;
use crate::discovery::api::{Discovery, Preview};
use crate::go::Asked;
use crate::helpdesk::api::FoundList;
use crate::jobs::api::{JobPage, Jobs, JobsQuery};
use crate::live::told::Told;
use crate::machines::api::{Fleet, MachinePage};
use crate::machines::fleet::address::FleetQuery;
use crate::machines::fleet::api::{CellName, SavedView};
use crate::machines::routes::api::Tried;
use crate::people::door::Entered;
use crate::runs::api::{MembersQuery, RunOffer, RunPage, Runs};
use async_trait::async_trait;
use leptos::prelude::use_context;
use pitstop_domain::Time;
use pitstop_domain::adoption::Rule;
use pitstop_domain::event::Changed;
use pitstop_domain::facts::Decision;
use pitstop_domain::id::{CallId, JobId, MachineId, RunId, SecretId};
use pitstop_domain::keep::{Change, Kept};
use pitstop_domain::machine::Machine;
use pitstop_domain::net::Mac;
use pitstop_domain::probe::Probe;
use pitstop_domain::route::Route;
use pitstop_domain::route::form::Filled;
use pitstop_domain::run::{RunPlan, Wish};
use pitstop_domain::secret::Secret;
use pitstop_domain::symptom::Symptom;
use std::sync::Arc;
use uuid::Uuid;

/// Data and intents. A refusal says in plain words why, and what to do instead.
#[async_trait]
pub trait Backend: Send + Sync {
    /// A window of the fleet, with what stands around it.
    async fn fleet(&self, query: &FleetQuery) -> Result<Fleet, Failure>;

    /// The machine at this place among those that the words find, by name.
    async fn cell(&self, q: &str, nth: u64) -> Result<Option<CellName>, Failure>;

    /// Changes all machines that the words find; gives how many are other than before. `expect`: so many the person
    /// has seen; nothing is changed where they are another number by now.
    async fn change_machines(&self, q: &str, change: &Change, expect: u64) -> Result<u64, Failure>;

    /// What people keep of a machine. `version`: as it was when it was read.
    async fn keep_machine(&self, id: MachineId, kept: &Kept, version: i64) -> Result<(), Failure>;

    /// Keeps a search by its name.
    async fn keep_view(&self, view: &SavedView) -> Result<(), Failure>;

    async fn drop_view(&self, id: i64) -> Result<(), Failure>;

    async fn machine(&self, id: MachineId) -> Result<Option<MachinePage>, Failure>;

    /// Machines in which all of these words are found, in anything that is known of them; those of just this name
    /// first, `most` at most. Words are small letters.
    async fn find_machines(&self, words: &[String], most: usize) -> Result<FoundList, Failure>;

    /// Starts a function on a machine. `filled`: what its parameters ask for; what is not named is as the function has it.
    /// `reported`: what was said on the phone.
    async fn start_job(
        &self,
        machine: MachineId,
        function: &str,
        filled: &Filled,
        reported: Option<&str>,
    ) -> Result<JobId, Failure>;

    /// What somebody on the phone may say, in its order on the screen.
    async fn symptoms(&self) -> Result<Vec<Symptom>, Failure>;

    /// Says which operational image is the machine's own system, from its next boot on; `None`: what is on it.
    async fn set_own_image(&self, machine: MachineId, image: Option<&str>) -> Result<(), Failure>;

    async fn jobs(&self, query: &JobsQuery) -> Result<Jobs, Failure>;

    async fn job(&self, id: JobId) -> Result<Option<JobPage>, Failure>;

    /// The job's consoles, for who may use them.
    async fn console(&self, id: JobId) -> Result<Option<ConsolePage>, Failure>;

    /// A person wants the job to end; the trip back is made all the same.
    async fn cancel_job(&self, id: JobId) -> Result<(), Failure>;

    /// A person decides about a held job.
    async fn decide(&self, id: JobId, decision: Decision) -> Result<(), Failure>;

    /// A person did what the route `Person` asked for (or says that it cannot be done).
    async fn person_did(&self, job: JobId, call: CallId, done: bool) -> Result<(), Failure>;

    /// What the link of a call to a person shows there. It opens nothing but the answer to that call.
    fn person_token(&self, call: CallId) -> String;

    /// Where people reach the dashboard, when that was set; else the address of the request is taken.
    fn public_url(&self) -> Option<String>;

    /// What whoever holds this link is asked. `None`: the link is wrong, or it is over.
    async fn person_asked(&self, job: JobId, call: CallId, token: &str) -> Result<Option<Asked>, Failure>;

    /// Alarms that are not cleared, oldest first.
    async fn alarms(&self) -> Result<Vec<AlarmLine>, Failure>;

    async fn count_alarms(&self) -> Result<AlarmCount, Failure>;

    /// A person looks after an alarm.
    async fn see_alarm(&self, id: i64) -> Result<(), Failure>;

    /// The machine alone, without all that its page shows.
    async fn machine_alone(&self, id: MachineId) -> Result<Option<Machine>, Failure>;

    /// A machine's power ladder, with the secrets that are new in it.
    async fn set_routes(
        &self,
        machine: MachineId,
        routes: Vec<Route>,
        secrets: Vec<(SecretId, Secret)>,
    ) -> Result<(), Failure>;

    /// A name for a secret that is new.
    fn new_secret_id(&self) -> SecretId;

    /// Asks a route's board how its machine is. Changes nothing.
    async fn try_route(&self, machine: MachineId, route: &Route) -> Result<Tried, Failure>;

    /// What shows that a machine's own system is up, where no agent can.
    async fn set_probe(&self, machine: MachineId, probe: Option<Probe>) -> Result<(), Failure>;

    /// Runs made before this moment, newest first.
    async fn runs(&self, before: Option<Time>) -> Result<Runs, Failure>;

    async fn run(&self, id: RunId, query: MembersQuery) -> Result<Option<RunPage>, Failure>;

    /// What a run over the machines that this search finds would do; without a plan only what can be chosen.
    async fn offer_run(&self, q: &str, plan: Option<&RunPlan>) -> Result<RunOffer, Failure>;

    /// Starts a run over the machines that this search finds, refused ones among them. `expect`: how many can be
    /// started, as the person has seen; nothing is started where it is another number by now.
    async fn start_run(&self, q: &str, plan: &RunPlan, expect: u32) -> Result<RunId, Failure>;

    /// A person wants something of a run.
    async fn wish_run(&self, id: RunId, wish: Wish) -> Result<(), Failure>;

    /// Machines that asked to boot and that are not known.
    async fn discovery(&self) -> Result<Discovery, Failure>;

    /// A stranger becomes a machine.
    async fn adopt(
        &self,
        mac: Mac,
        name: String,
        site: String,
        labels: Vec<String>,
    ) -> Result<MachineId, Failure>;

    async fn add_rule(&self, rule: &Rule) -> Result<(), Failure>;

    async fn drop_rule(&self, id: i64) -> Result<(), Failure>;

    /// Keeps a list of machines to be looked at. No machine comes of it.
    async fn draft_import(&self, csv: &str) -> Result<Uuid, Failure>;

    /// What the list of a draft would do.
    async fn preview_import(&self, draft: Uuid) -> Result<Preview, Failure>;

    /// Does what the list of a draft says, where it is as many new and changed machines as the person has seen.
    async fn confirm_import(&self, draft: Uuid, new: u64, changed: u64) -> Result<(), Failure>;

    /// May this person see what changed?
    async fn sees(&self, changed: &Changed) -> bool;

    /// What changes, whoever may see it: [`Backend::sees`] says that.
    fn told(&self) -> &Arc<Told>;
}

/// The backend of this request: as far as whoever asks may. Called before the first `await` of a server function.
pub(crate) fn backend() -> Result<Arc<dyn Backend>, Failure> {
    let parts = use_context::<axum::http::request::Parts>();
    let entered = parts.as_ref().and_then(|parts| parts.extensions.get::<Entered>());
    entered.map(|entered| entered.backend.clone()).ok_or_else(|| {
        Failure::SignedOut("Nobody is signed in, or the session is over. Sign in again.".to_owned())
    })
}
