//! *Will it boot?*, asked of our own image in real virtual machines. Needs QEMU, OVMF, and the images of
//! `cargo xtask image`.

#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use axum::body::Body;
use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_domain::machine::Firmware;
use pitstop_domain::test_boot::{Ended, TestBoot, Verdict};
use pitstop_server::test_boot::tools::Tools;
use pitstop_server::test_boot::{Patience, TestBoots};
use pitstop_server::uploads::Uploads;
use pitstop_store::Store;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

const LOOK: Duration = Duration::from_millis(200);
/// Emulated on a busy machine it takes half a minute.
const PATIENCE: Patience = Patience { whole: Duration::from_secs(300), quiet: Duration::from_secs(120) };

struct Site {
    store: Store,
    boots: TestBoots,
    uploads: Uploads,
    _data: TempDir,
}

async fn site() -> Site {
    let store = Store::open(&database::own_database().await).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let uploads = Uploads::beside(&data.path().join("images"));
    let boots = TestBoots::of(uploads.shelf().clone()).with(Tools::default(), PATIENCE, LOOK);
    Site { store, boots, uploads, _data: data }
}

fn built(file: &str) -> Vec<u8> {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/images/pitstop-maintenance").join(file);
    std::fs::read(&image).unwrap_or_else(|error| panic!("{}: {error}: cargo xtask image", image.display()))
}

impl Site {
    /// Our own kernel with this initial RAM disk, as a candidate.
    async fn candidate(&self, initrd: Vec<u8>) -> ImageVersion {
        let parts = [("kernel", "vmlinuz", built("vmlinuz")), ("initrd", "initrd.img", initrd)];
        let listed: Vec<_> = parts
            .iter()
            .map(|(role, file, bytes)| {
                let digest = hex::encode(Sha256::digest(bytes));
                json!({ "role": role, "file": file, "bytes": bytes.len(), "digest": digest })
            })
            .collect();
        let manifest = serde_json::from_value(json!({
            "name": "rescue", "kind": "maintenance", "version": "1", "title": "Rescue", "arch": "x86_64",
            "firmware": ["bios", "uefi"], "format": "linux", "cmdline": "panic=30 quiet", "parts": listed,
        }));
        let id = self.uploads.begin(&manifest.unwrap()).unwrap().0;
        for (_, file, bytes) in parts {
            self.uploads.append(&id, file, 0, Body::from(bytes)).await.unwrap();
        }
        self.uploads.finish(&self.store, &id, "ann", "192.0.2.7").await.unwrap()
    }

    async fn start(&self, image: &ImageVersion, firmware: Firmware) -> pitstop_store::Result<TestBoot> {
        self.boots.start(&self.store, &image.digest, firmware, "", "ann").await
    }

    /// As it is when this holds of it.
    async fn until(&self, id: Uuid, holds: impl Fn(&TestBoot) -> bool) -> TestBoot {
        let look = async {
            loop {
                let boot = self.store.test_boot(id).await.unwrap().unwrap();
                if holds(&boot) {
                    return boot;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE.whole, look).await.unwrap()
    }

    async fn ended(&self, boot: &TestBoot) -> (Ended, TestBoot) {
        let boot = self.until(boot.id, |boot| boot.ended.is_some()).await;
        (boot.ended.clone().unwrap(), boot)
    }
}

#[tokio::test]
async fn our_own_image_is_seen_to_boot_by_what_its_agent_says_and_may_become_stable_then() {
    let site = site().await;
    let image = site.candidate(built("initrd.img")).await;
    site.store.demand_tests(true).await.unwrap();
    for firmware in [Firmware::Bios, Firmware::Uefi] {
        let promoted = site.store.move_image(&image.digest, Channel::Stable, "ann", "").await;
        assert!(promoted.is_err_and(|why| why.to_string().contains(&firmware.to_string())));
        let boot = site.start(&image, firmware).await.unwrap();
        let refused = site.start(&image, firmware).await.unwrap_err().to_string();
        assert!(refused.contains("one at a time"), "{refused}");
        let (ended, boot) = site.ended(&boot).await;
        assert_eq!(ended.verdict, Verdict::Agent, "{boot:#?}");
        assert!(boot.screens > 0 && boot.heard.contains("pitstop: agent "), "{boot:#?}");
    }
    site.store.move_image(&image.digest, Channel::Stable, "ann", "it boots").await.unwrap();
}

#[tokio::test]
async fn what_panics_is_shown_not_to_boot_with_its_last_words_and_nothing_stays() {
    let site = site().await;
    let image = site.candidate(b"no archive at all".repeat(1000)).await;
    let boot = site.start(&image, Firmware::Bios).await.unwrap();
    let (ended, boot) = site.ended(&boot).await;
    assert_eq!(ended.verdict, Verdict::Panicked, "{boot:#?}");
    assert!(boot.heard.contains("Unable to mount root fs"), "{boot:#?}");
    assert!(site.store.saw_test_boot(boot.id, "ann").await.is_err(), "nobody saw that it runs");
    let mine = format!("pitstop-test-boot-{}-", std::process::id());
    let left = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let left: Vec<_> = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(&mine)).collect();
    assert!(left.is_empty(), "{left:?}");
}
