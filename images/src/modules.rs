//! Which kernel modules our systems carry. Dependencies are found by `kernel`.

use crate::kernel::Flavour;

/// What virtual machines need, and every system of ours: network, disk, power button, EFI
/// variables, the FAT file system with its default character sets, a watchdog.
const EVERYWHERE: &[&str] = &[
    "virtio_pci",
    "virtio_net",
    "virtio_blk",
    "virtio_scsi",
    "virtio_rng",
    "sd_mod",
    "nvme",
    "button",
    "evdev",
    "efivarfs",
    "vfat",
    "nls_cp437",
    "nls_ascii",
    "nls_iso8859-1",
    "ext4",
    "softdog",
];

/// The usual cloud and hypervisor devices; all of them are in both kernels.
const HYPERVISORS: &[&str] = &["vmxnet3", "hv_vmbus", "hv_netvsc", "hv_storvsc", "ena", "gve", "ixgbevf"];

/// Network cards, disk controllers and keyboards of real machines. They are loaded whether or
/// not the device is there: a driver without its device costs some memory and nothing else.
const REAL_MACHINES: &[&str] = &[
    // Network, wired: Intel, Realtek, Broadcom, Mellanox, Aquantia, Marvell, USB.
    "e1000",
    "e1000e",
    "igb",
    "igc",
    "ixgbe",
    "i40e",
    "ice",
    "r8169",
    "realtek",
    "tg3",
    "bnx2",
    "bnx2x",
    "bnxt_en",
    "mlx4_en",
    "mlx5_core",
    "atlantic",
    "sky2",
    "alx",
    "usbnet",
    "cdc_ether",
    "cdc_ncm",
    "r8152",
    "ax88179_178a",
    // Disks: AHCI, SATA, SAS and RAID, USB, cards.
    "ahci",
    "ata_piix",
    "sr_mod",
    "mpt3sas",
    "megaraid_sas",
    "hpsa",
    "smartpqi",
    "aacraid",
    "uas",
    "usb-storage",
    "sdhci-pci",
    "mmc_block",
    "vmd",
    // Keyboards for the person at the machine.
    "xhci-pci",
    "ehci-pci",
    "uhci-hcd",
    "usbhid",
    "hid-generic",
    "i8042",
    "atkbd",
    // Management controller and watchdogs.
    "ipmi_si",
    "ipmi_devintf",
    "iTCO_wdt",
];

/// The modules of a flavour, by name. What serves real machines serves virtual ones too.
pub(crate) fn wanted(flavour: Flavour) -> Vec<&'static str> {
    let more = match flavour {
        Flavour::Cloud => &[],
        Flavour::Standard => REAL_MACHINES,
    };
    EVERYWHERE.iter().chain(HYPERVISORS).chain(more).copied().collect()
}
