//! What is looked at before a job is started: whether the machine can boot the image, and whether it can be returned.
//! Only what surely cannot work stops; what is merely unknown is said.

use crate::Time;
use crate::function::Risk;
use crate::image::{ImageFormat, ImageVersion};
use crate::machine::{Encryption, Firmware, Machine};
use crate::route::Route;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

const MIB: u64 = 1 << 20;

/// A Linux image lies in memory packed as it was fetched, and unpacked beside that. Ours, packed with gzip, unpack to 2.6
/// times their size (2,673,130 to 6,889,472 bytes). For the kernel and its tables 64 MiB are reckoned, not measured.
const UNPACKED_TENTHS: u64 = 36;
const KERNEL_BYTES: u64 = 64 * MIB;

/// How an examined thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CheckFinding))]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    Good,
    /// Worth knowing; it may work.
    Note,
    /// It surely cannot work.
    Stops,
}

/// A line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Check {
    /// Short and stable: `memory`, `firmware`, `signature`, `secure_boot`, `encryption`, `power`, `netboot`.
    pub name: String,
    pub finding: Finding,
    /// A sentence for people.
    pub words: String,
}

/// What the checks look at.
#[derive(Clone, Copy, Debug)]
pub struct Preflight<'a> {
    pub machine: &'a Machine,
    pub image: &'a ImageVersion,
    pub risk: Risk,
    /// When it last fetched a maintenance image whole.
    pub last_netboot: Option<Time>,
}

/// The checklist, in the order in which a job would meet these things.
pub fn preflight(asked: &Preflight) -> Vec<Check> {
    let checks = [
        Some(power(asked.machine)),
        Some(netboot(asked.last_netboot)),
        Some(firmware(asked)),
        signature(asked.image),
        secure_boot(asked.machine),
        Some(memory(asked)),
        Some(encryption(asked)),
    ];
    checks.into_iter().flatten().collect()
}

/// The first thing that stops, in words.
pub fn stops(checks: &[Check]) -> Option<&str> {
    checks.iter().find(|check| check.finding == Finding::Stops).map(|check| check.words.as_str())
}

/// Those worth saying before a job, the worst first.
pub fn worth_saying(checks: &[Check]) -> Vec<&Check> {
    let mut worth: Vec<_> = checks.iter().filter(|check| check.finding > Finding::Good).collect();
    worth.sort_by_key(|check| std::cmp::Reverse(check.finding));
    worth
}

fn check(name: &str, finding: Finding, words: impl Into<String>) -> Check {
    Check { name: name.to_owned(), finding, words: words.into() }
}

fn power(machine: &Machine) -> Check {
    let routes = &machine.routes;
    let alone = |route: &Route| !matches!(route, Route::Person);
    match routes.iter().filter(|route| route.can_return()).count() {
        0 if routes.is_empty() => check("power", Finding::Stops, "The machine has no power route: add one."),
        0 => check(
            "power",
            Finding::Stops,
            "None of its power routes could return the machine: add one that can.",
        ),
        _ if !routes.iter().any(alone) => {
            check("power", Finding::Note, "A person must restart it, there and back: no route does it alone.")
        }
        1 => check(
            "power",
            Finding::Note,
            "One power route could return it; where that fails, a person is needed.",
        ),
        n => check("power", Finding::Good, format!("{n} power routes could return it.")),
    }
}

fn netboot(last: Option<Time>) -> Check {
    match last {
        Some(at) => check(
            "netboot",
            Finding::Good,
            format!("It booted from the network on {}.", at.format("%Y-%m-%d")),
        ),
        None => check(
            "netboot",
            Finding::Note,
            "It has not booted from the network yet: whether its firmware does so will show.",
        ),
    }
}

fn firmware(asked: &Preflight) -> Check {
    let firmware = asked.machine.firmware;
    match asked.image.unsuitable(asked.machine) {
        Some(why) => check("firmware", Finding::Stops, format!("The image does not start here: {why}.")),
        None => check("firmware", Finding::Good, format!("The image starts from {firmware}.")),
    }
}

/// Where none is demanded, none is missed.
fn signature(image: &ImageVersion) -> Option<Check> {
    let trust = &image.standing.trust;
    if let Some(why) = trust.against() {
        return Some(check("signature", Finding::Stops, format!("No machine gets this image: {why}.")));
    }
    let names: Vec<_> = trust.signatures.iter().map(|by| by.name.as_str()).collect();
    let words = || format!("The image is signed by {}.", names.join(" and "));
    (!names.is_empty()).then(|| check("signature", Finding::Good, words()))
}

/// Our loader is not signed. That the firmware said so once does not mean that nobody changed it since: a note.
fn secure_boot(machine: &Machine) -> Option<Check> {
    if machine.firmware != Firmware::Uefi {
        return None;
    }
    Some(match machine.inventory.as_ref().and_then(|inventory| inventory.secure_boot) {
        Some(false) => check("secure_boot", Finding::Good, "Secure Boot is off."),
        Some(true) => check(
            "secure_boot",
            Finding::Note,
            "Secure Boot was on when the agent last looked: the firmware refuses a loader that is not signed by a key it has, and starts its own system.",
        ),
        None => check("secure_boot", Finding::Note, "Whether Secure Boot is on is not known."),
    })
}

/// Memory that the image takes before anything is done, in bytes.
pub fn memory_needed(image: &ImageVersion, firmware: Firmware) -> u64 {
    let fetched = image.bytes_for(firmware);
    match image.format {
        ImageFormat::Linux => fetched.saturating_mul(UNPACKED_TENTHS) / 10 + KERNEL_BYTES,
        ImageFormat::Program | ImageFormat::Script | ImageFormat::Wim => fetched,
    }
}

/// What does not fit packed stops; what may not fit unpacked is an estimate, and a note.
fn memory(asked: &Preflight) -> Check {
    let (fetched, needed) =
        (asked.image.bytes_for(asked.machine.firmware), memory_needed(asked.image, asked.machine.firmware));
    let known = asked.machine.inventory.as_ref().map(|inventory| inventory.memory_bytes).filter(|n| *n > 0);
    let mut words = format!("The image takes about {} MiB of memory; ", needed.div_ceil(MIB));
    let finding = match known {
        None => {
            words.push_str("how much the machine has is not known.");
            Finding::Note
        }
        Some(has) => {
            let _ = write!(words, "the machine has {} MiB.", has / MIB);
            match has {
                has if has <= fetched => Finding::Stops,
                has if has < needed => Finding::Note,
                _ => Finding::Good,
            }
        }
    };
    check("memory", finding, words)
}

fn encryption(asked: &Preflight) -> Check {
    let disks = asked.machine.inventory.iter().flat_map(|inventory| &inventory.disks);
    let found: Vec<_> = disks.filter_map(|disk| Some((&disk.name, disk.encryption?))).collect();
    if found.is_empty() {
        return check("encryption", Finding::Good, "No encrypted disk was seen.");
    }
    let each: Vec<_> = found.iter().map(|(disk, with)| format!("{disk} ({with})")).collect();
    let mut words = format!("Encrypted: {}.", each.join(", "));
    words.push_str(match asked.risk {
        Risk::Destroys => " What is on it is destroyed all the same.",
        Risk::ReadsOnly | Risk::Repairs => " What is on it cannot be read without its key.",
    });
    if found.iter().any(|(_, with)| *with == Encryption::BitLocker) {
        words.push_str(
            " BitLocker may ask for its recovery key after a start from the network: have it at hand.",
        );
    }
    check("encryption", Finding::Note, words)
}

#[cfg(test)]
#[path = "preflight_tests.rs"]
mod tests;
