//! Functions that work on real disks with real faults: an infected NTFS, a broken ext4, a disk with a bad sector, a
//! forgotten password, a disk that is captured and restored, one that erases itself. One machine makes seven trips, and each
//! ends at home. Needs root and the packages of the lab; `cargo xtask test` brings it all.

#![expect(clippy::unwrap_used, reason = "a test program: what is missing ends the test")]

#[path = "support/lab.rs"]
mod lab;
mod support;

use support::{database, process};

use lab::{LIMIT, World, times};
use pitstop_domain::report::{Finding, Findings, Level};
use pitstop_rig::lab::{DiskBus, ExtraDisk, Firmware, MachineSpec};
use process::Server;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Harmless, and known to every scanner; in two pieces, so that this file is not a find itself.
const EICAR: [&str; 2] = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];
/// MD5 and size of it, as ClamAV's .hdb has them.
const SIGNATURE: &str = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Of-Ours\n";
/// In the middle of the third disk.
const BAD_SECTOR: u64 = 70_000;

fn run(program: &str, arguments: &[&str]) -> String {
    let done = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{program} {arguments:?}: {said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    said
}

fn empty(path: &Path, mib: u64) -> String {
    File::create(path).unwrap().set_len(mib << 20).unwrap();
    path.display().to_string()
}

/// A Windows disk with a letter and a virus on it.
fn infected_ntfs(folder: &Path) -> PathBuf {
    let (path, virus) = (folder.join("ntfs.img"), folder.join("virus"));
    let image = empty(&path, 32);
    run("mkntfs", &["-q", "-F", "-L", "Windows", &image]);
    fs::write(&virus, EICAR.concat()).unwrap();
    run("ntfscp", &[&image, virus.to_str().unwrap(), "invoice.exe"]);
    fs::write(&virus, "Dear all").unwrap();
    run("ntfscp", &[&image, virus.to_str().unwrap(), "letter.txt"]);
    path
}

/// A Linux disk whose root folder is gone, with a file that is not.
fn broken_ext4(folder: &Path) -> PathBuf {
    let (path, files) = (folder.join("ext4.img"), folder.join("files"));
    fs::create_dir_all(&files).unwrap();
    fs::write(files.join("thesis.txt"), "Four years of work").unwrap();
    let image = empty(&path, 32);
    run("mke2fs", &["-q", "-F", "-t", "ext4", "-L", "data", "-d", files.to_str().unwrap(), &image]);
    run("debugfs", &["-w", "-R", "clri <2>", &image]);
    path
}

/// A Linux system whose people have forgotten a password.
fn forgotten_password(folder: &Path) -> PathBuf {
    let (path, files) = (folder.join("linux.img"), folder.join("system"));
    fs::create_dir_all(files.join("etc")).unwrap();
    fs::write(files.join("etc/shadow"), "root:*:19000::::::\nann:$y$j9T$abc:19700:0:99999:7:::\n").unwrap();
    let image = empty(&path, 16);
    run("mke2fs", &["-q", "-F", "-t", "ext4", "-L", "system", "-d", files.to_str().unwrap(), &image]);
    path
}

/// A disk with an MBR, an ext4 and an NTFS.
fn partitioned(folder: &Path) -> PathBuf {
    let (path, files) = (folder.join("office.img"), folder.join("office"));
    empty(&path, 42);
    fs::create_dir_all(&files).unwrap();
    fs::write(files.join("plan.txt"), "As it was before").unwrap();
    let disk = File::options().write(true).open(&path).unwrap();
    for (at, (kind, mib, size)) in [(0x83_u8, 1, 16), (7, 17, 24)].iter().enumerate() {
        let mut entry = [0; 16];
        entry[4] = *kind;
        entry[8..12].copy_from_slice(&(mib * 2048_u32).to_le_bytes());
        entry[12..16].copy_from_slice(&(size * 2048_u32).to_le_bytes());
        disk.write_all_at(&entry, 446 + 16 * at as u64).unwrap();
    }
    disk.write_all_at(&[0x55, 0xaa], 510).unwrap();
    let (linux, windows) = (folder.join("part1.img"), folder.join("part2.img"));
    let image = empty(&linux, 16);
    run("mke2fs", &["-q", "-F", "-t", "ext4", "-d", files.to_str().unwrap(), &image]);
    let image = empty(&windows, 24);
    run("mkntfs", &["-q", "-F", &image]);
    run("ntfscp", &[&image, files.join("plan.txt").to_str().unwrap(), "plan.txt"]);
    disk.write_all_at(&fs::read(&linux).unwrap(), 1 << 20).unwrap();
    disk.write_all_at(&fs::read(&windows).unwrap(), 17 << 20).unwrap();
    path
}

/// The disk is captured, overwritten, restored, and is what it was.
async fn captured_and_restored(server: &Server, office: &Path) {
    let task = json!({ "kind": "capture", "device": "/dev/vdf" });
    let (job, findings) = trip(server, "capture", &task).await;
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    assert!(findings.iter().all(|one| one.level == Level::Good), "{findings:#?}");
    let before = fs::read(office).unwrap();
    File::options().write(true).open(office).unwrap().write_all_at(&vec![0xaa; 42 << 20], 0).unwrap();
    let capture = &job["report"]["capture"]["id"];
    let task = json!({ "kind": "restore", "capture": capture, "device": "/dev/vdf", "confirm": "oak" });
    let (job, findings) = trip(server, "restore", &task).await;
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    let whole = findings.iter().filter(|one| one.says.contains("its file system is whole")).count();
    assert_eq!(whole, 2, "{findings:#?}");
    let after = fs::read(office).unwrap();
    assert!(after[..1 << 20] == before[..1 << 20], "the partition table, and what starts it");
    let part = |mib: usize, size: usize| {
        let path = office.with_extension("part");
        fs::write(&path, &after[mib << 20..(mib + size) << 20]).unwrap();
        path.display().to_string()
    };
    assert_eq!(run("debugfs", &["-R", "cat /plan.txt", &part(1, 16)]), "As it was before");
    assert_eq!(run("ntfscat", &[&part(17, 24), "plan.txt"]), "As it was before");
}

/// A disk on which each place says something.
fn full_of_secrets(folder: &Path) -> PathBuf {
    let path = folder.join("secret.img");
    fs::write(&path, b"what nobody sees".repeat(1 << 20)).unwrap();
    path
}

/// The disk erases itself, by a command of its own.
async fn purged(server: &Server, secret: &Path) {
    let task = json!({ "kind": "wipe", "method": "purge", "device": "/dev/nvme0n1", "confirm": "oak" });
    let (job, findings) = trip(server, "wipe", &task).await;
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    assert_eq!(about(&findings, "/dev/nvme0n1")[0].level, Level::Good, "{findings:#?}");
    let certificate = &job["report"]["certificate"];
    assert_eq!(certificate["method"], "NVMe Format, user data erase");
    assert_eq!(certificate["serial"], "MORE-5");
    assert_eq!(certificate["places_that_held_data"], 1024);
    assert!(
        fs::read(secret).unwrap().iter().all(|byte| *byte == 0),
        "all of it is gone, not the places alone"
    );
}

/// The trip's job, closed, with the machine at home.
async fn trip(server: &Server, function: &str, task: &Value) -> (Value, Vec<Finding>) {
    let id = server.start_job("oak", function, task);
    let job = server.until_phase(&id, "closed", LIMIT).await;
    assert_eq!(job["proof"], "agent", "{job:#}");
    let findings = Findings::of(&job["report"]).findings;
    (job, findings)
}

fn about<'a>(findings: &'a [Finding], device: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.about.starts_with(device)).collect()
}

