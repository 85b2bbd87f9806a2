//! The firmware's boot entries (UEFI): a board that was changed, or whose battery was empty, has forgotten them, and starts
//! nothing although all is on the disk.
//!
//! [`loaders`] are the programs that systems start by. Disks that start by BIOS have no entries; of their boot sectors
//! nothing is looked at here.

mod loaders;

use super::ground::Ground;
use super::mount::{Mode, Mounted};
use super::paper::{self, Paper};
use super::tool::Tool;
use super::volumes::{Volume, volumes};
use crate::efi::boot_next::choose;
use crate::efi::load_option::{LoadOption, Partition, written};
use crate::efi::variables::Variables;
use crate::maintenance::board::Board;
use loaders::{Loader, loaders};
use pitstop_domain::net::Mac;
use pitstop_domain::wire::TaskEnded;
use serde_json::json;
use std::collections::BTreeMap;

const VARIABLES: &str = "/sys/firmware/efi/efivars";

/// A system on a partition of the firmware's kind.
struct System {
    about: String,
    partition: Partition,
    loader: Loader,
}

/// Looks whether each system has an entry, and makes what is missing.
pub fn run(repair: bool, ground: &Ground) -> TaskEnded {
    let (board, variables) = (ground.board, Variables::at(VARIABLES));
    if let Err(why) = variables.there() {
        return paper::failed(format!("there are no boot entries to look at: {why}"));
    }
    board.progress(0, "looking for systems");
    let volumes = match volumes(None, board) {
        Ok(volumes) => volumes,
        Err(error) => return paper::failed(error),
    };
    let (mut paper, mut systems) = (Paper::default(), vec![]);
    for volume in volumes.iter().filter(|volume| volume.kind == "vfat") {
        match systems_on(volume, board) {
            Ok(found) => systems.extend(found),
            Err(why) => paper.unknown(&volume.about(), why),
        }
    }
    let macs: Vec<_> = ground.host.inventory().nics.into_iter().map(|nic| nic.mac).collect();
    looked_after(&systems, &variables, &macs, repair, &mut paper);
    paper.ended("each system has its boot entry")
}

fn systems_on(volume: &Volume, board: &Board) -> Result<Vec<System>, String> {
    if volume.mounted {
        return Err("it is mounted here, so it is left alone".to_owned());
    }
    let Some(partition) = partition_of(&volume.device, board)? else { return Ok(vec![]) };
    let mounted = Mounted::new(volume, Mode::Read, board)?;
    let system = |loader| System { about: volume.about(), partition, loader };
    Ok(loaders(mounted.root()).into_iter().map(system).collect())
}

/// `None`: it is no partition of a GPT, which is all that our entries name.
fn partition_of(device: &str, board: &Board) -> Result<Option<Partition>, String> {
    let ran = Tool::new("blkid").args(["-p", "-o", "export", device]).quiet().run(board)?;
    let said: BTreeMap<_, _> = ran.text.lines().filter_map(|line| line.split_once('=')).collect();
    let number = |key: &str| said.get(key).and_then(|value| value.parse::<u64>().ok());
    if said.get("PART_ENTRY_SCHEME") != Some(&"gpt") {
        return Ok(None);
    }
    let read = || {
        let id = on_disk(said.get("PART_ENTRY_UUID")?)?;
        let entry = u32::try_from(number("PART_ENTRY_NUMBER")?).ok()?;
        Some(Partition {
            number: entry,
            start: number("PART_ENTRY_OFFSET")?,
            size: number("PART_ENTRY_SIZE")?,
            id,
        })
    };
    Ok(read())
}

/// A GUID as it stands on the disk: its first three fields are little-endian.
fn on_disk(text: &str) -> Option<[u8; 16]> {
    let mut bytes: [u8; 16] = hex::decode(text.replace('-', "")).ok()?.try_into().ok()?;
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    Some(bytes)
}

fn looked_after(systems: &[System], variables: &Variables, macs: &[Mac], repair: bool, paper: &mut Paper) {
    if systems.is_empty() {
        return paper.unknown("disks", "no system is on them that starts by UEFI");
    }
    let mut list = vec![];
    for system in systems {
        let about = format!("{} on {}", system.loader.name, system.about);
        let entries = variables.boot_entries();
        let order = variables.boot_order();
        let own = entries.iter().find(|(number, option)| starts(option, system) && order.contains(number));
        let forgotten = entries.iter().find(|(_, option)| starts(option, system));
        list.push(
            json!({ "system": about, "file": system.loader.file, "entry": own.map(|(number, _)| number) }),
        );
        match own {
            Some((number, option)) if option.active => {
                paper.good(&about, format!("Boot{number:04X} ({}) starts it", option.description));
            }
            Some((number, _)) => {
                paper
                    .note(&about, format!("Boot{number:04X} starts it, and is switched off in the firmware"));
            }
            None if !repair => paper.problem(&about, "the firmware has no entry that starts it"),
            None => match entered(system, forgotten.map(|(number, _)| *number), variables, macs) {
                Ok(done) => paper.repaired(&about, "the firmware had no entry that starts it", done),
                Err(why) => paper.problem_although(&about, "the firmware has no entry that starts it", why),
            },
        }
    }
    paper.own("systems", json!(list));
}

