//! What others say of machines: the alerts of a monitoring that people have already.
//!
//! A *source* is somebody who may tell; a *tiding* is what it told last of one alert. Which machine a tiding is about stands in
//! its labels, and is never guessed: what names none, or more than one, is kept with the reason and is about nobody.

use super::judge::Truth;
use crate::Time;
use crate::id::{MachineId, SourceId};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Labels that name a machine, where nothing else is set: as Prometheus and its exporters, Nagios and Zabbix bridges write.
pub const LABELS: [&str; 6] = ["machine", "hostname", "host", "nodename", "node", "instance"];

/// How long what fires is believed, when it is not told again. Alertmanager repeats every four hours, unless set otherwise.
pub const BELIEVED_S: u32 = 5 * 3600;

/// Alerts that one delivery may hold. Alertmanager's groups have tens.
pub const MOST: usize = 1000;

/// How a source speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// The webhook of Prometheus' Alertmanager, version 4; it shows the secret as a bearer or as a password.
    Alertmanager,
    /// Our own words, signed with the secret.
    Signed,
}

impl Speaks {
    pub const ALL: [Self; 2] = [Self::Alertmanager, Self::Signed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Signed => "signed",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Alertmanager => "Prometheus Alertmanager",
            Self::Signed => "Signed webhook",
        }
    }
}

/// Somebody who may tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    pub name: String,
    pub speaks: Speaks,
    /// Labels that name a machine.
    pub labels: Vec<String>,
    pub believed_s: u32,
}

impl Source {
    /// Why this source cannot be kept.
    pub fn nonsense(&self) -> Option<String> {
        let odd =
            |label: &String| label.is_empty() || label.len() > 100 || label.contains(char::is_whitespace);
        if self.name.trim().is_empty() || self.name.len() > 100 {
            return Some("Give it a name, of 100 letters at most.".to_owned());
        }
        if self.labels.is_empty() || self.labels.len() > 20 || self.labels.iter().any(odd) {
            return Some("Name the labels that name a machine, 20 at most, with commas between.".to_owned());
        }
        if !(300..=7 * 86_400).contains(&self.believed_s) {
            return Some("What fires is believed for five minutes at least, and a week at most.".to_owned());
        }
        None
    }
}

/// One alert, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The same for each delivery of the same alert; the store keeps its digest.
    pub fingerprint: String,
    pub name: String,
    pub firing: bool,
    /// When it began, as the source writes it; never compared with our time.
    pub began: String,
    pub summary: String,
    pub labels: BTreeMap<String, String>,
}

/// What came in one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub said: Vec<Said>,
    /// Alerts that the source left out of it.
    pub cut: u64,
}

/// What Alertmanager sends (`webhook_config`, version 4).
#[derive(Deserialize)]
struct Alertmanager {
    version: String,
    #[serde(default, rename = "truncatedAlerts")]
    cut: u64,
    alerts: Vec<AlertmanagerAlert>,
}

#[derive(Deserialize)]
struct AlertmanagerAlert {
    status: State,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default, rename = "startsAt")]
    began: String,
    #[serde(default)]
    fingerprint: String,
}

/// What our own webhook takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    alerts: Vec<SignedAlert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedAlert {
    name: String,
    state: State,
    /// Name, id, SMBIOS UUID, MAC or IP address: the same as a label `machine`.
    machine: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    began: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Firing,
    Resolved,
}

/// Reads a delivery.
///
/// # Errors
/// Why it is none, in words.
pub fn read(speaks: Speaks, body: &[u8]) -> Result<Delivery, String> {
    let delivery = match speaks {
        Speaks::Alertmanager => alertmanager(body)?,
        Speaks::Signed => signed(body)?,
    };
    if delivery.said.len() > MOST {
        return Err(format!(
            "it has more than {MOST} alerts: set max_alerts, or send them one group at a time"
        ));
    }
    match delivery.said.iter().find(|said| said.name.is_empty() || said.name.len() > 200) {
        Some(_) => Err("an alert in it has no name, or one of more than 200 letters".to_owned()),
        None => Ok(delivery),
    }
}

