//! Maintenance images: they ask for their task, report, and fetch the order to go home.

use super::belongs::{another, go_home, outside};
use super::body::Body;
use super::order::{Waiter, await_order, stop_wanted};
use super::refusal::Refusal;
use super::{AgentApi, bearer};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use pitstop_domain::Time;
use pitstop_domain::id::JobId;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::net::Mac;
use pitstop_domain::route::Target;
use pitstop_domain::sighting::Sighting;
use pitstop_domain::wire::{Report, ReportReply, TaskOrder};
use pitstop_store::jobs::JobRow;
use serde::Deserialize;

/// The job that the token opens.
pub(super) async fn open(api: &AgentApi, id: JobId, headers: &HeaderMap) -> Result<JobRow, Refusal> {
    opened_by(api, id, bearer(headers).ok_or(Refusal::NotItsJob)?).await
}

async fn opened_by(api: &AgentApi, id: JobId, token: &str) -> Result<JobRow, Refusal> {
    if !api.keys.is_job_token(id, token) {
        return Err(Refusal::NotItsJob);
    }
    api.store.job(id).await?.ok_or_else(Refusal::over)
}

/// Who asks for a task.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asks {
    /// Its MAC addresses, with commas between them; an agent older than this says nothing.
    macs: String,
}

/// `GET /agent/v1/jobs/{job}/task?macs=…`.
pub(super) async fn task(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    Query(asks): Query<Asks>,
    headers: HeaderMap,
) -> Result<Json<TaskOrder>, Refusal> {
    let row = open(&api, id, &headers).await?;
    if let Some(why) = outside(&row.job, None) {
        return Err(go_home(&api, Some(row.job.machine), &row.job, None, why).await?);
    }
    let macs: Vec<Mac> = asks.macs.split(',').filter_map(|mac| mac.parse().ok()).collect();
    let machine = api.store.machine(row.job.machine).await?.ok_or_else(Refusal::over)?;
    if let Some(why) = another(&machine, &macs) {
        let intruder = api.store.find_machine(&macs, None).await?.map(|machine| machine.id);
        return Err(go_home(&api, intruder, &row.job, None, why).await?);
    }
    let function = api.store.function(&row.job.function).await?.ok_or_else(Refusal::over)?;
    Ok(Json(TaskOrder {
        job: id,
        machine: row.job.machine,
        machine_name: row.machine_name,
        function: function.name,
        title: function.title,
        task: row.job.plan.task,
        dead_man_s: row.job.plan.limits.dead_man_s,
        told: function.told,
    }))
}

/// `POST /agent/v1/jobs/{job}/report`.
pub(super) async fn report(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    headers: HeaderMap,
    Body(report): Body<Report>,
) -> Result<Json<ReportReply>, Refusal> {
    // When it came in, whatever the database makes it wait for.
    let now = api.store.now();
    let row = open(&api, id, &headers).await?;
    let outside = outside(&row.job, Some(&report.boot_id));
    if let Some(why) = outside.filter(|_| row.job.phase != Phase::Restoring) {
        return Err(go_home(&api, Some(row.job.machine), &row.job, Some(&report.boot_id), why).await?);
    }
    let signals = api.hub.subscribe();
    let (log_through, heard) = store_report(&api, &row, &report, now).await?;
    if !heard {
        return Ok(Json(ReportReply { log_through, stop: false, order: None, console: false }));
    }
    let working = report.ended.is_none().then_some(id);
    let waiter = Waiter {
        machine: row.job.machine,
        target: Target::OwnSystem,
        boot: &report.boot_id,
        wait_s: if outside.is_some() { 0 } else { report.wait_s },
        base: &api.base(&headers),
        working,
        asks: false,
    };
    // Whoever sits at the console waits, and the machine is told at once.
    let order = tokio::select! {
        order = await_order(&api, waiter, signals) => order?,
        () = api.consoles.until_wanted(id), if working.is_some() && report.wait_s > 0 => None,
    };
    // Late on its way into maintenance: the order home if there is one for it, else it goes by itself.
    if let Some(why) = outside.filter(|_| order.is_none()) {
        return Err(go_home(&api, Some(row.job.machine), &row.job, Some(&report.boot_id), why).await?);
    }
    let stop = working.is_some() && order.is_none() && stop_wanted(&api, id).await?;
    Ok(Json(ReportReply { log_through, stop, order, console: api.consoles.is_wanted(id) }))
}

/// Log first, end last: when the job moves on, all that was said is there. Gives the highest line that is stored, and
/// whether the report is of the machine's newest boot.
async fn store_report(
    api: &AgentApi,
    row: &JobRow,
    report: &Report,
    now: Time,
) -> Result<(u64, bool), Refusal> {
    let (id, machine) = (row.job.id, row.job.machine);
    let log_through = api.store.add_log(id, &report.boot_id, &report.log, now).await?;
    let here = Sighting::MaintenanceAgent { job: id, boot_id: report.boot_id.clone() };
    if !api.store.saw(machine, &here, now).await? {
        // The machine has booted since this was sent: its words are kept, and move nothing.
        return Ok((log_through, false));
    }
    if let Some(progress) = &report.progress {
        let permille = progress.permille.min(1000);
        let seen = Sighting::Progress { job: id, permille, text: progress.text.clone() };
        api.store.saw(machine, &seen, now).await?;
    }
    if let Some(ended) = &report.ended {
        if let Some(inventory) = &ended.inventory {
            keep_inventory(api, row, inventory).await?;
        }
        api.store.set_report(id, &ended.report).await?;
        let seen = Sighting::Reported { job: id, outcome: ended.outcome, summary: ended.summary.clone() };
        api.store.saw(machine, &seen, now).await?;
    }
    Ok((log_through, true))
}

/// The maintenance image sees the hardware; what it says of the running system and of abilities is about itself,
/// so what the own system's agent said of those stays.
async fn keep_inventory(
    api: &AgentApi,
    row: &JobRow,
    inventory: &pitstop_domain::machine::Inventory,
) -> Result<(), Refusal> {
    let before = api.store.machine(row.job.machine).await?.and_then(|machine| machine.inventory);
    let merged = match before {
        None => inventory.clone(),
        Some(own) => pitstop_domain::machine::Inventory {
            system: own.system,
            kernel: own.kernel,
            boot_entry: own.boot_entry,
            abilities: own.abilities,
            ..inventory.clone()
        },
    };
    Ok(api.store.set_inventory(row.job.machine, &merged).await?)
}

/// What an image that is not ours says at its end.
#[derive(Deserialize)]
pub(super) struct Ended {
    /// The job token, from the kernel command line.
    token: String,
    #[serde(default = "succeeded")]
    outcome: Outcome,
    #[serde(default)]
    summary: String,
}

fn succeeded() -> Outcome {
    Outcome::Succeeded
}

/// `GET /agent/v1/jobs/{job}/ended?token=…&outcome=…&summary=…`: the job's own URL, for images that are not ours; one
/// line of wget. By GET, since that is what the smallest clients can do; saying it twice changes nothing.
pub(super) async fn ended(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    Query(ended): Query<Ended>,
) -> Result<&'static str, Refusal> {
    let row = opened_by(&api, id, &ended.token).await?;
    if !row.job.phase.holds_machine() {
        return Err(Refusal::over());
    }
    let summary =
        if ended.summary.is_empty() { "the image said that it is done".to_owned() } else { ended.summary };
    let seen = Sighting::UrlCalled { job: id, outcome: ended.outcome, summary };
    api.store.saw(row.job.machine, &seen, api.store.now()).await?;
    Ok("noted\n")
}
