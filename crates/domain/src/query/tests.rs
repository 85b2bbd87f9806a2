//! The language as values, and by property.

use super::complete::{Values, complete};
use super::edit::{exactly, toggle_state, within, without, words};
use super::*;
use crate::Time;
use crate::id::MachineId;
use crate::machine::{Desk, Inventory, Machine, Nic};
use chrono::TimeDelta;
use proptest::prelude::*;
use uuid::Uuid;

fn machine() -> Machine {
    let mac = "52:54:00:12:34:ab".parse().unwrap();
    let nic = Nic { name: "eth0".to_owned(), mac, link: true, addresses: vec!["10.77.0.4/24".to_owned()] };
    Machine {
        id: MachineId(Uuid::from_u128(0x1234_5678_0000_0000_0000_0000_0000_0007)),
        name: "pc-04".to_owned(),
        smbios_uuid: None,
        macs: vec![mac],
        site: "New York".to_owned(),
        labels: vec!["lab".to_owned(), "floor-2".to_owned()],
        arch: Arch::X86_64,
        firmware: Firmware::Uefi,
        has_agent: true,
        routes: vec![],
        probe: None,
        own_image: None,
        inventory: Some(Inventory {
            vendor: "Dell Inc.".to_owned(),
            model: "OptiPlex 7090".to_owned(),
            serial: "7X00".to_owned(),
            nics: vec![nic],
            ..Inventory::default()
        }),
        created_at: Time::UNIX_EPOCH,
        version: 1,
        desk: Desk { room: "2.14".to_owned(), asset_tag: "A-17".to_owned(), used_by: "Ann Smith".to_owned() },
    }
}

fn finds(line: &str) -> bool {
    let now = Time::UNIX_EPOCH + TimeDelta::days(30);
    let machine = machine();
    let known = Known {
        machine: &machine,
        state: MachineState::Held,
        last_seen: Some(now - TimeDelta::minutes(10)),
        health: Some(55),
    };
    Query::parse(line).unwrap_or_else(|errors| panic!("{line}: {errors:?}")).holds(&known, now)
}

fn wrong(line: &str) -> QueryError {
    Query::parse(line).unwrap_err().remove(0)
}

#[test]
fn all_words_must_hold() {
    for line in [
        "",
        "  ",
        "site:\"new york\" label:LAB state:held model:\"optiplex 7090\" seen<1h pc-0",
        "site:berlin,\"new york\"",
        "\"OptiPlex 7090\"",
        "7090 OptiPlex",
        "-label:office -site:berlin",
        "arch:x86-64 firmware:uefi,bios",
        "-seen>1h -seen:never",
        "health<60 health>54 -health:none -health<55",
        "name:pc-* -name:pc",
    ] {
        assert_eq!(finds(line), !line.ends_with("-name:pc"), "{line}");
    }
    for line in [
        "site:berlin",
        "pc-04 office",
        "-label:lab",
        "\"7090 OptiPlex\"",
        "state:own",
        "seen>1h",
        "health<55",
        "health>55",
        "health:none",
        "model=OptiPlex",
    ] {
        assert!(!finds(line), "{line}");
    }
}

#[test]
fn a_name_a_place_a_number_or_an_address_finds_a_machine() {
    for line in [
        "PC-04",
        "york",
        "2.14",
        "a-17",
        "smith",
        "dell",
        "7x00",
        "10.77.0.4",
        "52:54:00",
        "5254.0012.34AB",
        "52-54-00-12",
        "12345678",
        "floor",
        "room:2.14",
        "user:ann",
        "asset:17",
        "serial:7x",
        "mac:1234ab",
        "mac:52:54:*",
        "ip:10.77.*",
    ] {
        assert!(finds(line), "{line}");
    }
    for line in ["10.77.0.40", "ip:10.77.0", "52:55", "1234567", "room:2"] {
        assert!(!finds(line), "{line}");
    }
}

#[test]
fn a_star_asks_whether_there_is_any() {
    assert!(finds("label:* model:* -site:ber*"));
    assert!(!finds("-label:*"));
}

#[test]
fn a_word_that_is_not_understood_is_named_with_what_may_have_been_meant() {
    let error = wrong("lab sitte:berlin");
    assert_eq!(
        (error.word.as_str(), error.at, error.instead.as_deref()),
        ("sitte:berlin", 4, Some("site:berlin"))
    );
    assert!(error.why.contains("Known are site, label, state"), "{error}");
    let error = wrong("-state:hold");
    assert_eq!(error.instead.as_deref(), Some("-state:held"));
    assert!(error.why.contains("switching"), "{error}");
    assert_eq!(wrong("seen:1h").instead.as_deref(), Some("seen<1h"));
    assert_eq!(wrong("-health:60").instead.as_deref(), Some("-health<60"));
    assert!(wrong("site<3").why.contains("`seen` and `health`"));
    for line in [
        "seen<soon",
        "site:",
        "site:a,,b",
        "site<3",
        "mac:xyz",
        "\"\"",
        "seen<99999999999w",
        "health<101",
        "health:bad",
        "health>none",
        "colour:red",
    ] {
        assert!(!wrong(line).why.is_empty(), "{line}");
    }
    assert_eq!(
        Query::parse("sit:a box:c state:x").unwrap_err().len(),
        3,
        "all that is wrong is told at once"
    );
}

