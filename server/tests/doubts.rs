//! Whatever is in doubt about a machine that asks how to boot, it is not told anything that could move it: the table of
//! doubts, at the directory that the boot services ask, over a real PostgreSQL. What is answered to each of these is
//! tested beside the answer (`crates/netboot/tests/answers.rs`, `http.rs`).
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]
#![allow(dead_code, reason = "the world is shared, and each test uses a part of it")]

#[path = "support/database.rs"]
mod database;
#[path = "../../crates/store/tests/store/world.rs"]
mod world;

use pitstop_domain::digest::Digest;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::{ImageKind, ImageVersion};
use pitstop_domain::job::Phase;
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_netboot::directory::{Client, Directory, Found, Known, Own, PartError};
use pitstop_server::boot::directory::StoreDirectory;
use pitstop_server::pulse::Pulse;
use pitstop_server::shelf::Shelf;
use pitstop_store::{Error, Keys};
use uuid::Uuid;
use world::{World, digest, mac, new_machine};

struct Site {
    world: World,
    keys: Keys,
    directory: StoreDirectory,
}

impl Site {
    async fn new() -> Self {
        let (world, keys) = (World::new().await, Keys::new([7; 32]));
        let directory = StoreDirectory::new(
            world.store.clone(),
            keys.clone(),
            Shelf::folder("/nowhere".as_ref()),
            Pulse::default(),
        );
        Self { world, keys, directory }
    }

    async fn find(&self, macs: &[Mac], uuid: Option<Uuid>) -> Found {
        self.directory.find(&Client { macs: macs.to_vec(), uuid, asked: Default::default() }).await.unwrap()
    }

    async fn known(&self, mac: Mac) -> Known {
        match self.find(&[mac], None).await {
            Found::Known(known) => known,
            Found::Unknown => panic!("{mac} is unknown"),
        }
    }

    /// Adds a version of the operational image `desktop`.
    async fn desktop(&self, digit: char, change: impl FnOnce(&mut ImageVersion)) -> Digest {
        let mut image = self.world.store.image(&digest()).await.unwrap().unwrap();
        image.digest = of(digit);
        image.name = "desktop".to_owned();
        image.version = digit.to_string();
        image.kind = ImageKind::Operational;
        image.created_at = chrono::Utc::now();
        change(&mut image);
        self.world.store.add_image(&image).await.unwrap();
        image.digest
    }

    async fn diskless(&self, machine: MachineId, image: &str) {
        self.world.store.set_own_image(machine, Some(image)).await.unwrap();
    }

    async fn switching(&self, machine: MachineId) -> pitstop_domain::job::Job {
        let job = self.world.job(machine, 0).await;
        self.world.work(0).await;
        assert_eq!(self.world.now(&job).await.phase, Phase::Switching);
        job
    }

    async fn part(&self, job: JobId) -> Result<(), PartError> {
        self.directory.part(job, &self.keys.job_token(job), "vmlinuz").await.map(drop)
    }
}

fn of(digit: char) -> Digest {
    digit.to_string().repeat(64).parse().unwrap()
}

#[tokio::test]
async fn a_machine_that_nobody_knows_is_a_stranger() {
    let site = Site::new().await;
    site.world.machine(1).await;
    assert_eq!(site.find(&[mac(9)], None).await, Found::Unknown);
    assert_eq!(site.find(&[], None).await, Found::Unknown);
    assert_eq!(site.world.count("select count(*) from strangers").await, 1);
}

#[tokio::test]
async fn of_two_machines_with_one_address_the_first_keeps_it() {
    let site = Site::new().await;
    let first = site.world.machine(1).await;
    let second = pitstop_store::machines::NewMachine { macs: vec![mac(1), mac(2)], ..new_machine(2) };
    let second = site.world.store.add_machine(&second).await.unwrap();
    let job = site.switching(second).await;
    assert_eq!(site.known(mac(1)).await.machine, first);
    assert!(site.known(mac(1)).await.assignment.is_none(), "the other's work is not told to it");
    assert_eq!(site.known(mac(2)).await.assignment.unwrap().job, job.id);
}

#[tokio::test]
async fn a_uuid_that_a_whole_series_shares_tells_nobody_apart() {
    let site = Site::new().await;
    let first = site.world.machine(1).await;
    let uuid = new_machine(1).smbios_uuid;
    site.switching(first).await;
    let twin = pitstop_store::machines::NewMachine { smbios_uuid: uuid, ..new_machine(2) };
    let twin = site.world.store.add_machine(&twin).await.unwrap();
    assert_eq!(site.find(&[mac(9)], uuid).await, Found::Unknown, "a third of the series is a stranger");
    let Found::Known(known) = site.find(&[mac(2)], uuid).await else { panic!("its address is known") };
    assert_eq!((known.machine, known.assignment), (twin, None));
}

