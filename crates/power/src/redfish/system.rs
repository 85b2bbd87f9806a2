//! Which ComputerSystem, and what it says of itself.

use super::asking::Asking;
use crate::http::tame;
use crate::{Fault, Look, PowerState};
use serde_json::Value;
use uuid::Uuid;

pub(super) struct System {
    pub path: String,
    pub value: Value,
}

/// The path of the system with this id, or of the only one.
pub(super) async fn find(asking: &mut Asking, id: Option<&str>) -> Result<String, Fault> {
    let (systems, _) = asking.get(&format!("{}/Systems", asking.root())).await?;
    let members = systems["Members"].as_array().map(Vec::as_slice).unwrap_or_default();
    let paths: Vec<&str> = members
        .iter()
        .filter_map(|member| member["@odata.id"].as_str())
        .filter(|path| path.starts_with('/'))
        .map(|path| path.trim_end_matches('/'))
        .collect();
    let id_of = |path: &str| tame(path.rsplit('/').next().unwrap_or_default());
    let ids = || paths.iter().map(|path| id_of(path)).collect::<Vec<_>>().join(", ");
    match (id, paths.as_slice()) {
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(Fault::later("the board shows no system yet: it may still be starting")),
        (None, _) => Err(Fault::refused(format!(
            "the board manages several systems: give the route the id of one of them: {}",
            ids()
        ))),
        (Some(id), _) => paths
            .iter()
            .find(|path| id_of(path) == id)
            .map(|path| (*path).to_owned())
            .ok_or_else(|| Fault::refused(format!("the board has no system `{id}`; it has: {}", ids()))),
    }
}

impl System {
    pub(super) async fn read(asking: &mut Asking, path: &str) -> Result<Self, Fault> {
        let (value, _) = asking.get(path).await?;
        Ok(Self { path: path.to_owned(), value })
    }

    pub(super) fn uuid(&self) -> Option<Uuid> {
        // Boards that were never given one show zeros.
        self.value["UUID"].as_str().and_then(|text| text.parse().ok()).filter(|uuid: &Uuid| !uuid.is_nil())
    }

    pub(super) fn power(&self) -> Option<PowerState> {
        match self.value["PowerState"].as_str()? {
            "On" | "PoweringOn" | "Paused" => Some(PowerState::On),
            "Off" | "PoweringOff" => Some(PowerState::Off),
            _ => None,
        }
    }

    pub(super) fn look(&self) -> Look {
        let power = match self.power() {
            Some(PowerState::On) => "on",
            Some(PowerState::Off) => "off",
            None => "in a state it does not tell",
        };
        Look {
            power: self.power(),
            uuid: self.uuid(),
            words: format!("the board says that the machine is {power}"),
        }
    }
}
