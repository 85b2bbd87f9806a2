//! The folder for new images: what lies there enters the catalog, unless people took it out.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_server::catalog::{import_drop, path_of, remove};
use pitstop_server::shelf::Shelf;
use pitstop_store::Store;
use std::fs::{self, File};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_secs(3600);

/// A server that is started again and again, with one image in its drop.
struct Starts {
    store: Store,
    data: TempDir,
}

impl Starts {
    async fn with(channel: &str) -> Self {
        let store = Store::open(&database::own_database().await).await.unwrap();
        let this = Self { store, data: tempfile::tempdir().unwrap() };
        let folder = this.data.path().join("drop/rescue");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("vmlinuz"), "kernel").unwrap();
        let json = serde_json::json!({
            "name": "rescue", "kind": "maintenance", "version": "1", "title": "Rescue", "arch": "x86_64",
            "firmware": ["bios"], "format": "linux", "parts": [{ "role": "kernel", "file": "vmlinuz" }],
            "channel": channel, "notes": "for the lab",
        });
        fs::write(folder.join("image.json"), json.to_string()).unwrap();
        this.written(SystemTime::now() - HOUR);
        this
    }

    fn written(&self, at: SystemTime) {
        let json = self.data.path().join("drop/rescue/image.json");
        File::options().append(true).open(json).unwrap().set_modified(at).unwrap();
    }

    async fn start(&self) -> Vec<ImageVersion> {
        let (drop, images) = (self.data.path().join("drop"), self.data.path().join("images"));
        import_drop(&self.store, &drop, &Shelf::folder(&images)).await.unwrap();
        self.store.images().await.unwrap()
    }
}

#[tokio::test]
async fn an_image_may_come_as_a_candidate_with_notes() {
    let starts = Starts::with("candidate").await;
    let image = starts.start().await.remove(0);
    assert_eq!((image.standing.channel, image.standing.notes.as_str()), (Channel::Candidate, "for the lab"));
}

#[tokio::test]
async fn what_was_removed_stays_out_and_leaves_no_bytes_until_it_is_written_again() {
    let starts = Starts::with("stable").await;
    let image = starts.start().await.remove(0);
    let images = starts.data.path().join("images");
    remove(&starts.store, &Shelf::folder(&images), &image.digest, "ann", "too old").await.unwrap();
    assert!(starts.start().await.is_empty());
    assert!(!path_of(&images, &image.parts[0].digest).exists());
    starts.written(SystemTime::now() + HOUR);
    assert_eq!(starts.start().await.len(), 1);
    assert!(path_of(&images, &image.parts[0].digest).exists());
}
