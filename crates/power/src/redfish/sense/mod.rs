//! What a board measures and what stands in its log. Reads, and changes nothing.
//!
//! - [`places`]: what is where on this board, found once and remembered
//! - [`parts`]: sensors, fans and power supplies, as either generation of schemas has them
//! - [`logs`]: the newest entries of its logs
//!
//! What a board does not have is left out. What it has and does not give is told in words, and the rest is read; only where
//! nothing of the system itself can be read, or the board is another machine's, there is no reading.

mod logs;
mod parts;
mod places;

pub use places::Places;

use super::asking::Asking;
use super::is_uuid;
use super::system::System;
use crate::limit::within;
use crate::{Fault, PowerState, Secrets};
use parts::Read;
use pitstop_domain::health::board::{Level, Part, Reading, What};
use pitstop_domain::route::Redfish;
use serde_json::Value;
use uuid::Uuid;

/// Parts of a board that fail before it is left alone: each may take its time, and they share one.
const MOST_TROUBLES: usize = 4;

/// Asks a board. `uuid`: of the machine that it must be. `places`: as they were found before, by [`Places`] that was given back.
/// Gives no places where they are to be found anew.
///
/// # Errors
/// When the board does not answer in time, refuses the credentials, or is another machine's.
pub async fn sense(
    route: &Redfish,
    uuid: Option<Uuid>,
    secrets: &dyn Secrets,
    places: Option<Places>,
) -> Result<(Reading, Option<Places>), Fault> {
    let mut asking = Asking::new(route, secrets.open(route.password).await?)?;
    within("the board", Fault::later, read(&mut asking, route, uuid, places)).await
}

async fn read(
    asking: &mut Asking,
    route: &Redfish,
    uuid: Option<Uuid>,
    places: Option<Places>,
) -> Result<(Reading, Option<Places>), Fault> {
    let (places, system) = match places {
        Some(places) => {
            let system = System::read(asking, &places.system).await?;
            (places, system)
        }
        None => places::find(asking, route.system.as_deref()).await?,
    };
    is_uuid(uuid, system.uuid())?;
    let mut reading = Reading {
        on: system.power().map(|power| power == PowerState::On),
        health: verdict(&system.value["Status"]),
        troubles: places.troubles.clone(),
        ..Reading::default()
    };
    if places.is_cut {
        reading.cut.extend([What::Fan, What::PowerSupply]);
    }
    for cooling in &places.cooling {
        let found = parts::cooling(asking, cooling).await;
        parts_of(&mut reading, What::Fan, found)?;
    }
    for supply in &places.supply {
        let found = parts::supplies(asking, supply).await;
        parts_of(&mut reading, What::PowerSupply, found)?;
    }
    for log in &places.logs {
        let found = logs::entries(asking, log).await;
        took(&mut reading, found, |reading, entries| {
            reading.has_log = true;
            reading.logs.push(log.clone());
            reading.entries.extend(entries);
        })?;
    }
    let remember = reading.troubles.is_empty().then_some(places);
    Ok((reading, remember))
}

/// What was not read of a kind is remembered: that none of it is ill is not known then.
fn parts_of(reading: &mut Reading, what: What, found: Result<Read<Part>, Fault>) -> Result<(), Fault> {
    if found.as_ref().map_or(true, |read| read.is_cut) {
        reading.cut.insert(what);
    }
    took(reading, found, |reading, read| reading.parts.extend(read.found))
}

/// Takes what was found, or says why not; too much of that is a board that does not answer.
fn took<T>(
    reading: &mut Reading,
    found: Result<T, Fault>,
    take: impl FnOnce(&mut Reading, T),
) -> Result<(), Fault> {
    match found {
        Ok(found) => take(reading, found),
        Err(fault) if reading.troubles.len() + 1 >= MOST_TROUBLES => return Err(fault),
        Err(fault) => reading.troubles.push(fault.what),
    }
    Ok(())
}

/// Of all parts together where the board says that, or of the thing itself.
fn verdict(status: &Value) -> Option<Level> {
    // The last is how OpenStack's emulator writes it.
    let word = ["HealthRollup", "Health", "HealthRollUp"].iter().find_map(|key| status[*key].as_str());
    word.and_then(Level::of_redfish)
}

/// The path that a link names. Credentials go nowhere but to the board's own address, so whole URLs are none.
fn path(link: &Value) -> Option<String> {
    let path = link["@odata.id"].as_str().filter(|path| path.starts_with('/') && !path.starts_with("//"))?;
    Some(path.trim_end_matches('/').to_owned())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}
