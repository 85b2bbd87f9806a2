//! Images that come with signatures of `minisign`: good ones are kept, wrong ones refused before anything is sent.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use axum::body::Body;
use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_server::catalog::signature::key;
use pitstop_server::catalog::{Manifest, import_drop, keys};
use pitstop_server::shelf::Shelf;
use pitstop_server::uploads::Uploads;
use pitstop_server::uploads::signed::{add, announced};
use pitstop_store::Store;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const GOOD: &str = include_str!("signatures/prehashed.minisig");
const BY_OTHER: &str = include_str!("signatures/other.minisig");
const ELSEWHERE: &str = include_str!("signatures/elsewhere.minisig");
const FILES: [(&str, &str); 3] =
    [("vmlinuz", "a kernel"), ("initrd.img", "a system"), ("tools.img", "tools")];

struct Site {
    store: Store,
    data: TempDir,
}

impl Site {
    /// Where the key of releases is trusted.
    async fn new() -> Self {
        let store = Store::open(&database::own_database().await).await.unwrap();
        let release = key(include_str!("signatures/release.pub")).unwrap();
        store.trust_key(&release.id, &release.public_key, "Release", "ann").await.unwrap();
        Self { store, data: tempfile::tempdir().unwrap() }
    }

    fn images(&self) -> PathBuf {
        self.data.path().join("images")
    }

    /// A folder for new images with the one that was signed, and this signature.
    async fn drop(&self, signature: Option<&str>, changed: &str) -> Vec<ImageVersion> {
        let cmdline = |json: &mut Value| {
            json["cmdline"] = json!(format!("{}{changed}", json["cmdline"].as_str().unwrap()));
        };
        self.drop_changed(signature, cmdline).await
    }

    async fn drop_changed(
        &self,
        signature: Option<&str>,
        change: impl FnOnce(&mut Value),
    ) -> Vec<ImageVersion> {
        let folder = self.data.path().join("drop/rescue");
        fs::create_dir_all(&folder).unwrap();
        FILES.iter().for_each(|(file, text)| fs::write(folder.join(file), text).unwrap());
        let mut json = described();
        change(&mut json);
        fs::write(folder.join("image.json"), json.to_string()).unwrap();
        // Written again after all that was before, whatever the file system's clock says.
        let written = fs::File::options().append(true).open(folder.join("image.json")).unwrap();
        written.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
        if let Some(signature) = signature {
            fs::write(folder.join("image.statement.minisig"), signature).unwrap();
        }
        import_drop(&self.store, &self.data.path().join("drop"), &Shelf::folder(&self.images()))
            .await
            .unwrap();
        self.store.images().await.unwrap()
    }
}

fn described() -> Value {
    serde_json::from_str(include_str!("../../crates/domain/tests/statement/image.json")).unwrap()
}

fn manifest(signature: Option<&str>) -> Manifest {
    let mut json = described();
    for (part, (_, text)) in json["parts"].as_array_mut().unwrap().iter_mut().zip(FILES) {
        part["bytes"] = json!(text.len());
    }
    json["signature"] = json!(signature);
    serde_json::from_value(json).unwrap()
}

fn names(image: &ImageVersion) -> Vec<&str> {
    image.standing.trust.signatures.iter().map(|by| by.name.as_str()).collect()
}

