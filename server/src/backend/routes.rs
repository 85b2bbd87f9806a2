//! A machine's power routes: what they last answered, and what their boards say now.

use pitstop_app::machines::routes::api::{Fault, LastAnswer, Looked, Tried};
use pitstop_domain::id::MachineId;
use pitstop_domain::route::Route;
use pitstop_store::{Error, Keys, Result, Store};
use pitstop_worker::look::{PowerState, look};
use std::time::Instant;

/// Asks a board how its machine is. Changes nothing.
pub(super) async fn tried(store: &Store, keys: &Keys, machine: MachineId, route: &Route) -> Result<Tried> {
    let machine = store.machine(machine).await?.ok_or(Error::NotFound("machine"))?;
    let began = Instant::now();
    let found = look(store, keys, &machine, route).await;
    let found = match found {
        Ok(look) => Ok(Looked {
            on: look.power.map(|power| power == PowerState::On),
            uuid: look.uuid,
            expected: machine.smbios_uuid,
            words: look.words,
        }),
        Err(fault) => Err(Fault { what: fault.what, worth_retrying: fault.worth_retrying }),
    };
    Ok(Tried { took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX), found })
}

pub(super) async fn answers(store: &Store, machine: MachineId) -> Result<Vec<LastAnswer>> {
    let calls = store.last_calls(machine).await?;
    let answers = calls.into_iter().map(|call| LastAnswer {
        route: call.route,
        job: call.job,
        state: call.state,
        answer: call.answer,
        at: call.changed_at,
    });
    Ok(answers.collect())
}
