//! Kernels that the agent fetches and starts, on Linux.

use super::support::*;
use super::{Scene, accepted};
use pitstop_agent::own::Next;
use pitstop_domain::wire::{self, Action};
use sha2::{Digest, Sha256};

const BEAT: &str = "POST /agent/v1/heartbeat";

fn file(path: &str, content: &str) -> wire::File {
    let digest = hex::encode(Sha256::digest(content)).parse().unwrap();
    wire::File { path: path.to_owned(), digest, bytes: content.len() as u64 }
}

fn kexec(files: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Scene {
    let action = Action::Kexec {
        kernel: file("/boot/token/vmlinuz", "kernel"),
        initrds: vec![file("/boot/token/initrd", "abcde"), file("/boot/token/extra", "fgh")],
        cmdline: "quiet".to_owned(),
    };
    Scene::new(Some(order("boot-1", action)), accepted, files)
}

fn files(request: &Request) -> Reply {
    match request.path.as_str() {
        "/boot/token/vmlinuz" => Reply::Bytes(b"kernel".to_vec()),
        "/boot/token/initrd" => Reply::Bytes(b"abcde".to_vec()),
        "/boot/token/extra" => Reply::Bytes(b"fgh".to_vec()),
        _ => problem(404, false),
    }
}

#[test]
fn a_kernel_is_fetched_checked_and_loaded_before_the_answer_and_started_after_it() {
    let scene = kexec(files);
    assert_eq!(scene.agent().beat().unwrap(), Next::Leaving);
    let loaded = scene.journal.place(r#"load "kernel" "abcde\0\0\0fgh\0" "quiet""#);
    assert!(loaded < scene.journal.place(&ack()));
    assert!(scene.journal.place(&ack()) < scene.journal.place("start kernel"));
}

#[test]
fn a_kernel_that_is_not_the_one_that_was_meant_is_refused() {
    let scene = kexec(|request| match request.path.as_str() {
        "/boot/token/vmlinuz" => Reply::Bytes(b"KERNEL".to_vec()),
        _ => files(request),
    });
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert!(!scene.last_answer().accepted);
    assert!(
        scene.last_answer().answer.contains("the kernel is not what was meant"),
        "{}",
        scene.last_answer().answer
    );
}

#[test]
fn a_file_of_the_wrong_size_is_refused_without_its_path_which_is_secret() {
    for wrong in ["abcdef", "abcd"] {
        let scene = kexec(move |request| match request.path.as_str() {
            "/boot/token/initrd" => Reply::Bytes(wrong.into()),
            _ => files(request),
        });
        scene.agent().beat().unwrap();
        let answer = scene.last_answer().answer;
        assert!(answer.contains("initrd 1 of 2 has") && !answer.contains("token"), "{answer}");
    }
}

#[test]
fn a_machine_that_forbids_kexec_refuses_in_words() {
    let mut scene = kexec(files);
    scene.machine.kexec_forbidden = true;
    assert!(matches!(scene.agent().beat().unwrap(), Next::After(_)));
    assert_eq!(scene.last_answer().answer, "kexec is forbidden here");
    assert_eq!(scene.journal.count(BEAT), 1);
}

#[test]
fn a_loaded_kernel_is_unloaded_when_the_answer_is_lost() {
    let action = Action::Kexec {
        kernel: file("/boot/token/vmlinuz", "kernel"),
        initrds: vec![],
        cmdline: String::new(),
    };
    let scene = Scene::new(Some(order("boot-1", action)), || Reply::HangUp, files);
    scene.agent().beat().unwrap();
    assert_eq!((scene.journal.count("unload"), scene.journal.count("start kernel")), (1, 0));
}
