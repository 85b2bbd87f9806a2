use super::*;
use crate::Time;
use crate::image::Standing;
use crate::machine::Inventory;
use chrono::TimeDelta;
use serde_json::json;

fn machine(labels: &[&str], model: &str) -> Machine {
    let machine: Machine = serde_json::from_value(json!({
        "id": uuid::Uuid::nil(), "name": "pc", "smbios_uuid": null, "macs": [], "site": "main", "labels": labels,
        "arch": "x86_64", "firmware": "uefi", "has_agent": true, "routes": [], "probe": null, "inventory": null,
        "created_at": Time::UNIX_EPOCH, "version": 1,
    }))
    .unwrap();
    Machine { inventory: Some(Inventory { model: model.to_owned(), ..Inventory::default() }), ..machine }
}

/// A version that was promoted in this minute.
fn version(name: &str, minute: i64) -> ImageVersion {
    let at = Time::UNIX_EPOCH + TimeDelta::minutes(minute);
    let image: ImageVersion = serde_json::from_value(json!({
        "digest": format!("{minute:064x}"), "name": "toolbox", "version": name, "title": "", "kind": "maintenance",
        "format": "linux", "arch": "x86_64", "firmware": ["bios", "uefi"], "parts": [], "cmdline": "", "agent": true,
        "provenance": null, "created_at": at,
    }))
    .unwrap();
    ImageVersion { standing: Standing { since: Some(at), ..Standing::default() }, ..image }
}

fn candidate(image: ImageVersion) -> ImageVersion {
    ImageVersion { standing: Standing { channel: Channel::Candidate, ..image.standing.clone() }, ..image }
}

fn labelled(image: ImageVersion, label: &str) -> ImageVersion {
    ImageVersion { standing: Standing { labels: vec![label.to_owned()], ..image.standing.clone() }, ..image }
}

fn of_model(image: ImageVersion, model: &str) -> ImageVersion {
    ImageVersion { standing: Standing { models: vec![model.to_owned()], ..image.standing.clone() }, ..image }
}

fn chosen(machine: &Machine, versions: &[ImageVersion]) -> Result<String, String> {
    select(machine, versions.iter()).chosen().map(|image| image.version.clone())
}

#[test]
fn the_version_that_was_promoted_last_is_chosen_in_whatever_order_they_stand() {
    let mut versions = [version("1", 1), version("3", 3), version("2", 2)];
    assert_eq!(chosen(&machine(&[], "X"), &versions).unwrap(), "3");
    versions.reverse();
    assert_eq!(chosen(&machine(&[], "X"), &versions).unwrap(), "3");
}

#[test]
fn a_candidate_is_taken_only_where_it_is_tried_out() {
    let versions = [version("1", 1), candidate(version("2", 2))];
    assert_eq!(chosen(&machine(&[], "X"), &versions).unwrap(), "1");
    assert_eq!(chosen(&machine(&[CANDIDATES], "X"), &versions).unwrap(), "2");
    let why = chosen(&machine(&[], "X"), &versions[1..]).unwrap_err();
    assert!(why.contains("it is a candidate"), "{why}");
}

#[test]
fn a_version_that_was_rolled_back_is_not_news_to_who_tries_candidates() {
    let mut bad = candidate(version("1", 1));
    bad.standing.since = Some(Time::UNIX_EPOCH + TimeDelta::minutes(9));
    assert_eq!(chosen(&machine(&[CANDIDATES], "X"), &[bad, version("2", 2)]).unwrap(), "2");
}

#[test]
fn labels_go_before_the_model_and_the_model_before_what_is_for_all() {
    let versions =
        [version("all", 9), of_model(version("model", 2), "x"), labelled(version("label", 1), "lab")];
    assert_eq!(chosen(&machine(&["lab"], "X"), &versions).unwrap(), "label");
    assert_eq!(chosen(&machine(&[], "X"), &versions).unwrap(), "model");
    assert_eq!(chosen(&machine(&[], "Y"), &versions).unwrap(), "all");
}

#[test]
fn of_each_version_that_is_not_chosen_it_is_said_why() {
    let other = ImageVersion { arch: crate::machine::Arch::Aarch64, ..version("arm", 8) };
    let versions = [
        version("old", 1),
        version("new", 2),
        candidate(version("next", 3)),
        labelled(version("lab", 4), "lab"),
        of_model(version("y", 5), "Y"),
        other,
    ];
    let machine = machine(&[], "X");
    let selection = select(&machine, versions.iter());
    let said: Vec<_> = selection
        .0
        .iter()
        .map(|considered| {
            (considered.image.version.as_str(), considered.why_not.as_deref().unwrap_or("chosen"))
        })
        .collect();
    assert_eq!(
        said,
        [
            ("new", "chosen"),
            ("old", "version new was promoted later"),
            ("arm", "it is for arm64, the machine is x86-64"),
            ("y", "it is for Y, this machine is X"),
            ("lab", "it is for machines with the label `lab`, which this one has not"),
            (
                "next",
                "it is a candidate: promote it, or give the machine the label `candidates` to try it out there"
            ),
        ]
    );
}

#[test]
fn what_is_not_signed_is_no_machines_where_signatures_are_demanded_whatever_else_speaks_for_it() {
    let demanding = |image: ImageVersion, signed: bool| {
        let signature = crate::image::Signature {
            key: "F0E1D2C3B4A59687".to_owned(),
            name: "Release".to_owned(),
            comment: String::new(),
            at: Time::UNIX_EPOCH,
            by: "ann".to_owned(),
        };
        let signatures = if signed { vec![signature] } else { vec![] };
        let trust = crate::image::Trust { demanded: true, signatures };
        ImageVersion { standing: Standing { trust, ..image.standing.clone() }, ..image }
    };
    let machine = machine(&["lab", CANDIDATES], "OptiPlex 7010");
    let versions = [
        demanding(version("1", 1), true),
        demanding(labelled(version("2", 2), "lab"), false),
        demanding(candidate(version("3", 3)), false),
    ];
    assert_eq!(chosen(&machine, &versions).unwrap(), "1");
    let selection = select(&machine, versions.iter());
    assert!(selection.0[1..].iter().all(|c| c.why_not.as_ref().unwrap().contains("no signature")));
    let why = chosen(&machine, &versions[1..]).unwrap_err();
    assert!(why.contains("this catalog demands one"), "{why}");
}
