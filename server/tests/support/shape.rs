//! What a server finds on its disk, in shape only: simulated machines start nothing of it.

use serde_json::json;
use std::fs;
use std::path::Path;

pub const ENROL: &str = "the fleet's enrolment key";

/// Fills `data`, `drop` and `loaders` below a folder.
pub fn furnish(folder: &Path) {
    let [data, drop, loaders] = ["data", "drop/maintenance", "loaders"].map(|name| folder.join(name));
    for folder in [&data, &drop, &loaders] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(data.join("enrol.key"), ENROL).unwrap();
    // As long as Debian's, about; none a multiple of a block.
    fs::write(loaders.join("undionly.kpxe"), vec![1; 70_001]).unwrap();
    fs::write(loaders.join("snponly.efi"), vec![2; 180_002]).unwrap();
    fs::write(drop.join("vmlinuz"), vec![3; 100_003]).unwrap();
    fs::write(drop.join("initrd.img"), vec![4; 300_004]).unwrap();
    let manifest = json!({
        "name": "pitstop-maintenance", "kind": "maintenance", "version": "1", "title": "Maintenance",
        "arch": "x86_64", "firmware": ["bios", "uefi"], "format": "linux", "agent": true,
        "parts": [{ "role": "kernel", "file": "vmlinuz" }, { "role": "initrd", "file": "initrd.img" }],
        "cmdline": "quiet",
    });
    fs::write(drop.join("image.json"), manifest.to_string()).unwrap();
}
