//! Routes as people fill them in, as rows hold them, and as forms show them.

use super::form::{FieldError, Filled, Shown, Submitted, submit, warnings};
use super::kinds::{FieldKind, KINDS, kind};
use super::*;
use uuid::Uuid;

fn fill(pairs: &[(&str, &str)]) -> Filled {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn read(word: &str, pairs: &[(&str, &str)], before: Option<&Route>) -> Result<Submitted, Vec<FieldError>> {
    let mut next = 0;
    submit(word, &fill(pairs), before, &mut || {
        next += 1;
        SecretId(Uuid::from_u128(next))
    })
}

const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n";

/// A form of each kind with all that is required.
fn complete(word: &str) -> Vec<(&'static str, &'static str)> {
    match word {
        "redfish" => vec![("url", "https://bmc.example"), ("user", "admin"), ("password", "hunter2")],
        "ipmi" => vec![("host", "10.0.0.9"), ("user", "admin"), ("password", "hunter2")],
        "wake_on_lan" => vec![("mac", "52-54-00-12-34-56")],
        "webhook" => {
            vec![("url", "https://ops.example/restart"), ("signing_secret", "0123456789abcdef")]
        }
        "ssh" => vec![
            ("host", "hyper"),
            ("user", "pitstop"),
            ("private_key", KEY),
            ("host_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"),
            ("into_maintenance", "virsh reset a"),
        ],
        "virtual_machine" => vec![("qmp", "/run/a")],
        "simulated" => vec![("url", "http://127.0.0.1:1/reset")],
        _ => vec![],
    }
}

#[test]
fn what_is_stored_today_is_still_read() {
    for (json, route) in [
        (r#"{"kind":"agent"}"#, Route::Agent),
        (r#"{"kind":"agent_kexec"}"#, Route::AgentKexec),
        (r#"{"kind":"virtual_machine","qmp":"/q"}"#, Route::VirtualMachine { qmp: "/q".to_owned() }),
        (r#"{"kind":"simulated","url":"http://a/b"}"#, Route::Simulated { url: "http://a/b".to_owned() }),
        (r#"{"kind":"person"}"#, Route::Person),
    ] {
        assert_eq!(serde_json::from_str::<Route>(json).unwrap(), route);
        assert_eq!(serde_json::to_string(&route).unwrap(), json);
    }
}

#[test]
fn every_kind_is_filled_in_stored_read_and_shown_again() {
    for kind in KINDS {
        let submitted = read(kind.word, &complete(kind.word), None).unwrap();
        let route = submitted.route;
        assert_eq!(route.kind_word(), kind.word);
        let json = serde_json::to_string(&route).unwrap();
        assert!(json.starts_with(&format!("{{\"kind\":\"{}\"", kind.word)), "{json}");
        assert_eq!(serde_json::from_str::<Route>(&json).unwrap(), route);
        assert_eq!(route.secrets(), submitted.secrets.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        // What the form shows, sent again, is the same route: secrets stay.
        let shown: Filled = route
            .shown()
            .into_iter()
            .filter_map(|(field, shown)| match shown {
                Shown::Value(value) => Some((field.name.to_owned(), value)),
                Shown::IsSet | Shown::NotSet => None,
            })
            .collect();
        let again = submit(kind.word, &shown, Some(&route), &mut || unreachable!()).unwrap();
        assert_eq!((again.route, again.secrets.len()), (route, 0));
    }
}

#[test]
fn a_kind_promises_what_its_routes_can_do() {
    for kind in KINDS {
        let able = read(kind.word, &complete(kind.word), None).unwrap().route.abilities();
        assert_eq!(able.who_asks, kind.abilities.who_asks);
        assert!(kind.abilities.returns || !able.returns, "{}", kind.word);
    }
    let words: std::collections::BTreeSet<_> = KINDS.iter().map(|kind| kind.word).collect();
    assert_eq!(words.len(), KINDS.len());
}

#[test]
fn secrets_are_in_no_form_no_row_and_no_debug_output() {
    for kind in KINDS {
        let submitted = read(kind.word, &complete(kind.word), None).unwrap();
        let everything = format!(
            "{submitted:?} {:?} {}",
            submitted.route.shown(),
            serde_json::to_string(&submitted.route).unwrap()
        );
        for (_, secret) in &submitted.secrets {
            assert!(!everything.contains(secret.expose()), "{everything}");
        }
        let is_secret = |field: &&kinds::Field| matches!(field.kind, FieldKind::Secret { .. });
        for field in kind.fields.iter().filter(is_secret) {
            let shown = submitted.route.shown();
            let (_, shown) = shown.iter().find(|(other, _)| other.name == field.name).unwrap();
            assert!(matches!(shown, Shown::IsSet | Shown::NotSet));
        }
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_by_field() {
    let errors = read("redfish", &[("url", "https://a:b@bmc"), ("trust", "pinned"), ("colour", "red")], None);
    let mut fields: Vec<_> = errors.unwrap_err().into_iter().map(|error| error.field).collect();
    fields.sort();
    assert_eq!(fields, ["colour", "fingerprint", "password", "url", "user"]);
}

#[test]
fn each_wrong_setting_is_refused_in_words() {
    for (word, field, text, words) in [
        ("redfish", "boot", "sometimes", "offered"),
        ("redfish", "system", "/redfish/v1/Systems/1", "id alone"),
        ("redfish", "url", "https://bmc/?x=1", "no `?`"),
        ("ipmi", "port", "0", "port"),
        ("ipmi", "cipher_suite", "0", "offered"),
        ("ipmi", "user", "a-user-of-seventeen", "16"),
        ("ipmi", "password", "a-password-of-more-than-20", "20"),
        ("ipmi", "host", "-x", "neither"),
        ("wake_on_lan", "mac", "52:54", "MAC"),
        ("wake_on_lan", "secure_on", "open sesame", "pairs"),
        ("webhook", "signing_secret", "short", "16"),
        ("webhook", "url", "javascript://x", "only https"),
        ("ssh", "host_key", "hyper ssh-ed25519", "public key"),
        ("ssh", "private_key", "hunter2", "private key"),
        ("ssh", "into_maintenance", "a\nb", "one line"),
    ] {
        let mut filled = complete(word);
        filled.retain(|(name, _)| *name != field);
        filled.push((field, text));
        let errors = read(word, &filled, None).unwrap_err();
        let told = errors.iter().any(|error| error.field == field && error.words.contains(words));
        assert!(told, "{word}.{field}: {errors:?}");
    }
    assert_eq!(read("telepathy", &[], None).unwrap_err()[0].field, "kind");
}

#[test]
fn a_password_does_not_follow_the_board_to_another_address() {
    let before = read("redfish", &complete("redfish"), None).unwrap().route;
    let there = [("url", "https://bmc.example"), ("user", "admin"), ("boot", "try")];
    assert!(read("redfish", &there, Some(&before)).is_ok());
    for change in
        [[("url", "https://elsewhere"), ("user", "admin")], [("url", "https://bmc.example"), ("user", "x")]]
    {
        let errors = read("redfish", &change, Some(&before)).unwrap_err();
        assert_eq!(errors[0].field, "password");
        assert!(errors[0].words.contains("again"));
    }
}

#[test]
fn a_route_that_cannot_bring_a_machine_home_says_so() {
    let ssh = read("ssh", &complete("ssh"), None).unwrap().route;
    assert!(!ssh.can_return() && !warnings(&ssh).is_empty());
    let mut both = complete("ssh");
    both.push(("home", "virsh reset a"));
    assert!(read("ssh", &both, None).unwrap().route.can_return());
    let wake = read("wake_on_lan", &complete("wake_on_lan"), None).unwrap().route;
    assert!(wake.abilities().wakes && !wake.abilities().restarts && !wake.can_return());
}

#[test]
fn a_fingerprint_may_be_pasted_with_colons() {
    let print = ["AB"; 32].join(":");
    let mut filled = complete("redfish");
    filled.extend([("trust", "pinned"), ("fingerprint", print.as_str())]);
    let Route::Redfish(redfish) = read("redfish", &filled, None).unwrap().route else { panic!() };
    assert_eq!(redfish.trust, Trust::Pinned { sha256: "ab".repeat(32).parse().unwrap() });
    assert!(kind("redfish").is_some());
}
