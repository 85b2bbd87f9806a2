//! The boot device for the next start only. Set, read back, and set again a few times: boards answer 200 and revert.

use super::asking::Asking;
use super::system::System;
use crate::{Effect, Fault};
use hyper::Method;
use pitstop_domain::machine::Firmware;
use serde_json::{Value, json};
use std::time::Duration;

/// Pauses before looking again. Boards that apply a setting in the background take up to two seconds.
const PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2)];

const ENABLED: &str = "BootSourceOverrideEnabled";
const TARGET: &str = "BootSourceOverrideTarget";
const MODE: &str = "BootSourceOverrideMode";

/// The next boot comes from the network.
pub(super) async fn network_once(
    asking: &mut Asking,
    system: &System,
    firmware: Firmware,
) -> Result<String, Fault> {
    let boot = &system.value["Boot"];
    if boot.is_null() {
        return Err(Fault::refused("the board has no setting for the boot device"));
    }
    let target = network_target(boot)?;
    let mut change = json!({ ENABLED: "Once", TARGET: target });
    if !boot[MODE].is_null() {
        change[MODE] = match firmware {
            Firmware::Uefi => "UEFI".into(),
            Firmware::Bios => "Legacy".into(),
        };
    }
    let kept = |boot: &Value| {
        boot[TARGET] == target && matches!(boot[ENABLED].as_str(), Some("Once" | "Continuous"))
    };
    let kept = set(asking, &system.path, &change, kept).await?;
    Ok(match kept[ENABLED].as_str() {
        Some("Once") => format!("the board kept {target} for the next start"),
        // Harmless: a machine without an assignment is not answered, and the way home takes it back.
        _ => format!("the board kept {target}, though for every start"),
    })
}

fn network_target(boot: &Value) -> Result<&'static str, Fault> {
    let Some(allowed) = boot["BootSourceOverrideTarget@Redfish.AllowableValues"].as_array() else {
        return Ok("Pxe");
    };
    let found = ["Pxe", "UefiHttp"].into_iter().find(|target| allowed.iter().any(|value| value == target));
    found.ok_or_else(|| {
        Fault::refused(
            "the board cannot be told to boot from the network: it allows neither Pxe nor UefiHttp",
        )
    })
}

/// The next boot follows the machine's own order again.
pub(super) async fn own_order(asking: &mut Asking, system: &System) -> Result<String, Fault> {
    let taken_back = |boot: &Value| {
        matches!(boot[ENABLED].as_str(), None | Some("Disabled"))
            || !matches!(boot[TARGET].as_str(), Some("Pxe" | "UefiHttp"))
    };
    if taken_back(&system.value["Boot"]) {
        return Ok("the board starts the machine by its own order".to_owned());
    }
    let plain = set(asking, &system.path, &json!({ ENABLED: "Disabled", TARGET: "None" }), taken_back).await;
    match plain {
        // Some boards know no way back to the order, but the disk.
        Err(fault) if !fault.worth_retrying => {
            set(asking, &system.path, &json!({ ENABLED: "Once", TARGET: "Hdd" }), taken_back).await?;
            Ok("the board starts the machine from its disk".to_owned())
        }
        plain => plain.map(|_| "the board took the network boot back".to_owned()),
    }
}

/// Sets it until it stays. Gives the boot settings that were read back.
async fn set(
    asking: &mut Asking,
    path: &str,
    change: &Value,
    kept: impl Fn(&Value) -> bool,
) -> Result<Value, Fault> {
    for pause in PAUSES {
        tokio::time::sleep(pause).await;
        let body = json!({ "Boot": change });
        asking.change(Method::PATCH, path, &body, Effect::None).await?;
        let boot = &System::read(asking, path).await?.value["Boot"];
        if kept(boot) {
            return Ok(boot.clone());
        }
        tracing::debug!(%boot, "A board took a boot device and did not keep it.");
    }
    Err(Fault::refused(format!(
        "the board takes the boot device and does not keep it ({} times). Nothing was restarted. Set the machine to \
         boot from the network first and the route's network boot to `never`, or use another route",
        PAUSES.len()
    )))
}
