//! What each row of a list would do. Pure: rows and what is known in, machines to add and to change out.

use super::read::Row;
use pitstop_app::discovery::api::{Preview, PreviewLine, Verdict};
use pitstop_domain::keep::Kept;
use pitstop_domain::machine::{Arch, Desk, Firmware, Machine};
use pitstop_domain::net::Mac;
use pitstop_domain::route::Route;
use pitstop_store::imports::Updated;
use pitstop_store::machines::NewMachine;
use std::collections::HashMap;
use uuid::Uuid;

/// Lines that a preview tells; the rest is counted.
const TOLD: usize = 500;

/// What a list would do.
#[derive(Default)]
pub struct Planned {
    pub new: Vec<(NewMachine, Desk)>,
    pub updated: Vec<Updated>,
    lines: Vec<PreviewLine>,
}

impl Planned {
    /// The same for people. Rows that are wrong stand first, so that none is missed.
    pub fn preview(&self) -> Preview {
        let count = |wanted: fn(&Verdict) -> bool| {
            self.lines.iter().filter(|line| wanted(&line.verdict)).count() as u64
        };
        let mut lines = self.lines.clone();
        lines.sort_by_key(|line| (!matches!(line.verdict, Verdict::Wrong { .. }), line.line));
        let more = lines.len().saturating_sub(TOLD) as u64;
        lines.truncate(TOLD);
        Preview {
            new: count(|verdict| *verdict == Verdict::New),
            changed: count(|verdict| matches!(verdict, Verdict::Changed { .. })),
            same: count(|verdict| *verdict == Verdict::Same),
            wrong: count(|verdict| matches!(verdict, Verdict::Wrong { .. })),
            lines,
            more,
        }
    }
}

/// Compares rows with what is known, and with each other.
pub fn plan(rows: &[Row], known: &[Machine]) -> Planned {
    let known = Known::of(known);
    let mut seen = Seen::default();
    let mut planned = Planned::default();
    for row in rows {
        let mut wrong = row.wrong.clone();
        wrong.extend(seen.twice(row));
        let machine = known.find(row).unwrap_or_else(|why| {
            wrong.push(why);
            None
        });
        let verdict = match (wrong.is_empty(), machine) {
            (false, _) => Verdict::Wrong { why: wrong },
            (true, Some(machine)) => planned.change(row, machine, &known),
            (true, None) => planned.add(row),
        };
        let name = match (row.name.as_str(), machine) {
            ("", Some(machine)) => machine.name.clone(),
            ("", None) => row.macs.first().map(name_of).unwrap_or_default(),
            (name, _) => name.to_owned(),
        };
        planned.lines.push(PreviewLine { line: row.line, name, verdict });
    }
    planned
}

impl Planned {
    fn add(&mut self, row: &Row) -> Verdict {
        if row.macs.is_empty() && row.uuid.is_none() {
            let why = "it is not known, and without a MAC address or a UUID it would never be recognised"
                .to_owned();
            return Verdict::Wrong { why: vec![why] };
        }
        let name = match (row.name.as_str(), row.macs.first()) {
            ("", None) => return Verdict::Wrong { why: vec!["it needs a name".to_owned()] },
            ("", Some(mac)) => name_of(mac),
            (name, _) => name.to_owned(),
        };
        let new = NewMachine {
            name,
            smbios_uuid: row.uuid,
            macs: row.macs.clone(),
            site: row.site.clone().unwrap_or_else(|| "main".to_owned()),
            labels: row.labels.clone().unwrap_or_default(),
            arch: row.arch.unwrap_or(Arch::X86_64),
            firmware: row.firmware.unwrap_or(Firmware::Uefi),
            routes: vec![Route::Person],
        };
        self.new.push((new, row.desk.clone()));
        Verdict::New
    }

    fn change(&mut self, row: &Row, machine: &Machine, known: &Known<'_>) -> Verdict {
        if !row.name.is_empty() && row.name != machine.name && known.names.contains_key(row.name.as_str()) {
            return Verdict::Wrong { why: vec![format!("another machine is called {} already", row.name)] };
        }
        let mut changes = Vec::new();
        let mut to = |what: &str, old: &str, new: &str| {
            if new.is_empty() || new == old {
                return old.to_owned();
            }
            let old = if old.is_empty() { "nothing" } else { old };
            changes.push(format!("{what}: {old} → {new}"));
            new.to_owned()
        };
        let name = to("name", &machine.name, &row.name);
        let site = to("site", &machine.site, row.site.as_deref().unwrap_or_default());
        let desk = Desk {
            room: to("room", &machine.desk.room, &row.desk.room),
            asset_tag: to("asset tag", &machine.desk.asset_tag, &row.desk.asset_tag),
            used_by: to("used by", &machine.desk.used_by, &row.desk.used_by),
        };
        let labels = row.labels.clone().unwrap_or_else(|| machine.labels.clone());
        to("labels", &machine.labels.join(", "), &labels.join(", "));
        let macs: Vec<Mac> = row.macs.iter().filter(|mac| !machine.macs.contains(mac)).copied().collect();
        for mac in &macs {
            changes.push(format!("also has {mac}"));
        }
        if changes.is_empty() {
            return Verdict::Same;
        }
        let kept = Kept { site, labels, desk };
        self.updated.push(Updated { id: machine.id, version: machine.version, name, kept, macs });
        Verdict::Changed { what: changes }
    }
}

