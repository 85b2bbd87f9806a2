//! Versions of images: told, moved, fetched, tried.

use crate::played::{Answer, Played};
use crate::{Said, pitstop};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Of a part that nobody fetches.
const PART: &str = "0ff6c9a9b3f8";

fn image(version: &str, digit: &str, part: &str) -> Value {
    json!({
        "digest": digit.repeat(64), "name": "rescue", "version": version, "firmware": ["uefi"], "agent": true,
        "parts": [{ "role": "kernel", "file": "vmlinuz", "bytes": 6, "digest": part }],
        "created_at": "2026-03-01T10:00:00Z", "standing": { "channel": "candidate" },
    })
}

fn two() -> Answer {
    Answer::json(&json!([image("1", "a", PART), image("2", "b", PART)]))
}

fn boot(ended: Value, heard: &str) -> Answer {
    Answer::json(&json!({
        "id": "01a20947-2dbd-7176-b9cc-05426922e71e", "image": "b".repeat(64), "firmware": "uefi", "asked_by": "ann",
        "asked_at": "2026-03-01T10:00:00Z", "looks_for": "", "way": "vmlinuz", "heard": heard, "screens": 0, "ended": ended,
    }))
}

fn sent(server: &Played, question: &str) -> Value {
    let asked = server.asked();
    let body = asked.iter().find_map(|asked| asked.strip_prefix(question)).expect("it was asked");
    serde_json::from_str(body).expect("it is JSON")
}

#[test]
fn a_version_is_named_like_rescue_at_2_and_a_name_alone_must_be_of_one() {
    let path = format!("POST /api/v1/images/{}/promote", "b".repeat(64));
    let script = [("GET /api/v1/images", vec![two()]), (path.as_str(), vec![Answer::json(&json!({}))])];
    let server = Played::new(script);
    let said = pitstop(&server.url(), &["images", "promote", "rescue@2", "--why", "it boots"]);
    assert_eq!((said.exit, said.err.as_str()), (Some(0), "rescue 2 is stable\n"));
    assert_eq!(sent(&server, &path), json!({ "why": "it boots" }));
    let said = pitstop(&server.url(), &["images", "delete", "rescue"]);
    assert!(said.exit == Some(2) && said.err.contains("rescue@VERSION"), "{said:?}");
    let said = pitstop(&server.url(), &["images", "show", "rescu@2"]);
    assert!(said.exit == Some(2) && said.err.contains("did you mean `rescue`"), "{said:?}");
}

#[test]
fn a_part_that_is_not_what_its_digest_says_is_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("kernel");
    let path = format!("GET /api/v1/images/{}/parts/vmlinuz", "a".repeat(64));
    let server = Played::new([
        ("GET /api/v1/images", vec![Answer::json(&json!([image("1", "a", PART)]))]),
        (path.as_str(), vec![Answer::page(200, "forged")]),
    ]);
    let words = ["images", "fetch", "rescue", "vmlinuz", "--to", to.to_str().unwrap()];
    let said = pitstop(&server.url(), &words);
    assert!(said.exit == Some(5) && said.err.contains("not what its digest says"), "{said:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of it");
}

/// Fetches `file` of one version; the server has this under `piece`.
fn fetched(file: &str, piece: &str, body: &str, digest: &str, before: impl Fn(&Path)) -> (Said, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("kernel");
    before(&to);
    let path = format!("GET /api/v1/images/{}/parts/{piece}", "a".repeat(64));
    let mut version = image("1", "a", digest);
    version["parts"][0]["file"] = file.into();
    let server = Played::new([
        ("GET /api/v1/images", vec![Answer::json(&json!([version]))]),
        (path.as_str(), vec![Answer::page(200, body)]),
    ]);
    let said = pitstop(
        &server.url(),
        &["images", "fetch", "rescue", file, "--to", to.to_str().expect("a plain path")],
    );
    let lies = std::fs::read_dir(folder.path()).expect("it is read").map(|entry| {
        let entry = entry.expect("it is read");
        let bytes = std::fs::read_to_string(entry.path()).expect("it is read");
        format!("{}: {bytes}", entry.file_name().display())
    });
    (said, lies.collect())
}

fn sum(of: &str) -> String {
    hex::encode(Sha256::digest(of))
}

#[test]
fn a_part_may_be_called_as_no_address_is() {
    let (said, lies) = fetched("vmlinuz 6?1", "vmlinuz%206%3F1", "kernel", &sum("kernel"), |_| {});
    assert_eq!((said.exit, lies), (Some(0), vec!["kernel: kernel".to_owned()]), "{}", said.err);
}

#[test]
fn no_more_of_a_part_is_taken_than_it_has() {
    let (said, lies) = fetched("vmlinuz", "vmlinuz", "a kernel", &sum("a kernel"), |_| {});
    assert!(said.exit == Some(5) && said.err.contains("more came than the 6 bytes"), "{said:?}");
    assert!(lies.is_empty(), "{lies:?}");
}

#[test]
fn what_another_fetches_into_the_same_file_is_neither_written_to_nor_removed() {
    let others = |to: &Path| std::fs::write(to.with_added_extension("coming"), "half a ker").unwrap();
    let (said, lies) = fetched("vmlinuz", "vmlinuz", "kernel", &sum("kernel"), others);
    assert!(said.exit == Some(2) && said.err.contains("kernel.coming is there already"), "{said:?}");
    assert_eq!(lies, ["kernel.coming: half a ker"]);
}

#[test]
fn a_test_boot_is_followed_and_its_exit_says_whether_the_image_boots() {
    let begin = format!("POST /api/v1/images/{}/test-boots", "b".repeat(64));
    let ended = json!({ "at": "2026-03-01T10:01:00Z", "verdict": "panicked", "words": "no init" });
    let server = Played::new([
        ("GET /api/v1/images", vec![two()]),
        (begin.as_str(), vec![boot(Value::Null, "Linux\n")]),
        (
            "GET /api/v1/images/test-boots/01a20947-2dbd-7176-b9cc-05426922e71e",
            vec![boot(ended, "Linux\nKernel panic\n")],
        ),
    ]);
    let said = pitstop(&server.url(), &["images", "test-boot", "bbbb"]);
    assert_eq!((said.exit, said.out.as_str()), (Some(3), "Linux\nKernel panic\n"));
    assert!(said.err.contains("its kernel gave up: no init"), "{said:?}");
    assert_eq!(sent(&server, &begin), json!({ "firmware": "uefi", "looks_for": "" }));
}
