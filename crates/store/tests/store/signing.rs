//! Signatures on versions: who vouches, and what a catalog that demands them keeps from machines.

use super::world::{World, at, digest, image, plan};
use pitstop_domain::id::JobId;
use pitstop_domain::image::{Channel, Standing};
use pitstop_domain::job::{Initiator, Job, Phase};
use pitstop_domain::machine::Firmware;
use pitstop_domain::selection::select;
use pitstop_store::signing::Signed;
use uuid::Uuid;

const KEY: &str = "2FB9FAFE90C74D70";
const OTHER: &str = "4140B982C8B29C50";

fn signed(key: &str) -> Signed {
    Signed { key: key.to_owned(), signature: "four lines".to_owned(), comment: "released".to_owned() }
}

#[tokio::test]
async fn a_key_that_is_trusted_no_longer_vouches_for_nothing_until_it_is_trusted_again() {
    let world = World::new().await;
    let store = &world.store;
    store.trust_key(KEY, "RW1", "Release", "ann").await.unwrap();
    store.trust_key(OTHER, "RW2", "Audit", "ann").await.unwrap();
    store.sign_image(&digest(), &signed(KEY), "ann").await.unwrap();
    let called = format!("{} {}", image().name, image().version);
    let key = store.signing_keys().await.unwrap().into_iter().find(|key| key.id == KEY).unwrap();
    assert_eq!((key.signed, key.alone), (vec![called.clone()], vec![called.clone()]));
    store.sign_image(&digest(), &signed(OTHER), "ann").await.unwrap();
    let keys = store.signing_keys().await.unwrap();
    assert!(keys.iter().all(|key| key.signed == [called.clone()] && key.alone.is_empty()), "{keys:?}");
    store.distrust_key(KEY, "ann").await.unwrap();
    let names = || async {
        let image = store.image(&digest()).await.unwrap().unwrap();
        image.standing.trust.signatures.into_iter().map(|by| (by.name, by.comment)).collect::<Vec<_>>()
    };
    assert_eq!(names().await, [("Audit".to_owned(), "released".to_owned())]);
    assert!(store.sign_image(&digest(), &signed(KEY), "ann").await.is_err(), "it is not trusted");
    assert!(!store.offer_key(KEY, "RW1", "pitstop", "a file").await.unwrap(), "people removed it");
    let twin = store.trust_key(KEY, "RW3", "Twin", "ann").await.unwrap_err().to_string();
    assert!(twin.contains("made to look like the other"), "{twin}");
    store.trust_key(KEY, "RW1", "Release", "ann").await.unwrap();
    assert_eq!(names().await.len(), 2);
    let again = store.trust_key(KEY, "RW1", "Release", "ann").await.unwrap_err().to_string();
    assert!(again.contains("trusted already"), "{again}");
}

#[tokio::test]
async fn where_signatures_are_demanded_what_has_none_is_taken_by_no_machine_no_test_and_no_promotion() {
    let world = World::new().await;
    let store = &world.store;
    let machine = world.machine(1).await;
    let under_way = world.job(machine, 0).await.id;
    store.demand_signatures(true).await.unwrap();
    let why = || async {
        let machine = store.machine(machine).await.unwrap().unwrap();
        let images = store.images().await.unwrap();
        select(&machine, images.iter()).chosen().map(drop)
    };
    assert!(why().await.unwrap_err().contains("this catalog demands one"));
    let test = store.begin_test_boot(&digest(), Firmware::Bios, "", "ann").await.unwrap_err().to_string();
    assert!(test.contains("this catalog demands one"), "{test}");
    let promoted = store.move_image(&digest(), Channel::Stable, "ann", "").await.unwrap_err().to_string();
    assert!(promoted.contains("have it signed first"), "{promoted}");
    assert!(
        store.job(under_way).await.unwrap().is_some_and(|job| job.job.phase != Phase::Closed),
        "it goes on"
    );
    store.trust_key(KEY, "RW1", "Release", "ann").await.unwrap();
    store.sign_image(&digest(), &signed(KEY), "ann").await.unwrap();
    assert_eq!(why().await, Ok(()));
    store.move_image(&digest(), Channel::Stable, "ann", "").await.unwrap();
}

#[tokio::test]
async fn the_demand_of_a_moment_ago_holds_for_a_job_that_was_decided_before_it() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let job = Job::new(JobId(Uuid::now_v7()), machine, "inventory", digest(), plan(vec![]), at(0));
    world.store.demand_signatures(true).await.unwrap();
    let by = Initiator::Program { name: "test".to_owned() };
    let refused = world.store.add_job(&job, &by).await.unwrap_err().to_string();
    assert!(refused.contains("lost its signature"), "{refused}");
}

#[tokio::test]
async fn what_is_dropped_without_a_signature_comes_as_a_candidate_and_one_demand_leaves_the_other() {
    let world = World::new().await;
    let store = &world.store;
    store.demand_tests(true).await.unwrap();
    store.demand_signatures(true).await.unwrap();
    let rules = store.catalog_rules().await.unwrap();
    assert!(rules.stable_tested && rules.signed);
    store.demand_tests(false).await.unwrap();
    assert!(store.catalog_rules().await.unwrap().signed);
    let standing = Standing { channel: Channel::Stable, ..Standing::default() };
    let other = "c".repeat(64).parse().unwrap();
    let dropped =
        pitstop_domain::image::ImageVersion { digest: other, version: "3".into(), standing, ..image() };
    store.add_image(&dropped).await.unwrap();
    let came = store.image(&dropped.digest).await.unwrap().unwrap();
    assert_eq!(came.standing.channel, Channel::Candidate);
}
