//! How a call becomes an order for an agent, and what became of it.

use super::body::Body;
use super::refusal::Refusal;
use super::{AgentApi, bearer};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use pitstop_domain::facts::CallState;
use pitstop_domain::id::{BootId, CallId, JobId, MachineId};
use pitstop_domain::image::{ImageVersion, Part, PartRole};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::route::{Route, Target};
use pitstop_domain::wire::{self, Action, CallAnswer, LONGEST_WAIT_S, Order};
use pitstop_store::orders::CallRow;
use pitstop_store::signals::Signal;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::time::Instant;

/// An agent that waits for an order.
pub(super) struct Waiter<'a> {
    pub machine: MachineId,
    pub target: Target,
    pub boot: &'a BootId,
    pub wait_s: u32,
    /// Base URL by which it reached this server: what it is told to come back to.
    pub base: &'a str,
    /// The job whose work it does: it is also told when that work is to stop.
    pub working: Option<JobId>,
    /// It can put a question before whoever is there, and is told when there is one.
    pub asks: bool,
}

impl Waiter<'_> {
    /// It is an own system's.
    fn own(&self) -> bool {
        self.target == Target::Maintenance
    }
}

/// The order to shut the machine down again, if this boot's agent is to have one.
pub(super) async fn shut_down(
    api: &AgentApi,
    machine: MachineId,
    boot: &BootId,
) -> Result<Option<Order>, Refusal> {
    let order = api.store.fetch_shut_down(machine, boot, api.store.now()).await?;
    let order = order.map(|order| Order { call: order.id, boot_id: boot.clone(), action: Action::ShutDown });
    Ok(order)
}

/// The order for this agent, waiting for one for a while.
pub(super) async fn await_order(
    api: &AgentApi,
    waiter: Waiter<'_>,
    mut signals: Receiver<Signal>,
) -> Result<Option<Order>, Refusal> {
    let until = Instant::now() + Duration::from_secs(u64::from(waiter.wait_s.min(LONGEST_WAIT_S)));
    let (machine, boot) = (waiter.machine, waiter.boot);
    loop {
        if let Some(call) = api.store.fetch_order(machine, waiter.target, boot, api.store.now()).await? {
            match action(api, &call, waiter.base).await {
                Ok(action) => return Ok(Some(Order { call: call.id, boot_id: boot.clone(), action })),
                // Nothing an agent could do: the next route is tried, now rather than after the limit.
                Err(Refusal::NotFound(what)) => refuse(api, &call, what).await?,
                Err(other) => return Err(other),
            }
        }
        if waiter.own() && api.store.open_shut_down(machine, boot, api.store.now()).await?.is_some() {
            return Ok(None);
        }
        if waiter.asks && api.store.open_question(machine, boot, api.store.now()).await?.is_some() {
            return Ok(None);
        }
        let stop = match waiter.working {
            Some(job) => stop_wanted(api, job).await?,
            None => false,
        };
        if stop || !until_signal(&mut signals, machine, until).await {
            return Ok(None);
        }
    }
}

/// The order cannot be given; the route counts as refused.
async fn refuse(api: &AgentApi, call: &CallRow, missing: &str) -> Result<(), Refusal> {
    let answer = format!("the agent cannot be told how: there is no {missing}");
    tracing::info!(job = %call.job, route = call.route.name(), answer, "An order could not be given.");
    match api.store.answer_call(call.id, CallState::Refused, &answer, api.store.now()).await {
        // Given up meanwhile: just as well.
        Err(pitstop_store::Error::Refused(_)) => Ok(()),
        done => Ok(done?),
    }
}

/// The work is to stop: a person cancelled, or its limit is over and the machine is on its way back.
pub(super) async fn stop_wanted(api: &AgentApi, id: JobId) -> Result<bool, Refusal> {
    let row = api.store.job(id).await?.ok_or_else(Refusal::over)?;
    Ok(row.cancel.is_some() || !matches!(row.job.phase, Phase::Running | Phase::Switching))
}

/// True when there may be something for this machine; false when the time is up.
async fn until_signal(signals: &mut Receiver<Signal>, machine: MachineId, until: Instant) -> bool {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match tokio::time::timeout_at(until, signals.recv()).await {
            Err(_) | Ok(Err(RecvError::Closed)) => return false,
            // Having missed some is as good as a signal.
            Ok(Err(RecvError::Lagged(_))) => return true,
            Ok(Ok(Signal::Missed)) => return true,
            Ok(Ok(Signal::Order(for_machine))) if for_machine == machine => return true,
            Ok(Ok(Signal::Changed(changed))) if changed.id == machine.to_string() => return true,
            Ok(Ok(_)) => {}
        }
    }
}

