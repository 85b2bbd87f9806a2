//! Machines that nobody told us of, the rules that adopt them, and lists that are read in.

use super::world::{World, at, mac, new_machine};
use pitstop_domain::adoption::{RuleForm, Stranger};
use pitstop_domain::keep::Kept;
use pitstop_domain::machine::{Arch, Desk, Firmware};
use pitstop_store::Error;
use pitstop_store::imports::Updated;

fn stranger(last: u8, second: i64) -> Stranger {
    Stranger {
        mac: mac(last),
        uuid: None,
        arch: Some(Arch::X86_64),
        firmware: Some(Firmware::Uefi),
        by: "UEFI PXE".to_owned(),
        from: "10.77.0.9".parse().ok(),
        first_at: at(second),
        at: at(second),
        times: 1,
    }
}

#[tokio::test]
async fn a_stranger_is_remembered_as_it_said_of_itself_and_gone_once_it_is_known() {
    let world = World::new().await;
    world.store.saw_stranger(&stranger(1, 0)).await.unwrap();
    let silent = Stranger { arch: None, from: None, by: "network boot".to_owned(), ..stranger(1, 5) };
    world.store.saw_stranger(&silent).await.unwrap();
    world.store.saw_stranger(&stranger(2, 3)).await.unwrap();
    let listed = world.store.strangers(10).await.unwrap();
    assert_eq!(
        listed.iter().map(|one| one.mac).collect::<Vec<_>>(),
        [mac(1), mac(2)],
        "who asked last stands first"
    );
    let first = &listed[0];
    assert_eq!((first.times, first.first_at, first.at, first.arch), (2, at(0), at(5), Some(Arch::X86_64)));
    assert_eq!(first.from, "10.77.0.9".parse().ok());
    world.store.adopt(&new_machine(1)).await.unwrap();
    // Enrolled by its agent, without having been adopted.
    world.machine(2).await;
    assert_eq!(
        (world.store.strangers(10).await.unwrap().len(), world.store.count_strangers().await.unwrap()),
        (0, 0)
    );
    let again = world.store.adopt(&new_machine(1)).await.unwrap_err();
    assert!(matches!(&again, Error::Refused(why) if why.contains("as m1")), "{again}");
}

#[tokio::test]
async fn rules_are_kept_as_they_were_given_and_tried_in_their_order() {
    let world = World::new().await;
    let form = |mac: &str, network: &str| RuleForm {
        mac: mac.to_owned(),
        network: network.to_owned(),
        arch: "x86-64".to_owned(),
        name: "pc-{mac6}".to_owned(),
        site: "berlin".to_owned(),
        labels: "lab, office".to_owned(),
        ..RuleForm::default()
    };
    let rules = [form("52:54", "").rule().unwrap(), form("", "10.77.0.0/16").rule().unwrap()];
    for rule in &rules {
        world.store.add_adoption_rule(rule, at(0)).await.unwrap();
    }
    let kept = world.store.adoption_rules().await.unwrap();
    assert_eq!(kept.iter().map(|row| row.rule.clone()).collect::<Vec<_>>(), rules);
    world.store.drop_adoption_rule(kept[0].id).await.unwrap();
    assert_eq!(world.store.adoption_rules().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_is_stored_whole_or_not_at_all() {
    let world = World::new().await;
    let known = world.machine(1).await;
    let before = world.store.machine(known).await.unwrap().unwrap();
    let desk = Desk { room: "2.14".to_owned(), ..Desk::default() };
    let kept = Kept { site: "berlin".to_owned(), labels: vec![], desk: desk.clone() };
    let updated =
        Updated { id: known, version: before.version, name: "renamed".to_owned(), kept, macs: vec![mac(9)] };
    let new = [(new_machine(2), desk.clone())];
    let stale = [Updated { version: before.version - 1, ..updated.clone() }];
    assert!(matches!(world.store.import(&new, &stale).await, Err(Error::Refused(_))));
    assert_eq!(world.count("select count(*) from machines").await, 1);
    world.store.import(&new, &[updated]).await.unwrap();
    let after = world.store.machine(known).await.unwrap().unwrap();
    assert_eq!((after.name.as_str(), after.macs.len(), after.desk), ("renamed", 2, desk));
    let found = world.store.machines_known_by(&[], &[mac(2)], &[]).await.unwrap();
    assert_eq!((found.len(), found[0].desk.room.as_str()), (1, "2.14"));
}

#[tokio::test]
async fn a_draft_waits_for_a_day() {
    let world = World::new().await;
    let old = world.store.draft_import("name\npc-1", at(0)).await.unwrap();
    assert_eq!(world.store.import_draft(old).await.unwrap().as_deref(), Some("name\npc-1"));
    let new = world.store.draft_import("name\npc-2", at(100_000)).await.unwrap();
    assert_eq!(world.store.import_draft(old).await.unwrap(), None);
    world.store.drop_import_draft(new).await.unwrap();
    assert_eq!(world.store.import_draft(new).await.unwrap(), None);
}
