//! Asks the routes that the server itself asks. A call is marked as started before anybody is asked, and is
//! never asked twice: after a crash in between nobody knows whether it took effect, and the machine will show.

use chrono::Utc;
use pitstop_domain::facts::CallState;
use pitstop_power::{Effect, Fault, Secrets, Subject};
use pitstop_store::orders::CallRow;
use pitstop_store::{Result, Store};
use tokio_util::task::TaskTracker;

/// Takes the calls that wait and asks their routes, each on its own task. Gives how many were taken.
pub(crate) async fn start(store: &Store, tasks: &TaskTracker) -> Result<usize> {
    let calls = store.take_pushed_calls(Utc::now()).await?;
    let taken = calls.len();
    for call in calls {
        tasks.spawn(ask(store.clone(), call));
    }
    Ok(taken)
}

async fn ask(store: Store, call: CallRow) {
    let answer = restart(&store, &call).await;
    tracing::info!(job = %call.job, route = call.route.name(), ?answer, "A route was asked to restart a machine.");
    let (state, text) = match answer {
        Ok(text) => (CallState::Accepted, text),
        Err(fault) if fault.effect == Effect::None => (CallState::Refused, fault.what),
        // It stays started: what is seen decides.
        Err(_) => return,
    };
    if let Err(error) = store.answer_call(call.id, state, &text, Utc::now()).await {
        tracing::warn!(job = %call.job, %error, "A route's answer could not be stored; the machine will show.");
    }
}

async fn restart(store: &Store, call: &CallRow) -> std::result::Result<String, Fault> {
    let fault = |what: String| Fault { what, worth_retrying: true, effect: Effect::None };
    let machine = store.machine(call.machine).await.map_err(|error| fault(error.to_string()))?;
    let machine = machine.ok_or_else(|| fault("there is no such machine".to_owned()))?;
    let subject = Subject {
        machine: machine.id,
        uuid: machine.smbios_uuid,
        macs: machine.macs,
        firmware: machine.firmware,
        target: call.target,
        job: call.job,
        call: call.id,
    };
    let none: std::collections::HashMap<_, _> = std::collections::HashMap::new();
    let mut board = pitstop_power::board(&call.route, &subject, &none as &dyn Secrets).await?;
    board.prepare().await?;
    board.restart().await
}