#[tokio::test]
async fn with_the_database_down_nobody_can_say() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    let job = site.switching(machine).await;
    site.world.store.pool().close().await;
    assert!(
        site.directory
            .find(&Client { macs: vec![mac(1)], uuid: None, asked: Default::default() })
            .await
            .is_err()
    );
    assert!(matches!(site.part(job.id).await, Err(PartError::Unavailable(_))));
    let own = site.directory.own_part(machine, &site.keys.own_token(machine, 1), &of('b'), "vmlinuz").await;
    assert!(matches!(own, Err(PartError::Unavailable(_))));
}

#[tokio::test]
async fn a_machine_without_work_is_told_nothing_and_its_files_are_closed_with_the_job() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    assert!(site.known(mac(1)).await.assignment.is_none());
    let job = site.world.job(machine, 0).await;
    assert!(site.known(mac(1)).await.assignment.is_none(), "queued is not switching");
    assert_eq!(site.part(job.id).await, Err(PartError::Gone));
    site.world.work(0).await;
    assert!(site.known(mac(1)).await.assignment.is_some());
    assert_eq!(site.part(job.id).await, Ok(()));
    let other = site.keys.job_token(JobId(Uuid::from_u128(5)));
    let forbidden = site.directory.part(job.id, &other, "vmlinuz").await;
    assert_eq!(forbidden.map(drop), Err(PartError::Forbidden));
    assert_eq!(site.part(JobId(Uuid::from_u128(5))).await, Err(PartError::Gone));
    for phase in ["held", "restoring"] {
        let attempt = u8::from(phase == "restoring");
        let sql = format!(
            "update jobs set phase = '{phase}', attempt = {attempt}, outcome = 'failed' where id = $1"
        );
        site.world.sql(&sql, &job).await.unwrap();
        assert_eq!(site.part(job.id).await, Err(PartError::Gone), "{phase}: an old script leads home");
    }
}

#[tokio::test]
async fn an_own_system_that_suits_nobody_is_refused_when_it_is_chosen() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    site.desktop('b', |image| image.arch = Arch::Aarch64).await;
    let refusals = [("gone", "no image `gone`"), ("maintenance", "for maintenance"), ("desktop", "arm64")];
    for (image, words) in refusals {
        let refused = site.world.store.set_own_image(machine, Some(image)).await.unwrap_err();
        assert!(matches!(&refused, Error::Refused(why) if why.contains(words)), "{refused}");
    }
    assert_eq!(site.known(mac(1)).await.own, Own::Local, "and nothing was changed");
}

#[tokio::test]
async fn an_own_system_that_came_into_doubt_is_missing_and_not_something_else() {
    let site = Site::new().await;
    let machine = site.world.machine(1).await;
    site.desktop('b', |_| ()).await;
    site.desktop('c', |image| image.firmware = vec![Firmware::Uefi]).await;
    site.diskless(machine, "desktop").await;
    let Own::Image(own) = site.known(mac(1)).await.own else { panic!("one version suits") };
    assert_eq!(own.image.digest, of('b'), "the newest that suits, not the newest");
    for (change, words) in [
        ("update images set arch = 'aarch64' where name = 'desktop'", "arm64"),
        ("update images set kind = 'maintenance' where name = 'desktop'", "for maintenance"),
        ("delete from images where name = 'desktop'", "no image `desktop`"),
    ] {
        sqlx::query(change).execute(site.world.store.pool()).await.unwrap();
        let own = site.known(mac(1)).await.own;
        assert!(matches!(&own, Own::Missing { why, .. } if why.contains(words)), "{change}: {own:?}");
    }
    site.world.store.set_own_image(machine, None).await.unwrap();
    assert_eq!(site.known(mac(1)).await.own, Own::Local);
}

#[tokio::test]
async fn an_own_systems_files_are_for_its_machine_and_of_the_version_that_was_told() {
    let site = Site::new().await;
    let (machine, other) = (site.world.machine(1).await, site.world.machine(2).await);
    let told = site.desktop('b', |_| ()).await;
    site.diskless(machine, "desktop").await;
    site.desktop('c', |_| ()).await;
    let part = async |token: &str, version: &Digest, file: &str| {
        site.directory.own_part(machine, token, version, file).await.map(drop)
    };
    let own = site.keys.own_token(machine, 1);
    assert_eq!(part(&own, &told, "vmlinuz").await, Ok(()), "a newer version came since its script was made");
    assert_eq!(part(&own, &told, "other").await, Err(PartError::NotFound));
    assert_eq!(part(&own, &digest(), "vmlinuz").await, Err(PartError::Replaced), "another image");
    for token in [
        site.keys.own_token(other, 1),
        site.keys.own_token(machine, 2),
        site.keys.machine_token(machine, 1),
        String::new(),
    ] {
        assert_eq!(part(&token, &told, "vmlinuz").await, Err(PartError::Forbidden));
    }
    site.world.store.set_own_image(machine, None).await.unwrap();
    assert_eq!(part(&own, &told, "vmlinuz").await, Err(PartError::Replaced));
}
