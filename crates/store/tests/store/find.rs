//! Machines found by whatever somebody on the phone can read out.

use super::world::{World, new_machine};
use pitstop_domain::machine::{Inventory, Nic};
use pitstop_domain::query::Scope;
use pitstop_store::machines::NewMachine;

fn words(q: &str) -> Vec<String> {
    q.split_whitespace().map(str::to_lowercase).collect()
}

#[tokio::test]
async fn a_machine_is_found_by_anything_that_is_known_of_it() {
    let world = World::new().await;
    let other = world.machine(1).await;
    let (name, site) = ("pc-kraus".to_owned(), "berlin".to_owned());
    let labels = vec!["room-2.14".to_owned()];
    let id = world.store.add_machine(&NewMachine { name, site, labels, ..new_machine(2) }).await.unwrap();
    let mac = new_machine(2).macs[0];
    let nic = Nic { name: "eth0".to_owned(), mac, link: true, addresses: vec!["10.77.3.9".to_owned()] };
    let inventory = Inventory {
        vendor: "Dell Inc.".to_owned(),
        model: "OptiPlex 7090".to_owned(),
        serial: "7X00042".to_owned(),
        nics: vec![nic],
        ..Inventory::default()
    };
    world.store.set_inventory(id, &inventory).await.unwrap();

    for q in
        ["KRAUS", "berlin 2.14", "optiplex room-2", "7x00042", "10.77.3.9", &mac.to_string(), "dell kraus"]
    {
        let found = world.store.find_by_words(&words(q), &Scope::ALL, 20).await.unwrap();
        assert_eq!(found.iter().map(|machine| machine.id).collect::<Vec<_>>(), [id], "{q}");
        assert_eq!(
            (found[0].serial.as_str(), found[0].addresses.as_slice()),
            ("7X00042", &["10.77.3.9".to_owned()][..])
        );
    }
    assert!(world.store.find_by_words(&words("kraus hamburg"), &Scope::ALL, 20).await.unwrap().is_empty());
    assert!(
        world.store.find_by_words(&words("100% '_"), &Scope::ALL, 20).await.unwrap().is_empty(),
        "letters are only letters"
    );
    let both = world.store.find_by_words(&[], &Scope::ALL, 20).await.unwrap();
    assert!(
        both.len() == 2 && both.iter().any(|machine| machine.id == other),
        "of one without inventory, too"
    );
    assert_eq!(world.store.find_by_words(&[], &Scope::ALL, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_machine_of_just_this_name_comes_first() {
    let world = World::new().await;
    for (number, name) in [(1, "a-pc-1"), (2, "pc-1"), (3, "pc-10")] {
        world.store.add_machine(&NewMachine { name: name.to_owned(), ..new_machine(number) }).await.unwrap();
    }
    let found = world.store.find_by_words(&words("pc-1"), &Scope::ALL, 20).await.unwrap();
    let first = world.store.machine(found[0].id).await.unwrap().unwrap();
    assert_eq!((first.name.as_str(), found.len()), ("pc-1", 3));
}
