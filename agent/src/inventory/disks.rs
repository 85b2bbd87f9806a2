//! Disks.

use super::Files;
use pitstop_domain::machine::{Disk, Encryption};
use std::io::Read as _;

/// The kernel counts sizes in 512 bytes, whatever the disk's own sectors are.
const SECTOR: u64 = 512;

/// Whole disks with something in them; no loops, RAM disks, mappings, arrays (they have no `device`), no optical
/// drives and no floppies, and not the single ways to an NVMe disk (`nvme0c0n1` beside `nvme0n1`), which nobody can open.
pub fn disks(files: &Files) -> Vec<Disk> {
    let names = files.names("sys/block").into_iter();
    let whole = names.filter(|name| !name.starts_with("sr") && !name.starts_with("fd"));
    whole
        .filter(|name| files.exists(&format!("sys/block/{name}/device")))
        .filter(|name| files.text(&format!("sys/block/{name}/hidden")).as_deref() != Some("1"))
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
    let encryption = encryption(files, &name);
    Some(Disk { serial: serial.unwrap_or_default(), model, bytes, rotational, name, encryption })
}

/// The first encryption that the disk itself or one of its partitions shows. Without the right to read, none.
fn encryption(files: &Files, disk: &str) -> Option<Encryption> {
    let parts = files.names(&format!("sys/block/{disk}")).into_iter();
    let parts = parts.filter(|name| files.exists(&format!("sys/block/{disk}/{name}/partition")));
    std::iter::once(disk.to_owned()).chain(parts).find_map(|name| signature(files, &name))
}

/// LUKS begins with its magic (LUKS2 on-disk format, section 2.1); BitLocker has its name where a boot sector has that
/// of its maker, after the jump.
fn signature(files: &Files, device: &str) -> Option<Encryption> {
    let mut start = [0; 11];
    std::fs::File::open(files.path(&format!("dev/{device}"))).ok()?.read_exact(&mut start).ok()?;
    if start.starts_with(b"LUKS\xba\xbe") {
        return Some(Encryption::Luks);
    }
    (&start[3..] == b"-FVE-FS-").then_some(Encryption::BitLocker)
}

/// SCSI and SATA: the vital product data page "unit serial number" (SPC-4, 7.8.16), four bytes of header before it.
fn unit_serial(files: &Files, name: &str) -> Option<String> {
    let page = std::fs::read(files.path(&format!("sys/block/{name}/device/vpd_pg80"))).ok()?;
    let text = String::from_utf8_lossy(page.get(4..)?).trim_matches([' ', '\0']).to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_single_ways_to_a_disk_are_no_disks() {
        let (folder, files) = super::super::files::tests::machine();
        let all = disks(&files).len();
        let way = folder.path().join("sys/block/nvme0c0n1");
        std::fs::create_dir_all(way.join("device")).unwrap();
        std::fs::write(way.join("size"), "32768\n").unwrap();
        std::fs::write(way.join("hidden"), "0\n").unwrap();
        assert_eq!(disks(&files).len(), all + 1);
        std::fs::write(way.join("hidden"), "1\n").unwrap();
        assert_eq!(disks(&files).len(), all);
    }

    #[test]
    fn an_encrypted_partition_is_seen_and_a_plain_one_is_not() {
        let cases: [(&[u8], _); 4] = [
            (b"\xeb\x58\x90-FVE-FS-\0\0", Some(Encryption::BitLocker)),
            (b"LUKS\xba\xbe\0\x02and more", Some(Encryption::Luks)),
            (b"\xeb\x52\x90NTFS    \0\0", None),
            (b"short", None),
        ];
        for (start, expected) in cases {
            let (folder, files) = super::super::files::tests::machine();
            let part = folder.path().join("sys/block/vda/vda1");
            std::fs::create_dir_all(&part).unwrap();
            std::fs::write(part.join("partition"), "1\n").unwrap();
            std::fs::create_dir_all(folder.path().join("dev")).unwrap();
            std::fs::write(folder.path().join("dev/vda"), [0; 512]).unwrap();
            std::fs::write(folder.path().join("dev/vda1"), start).unwrap();
            assert_eq!(disks(&files)[0].encryption, expected, "{start:?}");
        }
    }
}
