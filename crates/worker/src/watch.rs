//! Looks at machines that a job has, again and again: is the board's machine switched on, does the probe answer?
//!
//! What is seen is stored as a sighting, and only another answer than the last wakes the job. A board that does not
//! answer says nothing: no sighting is made up.

use crate::probe;
use crate::secrets::OfMachine;
use chrono::TimeDelta;
use pitstop_domain::job::Plan;
use pitstop_domain::machine::Machine;
use pitstop_domain::route::Target;
use pitstop_domain::sighting::Sighting;
use pitstop_power::{PowerState, Subject, board};
use pitstop_store::watches::Watch;
use pitstop_store::{Keys, Result, Store};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Machines looked at in one moment. Looks are mostly waiting; this many keep up with thousands of machines.
const AT_ONCE: usize = 64;

/// Between two looks at a machine. A restart takes longer, so its silence is not missed.
const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// A new watch is noticed within this.
const POLL: Duration = Duration::from_secs(1);

/// Looks until cancelled, and waits for the looks under way.
pub(crate) async fn run(store: Store, keys: Keys, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    while !stop.is_cancelled() {
        if let Err(error) = start(&store, &keys, &tasks).await {
            tracing::debug!(%error, "Machines cannot be looked at for now.");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
    tasks.close();
    tasks.wait().await;
}

async fn start(store: &Store, keys: &Keys, tasks: &TaskTracker) -> Result<()> {
    let room = AT_ONCE.saturating_sub(tasks.len());
    if room == 0 {
        return Ok(());
    }
    for watch in store.take_watches(i64::try_from(room).unwrap_or(0), store.now()).await? {
        let (store, keys) = (store.clone(), keys.clone());
        tasks.spawn(async move {
            if let Err(error) = look(&store, &keys, watch).await {
                tracing::debug!(machine = %watch.machine, %error, "What was seen of a machine could not be stored.");
            }
        });
    }
    Ok(())
}

async fn look(store: &Store, keys: &Keys, watch: Watch) -> Result<()> {
    let (Some(job), Some(machine)) = (store.job(watch.job).await?, store.machine(watch.machine).await?)
    else {
        return Ok(());
    };
    let plan = &job.job.plan;
    let probed = async {
        match &plan.probe {
            Some(probe) => {
                Some(Sighting::Probed { answered: probe::answers(probe).await, what: probe.to_string() })
            }
            None => None,
        }
    };
    let (power, probed) = tokio::join!(power(store, keys, &machine, plan, watch), probed);
    for sighting in power.into_iter().chain(probed) {
        store.saw(watch.machine, &sighting, store.now()).await?;
    }
    store.looked(watch, store.now() + PAUSE).await
}

/// What the first board that can tell says.
pub(crate) async fn power(
    store: &Store,
    keys: &Keys,
    machine: &Machine,
    plan: &Plan,
    watch: Watch,
) -> Option<Sighting> {
    let subject = Subject {
        machine: machine.id,
        uuid: machine.smbios_uuid,
        macs: machine.macs.clone(),
        firmware: machine.firmware,
        // A look is for nothing, and changes nothing.
        target: Target::OwnSystem,
        job: watch.job,
        call: pitstop_domain::id::CallId(uuid::Uuid::nil()),
    };
    let secrets = OfMachine { store, keys, machine: machine.id };
    for route in plan.routes.iter().filter(|route| route.abilities().reads_power) {
        let looked = match board(route, &subject, &secrets).await {
            Ok(mut board) => board.look().await,
            Err(fault) => Err(fault),
        };
        match looked {
            Ok(look) if look.uuid.is_some() && subject.uuid.is_some() && look.uuid != subject.uuid => {
                tracing::debug!(machine = %machine.id, "A board is another machine's: what it says is not believed.");
            }
            Ok(look) => {
                if let Some(power) = look.power {
                    return Some(Sighting::Power {
                        on: power == PowerState::On,
                        route: route.name().to_owned(),
                    });
                }
            }
            Err(fault) => {
                tracing::debug!(machine = %machine.id, %fault, "A board does not say how its machine is.")
            }
        }
    }
    None
}
