//! Plain searches over the whole fleet, answered from memory: a page of the timetable asks hundreds of them at once, and
//! each that is asked of the database reads the fleet anew.
//!
//! Of every machine only what these searches look in is kept, each value once, with the machines that have it. So a search
//! costs as much as it finds, and a hundred thousand machines by site, room and label take a few megabytes. What else can be
//! searched for (states, addresses, sightings, a word that may stand anywhere) is not known here: then there is no answer,
//! and the database has it. The meaning is that of [`known`](super::known), and tests compare the two.

use super::machines::Machines;
use super::{Key, Pattern, Query, Scope, Want};
use crate::id::MachineId;
use crate::people;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The keys that can be kept.
const KEPT: [Key; 8] =
    [Key::Site, Key::Label, Key::Model, Key::Room, Key::User, Key::Name, Key::Asset, Key::Serial];

/// What of a fleet is kept.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    ids: Vec<MachineId>,
    place_of: HashMap<MachineId, usize>,
    columns: BTreeMap<Key, Column>,
}

/// Where a search and a scope look; `None` when that is not all kept.
pub fn keys(query: &Query, scope: &Scope) -> Option<BTreeSet<Key>> {
    let mut keys = BTreeSet::new();
    for term in &query.terms {
        match &term.want {
            Want::Field(key, _) if KEPT.contains(key) => keys.insert(*key),
            _ => return None,
        };
    }
    for part in scope.parts().unwrap_or_default() {
        keys.extend((!part.sites.is_empty()).then_some(Key::Site));
        keys.extend((!part.labels.is_empty()).then_some(Key::Label));
    }
    Some(keys)
}

/// The values in one place, in the order of their small letters once all are there.
#[derive(Clone, Debug, Default)]
struct Column {
    values: Vec<(String, Vec<u32>)>,
    /// Only while it is filled.
    known: HashMap<String, usize>,
}

impl Plain {
    /// A fleet of which these keys will be kept, and nobody yet.
    pub fn of(keys: &BTreeSet<Key>) -> Self {
        let columns = keys.iter().map(|key| (*key, Column::default())).collect();
        Self { columns, ..Self::default() }
    }

    /// The keys that are kept.
    pub fn kept(&self) -> impl Iterator<Item = Key> {
        self.columns.keys().copied()
    }

    /// One machine more; gives its place.
    pub fn add(&mut self, id: MachineId) -> usize {
        let place = self.ids.len();
        self.ids.push(id);
        self.place_of.insert(id, place);
        place
    }

    /// What stands at a machine; labels are several.
    pub fn put(&mut self, place: usize, key: Key, value: &str) {
        let (Some(column), Ok(place)) = (self.columns.get_mut(&key), u32::try_from(place)) else { return };
        column.put(place, value);
    }

    /// All are there: it can be asked.
    #[must_use]
    pub fn filled(mut self) -> Self {
        self.columns.values_mut().for_each(Column::sort);
        self
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn id(&self, place: usize) -> Option<MachineId> {
        self.ids.get(place).copied()
    }

    /// Those of these that there are.
    pub fn machines(&self, ids: &[MachineId]) -> Machines {
        Machines::at(ids.iter().filter_map(|id| self.place_of.get(id).copied()), self.len())
    }

    /// The machines that a search finds within a scope; `None` where something is asked for that is not kept.
    pub fn find(&self, query: &Query, scope: &Scope) -> Option<Machines> {
        let mut found = self.within(scope)?;
        for term in &query.terms {
            let Want::Field(key, patterns) = &term.want else { return None };
            let mut holds = self.columns.get(key)?.fitting(patterns, self.len());
            if *key != Key::Label {
                // For a search what is empty is not there; a scope may mean it.
                holds = holds.without(&self.columns.get(key)?.empty(self.len()));
            }
            found = if term.not { found.without(&holds) } else { found.and(&holds) };
        }
        Some(found)
    }

    fn within(&self, scope: &Scope) -> Option<Machines> {
        let Some(parts) = scope.parts() else { return Some(Machines::all(self.len())) };
        let parts: Option<Vec<_>> = parts.iter().map(|part| self.part(part)).collect();
        Some(parts?.iter().fold(Machines::none(self.len()), |sum, part| sum.or(part)))
    }

    /// Sites and labels of scopes are compared letter by letter.
    fn part(&self, part: &people::Scope) -> Option<Machines> {
        let mut within = Machines::all(self.len());
        for (key, wanted) in [(Key::Site, &part.sites), (Key::Label, &part.labels)] {
            if !wanted.is_empty() {
                within = within.and(&self.columns.get(&key)?.exactly(wanted, self.len()));
            }
        }
        Some(within)
    }
}

impl Column {
    fn put(&mut self, place: u32, value: &str) {
        let at = match self.known.get(value) {
            Some(at) => *at,
            None => {
                self.known.insert(value.to_owned(), self.values.len());
                self.values.push((value.to_owned(), vec![]));
                self.values.len() - 1
            }
        };
        self.values[at].1.push(place);
    }

    fn sort(&mut self) {
        self.known = HashMap::new();
        self.values.sort_unstable_by(|(one, _), (other, _)| by_small_letters(one, other));
    }

    /// Those whose value fits one of the patterns.
    fn fitting(&self, patterns: &[Pattern], of: usize) -> Machines {
        let mut machines = Machines::none(of);
        for pattern in patterns {
            match pattern.text() {
                Some(text) => add(&mut machines, self.written(text).iter()),
                None => add(&mut machines, self.values.iter().filter(|(value, _)| pattern.fits(value))),
            }
        }
        machines
    }

