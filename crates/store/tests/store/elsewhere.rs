//! What others say of machines is about the machine that it names, counts once, and is believed for as long as it may be.

use super::world::{World, at, new_machine};
use pitstop_domain::health::Truth;
use pitstop_domain::health::elsewhere::{BELIEVED_S, LABELS, Source, Speaks, read};
use pitstop_domain::id::SourceId;
use pitstop_store::health::tidings::{Taken, TidingRow};
use pitstop_store::{Error, Keys};
use uuid::Uuid;

fn source(name: &str) -> Source {
    let labels = LABELS.map(str::to_owned).to_vec();
    Source {
        id: SourceId(Uuid::now_v7()),
        name: name.to_owned(),
        speaks: Speaks::Signed,
        labels,
        believed_s: BELIEVED_S,
    }
}

async fn made(world: &World) -> Source {
    let source = source("Prometheus");
    world.store.add_health_source(&Keys::new([7; 32]), &source, "anna", at(0)).await.unwrap();
    source
}

async fn tell(world: &World, source: &Source, alerts: &str, second: i64) -> Taken {
    let delivery = read(Speaks::Signed, format!(r#"{{"alerts":[{alerts}]}}"#).as_bytes()).unwrap();
    world.store.take_delivery(source, &delivery, None, "10.0.0.9", at(second)).await.unwrap()
}

async fn told(world: &World) -> Vec<TidingRow> {
    world.store.tidings(None, None, None, 100).await.unwrap()
}

#[tokio::test]
async fn what_is_told_again_counts_once_and_what_is_over_is_so_from_when_it_was_told() {
    let world = World::new().await;
    let (machine, source) = (world.machine(1).await, made(&world).await);
    let name = world.store.machine(machine).await.unwrap().unwrap().name;
    let alert = |state: &str, began: &str| {
        format!(
            r#"{{"name":"Slow","state":"{state}","labels":{{"instance":"{name}:9100"}},"began":"{began}"}}"#
        )
    };
    for second in [10, 70, 130] {
        tell(&world, &source, &alert("firing", "one"), second).await;
    }
    let row = told(&world).await.remove(0);
    assert_eq!((row.times, row.tiding.since, row.machine.unwrap().0), (3, at(10), machine));
    tell(&world, &source, &alert("resolved", "one"), 200).await;
    // It hung in a queue: it began before what is over, so it is that.
    tell(&world, &source, &alert("firing", "one"), 210).await;
    let row = told(&world).await.remove(0);
    assert_eq!((row.tiding.firing, row.tiding.since), (false, at(200)));
    tell(&world, &source, &alert("firing", "two"), 300).await;
    let row = told(&world).await.remove(0);
    assert_eq!((row.tiding.firing, row.tiding.since, row.times), (true, at(300), 1));
}

#[tokio::test]
async fn what_names_no_machine_or_two_is_listed_with_the_reason_and_is_about_nobody() {
    let world = World::new().await;
    let source = made(&world).await;
    let macs = |n: u8| vec![format!("52:54:00:00:01:0{n}").parse().unwrap()];
    for (n, name) in [(1, "db.graz.example"), (2, "db.wien.example")] {
        let new =
            pitstop_store::machines::NewMachine { name: name.to_owned(), macs: macs(n), ..new_machine(n) };
        world.store.add_machine(&new).await.unwrap();
    }
    let taken = tell(
        &world,
        &source,
        r#"{"name":"A","state":"firing","machine":"db"},{"name":"B","state":"firing","machine":"nobody"},
           {"name":"C","state":"firing","machine":"db.graz.example"},{"name":"D","state":"firing","machine":"52:54:00:00:01:02"}"#,
        10,
    )
    .await;
    assert_eq!(taken, Taken::Yes("4 firing, 0 over; 2 of them about no machine".to_owned()));
    let rows = told(&world).await;
    let of = |name: &str| rows.iter().find(|row| row.tiding.name == name).unwrap();
    assert!(of("A").unmatched.as_ref().unwrap().contains("names 2 machines"));
    assert!(of("B").unmatched.as_ref().unwrap().contains("nobody"));
    assert_eq!(of("C").machine.as_ref().unwrap().1, "db.graz.example");
    assert_eq!(of("D").machine.as_ref().unwrap().1, "db.wien.example");
}

#[tokio::test]
async fn a_signature_is_taken_once() {
    let world = World::new().await;
    let source = made(&world).await;
    let delivery = read(Speaks::Signed, br#"{"alerts":[]}"#).unwrap();
    let take = async |seal: &[u8], second| {
        world.store.take_delivery(&source, &delivery, Some(seal), "", at(second)).await.unwrap()
    };
    assert!(matches!(take(b"one", 0).await, Taken::Yes(_)));
    assert_eq!(take(b"one", 1).await, Taken::Before);
    assert!(matches!(take(b"two", 2).await, Taken::Yes(_)));
}

#[tokio::test]
async fn a_former_secret_holds_for_an_hour_and_a_revoked_source_is_not_believed() {
    let world = World::new().await;
    let keys = Keys::new([7; 32]);
    let (machine, source) = (world.machine(1).await, made(&world).await);
    let first = keys.source_secret(source.id, 1);
    let second = world.store.rotate_health_source(&keys, source.id, true, "bob", at(0)).await.unwrap();
    let row = world.store.health_source(source.id).await.unwrap().unwrap();
    assert_eq!((row.generations(at(3599)), row.generations(at(3601))), (vec![2, 1], vec![2]));
    assert!(first != second.expose() && keys.is_source_secret(source.id, 1, &first));
    let name = world.store.machine(machine).await.unwrap().unwrap().name;
    tell(&world, &source, &format!(r#"{{"name":"Slow","state":"firing","machine":"{name}"}}"#), 10).await;
    let fires = async |second| {
        let told = world.store.tidings_of(&[machine], &["Slow".to_owned()]).await.unwrap();
        told[&machine][0].fires(at(second))
    };
    assert_eq!(fires(60).await, Truth::Yes);
    assert_eq!(fires(i64::from(BELIEVED_S) + 11).await, Truth::Unknown);
    world.store.revoke_health_source(source.id, "bob", at(20)).await.unwrap();
    assert_eq!(fires(60).await, Truth::Unknown);
    let row = world.store.health_source(source.id).await.unwrap().unwrap();
    assert_eq!(row.generations(at(30)), Vec::<i32>::new());
    let again = world.store.rotate_health_source(&keys, source.id, true, "bob", at(40)).await;
    assert!(matches!(again, Err(Error::NotFound(_))));
}
