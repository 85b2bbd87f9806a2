//! Sensors, fans and power supplies (schemas Thermal, Power; ThermalSubsystem, ThermalMetrics, Fan, PowerSubsystem, PowerSupply,
//! Sensor in DSP2046).

use super::super::asking::Asking;
use super::places::{Cooling, Supply};
use super::{list, path, verdict};
use crate::Fault;
use crate::http::tame;
use pitstop_domain::health::board::{Level, Part, What};
use serde_json::Value;

/// Parts that are asked for one by one. Machines have eight fans, and two power supplies.
const MOST_SINGLE: usize = 16;
/// Parts of a board that are kept.
const MOST: usize = 200;

pub(super) async fn cooling(asking: &mut Asking, cooling: &Cooling) -> Result<Vec<Part>, Fault> {
    let mut parts = match cooling {
        Cooling::Whole(path) => whole_cooling(&asking.get(path).await?.0),
        Cooling::Subsystem(at) => {
            let (subsystem, _) = asking.get(at).await?;
            let mut parts = Vec::new();
            if let Some(metrics) = path(&subsystem["ThermalMetrics"]) {
                let (metrics, _) = asking.get(&metrics).await?;
                let readings = list(&metrics, "TemperatureReadingsCelsius").iter();
                parts.extend(readings.filter_map(|reading| temperature(reading, "Reading", "DeviceName")));
            }
            parts.extend(singles(asking, &subsystem["Fans"]).await?.iter().filter_map(fan));
            parts
        }
        Cooling::Sensors(at) => {
            let (all, _) = asking.get(at).await?;
            // A chassis has a hundred sensors, voltages and all; their paths tell temperatures apart.
            let is_warm = |member: &&Value| match path(member) {
                Some(path) => path.to_ascii_lowercase().contains("temp"),
                None => true,
            };
            let some: Vec<Value> = list(&all, "Members").iter().filter(is_warm).cloned().collect();
            let read = each(asking, &some).await?;
            let is_temperature = |sensor: &&Value| sensor["ReadingType"] == "Temperature";
            read.iter()
                .filter(is_temperature)
                .filter_map(|sensor| temperature(sensor, "Reading", "Name"))
                .collect()
        }
    };
    parts.truncate(MOST);
    Ok(parts)
}

pub(super) async fn supplies(asking: &mut Asking, supply: &Supply) -> Result<Vec<Part>, Fault> {
    let read = match supply {
        Supply::Whole(path) => list(&asking.get(path).await?.0, "PowerSupplies").to_vec(),
        Supply::Subsystem(at) => {
            let (subsystem, _) = asking.get(at).await?;
            singles(asking, &subsystem["PowerSupplies"]).await?
        }
    };
    Ok(read.iter().filter_map(power_supply).take(MOST).collect())
}

/// The members of a collection, with what they say.
async fn singles(asking: &mut Asking, link: &Value) -> Result<Vec<Value>, Fault> {
    let Some(path) = path(link) else { return Ok(vec![]) };
    let (all, _) = asking.get(&path).await?;
    each(asking, list(&all, "Members")).await
}

/// Those that the board did not write out are asked for.
async fn each(asking: &mut Asking, members: &[Value]) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::new();
    for member in members.iter().take(MOST_SINGLE) {
        match (member.get("Name"), path(member)) {
            (None, Some(path)) => found.push(asking.get(&path).await?.0),
            _ => found.push(member.clone()),
        }
    }
    Ok(found)
}

fn whole_cooling(thermal: &Value) -> Vec<Part> {
    let temperatures = list(thermal, "Temperatures")
        .iter()
        .filter_map(|sensor| temperature(sensor, "ReadingCelsius", "Name"));
    temperatures.chain(list(thermal, "Fans").iter().filter_map(fan)).collect()
}

/// Is it there and switched on? What does not say so is.
fn is_there(value: &Value) -> bool {
    !matches!(
        value["Status"]["State"].as_str(),
        Some("Absent" | "Disabled" | "UnavailableOffline" | "Deferring" | "Quiesced" | "Starting" | "InTest")
    )
}

