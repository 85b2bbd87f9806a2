//! All texts of the help desk, in one place.

use crate::format;
use chrono::TimeDelta;
use pitstop_domain::function::Risk;
#[cfg(feature = "ssr")]
use pitstop_domain::machine::{Encryption, Machine};
#[cfg(feature = "ssr")]
use pitstop_domain::preflight::{Check, Finding};

pub const TITLE: &str = "Help desk";
pub const LEAD: &str =
    "Find the machine of whoever rings, say what is wrong with it, and it is looked after.";
pub const FIND: &str = "Find a machine";
pub const FIELD_HINT: &str = "Name, room, serial number, address …";
pub const SEARCH: &str = "Search";
pub const FOUND_BY: &str = "A machine is found by its name, site, room or label, model, serial number, IP address or MAC address. Parts of words will do.";
pub const NOTHING: &str = "No machine fits";
pub const NOTHING_HELP: &str = "Try fewer letters, or another thing that the person can read to you: the sticker with the serial number, the name on the screen, the room.";
pub const MORE: &str = "There are more: type another word to narrow it down.";
pub const OTHER_MACHINE: &str = "Another machine";
pub const WHAT_IS_WRONG: &str = "What is wrong with it?";
pub const WHAT_HAPPENS: &str = "What will happen";
pub const NO: &str = "No, go back";
pub const UNDER_WAY: &str = "It is being looked after already";
pub const FOLLOW: &str = "Follow it";
pub const AT_THE_MACHINE: &str = "Tell the person at the machine";
pub const BEFORE: &str = "Good to know before";
pub const ENGINEER: &str = "All details, for engineers";
pub const STEPS: &str = "The repair";

/// The button that does it.
pub fn press(machine: &str) -> String {
    format!("Repair {machine} now")
}

/// Why a symptom cannot be helped here.
pub fn not_here(why: &str) -> String {
    format!("Not possible here: {}.", why.trim_end_matches('.'))
}

/// What whoever sits there should know and do. `told`: what the screen will say.
pub fn at_the_machine(told: &str) -> String {
    let told = told.trim_end_matches('.');
    let says = if told.is_empty() { String::new() } else { format!(", then says “{told}”") };
    format!(
        "Save your work and close everything. The screen goes dark{says}. Leave it alone until it has started again."
    )
}

/// How long it takes, as far as that is known.
pub fn lasts(usual_s: Option<u64>) -> String {
    match usual_s {
        Some(s) => format!("On this model it usually takes {}, and you can watch it here.", about(s)),
        None => "How long it takes on this model is not known yet; you can watch it here.".to_owned(),
    }
}

/// About how long, as one would say it on the phone.
pub fn about(seconds: u64) -> String {
    match seconds {
        0..90 => "about a minute".to_owned(),
        90..3600 => format!("about {} minutes", (seconds + 30) / 60),
        _ => format!(
            "about {}",
            format::elapsed(TimeDelta::seconds(i64::try_from(seconds / 60 * 60).unwrap_or(0)))
        ),
    }
}

/// What the work may do to the machine.
pub fn touches(risk: Risk) -> &'static str {
    match risk {
        Risk::ReadsOnly => "It only looks: nothing on the machine is changed.",
        Risk::Repairs => "It may change what is on the disks, in order to repair it.",
        Risk::Destroys => "It destroys data.",
    }
}

/// What was looked at before, where whoever is on the phone can do something about it or should not be surprised.
#[cfg(feature = "ssr")]
pub fn before(checks: &[Check], machine: &Machine) -> Vec<String> {
    let seen = |name: &str| checks.iter().any(|check| check.name == name && check.finding > Finding::Good);
    let inventory = machine.inventory.as_ref();
    let disks = inventory.into_iter().flat_map(|inventory| &inventory.disks);
    let is_locked = disks.filter_map(|disk| disk.encryption).any(|with| with == Encryption::BitLocker);
    let refuses = inventory.and_then(|inventory| inventory.secure_boot) == Some(true);
    let all = [
        (
            is_locked,
            "Windows may ask for its BitLocker recovery key afterwards: have it at hand before you begin.",
        ),
        (seen("encryption") && !is_locked, "Its disk is encrypted: what is on it cannot be looked at."),
        (
            refuses,
            "It may refuse to start the repair system (Secure Boot). Then it starts as usual, and nothing is lost.",
        ),
        (
            seen("netboot"),
            "It has not been repaired in this way before. If it does not work, an engineer is called.",
        ),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_on_the_phone() {
        assert_eq!(about(40), "about a minute");
        assert_eq!(about(95), "about 2 minutes");
        assert_eq!(about(840), "about 14 minutes");
        assert_eq!(about(7_262), "about 2 h 1 min");
    }
}
