//! The command by which a disk erases itself, where it has one.

use super::{ata, nvme};
use crate::inventory::Files;
use crate::maintenance::board::Board;
use pitstop_domain::machine::Disk;

/// A way to make the disk erase itself.
pub trait Own {
    /// As the certificate names it.
    fn name(&self) -> &str;

    /// Waits for its end. `tell` hears how far it is, in a thousand, where the disk says so.
    ///
    /// # Errors
    /// It refuses or fails; what was there may be there still.
    fn erase(&self, tell: &mut dyn FnMut(u16)) -> Result<(), String>;
}

/// The best way that this disk has.
///
/// # Errors
/// Why it has none that may be used, in words.
pub fn of<'a>(disk: &Disk, device: &str, board: &'a Board) -> Result<Box<dyn Own + 'a>, String> {
    if disk.name.starts_with("nvme") {
        return nvme::of(device);
    }
    if is_ata(&Files::at("/"), &disk.name) {
        return ata::of(device, board);
    }
    Err("it has no command of its own for that which is known here (NVMe and SATA disks may)".to_owned())
}

/// The kernel's translation gives this as their vendor (drivers/ata/libata-scsi.c; SAT-3, section 8.1).
fn is_ata(files: &Files, name: &str) -> bool {
    files.text(&format!("sys/block/{name}/device/vendor")).is_some_and(|vendor| vendor.trim() == "ATA")
}
