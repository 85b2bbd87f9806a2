//! Fake machines that nobody knows.

use chrono::{TimeDelta, Utc};
use pitstop_app::discovery::api::{Discovery, KeptRule, Preview, PreviewLine, Verdict};
use pitstop_domain::adoption::Stranger;
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use std::net::Ipv4Addr;

pub fn discovery(rules: Vec<KeptRule>) -> Discovery {
    let now = Utc::now();
    let strangers: Vec<_> = (0..9u8)
        .map(|i| Stranger {
            mac: Mac([if i.is_multiple_of(3) { 0x3c } else { 0x52 }, 0x54, 0, 0x12, 0x34, i]),
            uuid: None,
            arch: (i != 4).then_some(if i == 7 { Arch::Aarch64 } else { Arch::X86_64 }),
            firmware: (i != 4).then_some(if i.is_multiple_of(2) { Firmware::Uefi } else { Firmware::Bios }),
            by: if i.is_multiple_of(2) { "UEFI PXE" } else { "BIOS PXE" }.into(),
            from: (i > 1).then(|| Ipv4Addr::new(10, 77, i, 1)),
            first_at: now - TimeDelta::days(i64::from(i)),
            at: now - TimeDelta::minutes(i64::from(i) * 7),
            times: u64::from(i) * 40 + 1,
        })
        .collect();
    let silences = [
        ("received", 48_211),
        ("answered", 1_204),
        ("for_the_dhcp_server", 39_880),
        ("no_assignment", 6_871),
        ("unknown_machine", 256),
    ];
    Discovery {
        asked_at: now,
        total: strangers.len() as u64,
        strangers,
        rules,
        sites: vec!["berlin".into(), "hamburg".into()],
        silences: silences.into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
    }
}

pub fn preview() -> Preview {
    let line = |line, name: &str, verdict| PreviewLine { line, name: name.into(), verdict };
    let words = |words: &[&str]| words.iter().map(|words| (*words).to_owned()).collect();
    Preview {
        new: 2,
        changed: 1,
        same: 1,
        wrong: 1,
        more: 0,
        lines: vec![
            line(
                4,
                "pc-7",
                Verdict::Wrong {
                    why: words(&[
                        "the MAC address 52:54:00:00:00:07 stands in line 2 already",
                        "there is no firmware `coreboot`: bios or uefi",
                    ]),
                },
            ),
            line(2, "pc-1", Verdict::New),
            line(
                3,
                "pc-2",
                Verdict::Changed { what: words(&["site: berlin → munich", "room: nothing → 2.14"]) },
            ),
            line(5, "pc-4", Verdict::Same),
            line(6, "pc-5", Verdict::New),
        ],
    }
}