#[tokio::test]
async fn an_infected_ntfs_a_broken_ext4_and_a_bad_sector_are_found_and_what_can_be_is_put_right() {
    let mut world = World::new(vec![]).await;
    let disks = tempfile::tempdir().unwrap();
    let (ntfs, ext4) = (infected_ntfs(disks.path()), broken_ext4(disks.path()));
    let worn = disks.path().join("worn.img");
    empty(&worn, 64);
    let whole =
        |image: &Path| ExtraDisk { image: image.to_owned(), bad_sectors: vec![], bus: DiskBus::Virtio };
    let worn = ExtraDisk { bad_sectors: vec![BAD_SECTOR], ..whole(&worn) };
    let secret = full_of_secrets(disks.path());
    let erases_itself = ExtraDisk { bus: DiskBus::Nvme, ..whole(&secret) };
    let spec = MachineSpec::new("oak", Firmware::Bios);
    let linux = forgotten_password(disks.path());
    let office = partitioned(disks.path());
    let more_disks = vec![whole(&ntfs), whole(&ext4), worn, whole(&linux), whole(&office), erases_itself];
    let oak = world.with_agent(MachineSpec { memory_mib: 768, more_disks, ..spec }).await;
    let signatures = world.setup.data.join("virus-signatures");
    fs::create_dir_all(&signatures).unwrap();
    fs::write(signatures.join("own.hdb"), SIGNATURE).unwrap();
    let server = world.serve();
    oak.power_on().await.unwrap();
    server.until_enrolled("oak", LIMIT).await;

    let (job, findings) = trip(&server, "virus-scan", &Value::Null).await;
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    let infected = about(&findings, "/dev/vdb");
    assert_eq!(infected.len(), 1, "{findings:#?}");
    assert_eq!(infected[0].level, Level::Repaired);
    assert!(infected[0].says.contains("invoice.exe is infected with Eicar-Of-Ours"), "{findings:#?}");
    assert_eq!(
        about(&findings, "/dev/vdc")[0].level,
        Level::Unknown,
        "a broken one cannot be scanned: {findings:#?}"
    );
    let id = job["id"].as_str().unwrap();
    let image = ntfs.to_str().unwrap();
    assert!(!run("ntfsls", &[image]).contains("invoice.exe"));
    assert!(run("ntfsls", &[image]).contains("letter.txt"));
    let stored = run("ntfscat", &[image, &format!("pitstop-quarantine/{id}/0001.infected")]);
    assert_eq!(stored, EICAR.concat(), "nothing is deleted");

    let (job, findings) = trip(&server, "repair-file-systems", &Value::Null).await;
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    let [broken] = about(&findings, "/dev/vdc")[..] else { panic!("{findings:#?}") };
    assert_eq!(broken.level, Level::Repaired, "{findings:#?}");
    assert_eq!(about(&findings, "/dev/vdb")[0].level, Level::Good, "{findings:#?}");
    assert_eq!(about(&findings, "/dev/vdd")[0].level, Level::Unknown, "nothing is on it: {findings:#?}");
    let image = ext4.to_str().unwrap();
    run("e2fsck", &["-n", "-f", image]);
    assert!(run("debugfs", &["-R", "cat <12>", image]).contains("Four years of work"), "the file is there");

    let (job, findings) = trip(&server, "disk-health", &Value::Null).await;
    assert_eq!(job["ended"]["outcome"], "found", "{job:#}");
    let worn: Vec<_> =
        about(&findings, "/dev/vdd").into_iter().filter(|one| one.level == Level::Problem).collect();
    assert_eq!(worn.len(), 1, "{findings:#?}");
    let from = BAD_SECTOR * 512 / 4096 * 4096;
    let read =
        job["report"]["surface"].as_array().unwrap().iter().find(|one| one["device"] == "/dev/vdd").unwrap();
    assert_eq!(read["bad"], json!([[from, from + 4096]]), "{read:#}");
    let others = findings.iter().filter(|one| !one.about.starts_with("/dev/vdd"));
    assert!(others.into_iter().all(|one| one.level < Level::Unknown), "{findings:#?}");

    let task = json!({ "kind": "password_reset", "user": "ann", "device": "/dev/vde" });
    let (job, findings) = trip(&server, "password-reset", &task).await;
    assert_eq!(job["ended"]["outcome"], "succeeded", "{job:#}");
    assert_eq!(about(&findings, "/dev/vde")[0].level, Level::Repaired, "{findings:#?}");
    let image = linux.to_str().unwrap();
    assert!(run("debugfs", &["-R", "cat /etc/shadow", image]).contains("ann::0:0:99999:7:::"));
    let kept = format!("cat /etc/shadow.pitstop-{}", job["id"].as_str().unwrap());
    assert!(
        run("debugfs", &["-R", &kept, image]).contains("ann:$y$j9T$abc:19700:"),
        "what was before is kept"
    );

    captured_and_restored(&server, &office).await;
    purged(&server, &secret).await;

    assert_eq!(times(&oak, "own system is up"), 8, "before, and after each trip");
    world.lab.stop().await.unwrap();
}