    fn empty(&self, of: usize) -> Machines {
        self.exactly(&BTreeSet::from([String::new()]), of)
    }

    /// Those with one of these values and no other way of writing it.
    fn exactly(&self, wanted: &BTreeSet<String>, of: usize) -> Machines {
        let mut machines = Machines::none(of);
        for text in wanted {
            add(&mut machines, self.written(text).iter().filter(|(value, _)| value == text));
        }
        machines
    }

    /// The values that are this text, in large or small letters.
    fn written(&self, text: &str) -> &[(String, Vec<u32>)] {
        let order = |(value, _): &(String, Vec<u32>)| by_small_letters(value, text);
        let from = self.values.partition_point(|value| order(value) == Ordering::Less);
        let those = self.values[from..].partition_point(|value| order(value) == Ordering::Equal);
        &self.values[from..from + those]
    }
}

fn add<'a>(machines: &mut Machines, values: impl Iterator<Item = &'a (String, Vec<u32>)>) {
    values.flat_map(|(_, places)| places).for_each(|place| machines.add(*place as usize));
}

/// As [`Pattern`] compares: A to Z are the same in large and small, other letters are as written.
fn by_small_letters(one: &str, other: &str) -> Ordering {
    let mut bytes = one.bytes().zip(other.bytes());
    match bytes.find(|(a, b)| !a.eq_ignore_ascii_case(b)) {
        Some((a, b)) => a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()),
        None => one.len().cmp(&other.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;
    use crate::machine::{Arch, Desk, Firmware, Inventory, Machine};
    use crate::people::Scope as Part;
    use crate::query::Known;
    use crate::state::MachineState;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn word() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["lab", "Lab", "lab-1", "new york", "Ä", "ä", ""]).prop_map(str::to_owned)
    }

    fn machine() -> impl Strategy<Value = Machine> {
        let labels = prop::collection::vec(word(), 0..3);
        (any::<u128>(), word(), labels, word(), word(), word()).prop_map(
            |(id, site, labels, room, used_by, model)| Machine {
                id: MachineId(Uuid::from_u128(id)),
                name: format!("PC-{}", id % 10),
                smbios_uuid: None,
                macs: vec![],
                site,
                labels,
                arch: Arch::X86_64,
                firmware: Firmware::Bios,
                has_agent: false,
                routes: vec![],
                probe: None,
                own_image: None,
                inventory: Some(Inventory { model, ..Inventory::default() }),
                created_at: Time::UNIX_EPOCH,
                version: 1,
                desk: Desk { room, used_by, asset_tag: String::new() },
            },
        )
    }

    fn line() -> impl Strategy<Value = String> {
        let key = prop::sample::select(vec!["site", "label", "room", "user", "model", "name", "asset"]);
        let value =
            prop::sample::select(vec!["lab", "LAB,ä", "l*", "*", "\"new york\"", "pc-*", "pc-1", "*1"]);
        let term = (any::<bool>(), key, prop::sample::select(vec![':', '=']), value)
            .prop_map(|(not, key, sign, value)| format!("{}{key}{sign}{value}", if not { "-" } else { "" }));
        prop::collection::vec(term, 0..4).prop_map(|terms| terms.join(" "))
    }

    fn scope() -> impl Strategy<Value = Scope> {
        let words = || prop::collection::btree_set(word(), 0..3);
        let part = (words(), words()).prop_map(|(sites, labels)| Part { sites, labels });
        prop::option::of(prop::collection::vec(part, 0..3)).prop_map(Scope::of)
    }

    fn fleet(machines: &[Machine], keys: &BTreeSet<Key>) -> Plain {
        let mut plain = Plain::of(keys);
        for machine in machines {
            let place = plain.add(machine.id);
            machine.labels.iter().for_each(|label| plain.put(place, Key::Label, label));
            for (key, value) in [
                (Key::Site, machine.site.as_str()),
                (Key::Room, &machine.desk.room),
                (Key::User, &machine.desk.used_by),
                (Key::Asset, &machine.desk.asset_tag),
                (Key::Name, &machine.name),
                (Key::Model, machine.model().unwrap_or_default()),
            ] {
                plain.put(place, key, value);
            }
        }
        plain.filled()
    }

    proptest! {
        #[test]
        fn a_fleet_answers_as_each_of_its_machines_does(
            machines in prop::collection::vec(machine(), 0..80), line in line(), scope in scope()
        ) {
            let query = Query::parse(&line).unwrap();
            let found = fleet(&machines, &keys(&query, &scope).unwrap()).find(&query, &scope).unwrap();
            let expected = machines.iter().enumerate().filter(|(_, machine)| {
                let known = Known { machine, state: MachineState::Unknown, last_seen: None, health: None };
                scope.holds(machine) && query.holds(&known, Time::UNIX_EPOCH)
            });
            prop_assert_eq!(found.places().collect::<Vec<_>>(), expected.map(|(place, _)| place).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_not_kept_has_no_answer() {
        let kept = BTreeSet::from([Key::Site]);
        for line in
            ["lab", "state:held", "seen<1h", "health<60", "mac:5254", "ip:10.*", "arch:arm64", "site:x lab"]
        {
            let query = Query::parse(line).unwrap();
            assert_eq!(keys(&query, &Scope::ALL), None, "{line}");
            assert_eq!(fleet(&[], &kept).find(&query, &Scope::ALL), None, "{line}");
        }
        let room = Query::parse("room:1").unwrap();
        assert_eq!(fleet(&[], &kept).find(&room, &Scope::ALL), None, "not read");
    }
}
