//! What a person presses at a machine, step by step. Makers differ, so the common keys are named.

use pitstop_domain::machine::Firmware;
use pitstop_domain::route::Target;

/// The steps, in order.
pub fn what_to_press(target: Target, firmware: Firmware) -> Vec<&'static str> {
    match (target, firmware) {
        (Target::Maintenance, Firmware::Uefi) => vec![
            "Restart the machine. If it does not react, hold its power button for ten seconds, then switch it on.",
            "As soon as the maker's sign appears, press the key for the boot menu again and again: F12 on Dell, Lenovo and \
             Acer, F9 on HP, F8 on ASUS, F11 on MSI and Supermicro, Esc on some others.",
            "Choose the network: \u{201c}UEFI PXE\u{201d}, \u{201c}IPv4\u{201d} or \u{201c}Network\u{201d}.",
        ],
        (Target::Maintenance, Firmware::Bios) => vec![
            "Restart the machine. If it does not react, hold its power button for ten seconds, then switch it on.",
            "As soon as the maker's sign appears, press F12 again and again. On HP press F12 too, or F9 for its boot menu; on \
             ASUS F8, on MSI and Supermicro F11.",
            "If a menu comes, choose the network: \u{201c}PXE\u{201d}, \u{201c}Network boot\u{201d} or the network card's name.",
        ],
        (Target::OwnSystem, _) => vec![
            "Restart the machine. If it does not react, hold its power button for ten seconds, then switch it on.",
            "Press nothing: it starts its own system by itself.",
            "If it asks where to boot from, choose what it always starts from: its own disk, or the network if it has none.",
        ],
    }
}

/// What is asked, in a few words.
pub fn what_is_asked(target: Target) -> &'static str {
    match target {
        Target::Maintenance => "Restart it from the network",
        Target::OwnSystem => "Restart it into its own system",
    }
}