fn starts(option: &LoadOption, system: &System) -> bool {
    let same = |file: &String| file.eq_ignore_ascii_case(&system.loader.file);
    option.partition == Some(system.partition.id) && option.file.as_ref().is_some_and(same)
}

/// Behind entries of the network that lead the order: who boots from the network first goes on doing so.
fn entered(
    system: &System,
    forgotten: Option<u16>,
    variables: &Variables,
    macs: &[Mac],
) -> Result<String, String> {
    let made = match forgotten {
        Some(number) => number,
        None => {
            let content = written(&system.loader.name, &system.partition, &system.loader.file);
            variables.add_boot_entry(&content).map_err(|error| error.0)?
        }
    };
    let entries = variables.boot_entries();
    let is_network = |number: &u16| {
        let entry = entries.iter().find(|(found, _)| found == number);
        entry.is_some_and(|entry| choose(std::slice::from_ref(entry), macs).is_some())
    };
    let mut order = variables.boot_order();
    let at = order.iter().take_while(|number| is_network(number)).count();
    order.insert(at, made);
    variables.set_boot_order(&order).map_err(|error| error.0)?;
    let did = if forgotten.is_some() { "was in no order, and is" } else { "was made, and is" };
    Ok(format!("Boot{made:04X} ({}) {did} the {}", system.loader.name, nth(at)))
}

fn nth(at: usize) -> String {
    if at == 0 {
        "first that is tried".to_owned()
    } else {
        "first that is tried after the network".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::efi::load_option::parse;
    use pitstop_domain::job::Outcome;
    use pitstop_domain::report::{Findings, Level};

    const MAC: Mac = Mac([0x52, 0x54, 0, 0, 0, 1]);

    fn system(name: &str, id: u8) -> System {
        let file = format!("\\EFI\\{name}\\shimx64.efi");
        System {
            about: "/dev/sda1 (vfat)".to_owned(),
            partition: Partition { number: 1, start: 2048, size: 4096, id: [id; 16] },
            loader: Loader { name: name.to_owned(), file },
        }
    }

    /// Firmware that knows the network alone.
    fn firmware() -> (tempfile::TempDir, Variables) {
        let folder = tempfile::tempdir().unwrap();
        let variables = Variables::at(folder.path());
        let network = crate::efi::load_option::tests::bytes("UEFI PXEv4", Some(MAC), &[0x030c]);
        assert_eq!(variables.add_boot_entry(&network).unwrap(), 0);
        variables.set_boot_order(&[0]).unwrap();
        (folder, variables)
    }

    fn look(systems: &[System], variables: &Variables, repair: bool) -> (Outcome, Option<Level>) {
        let mut paper = Paper::default();
        looked_after(systems, variables, &[MAC], repair, &mut paper);
        let ended = paper.ended("each system has its boot entry");
        (ended.outcome, Findings::of(&ended.report).worst())
    }

    #[test]
    fn what_the_firmware_forgot_is_found_made_behind_the_network_and_there_then() {
        let (_folder, variables) = firmware();
        let systems = [system("debian", 1), system("fedora", 2)];
        assert_eq!(look(&systems, &variables, false), (Outcome::Found, Some(Level::Problem)));
        assert_eq!(variables.boot_order(), [0], "a look changes nothing");
        assert_eq!(look(&systems, &variables, true), (Outcome::Succeeded, Some(Level::Repaired)));
        assert_eq!(variables.boot_order(), [0, 2, 1], "the network stays first");
        let entries = variables.boot_entries();
        assert_eq!(entries[1].1.file.as_deref(), Some("\\EFI\\debian\\shimx64.efi"));
        assert_eq!(look(&systems, &variables, true), (Outcome::Succeeded, Some(Level::Good)));
        assert_eq!(variables.boot_order().len(), 3, "once is enough");
    }

    #[test]
    fn an_entry_that_stands_in_no_order_is_put_there_and_not_made_twice() {
        let (_folder, variables) = firmware();
        let debian = system("debian", 1);
        let content = written("debian", &debian.partition, "\\efi\\DEBIAN\\shimx64.efi");
        let number = variables.add_boot_entry(&content).unwrap();
        assert!(parse(&content).unwrap().active);
        assert_eq!(look(&[debian], &variables, true).1, Some(Level::Repaired));
        assert_eq!(variables.boot_order(), [0, number]);
        assert_eq!(variables.boot_entries().len(), 2);
    }

    #[test]
    fn the_same_program_on_another_disk_is_another_system() {
        let (_folder, variables) = firmware();
        look(&[system("debian", 1)], &variables, true);
        assert_eq!(look(&[system("debian", 9)], &variables, false).1, Some(Level::Problem));
    }

    #[test]
    fn an_identifier_is_written_as_it_stands_on_the_disk() {
        let id = on_disk("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        assert_eq!(hex::encode(id), "33221100554477668899aabbccddeeff");
        assert_eq!(on_disk("nonsense"), None);
    }
}
