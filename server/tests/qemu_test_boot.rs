//! *Will it boot?*, asked of real images in real virtual machines. Needs QEMU, OVMF and Debian's memtest86+.

#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use axum::body::Body;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_domain::machine::Firmware;
use pitstop_domain::test_boot::{TestBoot, Verdict};
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
const PATIENCE: Patience = Patience { whole: Duration::from_secs(120), quiet: Duration::from_secs(30) };

struct Site {
    store: Store,
    boots: TestBoots,
    image: ImageVersion,
    _data: TempDir,
}

/// A site with memtest86+ as a candidate.
async fn site(patience: Patience) -> Site {
    let store = Store::open(&database::own_database().await).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let uploads = Uploads::beside(&data.path().join("images"));
    let files = ["memtest86+x64.bin", "memtest86+x64.efi"];
    let bytes = files.map(|file| std::fs::read(Path::new("/boot").join(file)).unwrap());
    let part = |role: &str, n: usize| {
        let digest = hex::encode(Sha256::digest(&bytes[n]));
        json!({ "role": role, "file": files[n], "bytes": bytes[n].len(), "digest": digest })
    };
    let manifest = serde_json::from_value(json!({
        "name": "memtest", "kind": "maintenance", "version": "1", "title": "Memory test", "arch": "x86_64",
        "firmware": ["bios", "uefi"], "format": "program", "cmdline": "console=ttyS0,115200",
        "parts": [part("bios_program", 0), part("efi_program", 1)],
    }));
    let id = uploads.begin(&manifest.unwrap()).unwrap().0;
    for (file, bytes) in files.iter().zip(bytes) {
        uploads.append(&id, file, 0, Body::from(bytes)).await.unwrap();
    }
    let image = uploads.finish(&store, &id, "ann", "192.0.2.7").await.unwrap();
    let boots = TestBoots::of(uploads.images().to_owned()).with(Tools::default(), patience, LOOK);
    Site { store, boots, image, _data: data }
}

impl Site {
    async fn start(&self, firmware: Firmware, looks_for: &str) -> pitstop_store::Result<TestBoot> {
        self.boots.start(&self.store, &self.image.digest, firmware, looks_for, "ann").await
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
        tokio::time::timeout(PATIENCE.whole * 2, look).await.unwrap()
    }

    async fn verdict(&self, boot: &TestBoot) -> (Verdict, TestBoot) {
        let boot = self.until(boot.id, |boot| boot.ended.is_some()).await;
        (boot.ended.as_ref().unwrap().verdict, boot)
    }
}

#[tokio::test]
async fn memtest_is_seen_to_boot_from_bios_by_what_it_says_and_nothing_stays() {
    let site = site(PATIENCE).await;
    let boot = site.start(Firmware::Bios, "Memtest86+").await.unwrap();
    let (verdict, boot) = site.verdict(&boot).await;
    assert_eq!(verdict, Verdict::Said, "{boot:#?}");
    assert!(boot.heard.contains("Memtest86+"), "{boot:#?}");
    let mine = format!("pitstop-test-boot-{}-", std::process::id());
    let left = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let left: Vec<_> = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(&mine)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn what_is_silent_is_not_known_until_a_person_sees_it_on_the_screen() {
    let site = site(PATIENCE).await;
    let demands = pitstop_domain::catalog::Rules { stable_tested: true };
    site.store.set_catalog_rules(demands).await.unwrap();
    let boot = site.start(Firmware::Uefi, "nobody says this").await.unwrap();
    let refused = site.start(Firmware::Bios, "").await.unwrap_err().to_string();
    assert!(refused.contains("one at a time"), "{refused}");
    site.until(boot.id, |boot| boot.screens > 0).await;
    site.store.stop_test_boot(boot.id).await.unwrap();
    let (verdict, boot) = site.verdict(&boot).await;
    assert_eq!(verdict, Verdict::Stopped, "{boot:#?}");
    site.store.saw_test_boot(boot.id, "ann").await.unwrap();
    let refused = promote(&site.store, &site.image.digest).await.unwrap_err().to_string();
    assert!(refused.contains("no test has seen it boot from BIOS"), "{refused}");
}

async fn promote(store: &Store, image: &Digest) -> pitstop_store::Result<()> {
    store.move_image(image, Channel::Stable, "ann", "it boots").await.map(drop)
}
