//! What a board measures and what stands in its log, in the words of DMTF's schemas: as boards before 2020 have it (Thermal and
//! Power), or as those after it (ThermalSubsystem, ThermalMetrics, PowerSubsystem).

use serde_json::{Value, json};

const CHASSIS: &str = "/redfish/v1/Chassis/1";
const BROKEN: &str = "/redfish/v1/Chassis/Broken";
const LOGS: &str = "/redfish/v1/Systems/1/LogServices";
const LOG: &str = "/redfish/v1/Systems/1/LogServices/SEL";
const ENTRIES: &str = "/redfish/v1/Systems/1/LogServices/SEL/Entries";

/// How it is with the machine. `Health` in Redfish's words: `OK`, `Warning`, `Critical`.
#[derive(Clone, Debug)]
pub struct Sensing {
    /// In the schemas since 2020.
    pub is_modern: bool,
    pub celsius: f64,
    pub fan_rpm: f64,
    pub fan_health: &'static str,
    pub power_health: &'static str,
    pub health: &'static str,
    /// Oldest first.
    pub log: Vec<Logged>,
    /// As the board gives it.
    pub oldest_first: bool,
    /// Entries in one answer.
    pub page: usize,
    /// Answers 500 to whoever wants to know how warm it is.
    pub broken_thermal: bool,
    /// Fans that it has, in the schemas since 2020.
    pub fans: u32,
    /// Has a second chassis, and answers 500 about it.
    pub broken_chassis: bool,
    /// Gives its log from the start, whatever part of it is asked for.
    pub knows_no_skip: bool,
}

/// An entry of its log.
#[derive(Clone, Debug)]
pub struct Logged {
    pub id: u32,
    pub created: String,
    pub severity: &'static str,
    pub message: String,
}

impl Sensing {
    /// A machine that is well, with an empty log.
    pub fn well() -> Self {
        Self {
            is_modern: false,
            celsius: 41.0,
            fan_rpm: 2100.0,
            fan_health: "OK",
            power_health: "OK",
            health: "OK",
            log: vec![],
            oldest_first: true,
            page: 50,
            broken_thermal: false,
            fans: 2,
            broken_chassis: false,
            knows_no_skip: false,
        }
    }

    /// One entry more.
    pub fn log(&mut self, severity: &'static str, message: &str) {
        let id = self.log.last().map_or(1, |last| last.id + 1);
        let created = format!("2026-11-28T{:02}:{:02}:00+00:00", id / 60 % 24, id % 60);
        self.log.push(Logged { id, created, severity, message: message.to_owned() });
    }

    /// What stands in the system of it.
    pub(super) fn put(&self, system: &mut Value) {
        system["Status"] = json!({ "State": "Enabled", "Health": "OK", "HealthRollup": self.health });
        system["LogServices"] = link(LOGS);
        system["Links"] = json!({ "Chassis": [link(CHASSIS)] });
        if self.broken_chassis {
            system["Links"] = json!({ "Chassis": [link(CHASSIS), link(BROKEN)] });
        }
    }

