//! A folder with a bucket behind it: what is fetched, kept, handed over and let go, with a bucket in memory in which things
//! happen while it is asked.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]
#![allow(dead_code, reason = "the world is shared, and each test uses a part of it")]

#[path = "support/database.rs"]
mod database;
#[path = "support/watched.rs"]
mod watched;
#[path = "../../crates/store/tests/store/world.rs"]
mod world;

use futures::FutureExt;
use futures::future::{join, join_all};
use object_store::ObjectStoreExt;
use object_store::path::Path as Key;
use pitstop_domain::image::{Part, PartRole};
use pitstop_domain::machine::Firmware;
use pitstop_domain::test_boot::Verdict;
use pitstop_server::catalog::import_drop;
use pitstop_server::shelf::Shelf;
use pitstop_server::shelf::bucket::Bucket;
use pitstop_server::test_boot::tools::Tools;
use pitstop_server::test_boot::{Patience, TestBoots};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use uuid::Uuid;
use watched::Watched;
use world::World;

/// Long past what a busy machine needs.
const LIMIT: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);
const MARK: &str = "pitstop/installation";

fn bucket(objects: &Arc<Watched>, installation: u128) -> Bucket {
    Bucket::over(objects.clone(), "pitstop", "the bucket images".to_owned(), Uuid::from_u128(installation))
}

fn part(bytes: &str) -> Part {
    let digest = hex::encode(Sha256::digest(bytes)).parse().unwrap();
    Part { role: PartRole::Kernel, file: "vmlinuz".to_owned(), digest, bytes: bytes.len() as u64 }
}

fn key(part: &Part) -> String {
    format!("pitstop/{}", part.digest)
}

/// A server's folder, before a bucket.
struct Site {
    world: World,
    folder: TempDir,
    objects: Arc<Watched>,
    shelf: Shelf,
}

impl Site {
    /// Its folder may hold so many bytes.
    async fn holding(limit: u64, objects: Arc<Watched>) -> Self {
        let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
        let shelf = Shelf::before(folder.path(), bucket(&objects, 1), limit, world.store.clone());
        Self { world, folder, objects, shelf }
    }

    /// A part lies in the folder, last used so long ago.
    fn lies(&self, bytes: &str, ago: Duration) -> Part {
        let part = part(bytes);
        self.lies_as(&part, bytes, ago);
        part
    }

    fn lies_as(&self, part: &Part, bytes: &str, ago: Duration) {
        let path = self.shelf.path_of(&part.digest);
        fs::write(&path, bytes).unwrap();
        File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - ago).unwrap();
    }

    /// A part lies in the bucket.
    async fn kept(&self, bytes: &str) -> Part {
        let part = part(bytes);
        self.objects.holds(&key(&part), bytes.as_bytes()).await;
        part
    }

    /// A version has these parts.
    async fn version(&self, parts: &[&Part]) {
        let parts = parts.iter().map(|part| (*part).clone()).collect::<Vec<_>>();
        let digest = hex::encode(Sha256::digest(&parts[0].file)).parse().unwrap();
        let image = world::image();
        let image = pitstop_domain::image::ImageVersion { digest, version: "2".to_owned(), parts, ..image };
        self.world.store.add_image(&image).await.unwrap();
    }

    async fn bring(&self, part: &Part) -> Result<(), String> {
        self.shelf.bring(std::slice::from_ref(part)).await
    }

    fn read(&self, part: &Part) -> Option<String> {
        fs::read_to_string(self.shelf.path_of(&part.digest)).ok()
    }

    /// It was put aside.
    fn aside(&self, part: &Part) -> bool {
        self.shelf.path_of(&part.digest).with_added_extension("wrong").exists()
    }
}

/// Files that have no digest's name.
fn rubbish(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().flatten().filter(|file| file.path().extension().is_some()).count()
}

#[tokio::test]
async fn whoever_waits_for_a_part_is_told_what_the_first_is_told() {
    let may = Arc::new(Semaphore::new(0));
    let asked = Arc::new(Semaphore::new(0));
    let wanted = Key::from(key(&part("a kernel")));
    let gate = (may.clone(), asked.clone(), wanted.clone());
    let objects = Watched::that(move |_, path| {
        let (may, asked, wanted) = gate.clone();
        async move {
            if path == wanted {
                asked.add_permits(1);
                may.acquire().await.unwrap().forget();
            }
        }
        .boxed()
    });
    let site = Site::holding(1000, objects).await;
    site.objects.holds(MARK, Uuid::from_u128(1).to_string().as_bytes()).await;
    let wanted = part("a kernel");
    let all = join_all([site.bring(&wanted), site.bring(&wanted), site.bring(&wanted)]);
    let comes = async {
        asked.acquire().await.unwrap().forget();
        site.kept("a kernel").await;
        may.add_permits(10);
    };
    let (told, ()) = join(all, comes).await;
    assert!(
        told.iter().all(|told| told.as_ref().is_err_and(|why| why.contains("does not have it"))),
        "{told:?}"
    );
    site.bring(&wanted).await.unwrap();
    assert_eq!(site.read(&wanted).as_deref(), Some("a kernel"), "who asks later is not told that");
}

