use super::*;
use serde_json::{Value, json};

const RELEASE: &str = include_str!("../../tests/signatures/release.pub");
const OTHER: &str = include_str!("../../tests/signatures/other.pub");
const PREHASHED: &str = include_str!("../../tests/signatures/prehashed.minisig");
const LEGACY: &str = include_str!("../../tests/signatures/legacy.minisig");
const BY_OTHER: &str = include_str!("../../tests/signatures/other.minisig");
const ELSEWHERE: &str = include_str!("../../tests/signatures/elsewhere.minisig");

/// The version that was signed, with changes.
fn image(changes: impl FnOnce(&mut Value)) -> ImageVersion {
    let described = include_str!("../../../crates/domain/tests/statement/image.json");
    let mut json: Value = serde_json::from_str(described).unwrap();
    for part in json["parts"].as_array_mut().unwrap() {
        part["bytes"] = json!(1);
    }
    for (field, value) in [
        ("digest", json!("d".repeat(64))),
        ("agent", json!(true)),
        ("provenance", json!(null)),
        ("created_at", json!("2026-01-01T00:00:00Z")),
    ] {
        json[field] = value;
    }
    changes(&mut json);
    serde_json::from_value(json).unwrap()
}

fn trusted(text: &str, name: &str) -> Key {
    let NewKey { id, public_key } = key(text).unwrap();
    let (name, added_by) = (name.to_owned(), "ann".to_owned());
    let added_at = pitstop_domain::Time::UNIX_EPOCH;
    Key { id, public_key, name, added_at, added_by, signed: vec![], alone: vec![] }
}

fn release() -> Vec<Key> {
    vec![trusted(RELEASE, "Release")]
}

#[test]
fn what_minisign_signed_is_good_in_its_new_form_and_in_its_old_one() {
    let signed = check(&image(|_| {}), PREHASHED, &release()).unwrap();
    assert_eq!(
        (signed.key.as_str(), signed.comment.as_str()),
        ("2FB9FAFE90C74D70", "rescue 1, released 2026-11-28")
    );
    assert_eq!(signed.signature, PREHASHED);
    let signed = check(&image(|_| {}), LEGACY, &release()).unwrap();
    assert_eq!(signed.comment, "rescue 1, in the old form");
    let pasted = format!("\r\n{}\r\n", PREHASHED.replace('\n', "\r\n"));
    assert_eq!(check(&image(|_| {}), &pasted, &release()).unwrap().signature, PREHASHED);
}

#[test]
fn a_change_of_anything_that_a_machine_would_start_makes_the_signature_that_of_something_else() {
    let changes: [fn(&mut Value); 5] = [
        |json| json["cmdline"] = json!("console=ttyS0 quiet init=/bin/sh"),
        |json| json["parts"][0]["digest"] = json!("e".repeat(64)),
        |json| json["parts"][2]["digest"] = json!("e".repeat(64)),
        |json| drop(json["parts"].as_array_mut().unwrap().pop()),
        |json| json["version"] = json!("2"),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for signature in [PREHASHED, LEGACY] {
            let bad = check(&image(change), signature, &release()).unwrap_err();
            assert!(matches!(&bad, Bad::Other { name, .. } if name == "Release"), "change {n}: {bad:?}");
        }
    }
    let bad = check(&image(|_| {}), ELSEWHERE, &release()).unwrap_err();
    assert!(bad.words(&image(|_| {})).contains("was changed since it was signed"));
}

#[test]
fn a_comment_that_was_rewritten_is_no_trusted_one() {
    let rewritten = PREHASHED.replace("released 2026-11-28", "released 2031-11-28");
    assert!(matches!(check(&image(|_| {}), &rewritten, &release()), Err(Bad::Other { .. })));
}

#[test]
fn a_key_that_nobody_trusts_says_nothing_and_it_is_said_whose_to_ask_for() {
    let bad = check(&image(|_| {}), BY_OTHER, &release()).unwrap_err();
    assert_eq!(bad, Bad::Unknown { key: "4140B982C8B29C50".to_owned() });
    assert!(bad.words(&image(|_| {})).contains("4140B982C8B29C50, which is not trusted here"));
    let both = [release(), vec![trusted(OTHER, "Somebody else")]].concat();
    assert_eq!(check(&image(|_| {}), BY_OTHER, &both).unwrap().key, "4140B982C8B29C50");
}

#[test]
fn one_key_that_took_the_id_of_another_signs_nothing() {
    let mut taken = trusted(OTHER, "Somebody else");
    taken.id = "2FB9FAFE90C74D70".to_owned();
    assert!(matches!(check(&image(|_| {}), PREHASHED, &[taken]), Err(Bad::Unknown { .. })));
}

#[test]
fn what_is_no_signature_and_no_key_says_what_is_expected() {
    for text in ["", "hello", "untrusted comment: x\nRWQ=\ntrusted comment: y\nAA==\n", RELEASE] {
        assert_eq!(check(&image(|_| {}), text, &release()), Err(Bad::Unreadable), "{text:?}");
    }
    assert_eq!(key("hello").unwrap_err().split(':').next().unwrap(), "this is no public key of minisign");
    assert!(key(PREHASHED).is_err());
    assert_eq!(key(RELEASE.lines().nth(1).unwrap()), key(RELEASE), "the second line alone is enough");
}

#[test]
fn a_secret_key_that_somebody_pastes_is_refused_and_they_are_told_to_make_another() {
    let secret = format!(
        "untrusted comment: release\n{}\n",
        STANDARD.encode([b"Ed", [0_u8; 156].as_slice()].concat())
    );
    let refused = key(&secret).unwrap_err();
    assert!(refused.contains("make a new pair"), "{refused}");
}
