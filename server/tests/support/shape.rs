//! What a server finds on its disk, in shape only: simulated machines start nothing of it.

use pitstop_rig::fleet::OWN_IMAGE;
use serde_json::json;
use std::fs;
use std::path::Path;

pub const ENROL: &str = "the fleet's enrolment key";

/// Fills `data`, `drop` and `loaders` below a folder.
pub fn furnish(folder: &Path) {
    let [data, loaders] = ["data", "loaders"].map(|name| folder.join(name));
    for folder in [&data, &loaders] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(data.join("enrol.key"), ENROL).unwrap();
    // As long as Debian's, about; none a multiple of a block.
    fs::write(loaders.join("undionly.kpxe"), vec![1; 70_001]).unwrap();
    fs::write(loaders.join("snponly.efi"), vec![2; 180_002]).unwrap();
    image(folder, "pitstop-maintenance", "maintenance");
    image(folder, OWN_IMAGE, "operational");
}

/// An image in shape only: nobody starts it.
fn image(folder: &Path, name: &str, kind: &str) {
    let drop = folder.join("drop").join(name);
    fs::create_dir_all(&drop).unwrap();
    fs::write(drop.join("vmlinuz"), vec![3; 100_003]).unwrap();
    fs::write(drop.join("initrd.img"), [vec![4; 300_004], name.as_bytes().to_vec()].concat()).unwrap();
    let manifest = json!({
        "name": name, "kind": kind, "version": "1", "title": name,
        "arch": "x86_64", "firmware": ["bios", "uefi"], "format": "linux", "agent": true,
        "parts": [{ "role": "kernel", "file": "vmlinuz" }, { "role": "initrd", "file": "initrd.img" }],
        "cmdline": "quiet",
    });
    fs::write(drop.join("image.json"), manifest.to_string()).unwrap();
}