#[tokio::test]
async fn there_is_room_for_what_comes_before_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (part("ten bytes."), part("ten more.."));
    let (lies, wanted) = (folder.path().join(old.digest.as_str()), Key::from(key(&new)));
    let was_there = Arc::new(AtomicBool::new(true));
    let seen = was_there.clone();
    let objects = Watched::that(move |_, path| {
        if path == wanted {
            seen.store(lies.exists(), Ordering::Relaxed);
        }
        async {}.boxed()
    });
    let site = Site::holding(15, objects).await;
    let shelf = Shelf::before(folder.path(), bucket(&site.objects, 1), 15, site.world.store.clone());
    let site = Site { folder, shelf, ..site };
    bucket(&site.objects, 1).look().await.unwrap();
    site.lies("ten bytes.", HOUR);
    site.kept("ten bytes.").await;
    site.kept("ten more..").await;
    site.bring(&new).await.unwrap();
    assert!(!was_there.load(Ordering::Relaxed), "the old one went before the new one came");
    assert_eq!(site.read(&new).as_deref(), Some("ten more.."));
}

#[tokio::test]
async fn what_somebody_took_from_the_bucket_stays_in_the_folder() {
    let site = Site::holding(15, Watched::calm()).await;
    let old = site.lies("ten bytes.", HOUR);
    site.shelf.put(std::slice::from_ref(&old), |part| site.shelf.path_of(&part.digest)).await.unwrap();
    site.lies("ten bytes.", HOUR);
    site.objects.objects.delete(&Key::from(key(&old))).await.unwrap();
    let new = site.kept("ten more..").await;
    site.bring(&new).await.unwrap();
    assert_eq!(site.read(&old).as_deref(), Some("ten bytes."), "nobody else has it");
}

#[tokio::test]
async fn what_is_not_as_long_as_it_should_be_is_fetched_anew() {
    let site = Site::holding(1000, Watched::calm()).await;
    bucket(&site.objects, 1).look().await.unwrap();
    let part = site.kept("a kernel").await;
    site.lies_as(&part, "a ker", HOUR);
    site.bring(&part).await.unwrap();
    assert_eq!(site.read(&part).as_deref(), Some("a kernel"));
}

#[tokio::test]
async fn what_was_wrong_in_the_bucket_is_put_there_once_more_when_it_comes_again() {
    let site = Site::holding(1000, Watched::calm()).await;
    bucket(&site.objects, 1).look().await.unwrap();
    let part = part("a kernel");
    site.objects.holds(&key(&part), b"a forger").await;
    let why = site.bring(&part).await.unwrap_err();
    assert!(why.contains("is not what its name says"), "{why}");
    let again = site.folder.path().join("upload");
    fs::write(&again, "a kernel").unwrap();
    assert!(!site.shelf.is_kept(std::slice::from_ref(&part)).await.unwrap());
    site.shelf.put(std::slice::from_ref(&part), |_| again.clone()).await.unwrap();
    site.bring(&part).await.unwrap();
    assert_eq!(site.read(&part).as_deref(), Some("a kernel"));
}

#[test]
fn a_fetch_that_is_dropped_half_way_leaves_nothing() {
    let runtime = Runtime::new().unwrap();
    let site = runtime.block_on(async {
        let site = Site::holding(1000, Watched::calm()).await;
        bucket(&site.objects, 1).look().await.unwrap();
        let part = site.kept("a kernel").await;
        site.objects.cuts(&key(&part));
        let shelf = site.shelf.clone();
        tokio::spawn(async move { shelf.bring(&[part]).await });
        let comes = async {
            while rubbish(site.folder.path()) == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(LIMIT, comes).await.unwrap();
        site
    });
    let folder = site.folder.path().to_owned();
    runtime.shutdown_timeout(LIMIT);
    assert_eq!(rubbish(&folder), 0);
    drop(site.folder);
}

#[tokio::test]
async fn everything_is_seen_to_handed_over_swept_and_let_go() {
    let site = Site::holding(25, Watched::calm()).await;
    bucket(&site.objects, 1).look().await.unwrap();
    let unused = site.lies("unused....", HOUR);
    let in_use = site.lies("in use....", Duration::ZERO);
    let mut forged = part("the truth.");
    forged.file = "initrd.img".to_owned();
    site.lies_as(&forged, "forgery...", HOUR);
    site.version(&[&unused, &in_use, &forged]).await;
    let days = 31 * 24 * HOUR;
    let (nobodys, just_came) = (site.lies("nobody's", days), site.lies("just came", HOUR));
    let (old, young) = (site.kept("old there").await, site.kept("young there").await);
    site.objects.aged(&key(&old));
    site.objects.aged(&key(&unused));

    site.shelf.see_to_all().await.unwrap();
    let there = async |part: &Part| site.objects.at(&key(part)).await.is_some();
    assert!(there(&unused).await && there(&in_use).await, "what lay here alone was handed over");
    assert!(!there(&forged).await && site.read(&forged).is_none(), "what is not what it says goes nowhere");
    assert!(site.aside(&forged), "and is kept for whoever looks at the disk");
    assert!(
        site.read(&nobodys).is_none() && !there(&old).await,
        "what no version has for a month is removed"
    );
    assert!(site.read(&just_came).is_some() && there(&young).await, "what may be about to be one's is not");
    assert!(site.read(&unused).is_none(), "what was not used for longest went, for the folder is full");
    assert!(site.read(&in_use).is_some(), "what is in use stays");
}

#[tokio::test]
async fn of_two_installations_that_mark_a_folder_at_once_one_is_refused() {
    let first = AtomicUsize::new(0);
    let objects = Watched::that(move |objects, path| {
        let is_first = path == Key::from(MARK) && first.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                objects.put(&path, Uuid::from_u128(2).to_string().into_bytes().into()).await.unwrap();
            }
        }
        .boxed()
    });
    let why = bucket(&objects, 1).look().await.unwrap_err();
    assert!(why.contains("another installation"), "{why}");
    assert_eq!(objects.at(MARK).await, Some(Uuid::from_u128(2).to_string().into_bytes()));
}

