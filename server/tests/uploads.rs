//! Images that come over HTTP, piece by piece: what is cut goes on, what is wrong leaves nothing.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use axum::body::{Body, Bytes};
use chrono::TimeDelta;
use futures::stream;
use pitstop_domain::image::Channel;
use pitstop_server::catalog::{Manifest, path_of, remove};
use pitstop_server::uploads::{Finish, Uploads};
use pitstop_store::{Error, Store};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io;
use tempfile::TempDir;

struct Site {
    store: Store,
    uploads: Uploads,
    data: TempDir,
}

impl Site {
    async fn new() -> Self {
        let store = Store::open(&database::own_database().await).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        Self { store, uploads: Uploads::beside(&data.path().join("images")), data }
    }

    fn begin(&self, version: &str, kernel: &str) -> String {
        self.uploads.begin(&manifest(version, "vmlinuz", kernel)).unwrap().0
    }

    async fn send(&self, id: &str, offset: u64, bytes: &'static str) -> Result<u64, Error> {
        self.uploads.append(id, "vmlinuz", offset, Body::from(bytes)).await
    }

    async fn finish(&self, id: &str) -> Result<pitstop_domain::image::ImageVersion, Error> {
        self.uploads.finish(&self.store, id, "ann", "192.0.2.7").await
    }
}

fn manifest(version: &str, file: &str, kernel: &str) -> Manifest {
    let digest = hex::encode(Sha256::digest(kernel));
    serde_json::from_value(json!({
        "name": "rescue", "kind": "maintenance", "version": version, "title": "Rescue", "arch": "x86_64",
        "firmware": ["bios"], "format": "linux", "provenance": { "built_by": "us" },
        "parts": [{ "role": "kernel", "file": file, "bytes": kernel.len(), "digest": digest }],
    }))
    .unwrap()
}

#[tokio::test]
async fn what_is_cut_goes_on_where_it_was_and_becomes_a_candidate_with_provenance() {
    let site = Site::new().await;
    let id = site.begin("1", "a kernel");
    let cut = stream::iter([Ok(Bytes::from("a ke")), Err(io::Error::other("the line was cut"))]);
    site.uploads.append(&id, "vmlinuz", 0, Body::from_stream(cut)).await.unwrap();
    assert_eq!(site.begin("1", "a kernel"), id, "the same again is the same upload");
    assert_eq!(site.uploads.state(&id).unwrap()[0].offset, 4);
    let early = site.finish(&id).await.unwrap_err().to_string();
    assert!(early.contains("only 4 of 8"), "{early}");
    let wrong = site.send(&id, 0, "a kernel").await.unwrap_err().to_string();
    assert!(wrong.contains("4 bytes of vmlinuz are here"), "{wrong}");
    assert_eq!(site.send(&id, 4, "rnel").await.unwrap(), 8);
    let image = site.finish(&id).await.unwrap();
    assert_eq!(image.standing.channel, Channel::Candidate);
    let said = ["uploaded_by", "uploaded_from", "built_by"].map(|name| image.provenance[name].clone());
    assert_eq!(said, [json!("ann"), json!("192.0.2.7"), json!("us")]);
    let bytes = path_of(&site.data.path().join("images"), &image.parts[0].digest);
    assert_eq!(std::fs::read(bytes).unwrap(), b"a kernel");
    assert!(site.uploads.state(&id).is_err() && is_empty(&site), "nothing is left of it");
}