fn alertmanager(body: &[u8]) -> Result<Delivery, String> {
    let told: Alertmanager = serde_json::from_slice(body)
        .map_err(|error| format!("it is not what Alertmanager sends: {error}"))?;
    if told.version != "4" {
        return Err(format!(
            "it is version {} of Alertmanager's webhook; 4 is understood",
            short(&told.version)
        ));
    }
    let said = told.alerts.into_iter().map(|alert| {
        let name = alert.labels.get("alertname").cloned().unwrap_or_default();
        let words = ["summary", "description", "message"].iter().find_map(|key| alert.annotations.get(*key));
        let fingerprint = match alert.fingerprint.is_empty() {
            true => fingerprint(&name, &alert.labels),
            false => short(&alert.fingerprint),
        };
        Said {
            fingerprint,
            name,
            firing: alert.status == State::Firing,
            began: short(&alert.began),
            summary: short(words.map(String::as_str).unwrap_or_default()),
            labels: alert.labels,
        }
    });
    Ok(Delivery { said: said.collect(), cut: told.cut })
}

fn signed(body: &[u8]) -> Result<Delivery, String> {
    let told: Signed =
        serde_json::from_slice(body).map_err(|error| format!("it is not understood: {error}"))?;
    let said = told.alerts.into_iter().map(|alert| {
        let mut labels = alert.labels;
        labels.extend(alert.machine.map(|machine| ("machine".to_owned(), machine)));
        Said {
            fingerprint: fingerprint(&alert.name, &labels),
            name: alert.name.trim().to_owned(),
            firing: alert.state == State::Firing,
            began: short(&alert.began),
            summary: short(&alert.summary),
            labels,
        }
    });
    Ok(Delivery { said: said.collect(), cut: 0 })
}

/// As long as a line.
fn short(text: &str) -> String {
    text.trim().chars().take(300).collect()
}

/// The same for the same name and labels. Not compared with those of Alertmanager, which are of another source.
fn fingerprint(name: &str, labels: &BTreeMap<String, String>) -> String {
    serde_json::to_string(&(name, labels)).unwrap_or_default()
}

/// What the value of a label may name: the whole of it first, then the host in it (`web-3:9100`, `http://web-3/x`), then that
/// host without its domain.
pub fn keys(value: &str) -> Vec<String> {
    let whole = value.trim().to_lowercase();
    let rest = whole.split_once("://").map_or(whole.as_str(), |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, _)) => inner,
        // More than one colon, and no brackets: an address of IPv6, or a MAC.
        None if rest.matches(':').count() > 1 => rest,
        None => rest.split(':').next().unwrap_or_default(),
    };
    let mut keys = vec![whole.clone(), host.to_owned()];
    if host.parse::<std::net::IpAddr>().is_err() {
        keys.extend(host.split_once('.').map(|(first, _)| first.to_owned()));
    }
    keys.retain(|key| !key.is_empty());
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

/// Which machine it is about. `named`: which machines each key names.
///
/// # Errors
/// Why it is about none, in words.
pub fn about(
    labels: &BTreeMap<String, String>,
    naming: &[String],
    named: &HashMap<String, Vec<MachineId>>,
) -> Result<MachineId, String> {
    let mut found: BTreeSet<MachineId> = BTreeSet::new();
    let (mut unknown, mut several) = (Vec::new(), Vec::new());
    for label in naming {
        let Some(value) = labels.get(label) else { continue };
        let hit = keys(value).into_iter().find_map(|key| named.get(&key).filter(|of| !of.is_empty()));
        match hit.map(Vec::as_slice) {
            Some([one]) => drop(found.insert(*one)),
            Some(more) => {
                several.push(format!("{label} is {}, which names {} machines", short(value), more.len()))
            }
            None => unknown.push(format!("{label} is {}", short(value))),
        }
    }
    match (found.len(), found.first()) {
        (1, Some(one)) => Ok(*one),
        (0, _) if !several.is_empty() => Err(several.join("; ")),
        (0, _) if unknown.is_empty() => Err(format!("it has none of the labels {}", naming.join(", "))),
        (0, _) => Err(format!("no machine is named so: {}", unknown.join(", "))),
        (n, _) => Err(format!("its labels name {n} different machines")),
    }
}

/// What a source told last of an alert on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiding {
    pub source: SourceId,
    pub source_name: String,
    pub name: String,
    pub firing: bool,
    /// Since when it is so, by our own time.
    pub since: Time,
    pub told_at: Time,
    /// How long it is believed without being told again; 0: its source may tell no more.
    pub believed_s: u32,
    pub summary: String,
}

impl Tiding {
    /// Fires it now? Not known, where it was told too long ago.
    pub fn fires(&self, now: Time) -> Truth {
        match (self.firing, now - self.told_at < TimeDelta::seconds(self.believed_s.into())) {
            (false, _) => Truth::No,
            (true, true) => Truth::Yes,
            (true, false) => Truth::Unknown,
        }
    }
}

