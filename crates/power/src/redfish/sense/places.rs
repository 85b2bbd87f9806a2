//! What is where on a board: chassis with sensors, and logs.
//!
//! Only what is this system's is looked at: a board of an enclosure has others' chassis and a log of all of them.

use super::super::asking::Asking;
use super::super::system::{self, System};
use super::{list, path};
use crate::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A machine has one chassis, or a few that are put together.
const MOST_CHASSIS: usize = 4;
/// Logs of a system: its event log, that of its start, and what a vendor adds.
const MOST_LOGS: usize = 6;

/// Where it is cooled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cooling {
    /// `Thermal`, deprecated since 2020 and served by most: all in one answer.
    Whole(String),
    /// `ThermalSubsystem`: fans each for itself.
    Subsystem(String),
    /// Sensors of a chassis that has neither, or no metrics beside its fans.
    Sensors(String),
}

/// Where it is powered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Supply {
    Whole(String),
    Subsystem(String),
}

/// What is where on a board. It is asked again in the same places, which is half of the requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    pub(super) system: String,
    pub(super) cooling: Vec<Cooling>,
    pub(super) supply: Vec<Supply>,
    /// The collections of entries.
    pub(super) logs: Vec<String>,
    /// There are chassis that are not looked at.
    #[serde(default)]
    pub(super) is_cut: bool,
    #[serde(skip)]
    pub(super) troubles: Vec<String>,
}

pub(super) async fn find(asking: &mut Asking, id: Option<&str>) -> Result<(Places, System), Fault> {
    let at = system::find(asking, id).await?;
    let system = System::read(asking, &at).await?;
    let mut places =
        Places { system: at, cooling: vec![], supply: vec![], logs: vec![], is_cut: false, troubles: vec![] };
    let chassis = chassis_of(asking, &system, &mut places.troubles).await;
    places.is_cut = chassis.len() > MOST_CHASSIS || !places.troubles.is_empty();
    for chassis in chassis.into_iter().take(MOST_CHASSIS) {
        match asking.get(&chassis).await {
            Ok((value, _)) => in_chassis(asking, &value, &mut places).await,
            Err(fault) => {
                places.is_cut = true;
                places.troubles.push(fault.what);
            }
        }
    }
    match logs_of(asking, &system).await {
        Ok(logs) => places.logs = logs,
        Err(fault) => places.troubles.push(fault.what),
    }
    Ok((places, system))
}

/// Those that the system names; where it names none, the board's only one.
async fn chassis_of(asking: &mut Asking, system: &System, troubles: &mut Vec<String>) -> Vec<String> {
    let links = list(&system.value["Links"], "Chassis");
    if !links.is_empty() {
        return links.iter().filter_map(path).collect();
    }
    match asking.get(&format!("{}/Chassis", asking.root())).await {
        Ok((all, _)) => match list(&all, "Members") {
            [only] => path(only).into_iter().collect(),
            _ => vec![],
        },
        Err(fault) => {
            troubles.push(fault.what);
            vec![]
        }
    }
}

async fn in_chassis(asking: &mut Asking, chassis: &Value, places: &mut Places) {
    let link = |key: &str| path(&chassis[key]);
    match (link("Thermal"), link("ThermalSubsystem"), link("Sensors")) {
        (Some(whole), ..) => places.cooling.push(Cooling::Whole(whole)),
        (None, Some(subsystem), sensors) => {
            let has_metrics = match asking.get(&subsystem).await {
                Ok((value, _)) => !value["ThermalMetrics"].is_null(),
                Err(_) => true,
            };
            places.cooling.push(Cooling::Subsystem(subsystem));
            places.cooling.extend(sensors.filter(|_| !has_metrics).map(Cooling::Sensors));
        }
        (None, None, sensors) => places.cooling.extend(sensors.map(Cooling::Sensors)),
    }
    match (link("Power"), link("PowerSubsystem")) {
        (Some(whole), _) => places.supply.push(Supply::Whole(whole)),
        (None, subsystem) => places.supply.extend(subsystem.map(Supply::Subsystem)),
    }
}

/// The system's own logs; where it has none, those of the manager that manages it alone. Both would be the same entries twice
/// on some boards, and a manager's log of who logged in on others.
async fn logs_of(asking: &mut Asking, system: &System) -> Result<Vec<String>, Fault> {
    if let Some(services) = path(&system.value["LogServices"]) {
        let found = entries_of(asking, &services).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let managers: Vec<String> = list(&system.value["Links"], "ManagedBy").iter().filter_map(path).collect();
    let [manager] = managers.as_slice() else { return Ok(vec![]) };
    let (manager, _) = asking.get(manager).await?;
    if list(&manager["Links"], "ManagerForServers").len() > 1 {
        return Ok(vec![]);
    }
    match path(&manager["LogServices"]) {
        Some(services) => entries_of(asking, &services).await,
        None => Ok(vec![]),
    }
}

async fn entries_of(asking: &mut Asking, services: &str) -> Result<Vec<String>, Fault> {
    let (services, _) = asking.get(services).await?;
    let mut found = Vec::new();
    for service in list(&services, "Members").iter().filter_map(path).take(MOST_LOGS) {
        let (service, _) = asking.get(&service).await?;
        if service["ServiceEnabled"].as_bool() != Some(false) {
            found.extend(path(&service["Entries"]));
        }
    }
    Ok(found)
}