#[test]
fn a_machine_whose_health_is_not_known_is_neither_low_nor_high() {
    let machine = machine();
    let known = Known { machine: &machine, state: MachineState::Held, last_seen: None, health: None };
    let finds = |line: &str| Query::parse(line).unwrap().holds(&known, Time::UNIX_EPOCH);
    assert!(finds("health:none") && finds("HEALTH=None") && finds("-health<60"));
    assert!(!finds("health<100") && !finds("health>0"));
}

#[test]
fn addresses_are_text_though_they_have_colons() {
    assert!(matches!(&Query::parse("fe80::1").unwrap().terms[0].want, Want::Text(text) if text == "fe80::1"));
    assert!(matches!(&Query::parse("aa:bb:cc").unwrap().terms[0].want, Want::Text(_)));
    assert!(matches!(&Query::parse("\"a:b\"").unwrap().terms[0].want, Want::Text(text) if text == "a:b"));
}

#[test]
fn a_line_is_edited_word_by_word() {
    assert_eq!(without("site:\"new york\" lab  pc", 1), "site:\"new york\" pc");
    assert_eq!(toggle_state("lab state:own", MachineState::Held), "lab state:held");
    assert_eq!(toggle_state("lab state:held", MachineState::Held), "lab");
    assert_eq!(within("site:berlin lab", Key::Site, Some("new york")), "lab site:\"new york\"");
    assert_eq!(within("lab", Key::Model, None), "lab -model:*");
    assert_eq!(exactly(Key::Name, ["pc-1", "a b"]), "name=pc-1,\"a b\"");
}

#[test]
fn the_last_word_is_completed_to_a_key_and_then_to_a_value() {
    let values = Values { sites: vec!["berlin".to_owned(), "new york".to_owned()], ..Values::default() };
    assert_eq!(complete("lab si", &values, 9), ["lab site:"]);
    assert_eq!(complete("-site:", &values, 9), ["-site:berlin", "-site:\"new york\""]);
    assert_eq!(complete("site:berlin,new", &values, 9), ["site:berlin,\"new york\""]);
    assert_eq!(complete("state:he", &values, 9), ["state:held"]);
    assert_eq!(complete("lab hea", &values, 9), ["lab health<"]);
    assert_eq!(complete("health:", &values, 9), ["health<60", "health<90", "health:none"]);
    assert_eq!(complete("health<", &values, 9), ["health<60", "health<90"]);
    assert_eq!(values.meant("site:berlni pc"), [("site:berlni".to_owned(), "site:berlin".to_owned())]);
}

#[test]
fn states_are_told_apart_from_what_else_is_asked() {
    let query = Query::parse("site:a -state:own state:held,own").unwrap();
    let (states, others) = query.without_states();
    assert_eq!((states.terms.len(), others.to_string().as_str()), (2, "site:a"));
    assert!(states.allows(MachineState::Held) && !states.allows(MachineState::OwnSystem));
    assert!(query.asks_for_state() && !others.asks_for_state());
}

proptest! {
    /// Whatever is typed is read or refused, and a refusal names a word that was typed.
    #[test]
    fn nothing_that_is_typed_ends_it(line in "[a-z0-9:<>=,\"* .\\-ä\\\\%_]{0,40}") {
        if let Err(errors) = Query::parse(&line) {
            for error in errors {
                let said: String = error.word.chars().take_while(|c| !c.is_whitespace()).collect();
                prop_assert!(line.contains(&said), "{}: {}", line, error);
            }
        }
    }

    /// What is understood is written and read again as the same.
    #[test]
    fn a_query_is_read_as_it_is_written(line in "[a-z0-9:,\"* .\\-]{0,40}") {
        if let Ok(query) = Query::parse(&line) {
            prop_assert_eq!(Query::parse(&query.to_string()), Ok(query));
        }
    }

    /// A word asks for the value that it was made of, whatever stands in it.
    #[test]
    fn a_value_finds_itself(value in "[a-zA-Z0-9 .,*%_\\\\\"-]{1,12}") {
        prop_assume!(!value.trim().is_empty());
        let query = Query::parse(&exactly(Key::Site, [value.as_str()])).unwrap();
        let machine = Machine { site: value, ..machine() };
        let known = Known { machine: &machine, state: MachineState::Held, last_seen: None, health: None };
        prop_assert!(query.holds(&known, Time::UNIX_EPOCH));
        prop_assert_eq!(words(&query.to_string()).len(), 1);
    }

    /// Not is not.
    #[test]
    fn a_word_and_its_opposite_share_all_machines(word in "(site|label|model|name|room):[a-z*]{1,4}") {
        let opposite = format!("-{word}");
        prop_assert_ne!(finds(&word), finds(&opposite));
    }
}
