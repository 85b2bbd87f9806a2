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

/// What was read. `is_cut`: there is more of it.
pub(super) struct Read<T> {
    pub(super) found: Vec<T>,
    pub(super) is_cut: bool,
}

impl<T> Read<T> {
    fn keep<P>(self, keep: impl FnMut(&T) -> Option<P>) -> Read<P> {
        let mut found: Vec<P> = self.found.iter().filter_map(keep).collect();
        let is_cut = self.is_cut || found.len() > MOST;
        found.truncate(MOST);
        Read { found, is_cut }
    }
}

pub(super) async fn cooling(asking: &mut Asking, cooling: &Cooling) -> Result<Read<Part>, Fault> {
    let mut is_cut = false;
    let parts = match cooling {
        Cooling::Whole(path) => whole_cooling(&asking.get(path).await?.0),
        Cooling::Subsystem(at) => {
            let (subsystem, _) = asking.get(at).await?;
            let mut parts = Vec::new();
            if let Some(metrics) = path(&subsystem["ThermalMetrics"]) {
                let (metrics, _) = asking.get(&metrics).await?;
                let readings = list(&metrics, "TemperatureReadingsCelsius").iter();
                parts.extend(readings.filter_map(|reading| temperature(reading, "Reading", "DeviceName")));
            }
            let fans = singles(asking, &subsystem["Fans"]).await?;
            is_cut = fans.is_cut;
            parts.extend(fans.found.iter().filter_map(fan));
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
            read.found
                .iter()
                .filter(is_temperature)
                .filter_map(|sensor| temperature(sensor, "Reading", "Name"))
                .collect()
        }
    };
    Ok(Read { found: parts, is_cut }.keep(|part| Some(part.clone())))
}

pub(super) async fn supplies(asking: &mut Asking, supply: &Supply) -> Result<Read<Part>, Fault> {
    let read = match supply {
        Supply::Whole(path) => {
            Read { found: list(&asking.get(path).await?.0, "PowerSupplies").to_vec(), is_cut: false }
        }
        Supply::Subsystem(at) => {
            let (subsystem, _) = asking.get(at).await?;
            singles(asking, &subsystem["PowerSupplies"]).await?
        }
    };
    Ok(read.keep(power_supply))
}

/// The members of a collection, with what they say.
async fn singles(asking: &mut Asking, link: &Value) -> Result<Read<Value>, Fault> {
    let Some(path) = path(link) else { return Ok(Read { found: vec![], is_cut: false }) };
    let (all, _) = asking.get(&path).await?;
    let read = each(asking, list(&all, "Members")).await?;
    let is_cut = read.is_cut || all.get("Members@odata.nextLink").is_some();
    Ok(Read { is_cut, ..read })
}

/// Those that the board did not write out are asked for.
async fn each(asking: &mut Asking, members: &[Value]) -> Result<Read<Value>, Fault> {
    let mut found = Vec::new();
    for member in members.iter().take(MOST_SINGLE) {
        match (member.get("Name"), path(member)) {
            (None, Some(path)) => found.push(asking.get(&path).await?.0),
            _ => found.push(member.clone()),
        }
    }
    Ok(Read { found, is_cut: members.len() > MOST_SINGLE })
}

fn whole_cooling(thermal: &Value) -> Vec<Part> {
    let temperatures = list(thermal, "Temperatures")
        .iter()
        .filter_map(|sensor| temperature(sensor, "ReadingCelsius", "Name"));
    temperatures.chain(list(thermal, "Fans").iter().filter_map(fan)).collect()
}

/// Does the sensor measure? What does not say so does.
fn measures(value: &Value) -> bool {
    !matches!(
        value["Status"]["State"].as_str(),
        Some("Absent" | "Disabled" | "UnavailableOffline" | "Deferring" | "Quiesced" | "Starting" | "InTest")
    )
}

