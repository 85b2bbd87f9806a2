//! Versions of images: told, moved, fetched, tried.

use crate::pitstop;
use crate::played::{Answer, Played};
use serde_json::{Value, json};

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
