//! What a served folder gives, and what it keeps.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use support::{Client, Running, folder_with, patient, sample};
use tftp_server::{Config, End, Root};

fn serve(folder: &tempfile::TempDir) -> Running {
    Running::new(patient(), Root::new(folder.path()).unwrap())
}

fn read(server: &Running, name: &str) -> Vec<u8> {
    Client::request(server.address, name, &[]).read_all(512, 1)
}

fn refused(server: &Running, name: &str) -> u16 {
    Client::request(server.address, name, &[]).expect_error().0
}

#[test]
fn names_as_firmware_writes_them_find_the_file() {
    let folder = folder_with(b"x");
    fs::create_dir(folder.path().join("boot")).unwrap();
    fs::write(folder.path().join("boot/ipxe.efi"), b"loader").unwrap();
    let server = serve(&folder);
    for name in
        ["boot/ipxe.efi", "/boot/ipxe.efi", "//boot//ipxe.efi", "\\boot\\ipxe.efi", "./boot/./ipxe.efi"]
    {
        assert_eq!(read(&server, name), b"loader", "{name}");
    }
}

#[test]
fn nothing_outside_is_served() {
    let outside = folder_with(b"secret");
    let folder = tempfile::tempdir_in(outside.path()).unwrap();
    let server = serve(&folder);
    assert_eq!(refused(&server, "../file"), 2);
    assert_eq!(refused(&server, "..\\file"), 2);
    assert_eq!(refused(&server, "a/../../file"), 2);
    assert_eq!(refused(&server, outside.path().join("file").to_str().unwrap()), 1);
}

#[test]
fn symbolic_links_are_followed_inside_and_never_out() {
    let outside = folder_with(b"secret");
    let folder = folder_with(b"inside");
    fs::create_dir(folder.path().join("sub")).unwrap();
    let link = |target: &str, name: &str| symlink(target, folder.path().join(name)).unwrap();
    link("file", "good");
    link("../file", "sub/good");
    link(outside.path().to_str().unwrap(), "out");
    link(outside.path().join("file").to_str().unwrap(), "outfile");
    link("../../../../../../../../etc/passwd", "climb");
    link("/proc/self/root/etc/passwd", "magic");
    link("loop", "loop");
    let server = serve(&folder);
    assert_eq!(read(&server, "good"), b"inside");
    assert_eq!(read(&server, "sub/good"), b"inside");
    for name in ["out/file", "outfile", "climb", "magic", "loop"] {
        assert_eq!(refused(&server, name), 2, "{name}");
    }
}

#[test]
fn only_regular_files_are_served() {
    let folder = folder_with(b"x");
    fs::create_dir(folder.path().join("sub")).unwrap();
    nix::unistd::mkfifo(&folder.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let server = serve(&folder);
    assert_eq!(refused(&server, "sub"), 2);
    assert_eq!(refused(&server, "pipe"), 2);
    assert_eq!(refused(&server, "/"), 1);
    assert_eq!(refused(&server, "file/below"), 1);
    assert_eq!(refused(&server, &"long".repeat(100)), 1);
}

#[test]
fn a_changed_file_is_read_anew() {
    let folder = folder_with(b"old");
    let server = serve(&folder);
    assert_eq!(read(&server, "file"), b"old");
    fs::write(folder.path().join("next"), b"new").unwrap();
    fs::rename(folder.path().join("next"), folder.path().join("file")).unwrap();
    assert_eq!(read(&server, "file"), b"new");
    fs::remove_file(folder.path().join("file")).unwrap();
    assert_eq!(refused(&server, "file"), 1);
}

#[test]
fn files_too_large_for_memory_are_read_as_they_are_sent() {
    let bytes = sample(3_000_000);
    let folder = folder_with(&bytes);
    let root = Root::new(folder.path()).unwrap().with_memory(1000, 1000);
    let server = Running::new(Config { blksize: 8192, ..patient() }, root);
    let mut client = Client::request(server.address, "file", &[("blksize", "8192"), ("windowsize", "7")]);
    client.expect_options();
    client.ack(0);
    assert!(client.read_all(8192, 7) == bytes, "the content was garbled");
    assert_eq!(server.next_end().1.end, End::Done);
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_ends_the_transfer() {
    let folder = folder_with(&sample(3_000_000));
    let root = Root::new(folder.path()).unwrap().with_memory(0, 0);
    let server = Running::new(patient(), root);
    let mut client = Client::request(server.address, "file", &[("blksize", "1468"), ("windowsize", "8")]);
    client.expect_options();
    fs::OpenOptions::new().write(true).open(folder.path().join("file")).unwrap().set_len(10).unwrap();
    client.ack(0);
    assert_eq!(client.expect_error().0, 0);
    assert!(matches!(server.next_end().1.end, End::Failed(_)));
}

#[test]
fn memory_is_bounded_and_all_files_are_still_served() {
    let folder = folder_with(b"x");
    for nth in 0..10 {
        fs::write(folder.path().join(nth.to_string()), sample(100 + nth)).unwrap();
    }
    let root = Root::new(folder.path()).unwrap().with_memory(150, 250);
    let server = Running::new(patient(), root);
    for nth in (0..10).chain(0..10) {
        assert_eq!(read(&server, &nth.to_string()), sample(100 + nth));
    }
}

#[test]
fn a_folder_that_is_not_there_is_said_so_at_once() {
    assert!(Root::new("/nowhere/at/all").is_err());
    let folder = folder_with(b"x");
    assert!(Root::new(folder.path().join("file")).is_err());
}
