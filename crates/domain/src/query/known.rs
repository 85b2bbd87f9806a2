//! The meaning of a query, on one machine in memory. The store says the same in SQL.

use super::{How, Key, Pattern, Query, Term, Want, When};
use crate::Time;
use crate::machine::Machine;
use crate::net::Mac;
use crate::state::MachineState;
use chrono::TimeDelta;

/// What a search knows of a machine.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub machine: &'a Machine,
    pub state: MachineState,
    pub last_seen: Option<Time>,
    /// From 0 to 100; `None`: not known.
    pub health: Option<u8>,
}

impl Query {
    /// Do all terms hold of the machine?
    pub fn holds(&self, known: &Known<'_>, now: Time) -> bool {
        self.terms.iter().all(|term| term.holds(known, now))
    }
}

impl Term {
    fn holds(&self, known: &Known<'_>, now: Time) -> bool {
        let machine = known.machine;
        let holds = match &self.want {
            Want::Text(text) => has_text(machine, text),
            Want::Field(key, patterns) => {
                let values = values(machine, *key);
                patterns.iter().any(|pattern| values.iter().any(|value| pattern.fits(value)))
            }
            Want::State(states) => states.contains(&known.state),
            Want::Arch(archs) => archs.contains(&machine.arch),
            Want::Firmware(firmwares) => firmwares.contains(&machine.firmware),
            Want::Seen(When::Never) => known.last_seen.is_none(),
            Want::Seen(When::Within(s)) => {
                known.last_seen.is_some_and(|at| at > now - TimeDelta::seconds(*s))
            }
            Want::Seen(When::Before(s)) => {
                known.last_seen.is_none_or(|at| at <= now - TimeDelta::seconds(*s))
            }
            // What is not known is neither low nor high.
            Want::Health(How::Unknown) => known.health.is_none(),
            Want::Health(How::Below(limit)) => known.health.is_some_and(|score| score < *limit),
            Want::Health(How::Above(limit)) => known.health.is_some_and(|score| score > *limit),
        };
        holds != self.not
    }
}

/// What stands in this place; what is empty is not there.
fn values(machine: &Machine, key: Key) -> Vec<String> {
    let one = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
    match key {
        Key::Name => one(&machine.name),
        Key::Site => one(&machine.site),
        Key::Room => one(&machine.desk.room),
        Key::Asset => one(&machine.desk.asset_tag),
        Key::User => one(&machine.desk.used_by),
        Key::Label => machine.labels.clone(),
        Key::Model => one(machine.model().unwrap_or_default()),
        Key::Serial => one(machine.inventory.as_ref().map_or("", |found| &found.serial)),
        Key::Mac => machine.macs.iter().map(digits).collect(),
        Key::Ip => addresses(machine),
        // They have terms of their own.
        Key::State | Key::Arch | Key::Firmware | Key::Seen | Key::Health => vec![],
    }
}

/// Addresses that the inventory names, without the length of their networks.
fn addresses(machine: &Machine) -> Vec<String> {
    let nics = machine.inventory.iter().flat_map(|found| &found.nics);
    let bare = |address: &String| address.split('/').next().unwrap_or_default().to_owned();
    nics.flat_map(|nic| &nic.addresses).map(bare).collect()
}

fn digits(mac: &Mac) -> String {
    mac.to_string().replace(':', "")
}

/// In what people call it: names, places, numbers; a MAC address however it is written; the beginning of its id.
fn has_text(machine: &Machine, text: &str) -> bool {
    let found = machine.inventory.as_ref();
    let mut places = vec![
        machine.name.as_str(),
        &machine.site,
        &machine.desk.room,
        &machine.desk.asset_tag,
        &machine.desk.used_by,
        found.map_or("", |found| &found.vendor),
        found.map_or("", |found| &found.model),
        found.map_or("", |found| &found.serial),
    ];
    places.extend(machine.labels.iter().map(String::as_str));
    let part = Pattern::part(text);
    places.iter().any(|place| part.fits(place))
        || addresses(machine).iter().any(|address| part.fits(address))
        || mac_part(text).is_some_and(|part| machine.macs.iter().any(|mac| digits(mac).contains(&part)))
        || id_part(text).is_some_and(|part| machine.id.to_string().starts_with(&part))
}

/// The digits of a text that may be a part of a MAC address: four or more, with the separators that people write.
pub fn mac_part(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    let is = digits.len() >= 4 && digits.len() <= 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is.then(|| digits.to_ascii_lowercase())
}

/// A text that may be the beginning of an id: eight digits or more.
pub fn id_part(text: &str) -> Option<String> {
    let is = text.len() >= 8 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is.then(|| text.to_ascii_lowercase())
}
