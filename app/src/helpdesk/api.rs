//! What goes over the wire for the help desk.

use crate::Failure;
use crate::format;
use crate::machines::api::MachineState;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::function::Risk;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::symptom::Symptom;
use serde::{Deserialize, Serialize};

/// Machines that are shown for one search; whoever sees more types another word.
pub const MOST: usize = 20;

/// A machine that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub labels: Vec<String>,
    pub model: Option<String>,
    pub state: MachineState,
    pub last_seen: Option<Time>,
    /// The field by which it was found, where that is not plain to see: "serial 7X00003".
    pub by: Option<String>,
}

/// Machines that were found, those of just this name first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundList {
    pub asked_at: Time,
    pub rows: Vec<Found>,
    /// There are more than these.
    pub more: bool,
}

/// A machine, as whoever helps its user needs to know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    pub asked_at: Time,
    pub id: MachineId,
    pub name: String,
    pub site: String,
    pub labels: Vec<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub state: MachineState,
    pub last_seen: Option<Time>,
    /// A job that has it, or waits for it: what, and is it only waiting?
    pub current: Option<(JobId, String)>,
    /// The first way in which it is restarted needs somebody at the machine.
    pub by_hand: bool,
    pub has_agent: bool,
    /// Each symptom, in its order: what helps, or why nothing can be done here.
    pub symptoms: Vec<(Symptom, Result<Remedy, String>)>,
}

/// What helps against a symptom on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    pub title: String,
    pub risk: Risk,
    /// What the screen of the machine will say.
    pub told: String,
    /// How long the whole trip usually takes on this model, in seconds.
    pub usual_s: Option<u64>,
    /// What to know before, in plain words.
    pub before: Vec<String>,
}

impl Found {
    /// Where it is and what it is, in a line.
    pub fn under(&self) -> String {
        let mut parts: Vec<String> = vec![self.site.clone()];
        parts.extend(self.labels.iter().cloned());
        parts.extend(self.model.clone());
        parts.extend(self.by.clone());
        parts.retain(|part| !part.is_empty());
        parts.join(", ")
    }

    /// By which of these fields it was found: the first that has a word which its name has not.
    pub fn found_by(words: &[String], name: &str, fields: &[(&str, &str)]) -> Option<String> {
        let name = name.to_lowercase();
        let hidden: Vec<_> = words.iter().filter(|word| !name.contains(word.as_str())).collect();
        let has = |value: &str| hidden.iter().any(|word| value.to_lowercase().contains(word.as_str()));
        fields.iter().find(|(_, value)| has(value)).map(|(field, value)| format!("{field} {value}"))
    }
}

/// The words of a search. A MAC address is known in all the ways in which people write it.
pub fn words(q: &str) -> Vec<String> {
    let word = |word: &str| match word.parse::<pitstop_domain::net::Mac>() {
        Ok(mac) => mac.to_string(),
        Err(_) => word.to_lowercase(),
    };
    q.split_whitespace().take(8).map(word).collect()
}

/// Starts what helps against a symptom; answers by a redirect to the page that follows it.
#[server(prefix = "/api", endpoint = "repair")]
pub async fn repair(machine: String, symptom: String) -> Result<JobId, Failure> {
    crate::serve::answer(super::server::repair(&machine, &symptom)).await
}

/// `3 machines`.
pub fn how_many(list: &FoundList) -> String {
    let n = format::counted(list.rows.len() as u64, "machine", "machines");
    if list.more { format!("the first {n}") } else { n }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_addresses_are_known_in_all_their_spellings() {
        assert_eq!(words("52-54-00-AB-cd-01 PC"), ["52:54:00:ab:cd:01", "pc"]);
        assert_eq!(words("5254.00ab.cd01"), ["52:54:00:ab:cd:01"]);
    }

    #[test]
    fn a_machine_says_by_what_it_was_found_unless_its_name_does() {
        let fields = [("serial", "7X00003"), ("address", "10.77.0.4")];
        let by = |q: &str| Found::found_by(&words(q), "pc-004", &fields);
        assert_eq!(by("pc-00"), None);
        assert_eq!(by("7x00003").as_deref(), Some("serial 7X00003"));
        assert_eq!(by("pc 10.77").as_deref(), Some("address 10.77.0.4"));
    }
}