async fn action(api: &AgentApi, call: &CallRow, base: &str) -> Result<Action, Refusal> {
    let job = api.store.job(call.job).await?.ok_or(Refusal::NotFound("job"))?;
    if call.target == Target::OwnSystem {
        return homewards(api, call, &job.job).await;
    }
    if call.route != Route::AgentKexec {
        return Ok(Action::Restart { network_once: true });
    }
    let image = api.store.image(&job.job.image).await?.ok_or(Refusal::NotFound("image"))?;
    kexec(api, call, base, &image).ok_or(Refusal::NotFound("kernel in the image"))
}

/// Back by the entry that the own system was started from. A plain restart where that is not known, where it
/// failed once, and where the return is proven by the machine asking at boot.
async fn homewards(api: &AgentApi, call: &CallRow, job: &Job) -> Result<Action, Refusal> {
    let machine = api.store.machine(call.machine).await?.ok_or(Refusal::NotFound("machine"))?;
    let entry = machine.inventory.and_then(|inventory| inventory.boot_entry);
    Ok(match entry.filter(|_| job.plan.own_agent && call.attempt == 1) {
        Some(boot_entry) => Action::RestartInto { boot_entry },
        None => Action::Restart { network_once: false },
    })
}

fn kexec(api: &AgentApi, call: &CallRow, base: &str, image: &ImageVersion) -> Option<Action> {
    let (job, machine) = (call.job, call.machine);
    let token = api.keys.job_token(job);
    let file = |part: &Part| wire::File {
        path: format!("/boot/jobs/{job}/{token}/{}", part.file),
        digest: part.digest.clone(),
        bytes: part.bytes,
    };
    let of = |role: PartRole| image.parts.iter().filter(move |part| part.role == role).map(file);
    use wire::cmdline::{JOB, MACHINE, SERVER, TOKEN};
    let own = image.cmdline_in(&format!("{base}/boot/jobs/{job}/{token}"), "");
    let cmdline = format!("{own} {SERVER}={base} {JOB}={job} {TOKEN}={token} {MACHINE}={machine}");
    Some(Action::Kexec {
        kernel: of(PartRole::Kernel).next()?,
        initrds: of(PartRole::Initrd).collect(),
        cmdline,
    })
}

/// `POST /agent/v1/calls/{call}`: the agent says what it will do, before it does it.
pub(super) async fn answer(
    State(api): State<AgentApi>,
    Path(call): Path<CallId>,
    headers: HeaderMap,
    Body(answer): Body<CallAnswer>,
) -> Result<Json<()>, Refusal> {
    let token = bearer(&headers).ok_or(Refusal::WrongToken)?;
    let Some(row) = api.store.call(call).await? else {
        return answer_shut_down(&api, call, token, &answer).await;
    };
    let generation = api.store.token_generation(row.machine).await?.ok_or(Refusal::WrongToken)?;
    if !api.keys.is_job_token(row.job, token) && !api.keys.is_machine_token(row.machine, generation, token) {
        return Err(Refusal::WrongToken);
    }
    let state = if answer.accepted { CallState::Accepted } else { CallState::Refused };
    tracing::info!(job = %row.job, route = row.route.name(), accepted = answer.accepted, answer = answer.answer, "An agent answered an order.");
    api.store.answer_call(call, state, &answer.answer, api.store.now()).await?;
    Ok(Json(()))
}

/// The same about an order to shut down: when it is accepted, the machine goes off within a minute.
async fn answer_shut_down(
    api: &AgentApi,
    call: CallId,
    token: &str,
    answer: &CallAnswer,
) -> Result<Json<()>, Refusal> {
    let order = api.store.shut_down(call).await?.ok_or(Refusal::NotFound("call"))?;
    let generation = api.store.token_generation(order.machine).await?.ok_or(Refusal::WrongToken)?;
    if !api.keys.is_machine_token(order.machine, generation, token) {
        return Err(Refusal::WrongToken);
    }
    tracing::info!(job = %order.job, machine = %order.machine, accepted = answer.accepted, answer = answer.answer, "An agent answered an order to shut down.");
    let said = (answer.accepted, answer.answer.as_str());
    api.store.answer_shut_down(call, &answer.boot_id, said, api.store.now()).await?;
    Ok(Json(()))
}
