//! Commands and answers as bytes (IPMI 2.0 revision 1.1, tables 22-17, 28-3, 28-4, 28-13, 28-14).

use crate::PowerState;
use pitstop_domain::machine::Firmware;
use uuid::Uuid;

/// Network function and command, both before the data.
pub(super) const GET_STATUS: [u8; 2] = [0x00, 0x01];
pub(super) const GET_SYSTEM_GUID: [u8; 2] = [0x06, 0x37];
/// Parameter 5: boot flags.
pub(super) const GET_BOOT_FLAGS: [u8; 5] = [0x00, 0x09, 0x05, 0x00, 0x00];

#[derive(Clone, Copy, Debug)]
pub(super) enum Control {
    On,
    Cycle,
    Reset,
}

impl Control {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::On => "power on",
            Self::Cycle => "power cycle",
            Self::Reset => "hard reset",
        }
    }
}

pub(super) fn control(kind: Control) -> [u8; 3] {
    let kind = match kind {
        Control::On => 1,
        Control::Cycle => 2,
        Control::Reset => 3,
    };
    [0x00, 0x02, kind]
}

pub(super) fn power(status: &[u8]) -> Option<PowerState> {
    status.first().map(|state| if state & 1 == 1 { PowerState::On } else { PowerState::Off })
}

/// A board may write a UUID from either end, and with the first three fields turned as SMBIOS does (DSP0134 §7.2.1).
/// The specification asks for one of these, boards do all of them.
pub(super) fn uuids(answer: &[u8]) -> Vec<Uuid> {
    let Ok(bytes) = <[u8; 16]>::try_from(answer) else { return Vec::new() };
    let mut reversed = bytes;
    reversed.reverse();
    let all = [
        Uuid::from_bytes(reversed),
        Uuid::from_bytes(bytes),
        Uuid::from_bytes_le(bytes),
        Uuid::from_bytes_le(reversed),
    ];
    // Boards that were never given one show zeros or ones.
    if bytes == [0; 16] || bytes == [0xff; 16] { Vec::new() } else { all.to_vec() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Device {
    NetworkOnce(Firmware),
    OwnOrder,
}

const VALID: u8 = 0x80;
const UEFI: u8 = 0x20;
/// Bits 5 to 2 of the second byte: 0001, "force PXE".
const PXE: u8 = 0x04;
const DEVICE: u8 = 0x3c;

impl Device {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NetworkOnce(_) => "the board kept PXE for the next start",
            Self::OwnOrder => "the board starts the machine by its own order",
        }
    }
}

pub(super) fn set_boot(device: Device) -> [u8; 8] {
    let (flags, device) = match device {
        Device::NetworkOnce(Firmware::Bios) => (VALID, PXE),
        Device::NetworkOnce(Firmware::Uefi) => (VALID | UEFI, PXE),
        Device::OwnOrder => (VALID, 0),
    };
    [0x00, 0x08, 0x05, flags, device, 0, 0, 0]
}

/// The answer begins with the parameter's version and number. Whether the flags are valid is not looked at: some boards
/// (OpenIPMI's simulator is one) read that back as 0 whatever was set. One that reverted shows another device.
pub(super) fn is_kept(device: Device, answer: &[u8]) -> bool {
    let [_, _, _, set, ..] = answer else { return false };
    let pxe = set & DEVICE == PXE;
    match device {
        Device::NetworkOnce(_) => pxe,
        Device::OwnOrder => !pxe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_known_again_whichever_end_a_board_begins_at() {
        let meant = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
        let plain = *meant.as_bytes();
        let smbios = meant.to_bytes_le();
        for mut bytes in [plain, smbios] {
            assert!(uuids(&bytes).contains(&meant));
            bytes.reverse();
            assert!(uuids(&bytes).contains(&meant));
        }
        assert!(!uuids(&[7; 16]).contains(&meant));
        assert!(uuids(&[0; 16]).is_empty() && uuids(&[0xff; 16]).is_empty() && uuids(&[1]).is_empty());
    }

    #[test]
    fn a_boot_device_is_kept_only_if_it_is_pxe() {
        let once = Device::NetworkOnce(Firmware::Uefi);
        assert_eq!(set_boot(once), [0, 8, 5, 0xa0, 4, 0, 0, 0]);
        assert!(is_kept(once, &[1, 5, 0xa0, 4, 0, 0, 0]));
        assert!(is_kept(once, &[1, 5, 0, 4, 0, 0, 0]), "as OpenIPMI's simulator reads it back");
        assert!(!is_kept(once, &[1, 5, 0x80, 8, 0, 0, 0]), "the disk");
        assert!(!is_kept(once, &[1, 5]) && is_kept(Device::OwnOrder, &[1, 5, 0x80, 0, 0, 0, 0]));
    }
}