fn name_of(mac: &Mac) -> String {
    mac.to_string().replace(':', "-")
}

struct Known<'a> {
    names: HashMap<&'a str, &'a Machine>,
    macs: HashMap<Mac, &'a Machine>,
    uuids: HashMap<Uuid, &'a Machine>,
}

impl<'a> Known<'a> {
    fn of(machines: &'a [Machine]) -> Self {
        Self {
            names: machines.iter().map(|machine| (machine.name.as_str(), machine)).collect(),
            macs: machines
                .iter()
                .flat_map(|machine| machine.macs.iter().map(move |mac| (*mac, machine)))
                .collect(),
            uuids: machines.iter().filter_map(|machine| Some((machine.smbios_uuid?, machine))).collect(),
        }
    }

    /// The machine of a row: by its MAC addresses, else by its UUID, else by its name.
    fn find(&self, row: &Row) -> Result<Option<&'a Machine>, String> {
        let mut found: Vec<&Machine> =
            row.macs.iter().filter_map(|mac| self.macs.get(mac).copied()).collect();
        found.dedup_by_key(|machine| machine.id);
        match found.as_slice() {
            [one] => return Ok(Some(one)),
            [one, other, ..] => {
                return Err(format!(
                    "its MAC addresses belong to two machines, {} and {}",
                    one.name, other.name
                ));
            }
            [] => {}
        }
        let by_uuid = row.uuid.and_then(|uuid| self.uuids.get(&uuid).copied());
        let by_name = self.names.get(row.name.as_str()).copied();
        match (by_uuid, by_name) {
            (Some(machine), _) => Ok(Some(machine)),
            // A name alone does not make two cards one machine.
            (None, Some(machine)) if !row.macs.is_empty() && !machine.macs.is_empty() => {
                Err(format!("a machine called {} is known with other MAC addresses", machine.name))
            }
            (None, by_name) => Ok(by_name),
        }
    }
}

/// What rows before this one said.
#[derive(Default)]
struct Seen {
    lines: HashMap<String, u64>,
}

impl Seen {
    fn twice(&mut self, row: &Row) -> Vec<String> {
        let mut marks: Vec<(String, String)> =
            row.macs.iter().map(|mac| (format!("mac {mac}"), format!("the MAC address {mac}"))).collect();
        marks.extend(row.uuid.map(|uuid| (format!("uuid {uuid}"), format!("the UUID {uuid}"))));
        if !row.name.is_empty() {
            marks.push((format!("name {}", row.name), format!("the name {}", row.name)));
        }
        let mut twice = Vec::new();
        for (mark, words) in marks {
            match self.lines.get(&mark) {
                Some(line) => twice.push(format!("{words} stands in line {line} already")),
                None => drop(self.lines.insert(mark, row.line)),
            }
        }
        twice
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;
    use pitstop_domain::Time;
    use pitstop_domain::id::MachineId;

    fn machine(number: u8) -> Machine {
        Machine {
            id: MachineId(Uuid::from_u128(u128::from(number))),
            name: format!("pc-{number}"),
            smbios_uuid: None,
            macs: vec![Mac([0x52, 0x54, 0, 0, 0, number])],
            site: "berlin".to_owned(),
            labels: vec!["lab".to_owned()],
            arch: Arch::X86_64,
            firmware: Firmware::Uefi,
            has_agent: false,
            routes: vec![],
            probe: None,
            own_image: None,
            inventory: None,
            created_at: Time::UNIX_EPOCH,
            version: 3,
            desk: Desk::default(),
        }
    }

    fn planned(text: &str) -> Planned {
        plan(&read(text).unwrap(), &[machine(1), machine(2)])
    }

    fn verdict(text: &str) -> Verdict {
        planned(text).lines.pop().unwrap().verdict
    }

    #[test]
    fn known_machines_change_only_in_what_the_list_says() {
        let planned = planned(
            "mac,name,site,room,labels\n52:54:00:00:00:01,,munich,2.14,\n52:54:00:00:00:02,pc-2,berlin,,lab\n525400000009,pc-9,,,\n",
        );
        let preview = planned.preview();
        assert_eq!((preview.new, preview.changed, preview.same, preview.wrong), (1, 1, 1, 0));
        let Verdict::Changed { what } = &preview.lines[0].verdict else { panic!("{preview:?}") };
        assert_eq!(what, &["site: berlin → munich", "room: nothing → 2.14"]);
        assert_eq!((planned.updated[0].kept.labels.len(), planned.updated[0].version), (1, 3));
        assert_eq!(planned.new[0].0.site, "main");
    }

    #[test]
    fn what_is_doubtful_is_refused_with_its_reason() {
        let why = |text: &str| match verdict(text) {
            Verdict::Wrong { why } => why.join("; "),
            other => panic!("{text}: {other:?}"),
        };
        assert!(why("name,mac\na,525400000007\nb,525400000007").contains("stands in line 2 already"));
        assert!(why("name,mac\npc-1,525400000007").contains("other MAC addresses"));
        assert!(why("name,mac\npc-1,\"525400000001 525400000002\"").contains("two machines"));
        assert!(why("name,mac\npc-2,525400000001").contains("called pc-2 already"));
        assert!(why("name\npc-7").contains("never be recognised"));
    }

    #[test]
    fn wrong_rows_stand_first() {
        let preview = planned("name,mac\npc-8,525400000008\npc-7,x\n").preview();
        assert_eq!(preview.lines[0].line, 3);
    }
}