#[tokio::test]
async fn a_folder_with_images_that_says_not_whose_is_left_as_it_is() {
    let objects = Watched::calm();
    let part = part("a kernel");
    objects.holds(&key(&part), b"a kernel").await;
    objects.holds(&format!("pitstop/lab/{}", part.digest), b"a kernel").await;
    let why = bucket(&objects, 1).look().await.unwrap_err();
    assert!(why.contains("does not say whose") && why.contains("--images-prefix"), "{why}");
    assert!(bucket(&objects, 1).remove(&part.digest).await.is_err(), "nothing is done in it");
    assert_eq!(objects.at(MARK).await, None);
    let deeper = Bucket::over(objects.clone(), "", "the bucket images".to_owned(), Uuid::from_u128(1));
    deeper.look().await.unwrap();
    assert_eq!(deeper.all().await.unwrap(), [], "what lies in a folder of its own is that one's");
}

#[tokio::test]
async fn nothing_is_done_any_more_in_a_folder_that_was_seen_to_be_anothers() {
    let (objects, part) = (Watched::calm(), part("a kernel"));
    let ours = bucket(&objects, 1);
    ours.look().await.unwrap();
    objects.holds(&key(&part), b"a kernel").await;
    objects.holds(MARK, Uuid::from_u128(2).to_string().as_bytes()).await;
    assert!(ours.look().await.is_err());
    assert!(ours.remove(&part.digest).await.is_err());
    assert!(objects.at(&key(&part)).await.is_some());
}

#[tokio::test]
async fn a_start_does_not_wait_for_the_bucket() {
    let site = Site::holding(1000, Watched::silent()).await;
    let drop = tempfile::tempdir().unwrap();
    let folder = drop.path().join("rescue");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("vmlinuz"), "a kernel").unwrap();
    let json = serde_json::json!({
        "name": "rescue", "kind": "maintenance", "version": "1", "title": "Rescue", "arch": "x86_64",
        "firmware": ["bios"], "format": "linux", "parts": [{ "role": "kernel", "file": "vmlinuz" }],
    });
    fs::write(folder.join("image.json"), json.to_string()).unwrap();
    let importing = import_drop(&site.world.store, drop.path(), &site.shelf);
    tokio::time::timeout(LIMIT, importing).await.unwrap().unwrap();
    assert_eq!(site.read(&part("a kernel")).as_deref(), Some("a kernel"));
}

#[tokio::test]
async fn whoever_starts_a_test_boot_does_not_wait_for_the_bucket_and_may_stop_it_meanwhile() {
    let site = Site::holding(1000, Watched::silent()).await;
    let (store, look) = (&site.world.store, Duration::from_millis(50));
    let tools = Tools { qemu: std::env::current_exe().unwrap(), ovmf: None };
    let boots = TestBoots::of(site.shelf.clone()).with(tools, Patience { whole: LIMIT, quiet: LIMIT }, look);
    let image = world::digest();
    let starting = boots.start(store, &image, Firmware::Bios, "", "ann");
    let boot = tokio::time::timeout(LIMIT, starting).await.unwrap().unwrap();
    let until = async |holds: fn(&pitstop_domain::test_boot::TestBoot) -> bool| {
        let looking = async {
            loop {
                let boot = store.test_boot(boot.id).await.unwrap().unwrap();
                if holds(&boot) {
                    return boot;
                }
                tokio::time::sleep(look).await;
            }
        };
        tokio::time::timeout(LIMIT, looking).await.unwrap()
    };
    until(|boot| boot.way.contains("from the bucket")).await;
    store.stop_test_boot(boot.id).await.unwrap();
    let over = until(|boot| boot.ended.is_some()).await;
    assert_eq!(over.ended.unwrap().verdict, Verdict::Stopped);
}
