//! Disks.

use super::Files;
use pitstop_domain::machine::Disk;

/// The kernel counts sizes in 512 bytes, whatever the disk's own sectors are.
const SECTOR: u64 = 512;

/// Whole disks with something in them; no loops, RAM disks, mappings, arrays (they have no `device`), no optical
/// drives and no floppies.
pub fn disks(files: &Files) -> Vec<Disk> {
    let names = files.names("sys/block").into_iter();
    let whole = names.filter(|name| !name.starts_with("sr") && !name.starts_with("fd"));
    whole
        .filter(|name| files.exists(&format!("sys/block/{name}/device")))
        .filter_map(|name| disk(files, name))
        .collect()
}

fn disk(files: &Files, name: String) -> Option<Disk> {
    let text = |path: &str| files.text(&format!("sys/block/{name}/{path}"));
    let bytes = files.number(&format!("sys/block/{name}/size"))? * SECTOR;
    if bytes == 0 {
        return None;
    }
    let serial = text("serial").or_else(|| text("device/serial")).or_else(|| unit_serial(files, &name));
    let model = text("device/model").unwrap_or_default();
    let rotational = text("queue/rotational").as_deref() == Some("1");
    Some(Disk { serial: serial.unwrap_or_default(), model, bytes, rotational, name })
}

/// SCSI and SATA: the vital product data page "unit serial number" (SPC-4, 7.8.16), four bytes of header before it.
fn unit_serial(files: &Files, name: &str) -> Option<String> {
    let page = std::fs::read(files.path(&format!("sys/block/{name}/device/vpd_pg80"))).ok()?;
    let text = String::from_utf8_lossy(page.get(4..)?).trim_matches([' ', '\0']).to_owned();
    (!text.is_empty()).then_some(text)
}