#[tokio::test]
async fn what_is_not_what_was_announced_is_thrown_away_and_can_be_sent_again() {
    let site = Site::new().await;
    let id = site.begin("1", "a kernel");
    site.send(&id, 0, "a colnel").await.unwrap();
    let refused = site.finish(&id).await.unwrap_err().to_string();
    assert!(refused.contains("SHA-256"), "{refused}");
    assert_eq!(site.uploads.state(&id).unwrap()[0].offset, 0);
    assert!(site.store.images().await.unwrap().is_empty());
    assert!(site.send(&id, 0, "a kernel and more").await.is_err(), "longer than announced");
    site.send(&id, 0, "a kernel").await.unwrap();
    site.finish(&id).await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_here_need_not_come_again_and_a_version_has_one_content() {
    let site = Site::new().await;
    let id = site.begin("1", "a kernel");
    site.send(&id, 0, "a kernel").await.unwrap();
    site.finish(&id).await.unwrap();
    let mut again = manifest("2", "vmlinuz", "a kernel");
    again.cmdline = "quiet".to_owned();
    let (id, come) = site.uploads.begin(&again).unwrap();
    assert_eq!((come[0].offset, come[0].bytes), (8, 8));
    site.finish(&id).await.unwrap();
    let id = site.begin("2", "another");
    site.send(&id, 0, "another").await.unwrap();
    let refused = site.finish(&id).await.unwrap_err().to_string();
    assert!(refused.contains("another version 2 of rescue"), "{refused}");
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_swept_after_a_day_and_no_name_leads_out_of_the_folder() {
    let site = Site::new().await;
    let id = site.begin("1", "a kernel");
    site.send(&id, 0, "a ke").await.unwrap();
    let now = site.store.now();
    site.uploads.sweep_at(now + TimeDelta::hours(23));
    assert!(site.uploads.state(&id).is_ok());
    site.uploads.sweep_at(now + TimeDelta::hours(25));
    assert!(site.uploads.state(&id).is_err() && is_empty(&site));
    assert!(site.uploads.begin(&manifest("1", "../vmlinuz", "x")).is_err());
    assert!(site.uploads.begin(&manifest("1", "image.json", "x")).is_err());
    assert!(site.uploads.state("../images").is_err());
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_it_begins_and_leaves_nothing() {
    let site = Site::new().await;
    let json = json!({
        "name": "rescue", "kind": "maintenance", "version": "1", "title": "Rescue", "arch": "x86_64",
        "firmware": ["bios"], "format": "linux",
        "parts": [{ "role": "kernel", "file": "vmlinuz", "bytes": 1_u64 << 60, "digest": "a".repeat(64) }],
    });
    let refused = site.uploads.begin(&serde_json::from_value(json).unwrap()).unwrap_err().to_string();
    assert!(refused.contains("has room for"), "{refused}");
    assert!(is_empty(&site));
}

#[tokio::test]
async fn an_end_that_takes_long_is_told_and_asked_for_once() {
    let site = Site::new().await;
    let id = site.begin("1", "a kernel");
    assert_eq!(site.uploads.finish_of(&id), None);
    let early = site.uploads.finish_aside(&site.store, &id, "ann", "192.0.2.7").await.unwrap_err();
    assert!(early.to_string().contains("only 0 of 8"), "{early}");
    site.send(&id, 0, "a kernel").await.unwrap();
    let ends = (0..4).map(|_| site.uploads.finish_aside(&site.store, &id, "ann", "192.0.2.7"));
    let ends = futures::future::join_all(ends).await;
    assert!(ends.iter().all(|end| matches!(end, Ok(Finish::Done(_)))), "{ends:?}");
    assert!(matches!(site.uploads.finish_of(&id), Some(Finish::Done(image)) if image.version == "1"));
}

#[tokio::test]
async fn bytes_that_are_added_and_removed_at_once_are_there_or_asked_for_again() {
    let site = Site::new().await;
    let images = site.data.path().join("images");
    for round in 0..20 {
        let (old, new) = (format!("old{round}"), format!("new{round}"));
        let id = site.begin(&old, "a kernel");
        if site.uploads.state(&id).unwrap()[0].offset == 0 {
            site.send(&id, 0, "a kernel").await.unwrap();
        }
        let digest = site.finish(&id).await.unwrap().digest;
        let mut again = manifest(&new, "vmlinuz", "a kernel");
        again.cmdline = new.clone();
        let (id, _) = site.uploads.begin(&again).unwrap();
        let (removed, added) =
            tokio::join!(remove(&site.store, site.uploads.shelf(), &digest, "ann", "old"), site.finish(&id));
        removed.unwrap();
        match added {
            Ok(image) => {
                assert!(path_of(&images, &image.parts[0].digest).exists(), "round {round}");
                remove(&site.store, site.uploads.shelf(), &image.digest, "ann", "over").await.unwrap();
            }
            Err(why) => assert!(
                why.to_string().contains("0 of 8") || why.to_string().contains("removed meanwhile"),
                "{why}"
            ),
        }
        assert_eq!(std::fs::read_dir(&images).unwrap().count(), 0, "round {round}");
    }
}

fn is_empty(site: &Site) -> bool {
    std::fs::read_dir(site.data.path().join("uploads")).unwrap().next().is_none()
}
