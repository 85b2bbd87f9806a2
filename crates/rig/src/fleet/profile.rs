//! What a simulated machine is: its identity, its hardware, its faults.

use super::dice::Dice;
use super::quirks::{Mix, Quirks};
use pitstop_domain::machine::{Abilities, Arch, Disk, Inventory, Nic};
use pitstop_domain::net::Mac;
use pitstop_domain::wire::Enrol;
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// What starts the machine, and how it fetches its loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmware {
    Bios,
    /// UEFI with its own PXE: the loader comes by TFTP.
    Uefi,
    /// UEFI HTTP Boot: the loader comes by HTTP.
    UefiHttp,
}

impl Firmware {
    pub fn is_uefi(self) -> bool {
        self != Self::Bios
    }
}

/// A series of machines.
#[derive(Debug, PartialEq)]
pub struct Model {
    pub vendor: &'static str,
    pub name: &'static str,
    pub cpu: &'static str,
    pub cores: u32,
    pub memory_gib: &'static [u64],
    pub firmware: &'static [Firmware],
    /// Power-on self test: seconds from power on to the first packet.
    pub self_test_s: f64,
    /// What people call such a machine: the name's first part.
    pub prefix: &'static str,
}

use Firmware::{Bios, Uefi, UefiHttp};

/// Desktops start in seconds; servers train their memory first.
pub static MODELS: [Model; 6] = [
    model(
        "Dell Inc.",
        "OptiPlex 7080",
        "Intel(R) Core(TM) i5-10500",
        6,
        &[8, 16],
        &[Uefi, Uefi, UefiHttp],
        9.0,
        "pc",
    ),
    model("HP", "HP EliteDesk 800 G6", "Intel(R) Core(TM) i7-10700", 8, &[16, 32], &[Uefi], 11.0, "pc"),
    model("LENOVO", "ThinkCentre M70q", "Intel(R) Core(TM) i3-10100T", 4, &[8], &[Uefi, UefiHttp], 8.0, "pc"),
    model("FUJITSU", "ESPRIMO P556", "Intel(R) Core(TM) i5-6400", 4, &[4, 8], &[Bios], 6.0, "till"),
    model(
        "Dell Inc.",
        "PowerEdge R650",
        "Intel(R) Xeon(R) Silver 4314",
        32,
        &[128, 256],
        &[Uefi],
        75.0,
        "srv",
    ),
    model(
        "Supermicro",
        "SYS-1029P-WTRT",
        "Intel(R) Xeon(R) Gold 6226R",
        32,
        &[96, 192],
        &[Bios, Uefi],
        60.0,
        "srv",
    ),
];

/// Desktops are more than servers.
const SHARES: [usize; 10] = [0, 0, 0, 1, 1, 2, 2, 3, 4, 5];
/// What the dice that take a machine's disk away start from, beside the fleet's seed.
const DISKLESS: u64 = 0xd15c;
/// Numbers of UEFI boot entries.
const DISK_ENTRY: u16 = 0;
const NETWORK_ENTRY: u16 = 4;
const SITES: [&str; 3] = ["lyon", "porto", "graz"];

#[expect(clippy::too_many_arguments, reason = "one line a model reads best as a table")]
const fn model(
    vendor: &'static str,
    name: &'static str,
    cpu: &'static str,
    cores: u32,
    memory_gib: &'static [u64],
    firmware: &'static [Firmware],
    self_test_s: f64,
    prefix: &'static str,
) -> Model {
    Model { vendor, name, cpu, cores, memory_gib, firmware, self_test_s, prefix }
}

/// A simulated machine, before it is switched on.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: String,
    /// SMBIOS UUID, in the byte order that firmware and Linux show.
    pub uuid: Uuid,
    pub mac: Mac,
    pub firmware: Firmware,
    pub model: &'static Model,
    pub memory_gib: u64,
    /// The own system has an agent.
    pub agent: bool,
    /// No disk: its own system comes over the network, and its agent keeps nothing.
    pub diskless: bool,
    pub quirks: Quirks,
    /// How much faster than a real machine it boots and works.
    pub speed: f64,
    /// Where it stands and what it is called, for whoever makes it known to the server.
    pub site: String,
    pub labels: Vec<String>,
    /// What its dice start from.
    pub seed: u64,
}

impl Profile {
    /// Machine number `index` of a fleet. The same numbers give the same machine.
    pub fn new(index: usize, seed: u64, speed: f64, mix: &Mix) -> Self {
        let mut dice = Dice::new(seed, index as u64);
        let model = &MODELS[*dice.pick(&SHARES)];
        let firmware = *dice.pick(model.firmware);
        let memory_gib = *dice.pick(model.memory_gib);
        let uuid = uuid::Builder::from_random_bytes(
            (u128::from(dice.throw()) << 64 | u128::from(dice.throw())).to_be_bytes(),
        );
        let site = *dice.pick(&SITES);
        let room = 1 + dice.throw() % 9;
        let (quirks, agent) = mix.deal(&mut dice);
        // Dice of its own: with or without such machines, the others stay the same.
        let diskless = Dice::new(seed ^ DISKLESS, index as u64).falls(mix.diskless);
        Self {
            name: format!("{}-{:04}", model.prefix, index + 1),
            uuid: uuid.into_uuid(),
            mac: mac(index, seed),
            firmware,
            model,
            memory_gib,
            agent,
            diskless,
            quirks,
            speed,
            site: site.to_owned(),
            labels: vec!["simulated".to_owned(), model.prefix.to_owned(), format!("room-{room}")],
            seed: dice.throw(),
        }
    }