/// A part of a condition: an alert from elsewhere fires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The alert's name there.
    pub name: String,
    /// `None`: from any.
    #[serde(default)]
    pub source: Option<SourceId>,
}

impl Heard {
    pub fn words(&self) -> String {
        format!("{} fires elsewhere", self.name)
    }

    pub fn is(&self, tiding: &Tiding) -> bool {
        self.name == tiding.name && self.source.is_none_or(|source| source == tiding.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const SENT: &str = r#"{"receiver":"pitstop","status":"firing","alerts":[
        {"status":"firing","labels":{"alertname":"CpuSlow","instance":"web-3:9100","severity":"warning"},
         "annotations":{"summary":"web-3 is slow"},"startsAt":"2026-11-28T01:00:00Z","endsAt":"0001-01-01T00:00:00Z",
         "generatorURL":"http://prometheus/graph","fingerprint":"2f7ad4f4e1c0b6a1"}],
        "groupLabels":{"alertname":"CpuSlow"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am",
        "version":"4","groupKey":"{}:{alertname=\"CpuSlow\"}","truncatedAlerts":2}"#;

    #[test]
    fn what_alertmanager_sends_is_read() {
        let delivery = read(Speaks::Alertmanager, SENT.as_bytes()).unwrap();
        assert_eq!(delivery.cut, 2);
        let said = &delivery.said[0];
        assert_eq!(
            (said.name.as_str(), said.firing, said.summary.as_str()),
            ("CpuSlow", true, "web-3 is slow")
        );
        assert_eq!(said.fingerprint, "2f7ad4f4e1c0b6a1");
        let other = SENT.replace("\"version\":\"4\"", "\"version\":\"5\"");
        assert!(read(Speaks::Alertmanager, other.as_bytes()).unwrap_err().contains("version 5"));
    }

    #[test]
    fn our_own_words_are_read_and_what_is_not_one_of_them_is_refused() {
        let body = br#"{"alerts":[{"name":"Fan","state":"firing","machine":"pc-1"}]}"#;
        let again = br#"{"alerts":[{"name":"Fan","state":"resolved","machine":"pc-1"}]}"#;
        let (first, second) = (read(Speaks::Signed, body).unwrap(), read(Speaks::Signed, again).unwrap());
        assert_eq!(first.said[0].fingerprint, second.said[0].fingerprint);
        assert_eq!(first.said[0].labels["machine"], "pc-1");
        let odd = br#"{"alerts":[{"name":"Fan","state":"firing","host":"pc-1"}]}"#;
        assert!(read(Speaks::Signed, odd).unwrap_err().contains("host"));
        assert!(read(Speaks::Signed, br#"{"alerts":[{"name":"","state":"firing"}]}"#).is_err());
    }

    #[test]
    fn a_host_is_found_in_what_stands_around_it() {
        assert_eq!(keys("web-3:9100"), ["web-3:9100", "web-3"]);
        assert_eq!(
            keys("http://Web-3.example.com:9100/x"),
            ["http://web-3.example.com:9100/x", "web-3.example.com", "web-3"]
        );
        assert_eq!(keys("10.0.0.7:9100"), ["10.0.0.7:9100", "10.0.0.7"]);
        assert_eq!(keys("[fd00::7]:9100"), ["[fd00::7]:9100", "fd00::7"]);
        assert_eq!(keys("52:54:00:00:00:01"), ["52:54:00:00:00:01"]);
        assert!(keys(" ").is_empty());
    }

    #[test]
    fn a_machine_is_named_by_one_label_and_never_guessed() {
        let (a, b) = (MachineId(Uuid::from_u128(1)), MachineId(Uuid::from_u128(2)));
        let named: HashMap<_, _> = [("web-3", vec![a]), ("web-4", vec![b]), ("db", vec![a, b])]
            .map(|(k, v)| (k.to_owned(), v))
            .into();
        let naming = ["hostname", "instance"].map(str::to_owned);
        let of = |labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            about(&labels, &naming, &named)
        };
        assert_eq!(of(&[("instance", "web-3:9100")]), Ok(a));
        assert_eq!(of(&[("instance", "10.9.9.9:9100"), ("hostname", "web-4.lan")]), Ok(b));
        assert!(
            of(&[("instance", "web-3"), ("hostname", "web-4")]).unwrap_err().contains("2 different machines")
        );
        assert!(of(&[("instance", "db:9100")]).unwrap_err().contains("names 2 machines"));
        assert!(of(&[("instance", "web-9:9100")]).unwrap_err().contains("web-9:9100"));
        assert!(of(&[("job", "node")]).unwrap_err().contains("none of the labels hostname, instance"));
    }
}
