//! Own systems: enrolment and heartbeats.

use super::body::Body;
use super::order::{Waiter, await_order, shut_down};
use super::question;
use super::refusal::Refusal;
use super::{AgentApi, bearer};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::{Firmware, Machine};
use pitstop_domain::route::{Route, Target};
use pitstop_domain::sighting::Sighting;
use pitstop_domain::wire::{Enrol, Enrolled, Heartbeat, HeartbeatReply};
use pitstop_store::machines::NewMachine;
use sha2::{Digest, Sha256};

/// The power ladder of a machine that only its agent told us of.
fn first_ladder() -> Vec<Route> {
    vec![Route::Agent, Route::AgentKexec, Route::Person]
}

/// `POST /agent/v1/enrol`.
pub(super) async fn enrol(
    State(api): State<AgentApi>,
    Body(enrol): Body<Enrol>,
) -> Result<Json<Enrolled>, Refusal> {
    let known = api.store.find_machine(&enrol.macs, enrol.smbios_uuid).await?;
    if !same(&enrol.key, &api.enrol_key) && !is_own(&api, known.as_ref(), &enrol.key).await? {
        return Err(Refusal::WrongKey);
    }
    let (machine, name) = match known {
        Some(machine) => (machine.id, machine.name),
        None => adopt(&api, &enrol).await?,
    };
    api.store.set_inventory(machine, &enrol.inventory).await?;
    api.store.set_has_agent(machine).await?;
    let generation = api.store.token_generation(machine).await?.ok_or(Refusal::NotFound("machine"))?;
    tracing::info!(%machine, name, "An agent enrolled its machine.");
    Ok(Json(Enrolled { machine, name, token: api.keys.machine_token(machine, generation) }))
}

/// A diskless machine keeps nothing, so its agent enrols at each boot: by the token that its boot script carried, which
/// is good for this machine alone. The site's key need not be in an image that many machines fetch.
async fn is_own(api: &AgentApi, known: Option<&Machine>, key: &str) -> Result<bool, Refusal> {
    let Some(machine) = known.filter(|machine| machine.own_image.is_some()) else { return Ok(false) };
    let generation = api.store.token_generation(machine.id).await?;
    Ok(generation.is_some_and(|generation| api.keys.is_own_token(machine.id, generation, key)))
}

async fn adopt(api: &AgentApi, enrol: &Enrol) -> Result<(MachineId, String), Refusal> {
    let hostname = enrol.hostname.trim();
    let unnamed = hostname.is_empty() || hostname == "(none)" || hostname == "localhost";
    let name = match enrol.macs.first() {
        Some(mac) if unnamed => mac.to_string().replace(':', "-"),
        _ => hostname.to_owned(),
    };
    let new = NewMachine {
        name,
        smbios_uuid: enrol.smbios_uuid,
        macs: enrol.macs.clone(),
        site: "main".to_owned(),
        labels: vec![],
        arch: enrol.arch,
        firmware: if enrol.inventory.uefi { Firmware::Uefi } else { Firmware::Bios },
        routes: first_ladder(),
    };
    let id = api.store.add_machine(&new).await?;
    // The name may have been taken: what it is called is in the store.
    let machine = api.store.machine(id).await?.ok_or(Refusal::NotFound("machine"))?;
    Ok((id, machine.name))
}

/// Compares digests, so that the time taken tells nothing of the key.
fn same(given: &str, wanted: &str) -> bool {
    Sha256::digest(given.as_bytes()) == Sha256::digest(wanted.as_bytes())
}

/// `POST /agent/v1/heartbeat`: a sighting of the own system, answered at once when there is an order.
pub(super) async fn heartbeat(
    State(api): State<AgentApi>,
    headers: HeaderMap,
    Body(beat): Body<Heartbeat>,
) -> Result<Json<HeartbeatReply>, Refusal> {
    // When it came in, whatever the database makes it wait for.
    let now = api.store.now();
    let token = bearer(&headers).ok_or(Refusal::WrongToken)?;
    let generation = api.store.token_generation(beat.machine).await?.ok_or(Refusal::WrongToken)?;
    if !api.keys.is_machine_token(beat.machine, generation, token) {
        return Err(Refusal::WrongToken);
    }
    // Registered before the first look, so that no order falls between.
    let signals = api.hub.subscribe();
    if let Some(inventory) = &beat.inventory {
        api.store.set_inventory(beat.machine, inventory).await?;
    }
    let seen = Sighting::OwnAgent { boot_id: beat.boot_id.clone() };
    if !api.store.saw(beat.machine, &seen, now).await? {
        // The machine has booted since this was sent: nobody is there to take an order.
        return Ok(Json(HeartbeatReply::default()));
    }
    if let Some(presence) = &beat.presence {
        api.store.saw_presence(beat.machine, presence, now).await?;
    }
    let asks = beat.presence.as_ref().is_some_and(|presence| presence.asks);
    let waiter = Waiter {
        machine: beat.machine,
        target: Target::Maintenance,
        boot: &beat.boot_id,
        wait_s: beat.wait_s,
        base: &api.base(&headers),
        working: None,
        asks,
    };
    let order = await_order(&api, waiter, signals).await?;
    let ask = match order {
        None if asks => question::open(&api, beat.machine, &beat.boot_id).await?,
        _ => None,
    };
    let shut_down = match (&order, &ask) {
        (None, None) => shut_down(&api, beat.machine, &beat.boot_id).await?,
        _ => None,
    };
    Ok(Json(HeartbeatReply { order, ask, shut_down, next_in_s: 0 }))
}
