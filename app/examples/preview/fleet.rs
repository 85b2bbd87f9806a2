//! Fake machines.

use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::{Abilities, Arch, Desk, Disk, Firmware, Inventory, Machine, Nic};
use pitstop_domain::net::Mac;
use pitstop_domain::probe::Probe;
use pitstop_domain::route::{BootOverride, Ipmi, Privilege, Redfish, Route, SecretId, Trust, WakeOnLan};
use uuid::Uuid;

const SITES: [&str; 5] = ["berlin", "hamburg", "leipzig", "munich", "rostock"];
const MODELS: [(&str, &str); 4] = [
    ("Dell Inc.", "OptiPlex 7090"),
    ("LENOVO", "ThinkCentre M70q Gen 3"),
    ("Supermicro", "SYS-1029P-WTR"),
    ("HP", "EliteDesk 800 G6 Desktop Mini PC"),
];
const PEOPLE: [&str; 6] = ["Ann Smith", "Bo Berg", "Carla Diaz", "Dilek Aydin", "Emil Roth", "Fay Wong"];
const LABELS: [&str; 4] = ["lab", "office", "kiosk", "build"];

pub fn machine(i: usize, now: Time) -> Machine {
    let (vendor, model) = MODELS[i % 4];
    let mac = Mac([0x52, 0x54, 0, (i >> 16) as u8, (i >> 8) as u8, i as u8]);
    let nic = Nic {
        name: "enp1s0".into(),
        mac,
        link: true,
        addresses: vec![format!("10.77.{}.{}", i / 250, i % 250 + 1)],
    };
    let disk = Disk {
        name: "nvme0n1".into(),
        model: "SAMSUNG MZVL2512HCJQ".into(),
        serial: format!("S64{i:07}"),
        bytes: 512_110_190_592,
        rotational: false,
        encryption: None,
    };
    Machine {
        id: MachineId(Uuid::from_u128(0x1000_0000_0000_4000_8000_0000_0000_0000 + i as u128)),
        name: format!("{}-{:03}", if i.is_multiple_of(7) { "srv" } else { "pc" }, i + 1),
        smbios_uuid: Some(Uuid::from_u128(0x4c4c_4544_0000_1000 + i as u128)),
        macs: vec![mac],
        site: SITES[i % 97 % 5].into(),
        labels: if i.is_multiple_of(3) {
            vec![LABELS[i % 4].into(), "floor-2".into()]
        } else {
            vec![LABELS[i % 4].into()]
        },
        arch: if i % 40 == 39 { Arch::Aarch64 } else { Arch::X86_64 },
        firmware: if i.is_multiple_of(3) { Firmware::Bios } else { Firmware::Uefi },
        has_agent: i % 10 != 9,
        probe: (i % 10 == 3).then(|| Probe::Tcp { host: format!("10.77.0.{}", i + 1), port: 22 }),
        routes: routes(i, mac),
        own_image: None,
        inventory: (i % 10 != 9).then(|| Inventory {
            vendor: vendor.into(),
            model: model.into(),
            serial: format!("7X{i:05}"),
            cpu: "Intel Core i5-10500T".into(),
            cores: 6,
            memory_bytes: 16 << 30,
            nics: vec![nic],
            disks: vec![disk],
            system: "Debian GNU/Linux 12 (bookworm)".into(),
            kernel: "6.1.0-28-amd64".into(),
            uefi: !i.is_multiple_of(3),
            secure_boot: (!i.is_multiple_of(3)).then_some(true),
            abilities: Abilities { boot_next: true, kexec: true, restart: true },
            ..Inventory::default()
        }),
        created_at: now - chrono::TimeDelta::days(90),
        version: 1,
        desk: Desk {
            room: format!("{}.{:02}", i % 4 + 1, i % 23 + 1),
            asset_tag: format!("A-{:05}", i + 4000),
            used_by: if i.is_multiple_of(7) { String::new() } else { PEOPLE[i % 6].into() },
        },
    }
}

/// Machine 3 has a board of each sort: good ones, and ones that show what may go wrong.
fn routes(i: usize, mac: Mac) -> Vec<Route> {
    match i % 50 {
        3 => vec![
            Route::Agent,
            redfish("https://bmc-pc-004.mgmt.example", Trust::SystemRoots),
            redfish("https://bmc-of-another.mgmt.example", Trust::Any),
            redfish("https://bmc-wrong-word.mgmt.example", Trust::SystemRoots),
            ipmi("10.78.0.4"),
            Route::WakeOnLan(WakeOnLan {
                mac,
                broadcast: "10.77.0.255".parse().expect("a host"),
                port: 9,
                secure_on: None,
            }),
            Route::Person,
        ],
        5 => vec![Route::Person],
        n if n % 7 == 0 => vec![Route::Agent, ipmi("10.78.0.8"), Route::Person],
        _ => vec![Route::Agent, Route::AgentKexec, Route::Person],
    }
}

fn redfish(url: &str, trust: Trust) -> Route {
    Route::Redfish(Redfish {
        url: url.parse().expect("a URL"),
        system: None,
        user: "pitstop".into(),
        password: SecretId(Uuid::from_u128(5)),
        trust,
        boot: BootOverride::Required,
    })
}

fn ipmi(host: &str) -> Route {
    Route::Ipmi(Ipmi {
        host: host.parse().expect("a host"),
        port: 623,
        user: "pitstop".into(),
        password: SecretId(Uuid::from_u128(6)),
        cipher_suite: 3,
        privilege: Privilege::Administrator,
        boot: BootOverride::Required,
    })
}
