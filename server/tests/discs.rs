//! Discs as their makers lay them out, made by xorriso: what is picked out of them.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use axum::body::Body;
use pitstop_domain::image::{ImageFormat, PartRole};
use pitstop_server::catalog::iso::{Picked, pick};
use pitstop_server::catalog::path_of;
use pitstop_server::uploads::Uploads;
use pitstop_store::Store;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The options by which makers write discs; the last is what none of them does.
const WRITERS: [&[&str]; 3] = [&["-R", "-J", "-joliet-long"], &["-J", "-joliet-long"], &["-iso-level", "3"]];

/// Whose layout, the disc's files, the parts that are picked out, and a word of the command line.
type Case<'a> = (&'a str, &'a [&'a str], &'a [(PartRole, &'a str)], &'a str);

/// A disc with these files, each holding its own path.
fn disc(data: &TempDir, name: &str, options: &[&str], files: &[&str]) -> PathBuf {
    let root = data.path().join(format!("{name}.d"));
    for file in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    let iso = data.path().join(format!("{name}.iso"));
    let made = Command::new("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-V", "A DISC"])
        .args(options)
        .arg("-o")
        .args([&iso, &root])
        .output()
        .expect("xorriso is installed (cargo xtask setup)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    iso
}

/// Role and content of each part.
fn picked(data: &TempDir, name: &str, options: &[&str], files: &[&str]) -> (Picked, Vec<(PartRole, String)>) {
    let iso = disc(data, name, options, files);
    let into = data.path().join(format!("{name}.picked"));
    let picked = pick(&iso, &into).unwrap();
    let parts = picked.parts.iter();
    let read = parts.map(|(role, file)| (*role, fs::read_to_string(into.join(file)).unwrap())).collect();
    (picked, read)
}

#[test]
fn the_parts_of_each_known_layout_are_picked_out() {
    use PartRole::{File, Initrd, Kernel};
    let data = tempfile::tempdir().unwrap();
    let live = ["live/vmlinuz-6.1.0-13-amd64", "live/initrd.img-6.1.0-13-amd64", "live/filesystem.squashfs"];
    let with = |more: &'static str| [&live[..], &[more]].concat();
    let gparted = with("GParted-Live-Version");
    let clonezilla = with("Clonezilla-Live-Version");
    let cases: [Case; 9] = [
        (
            "Debian Live",
            &live,
            &[(Kernel, live[0]), (Initrd, live[1]), (File, live[2])],
            "fetch={file:filesystem.squashfs}",
        ),
        (
            "GParted Live",
            &gparted,
            &[(Kernel, live[0]), (Initrd, live[1]), (File, live[2])],
            "fetch={file:filesystem.squashfs}",
        ),
        (
            "Clonezilla Live",
            &clonezilla,
            &[(Kernel, live[0]), (Initrd, live[1]), (File, live[2])],
            "fetch={file:filesystem.squashfs}",
        ),
        (
            "SystemRescue",
            &[
                "sysresccd/boot/x86_64/vmlinuz",
                "sysresccd/boot/x86_64/sysresccd.img",
                "sysresccd/boot/intel_ucode.img",
                "sysresccd/x86_64/airootfs.sfs",
            ],
            &[
                (Kernel, "sysresccd/boot/x86_64/vmlinuz"),
                (Initrd, "sysresccd/boot/intel_ucode.img"),
                (Initrd, "sysresccd/boot/x86_64/sysresccd.img"),
                (File, "sysresccd/x86_64/airootfs.sfs"),
            ],
            "archiso_http_srv={files}/",
        ),
        (
            "Fedora Live",
            &["images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "LiveOS/squashfs.img"],
            &[
                (Kernel, "images/pxeboot/vmlinuz"),
                (Initrd, "images/pxeboot/initrd.img"),
                (File, "LiveOS/squashfs.img"),
            ],
            "root=live:{file:squashfs.img}",
        ),
        (
            "Fedora installer",
            &["images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "images/install.img"],
            &[
                (Kernel, "images/pxeboot/vmlinuz"),
                (Initrd, "images/pxeboot/initrd.img"),
                (File, "images/install.img"),
            ],
            "inst.stage2={files}",
        ),
        (
            "Alpine",
            &["boot/vmlinuz-virt", "boot/initramfs-virt", "boot/modloop-virt", "apks/x86_64/APKINDEX.tar.gz"],
            &[(Kernel, "boot/vmlinuz-virt"), (Initrd, "boot/initramfs-virt"), (File, "boot/modloop-virt")],
            "modloop={file:modloop-virt}",
        ),
        (
            "Debian installer (netboot)",
            &["linux", "initrd.gz"],
            &[(Kernel, "linux"), (Initrd, "initrd.gz")],
            "---",
        ),
        (
            "Debian installer (disc)",
            &["install.amd/vmlinuz", "install.amd/initrd.gz", "install.amd/gtk/vmlinuz"],
            &[(Kernel, "install.amd/vmlinuz"), (Initrd, "install.amd/initrd.gz")],
            "---",
        ),
    ];
    for (n, (layout, files, parts, word)) in cases.into_iter().enumerate() {
        let (picked, read) = picked(&data, &format!("{n}"), WRITERS[0], files);
        let expected: Vec<_> = parts.iter().map(|(role, path)| (*role, (*path).to_owned())).collect();
        assert_eq!((picked.layout, read), (layout, expected));
        assert!(picked.cmdline.split(' ').any(|said| said == word), "{layout}: {}", picked.cmdline);
        assert_eq!(picked.label, "A DISC");
    }
}

#[test]
fn names_are_read_as_whoever_wrote_the_disc_has_written_them() {
    let data = tempfile::tempdir().unwrap();
    for (n, options) in WRITERS.into_iter().enumerate() {
        let files = ["boot/vmlinuz-lts", "boot/initramfs-lts", "boot/modloop-lts"];
        // Plain names of level 3 have no hyphens: the writer puts something else there.
        let files = if n == 2 { &["linux", "initrd.gz"][..] } else { &files[..] };
        let (picked, read) = picked(&data, &format!("w{n}"), options, files);
        assert_eq!(read[0].1, files[0], "{options:?}: {picked:?}");
    }
}

#[test]
fn a_name_of_many_letters_and_a_folder_of_many_files_are_read() {
    let data = tempfile::tempdir().unwrap();
    let kernel = format!("live/vmlinuz-{}", "x".repeat(200));
    let others: Vec<_> = (0..300).map(|n| format!("live/a-file-that-nobody-needs-{n}")).collect();
    let mut files = vec![kernel.as_str(), "live/initrd.img", "live/filesystem.squashfs"];
    files.extend(others.iter().map(String::as_str));
    let (_, read) = picked(&data, "many", WRITERS[0], &files);
    assert_eq!(read[0].1, kernel);
}

#[test]
fn what_is_no_disc_or_of_no_known_layout_is_said() {
    let data = tempfile::tempdir().unwrap();
    let none = data.path().join("none.iso");
    fs::write(&none, vec![0; 100_000]).unwrap();
    let why = pick(&none, &data.path().join("x")).unwrap_err();
    assert!(why.contains("no disc"), "{why}");
    let other = disc(&data, "other", WRITERS[0], &["casper/vmlinuz"]);
    let why = pick(&other, &data.path().join("y")).unwrap_err();
    assert!(why.contains("its layout is not known") && why.contains("Alpine"), "{why}");
}

/// A disc whose bytes lie is refused, and takes neither time nor memory.
#[test]
fn a_disc_that_is_broken_anywhere_is_refused_or_read_and_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let iso = disc(&data, "whole", WRITERS[0], &["linux", "initrd.gz"]);
    let whole = fs::read(iso).unwrap();
    let broken = data.path().join("broken.iso");
    for at in (0x8000..whole.len().min(0x14000)).step_by(61) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        fs::write(&broken, bytes).unwrap();
        let _ = pick(&broken, &data.path().join("z"));
    }
    fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    let _ = pick(&broken, &data.path().join("z"));
}

