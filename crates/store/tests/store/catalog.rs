//! Versions of images: promoted, rolled back, taken out, and used.

use super::world::{World, at, digest, image, plan};
use pitstop_domain::digest::Digest;
use pitstop_domain::id::JobId;
use pitstop_domain::image::{Channel, ImageKind, ImageVersion, PartRole, Standing};
use pitstop_domain::job::{Initiator, Job};
use pitstop_domain::selection::select;
use pitstop_domain::sighting::Sighting;
use pitstop_store::Error;
use uuid::Uuid;

fn other(digit: char) -> Digest {
    digit.to_string().repeat(64).parse().unwrap()
}

/// A newer version, with an initial RAM disk of its own and the same kernel.
fn newer(channel: Channel) -> ImageVersion {
    let mut image = image();
    let initrd = image.parts.iter_mut().find(|part| part.role == PartRole::Initrd).unwrap();
    initrd.digest = other('c');
    ImageVersion {
        digest: other('b'),
        version: "2".to_owned(),
        created_at: at(100),
        standing: Standing { channel, ..Standing::default() },
        ..image
    }
}

/// The version that a machine gets.
async fn taken(world: &World, number: u8) -> String {
    let machines = world.store.machines().await.unwrap();
    let machine = machines.iter().find(|machine| machine.name == format!("m{number}")).unwrap();
    let images = world.store.images().await.unwrap();
    select(machine, images.iter()).chosen().map(|image| image.version.clone()).unwrap()
}

#[tokio::test]
async fn a_candidate_is_promoted_and_rolled_back_and_it_is_kept_who_did_it_and_why() {
    let world = World::new().await;
    world.machine(1).await;
    world.store.add_image(&newer(Channel::Candidate)).await.unwrap();
    assert_eq!(taken(&world, 1).await, "1");
    world.store.move_image(&other('b'), Channel::Stable, "ann", "it boots").await.unwrap();
    assert_eq!(taken(&world, 1).await, "2");
    world.store.move_image(&other('b'), Channel::Candidate, "bob", "it does not").await.unwrap();
    assert_eq!(taken(&world, 1).await, "1");
    let moves = world.store.image_moves(&other('b')).await.unwrap();
    let told: Vec<_> = moves.iter().map(|m| (m.to.as_str(), m.by.as_str(), m.why.as_str())).collect();
    assert_eq!(told, [("candidate", "bob", "it does not"), ("stable", "ann", "it boots")]);
}

#[tokio::test]
async fn what_is_dropped_again_is_the_newest_unless_a_person_has_decided() {
    let world = World::new().await;
    world.machine(1).await;
    world.store.add_image(&newer(Channel::Stable)).await.unwrap();
    assert_eq!(taken(&world, 1).await, "2");
    world.store.add_image(&ImageVersion { created_at: at(200), ..image() }).await.unwrap();
    assert_eq!(taken(&world, 1).await, "1");
    world.store.move_image(&other('b'), Channel::Stable, "ann", "").await.unwrap();
    world.store.add_image(&ImageVersion { created_at: at(300), ..image() }).await.unwrap();
    assert_eq!(taken(&world, 1).await, "2");
}

#[tokio::test]
async fn what_a_job_uses_is_not_removed_and_it_is_said_who_uses_it() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.store.add_image(&newer(Channel::Stable)).await.unwrap();
    world.job(machine, 0).await;
    let refused = world.store.remove_image(&digest(), "ann", "old").await.unwrap_err();
    assert!(matches!(&refused, Error::Refused(why) if why.contains("the job inventory on m1")), "{refused}");
    assert_eq!(world.store.images().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_job_that_chose_a_version_just_before_it_was_removed_is_refused() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    world.store.add_image(&newer(Channel::Stable)).await.unwrap();
    world.store.remove_image(&digest(), "ann", "old").await.unwrap();
    let job = Job::new(JobId(Uuid::now_v7()), machine, "inventory", digest(), plan(vec![]), at(0));
    let by = Initiator::Program { name: "test".to_owned() };
    let refused = world.store.add_job(&job, &by).await.unwrap_err();
    assert!(matches!(&refused, Error::Refused(why) if why.contains("just been removed")), "{refused}");
    assert!(world.store.job(job.id).await.unwrap().is_none());
}

#[tokio::test]
async fn the_last_stable_version_that_a_function_needs_is_not_removed() {
    let world = World::new().await;
    world.store.add_image(&newer(Channel::Candidate)).await.unwrap();
    let refused = world.store.remove_image(&digest(), "ann", "").await.unwrap_err();
    assert!(matches!(&refused, Error::Refused(why) if why.contains("the function inventory")), "{refused}");
}

#[tokio::test]
async fn of_a_removed_version_only_the_bytes_go_that_no_other_has() {
    let world = World::new().await;
    world.store.add_image(&newer(Channel::Candidate)).await.unwrap();
    let go = world.store.remove_image(&other('b'), "ann", "").await.unwrap();
    assert_eq!(go, [other('c')]);
    let again = world.store.remove_image(&other('b'), "ann", "").await;
    assert!(matches!(again, Err(Error::NotFound(_))));
    assert!(world.store.image(&other('b')).await.unwrap().is_some(), "old jobs still name it");
}

#[tokio::test]
async fn the_only_stable_version_is_not_rolled_back_while_a_function_needs_it() {
    let world = World::new().await;
    world.store.add_image(&newer(Channel::Candidate)).await.unwrap();
    let refused = world
        .store
        .move_image(&digest(), Channel::Candidate, "ann", "it fails")
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("the function inventory") && refused.contains("Promote another"), "{refused}");
    world.store.move_image(&other('b'), Channel::Stable, "ann", "").await.unwrap();
    world.store.move_image(&digest(), Channel::Candidate, "ann", "it fails").await.unwrap();
    assert!(world.store.move_image(&other('b'), Channel::Candidate, "ann", "").await.is_err());
}