fn temperature(sensor: &Value, reading: &str, name: &str) -> Option<Part> {
    let value = sensor[reading].as_f64().filter(|_| measures(sensor))?;
    // Zero is how boards write that there is no limit.
    let limit = |limit: &str| sensor[limit].as_f64().filter(|limit| *limit > 0.0);
    let reaches = |key: &str| limit(key).is_some_and(|limit| value >= limit);
    // Boards that do not judge their sensors still say where they begin to be too hot.
    let level = verdict(&sensor["Status"]).or_else(|| {
        let knows = limit("UpperThresholdCritical").is_some();
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
    if is_absent(fan) {
        return None;
    }
    let percent = |value: &Value| value["Reading"].as_f64().map(|value| (value, "%".to_owned()));
    let unit = match fan["ReadingUnits"].as_str() {
        Some("RPM") => Some("rpm"),
        Some("Percent") => Some("%"),
        _ => None,
    };
    let whole = fan["Reading"].as_f64().zip(unit).map(|(value, unit)| (value, unit.to_owned()));
    let speed = &fan["SpeedPercent"];
    let turning = speed["SpeedRPM"].as_f64().map(|value| (value, "rpm".to_owned()));
    let reading = whole.or(turning).or_else(|| percent(speed));
    Some(Part { what: What::Fan, name: called(fan, "Name"), reading, level: judged(fan) })
}

fn power_supply(supply: &Value) -> Option<Part> {
    if is_absent(supply) {
        return None;
    }
    let watts = ["LastPowerOutputWatts", "PowerOutputWatts", "PowerInputWatts"];
    let reading = watts.iter().find_map(|key| supply[*key].as_f64()).map(|value| (value, "W".to_owned()));
    Some(Part { what: What::PowerSupply, name: called(supply, "Name"), reading, level: judged(supply) })
}

/// A supply that lost its line, and a fan that stands still, are `UnavailableOffline` on some boards: that is there.
fn is_absent(part: &Value) -> bool {
    matches!(part["Status"]["State"].as_str(), Some("Absent" | "Disabled"))
}

/// One that cannot be used is not well, whether or not the board judges it.
fn judged(part: &Value) -> Option<Level> {
    let cannot = part["Status"]["State"] == "UnavailableOffline";
    verdict(&part["Status"]).or(cannot.then_some(Level::Warning))
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
        let none = json!({ "Name": "CPU", "ReadingCelsius": 40, "UpperThresholdNonCritical": 0, "UpperThresholdCritical": 0 });
        assert_eq!(temperature(&none, "ReadingCelsius", "Name").unwrap().level, None, "0 is no limit");
        let bare = json!({ "Name": "CPU", "ReadingCelsius": 99 });
        assert_eq!(temperature(&bare, "ReadingCelsius", "Name").unwrap().level, None, "nobody says");
    }

    #[test]
    fn a_fan_that_cannot_be_used_is_there_and_is_not_well() {
        let level = |state: &str, health: Value| {
            fan(&json!({ "Name": "Fan", "Status": { "State": state, "Health": health } }))
                .map(|fan| fan.level)
        };
        assert_eq!(level("UnavailableOffline", Value::Null), Some(Some(Level::Warning)));
        assert_eq!(level("UnavailableOffline", json!("Critical")), Some(Some(Level::Critical)));
        assert_eq!(level("Enabled", Value::Null), Some(None), "nobody says");
        assert_eq!(level("Disabled", json!("OK")), None);
    }

    #[test]
    fn a_fan_tells_its_speed_in_whatever_its_schema_has() {
        let read = |value: Value| fan(&value).unwrap().reading.unwrap();
        assert_eq!(read(json!({ "Reading": 2100, "ReadingUnits": "RPM" })), (2100.0, "rpm".to_owned()));
        assert_eq!(read(json!({ "Reading": 30, "ReadingUnits": "Percent" })), (30.0, "%".to_owned()));
        assert_eq!(fan(&json!({ "Reading": 30 })).unwrap().reading, None, "of what, nobody says");
        assert_eq!(
            read(json!({ "SpeedPercent": { "Reading": 30, "SpeedRPM": 2100 } })),
            (2100.0, "rpm".to_owned())
        );
        assert_eq!(read(json!({ "SpeedPercent": { "Reading": 30 } })), (30.0, "%".to_owned()));
    }
}
