//! The request that restarts, of the kinds this board allows.

use super::asking::Asking;
use super::system::System;
use crate::{Effect, Fault, PowerState};
use hyper::Method;
use serde_json::{Value, json};

/// Best first. A machine that misbehaves may not listen to a graceful one, which is therefore last.
const WHEN_ON: [&str; 3] = ["ForceRestart", "PowerCycle", "GracefulRestart"];
const WHEN_OFF: [&str; 2] = ["On", "ForceOn"];

/// The kind of reset that suits the machine's power state.
pub(super) async fn kind(asking: &mut Asking, system: &System) -> Result<&'static str, Fault> {
    let wanted: &[&str] = match system.power() {
        Some(PowerState::Off) => &WHEN_OFF,
        Some(PowerState::On) | None => &WHEN_ON,
    };
    let Some(allowed) = allowed(asking, action(system)?).await? else { return Ok(wanted[0]) };
    let found = wanted.iter().find(|kind| allowed.iter().any(|value| value == *kind));
    found.copied().ok_or_else(|| {
        Fault::refused(format!(
            "the board allows no reset that restarts the machine: none of {}",
            wanted.join(", ")
        ))
    })
}

pub(super) async fn press(asking: &mut Asking, system: &System, kind: &str) -> Result<String, Fault> {
    let usual = format!("{}/Actions/ComputerSystem.Reset", system.path);
    let target =
        action(system)?["target"].as_str().filter(|target| target.starts_with('/')).unwrap_or(&usual);
    asking.change(Method::POST, target, &json!({ "ResetType": kind }), Effect::Unknown).await?;
    Ok(format!("the board took the request ({kind})"))
}

fn action(system: &System) -> Result<&Value, Fault> {
    let action = &system.value["Actions"]["#ComputerSystem.Reset"];
    if action.is_null() {
        return Err(Fault::refused("the board cannot restart this system, or not for this user"));
    }
    Ok(action)
}

/// Allowed kinds, where the board says them: in the action, or in a resource of their own.
async fn allowed(asking: &mut Asking, action: &Value) -> Result<Option<Vec<Value>>, Fault> {
    if let Some(values) = action["ResetType@Redfish.AllowableValues"].as_array() {
        return Ok(Some(values.clone()));
    }
    let Some(info) = action["@Redfish.ActionInfo"].as_str().filter(|path| path.starts_with('/')) else {
        return Ok(None);
    };
    let (info, _) = asking.get(info).await?;
    let parameters = info["Parameters"].as_array();
    let found = parameters.and_then(|all| all.iter().find(|one| one["Name"] == "ResetType"));
    Ok(found.and_then(|one| one["AllowableValues"].as_array()).cloned())
}