#[tokio::test]
async fn an_uploaded_disc_becomes_a_linux_image_with_what_it_fetches() {
    let data = tempfile::tempdir().unwrap();
    let files = ["live/vmlinuz", "live/initrd.img", "live/filesystem.squashfs"];
    let bytes = fs::read(disc(&data, "live", WRITERS[0], &files)).unwrap();
    let store = Store::open(&database::own_database().await).await.unwrap();
    let images = data.path().join("images");
    let uploads = Uploads::beside(&images);
    let manifest = json!({
        "name": "live", "kind": "maintenance", "version": "1", "title": "Live", "arch": "x86_64",
        "firmware": ["bios", "uefi"], "format": "iso", "cmdline": "quiet",
        "parts": [{ "role": "file", "file": "live.iso", "bytes": bytes.len(), "digest": hex::encode(Sha256::digest(&bytes)) }],
    });
    let (id, _) = uploads.begin(&serde_json::from_value(manifest).unwrap()).unwrap();
    uploads.append(&id, "live.iso", 0, Body::from(bytes)).await.unwrap();
    let image = uploads.finish(&store, &id, "ann", "192.0.2.7").await.unwrap();
    assert_eq!(
        (image.format, image.agent, image.provenance["layout"].as_str()),
        (ImageFormat::Linux, false, Some("Debian Live"))
    );
    assert_eq!(image.parts.len(), 3);
    assert!(image.parts.iter().all(|part| path_of(&images, &part.digest).exists()));
    let line = image.cmdline_in("http://192.0.2.1/boot/jobs/1/t", "");
    assert!(line.contains("fetch=http://192.0.2.1/boot/jobs/1/t/filesystem.squashfs quiet"), "{line}");
    assert!(is_empty(&data.path().join("uploads")), "the disc itself is not kept");
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}
