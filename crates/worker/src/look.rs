//! Asks a route's board how its machine is, for a person who wants to know whether the route would work.

use crate::secrets::OfMachine;
use pitstop_domain::id::{CallId, JobId};
use pitstop_domain::machine::Machine;
use pitstop_domain::route::{Route, Target};
use pitstop_power::{Effect, board};
use pitstop_store::{Keys, Store};
use std::time::Duration;
use uuid::Uuid;

pub use pitstop_power::{Fault, Look, PowerState, Subject};

/// A person waits for it. Most boards answer within five seconds, the slowest that are known within twenty.
const PATIENCE: Duration = Duration::from_secs(25);

/// Looks, and changes nothing.
///
/// # Errors
/// Why it would not work, in words that hold no secret.
pub async fn look(store: &Store, keys: &Keys, machine: &Machine, route: &Route) -> Result<Look, Fault> {
    let subject = subject(machine);
    let secrets = OfMachine { store, keys, machine: machine.id };
    let asked = async { board(route, &subject, &secrets).await?.look().await };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
        Err(Fault {
            what: format!(
                "no answer within {} s: is it on a network that the server reaches?",
                PATIENCE.as_secs()
            ),
            worth_retrying: true,
            effect: Effect::None,
            is_of_account: false,
        })
    })
}

/// The machine, for no job and no call.
fn subject(machine: &Machine) -> Subject {
    Subject {
        machine: machine.id,
        uuid: machine.smbios_uuid,
        macs: machine.macs.clone(),
        firmware: machine.firmware,
        target: Target::OwnSystem,
        job: JobId(Uuid::nil()),
        call: CallId(Uuid::nil()),
    }
}
