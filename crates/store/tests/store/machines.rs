//! Machines are told apart by what does not lie.

use super::world::{World, mac, new_machine};
use pitstop_domain::machine::{Firmware, Inventory, Nic};
use pitstop_store::machines::NewMachine;
use uuid::Uuid;

#[tokio::test]
async fn a_mac_that_is_known_decides_before_the_uuid() {
    let world = World::new().await;
    let (first, second) = (world.machine(1).await, world.machine(2).await);
    let found = world.store.find_machine(&[mac(2)], Some(Uuid::from_u128(1))).await.unwrap().unwrap();
    assert_eq!(found.id, second);
    let found = world.store.find_machine(&[], Some(Uuid::from_u128(1))).await.unwrap().unwrap();
    assert_eq!(found.id, first, "without a MAC the UUID is all there is");
}

#[tokio::test]
async fn the_machine_with_most_of_the_macs_is_it() {
    let world = World::new().await;
    world.machine(1).await;
    let macs = vec![mac(2), mac(3)];
    let two = world.store.add_machine(&NewMachine { macs, ..new_machine(2) }).await.unwrap();
    let found = world.store.find_machine(&[mac(1), mac(2), mac(3)], None).await.unwrap().unwrap();
    assert_eq!(found.id, two, "a card that was moved does not make it another machine");
}

#[tokio::test]
async fn twins_that_share_a_uuid_stay_two_machines() {
    let world = World::new().await;
    let first = world.machine(1).await;
    let shared = Some(Uuid::from_u128(1));
    assert_eq!(world.store.find_machine(&[mac(2)], shared).await.unwrap(), None);
    let twin = NewMachine { smbios_uuid: shared, ..new_machine(2) };
    let second = world.store.add_machine(&twin).await.unwrap();
    assert_ne!(first, second);
    for (number, id) in [(1, first), (2, second)] {
        let found = world.store.find_machine(&[mac(number)], shared).await.unwrap().unwrap();
        assert_eq!(found.id, id);
    }
}

#[tokio::test]
async fn a_machine_known_by_its_uuid_alone_is_found_by_it() {
    let world = World::new().await;
    let new = NewMachine { macs: vec![], ..new_machine(1) };
    let id = world.store.add_machine(&new).await.unwrap();
    let found = world.store.find_machine(&[mac(9)], new.smbios_uuid).await.unwrap();
    assert_eq!(found.map(|machine| machine.id), Some(id));
}

#[tokio::test]
async fn machines_of_one_name_that_come_together_get_names_of_their_own() {
    let world = World::new().await;
    let mut names = std::collections::HashSet::new();
    for number in 1..=5 {
        let new = NewMachine { name: "debian".to_owned(), ..new_machine(number) };
        let id = world.store.add_machine(&new).await.unwrap();
        let name = world.store.machine(id).await.unwrap().unwrap().name;
        assert!(name.starts_with("debian"));
        names.insert(name);
    }
    assert!(names.len() == 5 && names.contains("debian"), "{names:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_added_by_two_at_once_is_one() {
    let world = World::new().await;
    let add = || {
        let store = world.store.clone();
        tokio::spawn(async move { store.add_machine(&new_machine(1)).await.unwrap() })
    };
    let (one, other) = (add(), add());
    assert_eq!(one.await.unwrap(), other.await.unwrap());
    assert_eq!(world.count("select count(*) from machines").await, 1);
}

#[tokio::test]
async fn an_inventory_changes_the_machine_once() {
    let world = World::new().await;
    let id = world.machine(1).await;
    let before = world.store.machine(id).await.unwrap().unwrap();
    let nic = Nic { name: "eth1".to_owned(), mac: mac(7), link: true, addresses: vec![] };
    let inventory = Inventory { model: "X1".to_owned(), uefi: true, nics: vec![nic], ..Inventory::default() };
    world.store.set_inventory(id, &inventory).await.unwrap();
    world.store.set_inventory(id, &inventory).await.unwrap();
    let after = world.store.machine(id).await.unwrap().unwrap();
    assert_eq!(after.version, before.version + 1, "the second time nothing is new");
    assert_eq!((after.model(), after.firmware), (Some("X1"), Firmware::Uefi));
    assert_eq!(after.macs, [mac(1), mac(7)]);
    let warmer = Inventory { memory_bytes: 1, ..inventory };
    world.store.set_inventory(id, &warmer).await.unwrap();
    assert_eq!(world.store.machine(id).await.unwrap().unwrap().version, before.version + 2);
}
