//! What a client says that it is: option 93 (RFC 4578 §2.1, and IANA's registry "Processor Architecture Types").

use pitstop_domain::machine::{Arch, Firmware};

/// How the firmware fetches its loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    Tftp,
    Http,
}

/// A kind of client that we can serve.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    /// The number in option 93.
    pub code: u16,
    pub arch: Arch,
    pub firmware: Firmware,
    pub transport: Transport,
    /// How iPXE calls itself there: `${buildarch}-${platform}`.
    pub ipxe: &'static str,
    /// Loaders that start there, best first.
    pub loaders: &'static [&'static str],
}

/// `undionly` drives the card through the PXE ROM that just used it, so it works with every card; `ipxe.pxe` has
/// drivers of its own.
const BIOS: &[&str] = &["undionly.kpxe", "ipxe.pxe"];
/// `snponly` uses the firmware's driver, and only for the card that it was loaded from, so it never tries the
/// wrong one; `ipxe.efi` has drivers of its own.
const X64: &[&str] = &["snponly.efi", "ipxe.efi", "x86_64/snponly.efi", "x86_64/ipxe.efi"];
/// 32 bit firmware of a 64 bit processor: early tablets and Atom boards.
const IA32: &[&str] = &["snponly-i386.efi", "ipxe-i386.efi", "i386/snponly.efi", "i386/ipxe.efi"];
const ARM64: &[&str] = &["snponly-arm64.efi", "ipxe-arm64.efi", "arm64/snponly.efi", "arm64/ipxe.efi"];

const fn bios(code: u16, transport: Transport) -> Platform {
    let (arch, firmware) = (Arch::X86_64, Firmware::Bios);
    Platform { code, arch, firmware, transport, ipxe: "i386-pcbios", loaders: BIOS }
}

const fn x64(code: u16, transport: Transport) -> Platform {
    let (arch, firmware) = (Arch::X86_64, Firmware::Uefi);
    Platform { code, arch, firmware, transport, ipxe: "x86_64-efi", loaders: X64 }
}

const fn ia32(code: u16, transport: Transport) -> Platform {
    let (arch, firmware) = (Arch::X86_64, Firmware::Uefi);
    Platform { code, arch, firmware, transport, ipxe: "i386-efi", loaders: IA32 }
}

const fn arm64(code: u16, transport: Transport) -> Platform {
    let (arch, firmware) = (Arch::Aarch64, Firmware::Uefi);
    Platform { code, arch, firmware, transport, ipxe: "arm64-efi", loaders: ARM64 }
}

use Transport::{Http, Tftp};

/// 7 is "x64 UEFI" in the registry and 9 "EBC"; RFC 4578 had them the other way round, firmware of both readings
/// exists, and all of it is x64.
static SERVED: [Platform; 10] = [
    bios(0, Tftp),
    ia32(6, Tftp),
    x64(7, Tftp),
    x64(9, Tftp),
    arm64(11, Tftp),
    ia32(15, Http),
    x64(16, Http),
    x64(17, Http),
    arm64(19, Http),
    bios(20, Http),
];

/// The platform for a number of option 93; `None` for those that no boot image exists for.
pub fn platform(code: u16) -> Option<&'static Platform> {
    SERVED.iter().find(|platform| platform.code == code)
}

/// The first platform that we can serve of those that a client lists in option 93, and the first number listed.
/// `None` when the option is empty or cut within a number.
pub fn listed(option: &[u8]) -> Option<(u16, Option<&'static Platform>)> {
    if !option.len().is_multiple_of(2) {
        return None;
    }
    let codes = || option.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let first = codes().next()?;
    Some((first, codes().find_map(platform)))
}

/// What the registry calls a number, for people who read logs.
pub fn name(code: u16) -> &'static str {
    match code {
        0 => "x86 BIOS",
        1 => "NEC PC-98",
        2 => "Itanium",
        3 => "DEC Alpha",
        4 => "Arc x86",
        5 => "Intel Lean Client",
        6 => "x86 UEFI",
        7 => "x64 UEFI",
        8 => "EFI Xscale",
        9 => "EBC",
        10 => "ARM 32 bit UEFI",
        11 => "ARM 64 bit UEFI",
        12 => "PowerPC Open Firmware",
        13 => "PowerPC ePAPR",
        14 => "POWER OPAL v3",
        15 => "x86 UEFI HTTP",
        16 => "x64 UEFI HTTP",
        17 => "EBC HTTP",
        18 => "ARM 32 bit UEFI HTTP",
        19 => "ARM 64 bit UEFI HTTP",
        20 => "PC BIOS HTTP",
        21 => "ARM 32 bit U-Boot",
        22 => "ARM 64 bit U-Boot",
        23 => "ARM 32 bit U-Boot HTTP",
        24 => "ARM 64 bit U-Boot HTTP",
        25 => "RISC-V 32 bit UEFI",
        26 => "RISC-V 32 bit UEFI HTTP",
        27 => "RISC-V 64 bit UEFI",
        28 => "RISC-V 64 bit UEFI HTTP",
        29 => "RISC-V 128 bit UEFI",
        30 => "RISC-V 128 bit UEFI HTTP",
        31 => "s390 Basic",
        32 => "s390 Extended",
        33 => "MIPS 32 bit UEFI",
        34 => "MIPS 64 bit UEFI",
        35 => "Sunway 32 bit UEFI",
        36 => "Sunway 64 bit UEFI",
        37 => "LoongArch 32 bit UEFI",
        38 => "LoongArch 32 bit UEFI HTTP",
        39 => "LoongArch 64 bit UEFI",
        40 => "LoongArch 64 bit UEFI HTTP",
        41 => "ARM rpiboot",
        _ => "unregistered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_platform_that_can_be_served_is_taken() {
        let (first, served) = listed(&[0, 10, 0, 11]).unwrap();
        assert_eq!((first, served.map(|platform| platform.arch)), (10, Some(Arch::Aarch64)));
        assert_eq!(listed(&[0, 27]).map(|(first, served)| (first, served.is_some())), Some((27, false)));
    }

    #[test]
    fn a_list_that_is_empty_or_cut_is_no_list() {
        assert_eq!(listed(&[]), None);
        assert_eq!(listed(&[0, 7, 0]), None);
    }

    #[test]
    fn both_readings_of_seven_and_nine_are_x64_uefi() {
        for code in [7, 9] {
            let platform = platform(code).unwrap();
            assert_eq!((platform.arch, platform.firmware), (Arch::X86_64, Firmware::Uefi));
        }
    }

    #[test]
    fn every_platform_that_is_served_has_a_name() {
        assert!(SERVED.iter().all(|platform| name(platform.code) != "unregistered"));
    }
}