#[tokio::test]
async fn what_a_diskless_machine_runs_is_not_removed_though_there_is_a_newer_version() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let own = |digit, version: &str| ImageVersion {
        digest: other(digit),
        name: "system".to_owned(),
        version: version.to_owned(),
        kind: ImageKind::Operational,
        ..newer(Channel::Stable)
    };
    let (old, new) = (own('d', "1"), own('e', "2"));
    world.store.add_image(&old).await.unwrap();
    world.store.set_own_image(machine, Some("system")).await.unwrap();
    let told = |image: &ImageVersion| Sighting::ToldOwnImage {
        name: image.name.clone(),
        version: image.version.clone(),
        digest: image.digest.clone(),
    };
    world.saw(machine, told(&old), 10).await;
    world.store.add_image(&new).await.unwrap();
    let refused = world.store.remove_image(&old.digest, "ann", "").await.unwrap_err();
    assert!(matches!(&refused, Error::Refused(why) if why.contains("m1 runs it")), "{refused}");
    world.saw(machine, told(&new), 20).await;
    world.store.remove_image(&old.digest, "ann", "").await.unwrap();
}

#[tokio::test]
async fn notes_are_not_written_over_those_that_somebody_else_wrote_meanwhile() {
    let world = World::new().await;
    world.store.note_image(&digest(), "", "boots slowly on M1").await.unwrap();
    assert!(world.store.note_image(&digest(), "", "mine").await.is_err());
    let image = world.store.image(&digest()).await.unwrap().unwrap();
    assert_eq!(image.standing.notes, "boots slowly on M1");
}

mod demands {
    use super::*;
    use pitstop_domain::machine::Firmware;
    use pitstop_domain::test_boot::Verdict;
    use pitstop_store::test_boots::Meanwhile;

    #[tokio::test]
    async fn where_tests_are_demanded_only_what_a_test_saw_boot_is_promoted() {
        let world = World::new().await;
        let store = &world.store;
        let version = ImageVersion { firmware: vec![Firmware::Bios], ..newer(Channel::Candidate) };
        store.add_image(&version).await.unwrap();
        store.demand_tests(true).await.unwrap();
        let promote = || store.move_image(&version.digest, Channel::Stable, "ann", "");
        let refused = promote().await.unwrap_err().to_string();
        assert!(refused.contains("no test has seen it boot from BIOS"), "{refused}");
        for (verdict, boots) in [(Verdict::Panicked, false), (Verdict::Quiet, false), (Verdict::Login, true)]
        {
            let boot = store.begin_test_boot(&version.digest, Firmware::Bios, "", "ann").await.unwrap();
            store.end_test_boot(&boot, verdict, "").await.unwrap();
            assert_eq!(promote().await.is_ok(), boots, "{verdict:?}");
        }
    }

    #[tokio::test]
    async fn where_tests_are_demanded_what_is_dropped_comes_as_a_candidate() {
        let world = World::new().await;
        let store = &world.store;
        store.demand_tests(true).await.unwrap();
        let version = newer(Channel::Stable);
        store.add_image(&version).await.unwrap();
        let image = store.image(&version.digest).await.unwrap().unwrap();
        assert_eq!(image.standing.channel, Channel::Candidate);
        store.add_image(&super::image()).await.unwrap();
        let before = store.image(&digest()).await.unwrap().unwrap();
        assert_eq!(before.standing.channel, Channel::Stable, "what is stable already stays so");
    }

    #[tokio::test]
    async fn one_test_boot_is_under_way_at_a_time_and_it_is_followed_stopped_and_seen() {
        let world = World::new().await;
        let store = &world.store;
        let image = image();
        let begin = || store.begin_test_boot(&image.digest, Firmware::Bios, "", "ann");
        let boot = begin().await.unwrap();
        let refused = begin().await.unwrap_err().to_string();
        assert!(refused.contains("one at a time"), "{refused}");
        let said = Meanwhile { heard: "Linux".into(), way: "its kernel".into(), screen: Some(vec![1]) };
        assert!(store.test_boot_says(&boot, &said).await.unwrap());
        store.stop_test_boot(boot.id).await.unwrap();
        assert!(!store.test_boot_says(&boot, &Meanwhile::default()).await.unwrap());
        store.end_test_boot(&boot, Verdict::Stopped, "").await.unwrap();
        assert!(store.stop_test_boot(boot.id).await.is_err());
        let refused = store.saw_test_boot(boot.id, "bob").await.unwrap_err().to_string();
        assert!(refused.contains("did not run to its end"), "{refused}");
        let boot = begin().await.unwrap();
        assert!(store.saw_test_boot(boot.id, "bob").await.is_err(), "there is no picture");
        store.test_boot_says(&boot, &said).await.unwrap();
        store.saw_test_boot(boot.id, "bob").await.unwrap();
        assert!(!store.test_boot_says(&boot, &said).await.unwrap(), "it is over");
        store.end_test_boot(&boot, Verdict::Stopped, "").await.unwrap();
        let after = store.test_boots_of(&image.digest).await.unwrap().remove(0);
        assert_eq!((after.screens, after.ended.unwrap().verdict), (1, Verdict::Seen));
        assert_eq!(store.test_boot_screen(boot.id).await.unwrap(), Some(vec![1]));
    }
}