fn temperature(sensor: &Value, reading: &str, name: &str) -> Option<Part> {
    let value = sensor[reading].as_f64().filter(|_| is_there(sensor))?;
    let reaches = |limit: &str| sensor[limit].as_f64().is_some_and(|limit| value >= limit);
    // Boards that do not judge their sensors still say where they begin to be too hot.
    let level = verdict(&sensor["Status"]).or_else(|| {
        let knows = sensor["UpperThresholdCritical"].is_number();
        match (reaches("UpperThresholdCritical"), reaches("UpperThresholdNonCritical")) {
            (true, _) => Some(Level::Critical),
            (false, true) => Some(Level::Warning),
            (false, false) => knows.then_some(Level::Ok),
        }
    });
    Some(Part {
        what: What::Temperature,
        name: called(sensor, name),
        reading: Some((value, "°C".to_owned())),
        level,
    })
}

fn fan(fan: &Value) -> Option<Part> {
    if !is_there(fan) {
        return None;
    }
    let percent = |value: &Value| value["Reading"].as_f64().map(|value| (value, "%".to_owned()));
    let whole = fan["Reading"].as_f64().map(|value| match fan["ReadingUnits"].as_str() {
        Some("Percent") => (value, "%".to_owned()),
        _ => (value, "rpm".to_owned()),
    });
    let speed = &fan["SpeedPercent"];
    let turning = speed["SpeedRPM"].as_f64().map(|value| (value, "rpm".to_owned()));
    let reading = whole.or(turning).or_else(|| percent(speed));
    Some(Part { what: What::Fan, name: called(fan, "Name"), reading, level: verdict(&fan["Status"]) })
}

fn power_supply(supply: &Value) -> Option<Part> {
    // One that lost its line is `UnavailableOffline` on some boards: that is there, and not well.
    if matches!(supply["Status"]["State"].as_str(), Some("Absent" | "Disabled")) {
        return None;
    }
    let watts = ["LastPowerOutputWatts", "PowerOutputWatts", "PowerInputWatts"];
    let reading = watts.iter().find_map(|key| supply[*key].as_f64()).map(|value| (value, "W".to_owned()));
    Some(Part {
        what: What::PowerSupply,
        name: called(supply, "Name"),
        reading,
        level: verdict(&supply["Status"]),
    })
}

/// Older boards write the names of fans elsewhere.
fn called(value: &Value, name: &str) -> String {
    let found =
        [name, "Name", "FanName", "DeviceName", "MemberId"].iter().find_map(|key| value[*key].as_str());
    tame(found.unwrap_or("without a name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_there_is_no_part() {
        let absent = json!({ "Name": "PSU 2", "Status": { "State": "Absent", "Health": "Critical" } });
        assert_eq!((power_supply(&absent), fan(&absent)), (None, None));
        let silent = json!({ "Name": "CPU 2", "ReadingCelsius": null, "Status": { "State": "Enabled" } });
        assert_eq!(temperature(&silent, "ReadingCelsius", "Name"), None);
    }

    #[test]
    fn a_sensor_that_is_not_judged_is_held_against_its_own_limits() {
        let level = |celsius: i32| {
            let sensor = json!({ "Name": "CPU", "ReadingCelsius": celsius, "UpperThresholdNonCritical": 80, "UpperThresholdCritical": 95 });
            temperature(&sensor, "ReadingCelsius", "Name").unwrap().level
        };
        assert_eq!([50, 80, 95].map(level), [Some(Level::Ok), Some(Level::Warning), Some(Level::Critical)]);
        let bare = json!({ "Name": "CPU", "ReadingCelsius": 99 });
        assert_eq!(temperature(&bare, "ReadingCelsius", "Name").unwrap().level, None, "nobody says");
    }

    #[test]
    fn a_fan_tells_its_speed_in_whatever_its_schema_has() {
        let read = |value: Value| fan(&value).unwrap().reading.unwrap();
        assert_eq!(read(json!({ "Reading": 2100, "ReadingUnits": "RPM" })), (2100.0, "rpm".to_owned()));
        assert_eq!(read(json!({ "Reading": 30, "ReadingUnits": "Percent" })), (30.0, "%".to_owned()));
        assert_eq!(
            read(json!({ "SpeedPercent": { "Reading": 30, "SpeedRPM": 2100 } })),
            (2100.0, "rpm".to_owned())
        );
        assert_eq!(read(json!({ "SpeedPercent": { "Reading": 30 } })), (30.0, "%".to_owned()));
    }
}