    /// The same machine without its disk.
    #[must_use]
    pub fn diskless(self) -> Self {
        Self { diskless: true, ..self }
    }

    /// A fleet.
    pub fn fleet(count: usize, seed: u64, speed: f64, mix: &Mix) -> Vec<Self> {
        (0..count).map(|index| Self::new(index, seed, speed, mix)).collect()
    }

    /// So many seconds of a real machine, in this one's time.
    pub fn pace(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds / self.speed.max(0.01))
    }

    /// Installed memory in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_gib << 30
    }

    /// What an agent finds; in maintenance the running system is the image's.
    pub fn inventory(&self, maintenance: bool) -> Inventory {
        let system =
            if maintenance { "Pitstop maintenance (simulated)" } else { "Debian GNU/Linux 12 (bookworm)" };
        Inventory {
            vendor: self.model.vendor.to_owned(),
            model: self.model.name.to_owned(),
            serial: self.uuid.simple().to_string()[..7].to_uppercase(),
            cpu: self.model.cpu.to_owned(),
            cores: self.model.cores,
            memory_bytes: self.memory_bytes(),
            nics: vec![Nic {
                name: "eno1".to_owned(),
                mac: self.mac,
                link: true,
                addresses: vec!["127.0.0.1/8".to_owned()],
            }],
            disks: if self.diskless { vec![] } else { vec![self.disk()] },
            system: system.to_owned(),
            kernel: "6.1.0-28-amd64".to_owned(),
            uefi: self.firmware.is_uefi(),
            secure_boot: self.firmware.is_uefi().then_some(false),
            boot_entry: self.firmware.is_uefi().then_some(if self.diskless {
                NETWORK_ENTRY
            } else {
                DISK_ENTRY
            }),
            // A simulation has no kernel to load: it declines kexec, as machines with locked-down kernels do.
            abilities: Abilities { boot_next: self.firmware.is_uefi(), kexec: false, restart: true },
        }
    }

    fn disk(&self) -> Disk {
        Disk {
            name: "nvme0n1".to_owned(),
            model: "SAMSUNG MZVLB512HBJQ".to_owned(),
            serial: format!("S4GE{}", &self.uuid.simple().to_string()[24..].to_uppercase()),
            bytes: 512_110_190_592,
            rotational: false,
            encryption: None,
        }
    }

    /// How the own system's agent introduces its machine.
    pub fn enrol(&self, key: &str) -> Enrol {
        Enrol {
            key: key.to_owned(),
            hostname: self.name.clone(),
            smbios_uuid: Some(self.uuid),
            macs: vec![self.mac],
            arch: Arch::X86_64,
            inventory: self.inventory(false),
        }
    }
}

/// Locally administered (second bit of the first byte), so that it is no real card's.
fn mac(index: usize, seed: u64) -> Mac {
    let [.., a, b] = seed.to_be_bytes();
    let [.., c, d, e] = index.to_be_bytes();
    Mac([0x02, a, b, c, d, e])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_same_seed_makes_the_same_fleet_and_another_a_different_one() {
        let fleet = |seed| Profile::fleet(50, seed, 1.0, &Mix::ordinary());
        assert_eq!(fleet(1), fleet(1));
        assert_ne!(fleet(1), fleet(2));
    }

    #[test]
    fn no_two_machines_share_an_address_or_a_name() {
        let fleet = Profile::fleet(1000, 1, 1.0, &Mix::default());
        let macs: BTreeSet<_> = fleet.iter().map(|profile| profile.mac).collect();
        let uuids: BTreeSet<_> = fleet.iter().map(|profile| profile.uuid).collect();
        let names: BTreeSet<_> = fleet.iter().map(|profile| &profile.name).collect();
        assert_eq!((macs.len(), uuids.len(), names.len()), (1000, 1000, 1000));
    }

    #[test]
    fn a_fleet_has_all_models_and_kinds_of_firmware() {
        let fleet = Profile::fleet(200, 1, 1.0, &Mix::default());
        let models: BTreeSet<_> = fleet.iter().map(|profile| profile.model.name).collect();
        assert_eq!(models.len(), MODELS.len());
        for firmware in [Bios, Uefi, UefiHttp] {
            assert!(fleet.iter().any(|profile| profile.firmware == firmware), "{firmware:?}");
        }
    }
}