    /// `None`: there is no such resource. `Err`: it is broken.
    pub(super) fn answer(&self, path: &str) -> Option<Result<Value, &'static str>> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if self.broken_thermal && path.contains("Thermal") {
            return Some(Err("The sensors do not answer"));
        }
        if path == BROKEN {
            return Some(Err("The chassis does not answer"));
        }
        if path == ENTRIES {
            return Some(Ok(self.entries(query)));
        }
        let found = match path.strip_prefix(CHASSIS) {
            Some(rest) if self.is_modern => self.modern(rest),
            Some(rest) => self.classic(rest),
            None => match path {
                LOGS => Some(collection(&[LOG.to_owned()])),
                LOG => Some(
                    json!({ "@odata.id": LOG, "Id": "SEL", "ServiceEnabled": true, "Entries": link(ENTRIES) }),
                ),
                _ => None,
            },
        };
        found.map(Ok)
    }

    fn classic(&self, rest: &str) -> Option<Value> {
        Some(match rest {
            "" => json!({ "Id": "1", "Thermal": under("/Thermal"), "Power": under("/Power") }),
            "/Thermal" => json!({
                "@odata.type": "#Thermal.v1_7_0.Thermal",
                "Temperatures": [
                    { "MemberId": "0", "Name": "CPU 1", "ReadingCelsius": self.celsius, "Status": status("OK"), "UpperThresholdCritical": 95 },
                    { "MemberId": "1", "Name": "Inlet", "ReadingCelsius": 22, "Status": status("OK") },
                    { "MemberId": "2", "Name": "CPU 2", "ReadingCelsius": null, "Status": { "State": "Absent" } },
                ],
                "Fans": [
                    { "MemberId": "0", "Name": "Fan 1", "Reading": self.fan_rpm, "ReadingUnits": "RPM", "Status": status(self.fan_health) },
                    { "MemberId": "1", "Name": "Fan 2", "Reading": 4000, "ReadingUnits": "RPM", "Status": status("OK") },
                ],
            }),
            "/Power" => json!({
                "@odata.type": "#Power.v1_7_0.Power",
                "PowerSupplies": [self.supply(), { "Name": "PSU 2", "Status": { "State": "Absent" } }],
            }),
            _ => return None,
        })
    }

    fn modern(&self, rest: &str) -> Option<Value> {
        Some(match rest {
            "" => json!({
                "Id": "1", "ThermalSubsystem": under("/ThermalSubsystem"), "PowerSubsystem": under("/PowerSubsystem"),
                "Sensors": under("/Sensors"),
            }),
            "/ThermalSubsystem" => json!({
                "@odata.type": "#ThermalSubsystem.v1_3_0.ThermalSubsystem",
                "ThermalMetrics": under("/ThermalSubsystem/ThermalMetrics"), "Fans": under("/ThermalSubsystem/Fans"),
            }),
            "/ThermalSubsystem/ThermalMetrics" => json!({
                "@odata.type": "#ThermalMetrics.v1_3_0.ThermalMetrics",
                "TemperatureReadingsCelsius": [
                    { "DataSourceUri": "/redfish/v1/Chassis/1/Sensors/CPU1", "DeviceName": "CPU 1", "Reading": self.celsius },
                    { "DataSourceUri": "/redfish/v1/Chassis/1/Sensors/Inlet", "DeviceName": "Inlet", "Reading": 22 },
                ],
            }),
            "/ThermalSubsystem/Fans" => {
                let fans = (1..=self.fans).map(|n| format!("{CHASSIS}/ThermalSubsystem/Fans/{n}"));
                collection(&fans.collect::<Vec<_>>())
            }
            "/ThermalSubsystem/Fans/1" => fan("Fan 1", self.fan_rpm, self.fan_health),
            other if other.starts_with("/ThermalSubsystem/Fans/") => fan("Fan 2", 4000.0, "OK"),
            "/PowerSubsystem" => json!({
                "@odata.type": "#PowerSubsystem.v1_1_0.PowerSubsystem",
                "PowerSupplies": under("/PowerSubsystem/PowerSupplies"),
            }),
            "/PowerSubsystem/PowerSupplies" => {
                collection(&[format!("{CHASSIS}/PowerSubsystem/PowerSupplies/1")])
            }
            "/PowerSubsystem/PowerSupplies/1" => self.supply(),
            _ => return None,
        })
    }

    fn supply(&self) -> Value {
        json!({ "Name": "PSU 1", "LastPowerOutputWatts": 210, "Status": status(self.power_health) })
    }

    fn entries(&self, query: &str) -> Value {
        // Its own links go on under a name of its own.
        let key = if self.knows_no_skip { "from=" } else { "$skip=" };
        let skip: usize = query.strip_prefix(key).and_then(|skip| skip.parse().ok()).unwrap_or(0);
        let mut all: Vec<&Logged> = self.log.iter().collect();
        if !self.oldest_first {
            all.reverse();
        }
        let member = |logged: &&Logged| {
            json!({
                "@odata.id": format!("{ENTRIES}/{}", logged.id), "@odata.type": "#LogEntry.v1_15_0.LogEntry",
                "Id": logged.id.to_string(), "EntryType": "SEL", "Created": logged.created, "Severity": logged.severity,
                "Message": logged.message,
            })
        };
        let members: Vec<Value> = all.iter().skip(skip).take(self.page).map(member).collect();
        let mut page = json!({ "@odata.id": ENTRIES, "Members@odata.count": all.len(), "Members": members });
        if skip + self.page < all.len() {
            page["Members@odata.nextLink"] = format!("{ENTRIES}?{key}{}", skip + self.page).into();
        }
        page
    }
}

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn under(rest: &str) -> Value {
    link(&format!("{CHASSIS}{rest}"))
}

fn collection(paths: &[String]) -> Value {
    let members: Vec<Value> = paths.iter().map(|path| link(path)).collect();
    json!({ "Members@odata.count": members.len(), "Members": members })
}

fn status(health: &str) -> Value {
    json!({ "State": "Enabled", "Health": health })
}

fn fan(name: &str, rpm: f64, health: &str) -> Value {
    json!({
        "@odata.type": "#Fan.v1_5_0.Fan", "Name": name, "Status": status(health),
        "SpeedPercent": { "Reading": 30, "SpeedRPM": rpm },
    })
}