#[tokio::test]
async fn an_upload_with_a_good_signature_is_signed_and_a_wrong_one_is_refused_before_bytes_are_sent() {
    let site = Site::new().await;
    for (signature, says) in [
        (ELSEWHERE, "was changed since it was signed"),
        (BY_OTHER, "4140B982C8B29C50, which is not trusted here"),
        ("hello", "four lines"),
    ] {
        let refused = announced(&site.store, &manifest(Some(signature))).await.unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
    let (uploads, signed) = (Uploads::beside(&site.images()), manifest(Some(GOOD)));
    announced(&site.store, &signed).await.unwrap();
    let (id, _) = uploads.begin(&signed).unwrap();
    for (file, text) in FILES {
        uploads.append(&id, file, 0, Body::from(text)).await.unwrap();
    }
    let image = uploads.finish(&site.store, &id, "ann", "192.0.2.7").await.unwrap();
    assert_eq!((names(&image), image.standing.channel), (vec!["Release"], Channel::Candidate));
    assert_eq!(image.standing.trust.signatures[0].comment, "rescue 1, released 2026-11-28");
}

#[tokio::test]
async fn a_key_that_is_removed_while_bytes_come_leaves_the_image_there_and_unsigned() {
    let site = Site::new().await;
    let (uploads, signed) = (Uploads::beside(&site.images()), manifest(Some(GOOD)));
    announced(&site.store, &signed).await.unwrap();
    let (id, _) = uploads.begin(&signed).unwrap();
    for (file, text) in FILES {
        uploads.append(&id, file, 0, Body::from(text)).await.unwrap();
    }
    site.store.distrust_key("2FB9FAFE90C74D70", "ann").await.unwrap();
    let image = uploads.finish(&site.store, &id, "ann", "192.0.2.7").await.unwrap();
    assert!(names(&image).is_empty());
    assert!(add(&site.store, &image, GOOD, "ann").await.is_err());
    let release = key(include_str!("signatures/release.pub")).unwrap();
    site.store.trust_key(&release.id, &release.public_key, "Release", "ann").await.unwrap();
    add(&site.store, &image, GOOD, "ann").await.unwrap();
    assert_eq!(names(&site.store.image(&image.digest).await.unwrap().unwrap()), ["Release"]);
}

#[tokio::test]
async fn what_is_dropped_signed_is_stable_where_signatures_are_demanded_and_what_was_changed_stays_out() {
    let site = Site::new().await;
    site.store.demand_signatures(true).await.unwrap();
    assert!(site.drop(Some(GOOD), " init=/bin/sh").await.is_empty(), "it is not what was signed");
    let images = site.drop(Some(GOOD), "").await;
    assert_eq!((names(&images[0]), images[0].standing.channel), (vec!["Release"], Channel::Stable));
}

#[tokio::test]
async fn what_is_dropped_with_the_signature_of_a_stranger_is_there_and_unsigned_until_their_key_comes() {
    let site = Site::new().await;
    assert!(names(&site.drop(Some(BY_OTHER), "").await[0]).is_empty());
    let folder = site.data.path().join("keys");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("builder.pub"), include_str!("signatures/other.pub")).unwrap();
    fs::write(folder.join("broken.pub"), "no key").unwrap();
    keys::offer(&site.store, &folder).await.unwrap();
    assert_eq!(names(&site.drop(None, "").await[0]), ["builder"]);
}

#[tokio::test]
async fn a_signature_over_one_name_says_nothing_of_the_same_files_under_another() {
    let site = Site::new().await;
    site.drop_changed(None, |json| json["version"] = json!("2")).await;
    let refused = announced(&site.store, &manifest(Some(GOOD))).await.unwrap_err().to_string();
    assert!(refused.contains("in the catalog already, as rescue 2"), "{refused}");
    let images = site.drop(Some(GOOD), "").await;
    assert_eq!((images.len(), images[0].version.as_str()), (1, "2"));
    assert!(names(&images[0]).is_empty());
    // Nor where it was taken out meanwhile: it comes back as what it was.
    site.store.demand_signatures(true).await.unwrap();
    site.store.remove_image(&images[0].digest, "ann", "a test").await.unwrap();
    fs::remove_dir_all(site.data.path().join("drop")).unwrap();
    let images = site.drop(Some(GOOD), "").await;
    let back = images.iter().find(|image| image.version == "2").unwrap();
    assert_eq!((names(back), back.standing.channel), (vec![], Channel::Candidate));
    assert!(images.iter().all(|image| names(image).is_empty()), "{images:?}");
}
