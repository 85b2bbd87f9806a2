//! Images that the server fetches from addresses: in the background, on from where a line was cut, and never from inside.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

#[path = "support/database.rs"]
mod database;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures::{StreamExt, stream};
use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_server::catalog::Manifest;
use pitstop_server::uploads::{Fetching, Uploads};
use pitstop_store::Store;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

const KERNEL: &str = "a kernel of twenty-six letters";

/// Somebody who offers a kernel, whose line breaks at first.
#[derive(Clone, Default)]
struct Mirror {
    asked: Arc<Mutex<Vec<String>>>,
    to_cut: Arc<AtomicUsize>,
}

impl Mirror {
    async fn up(cuts: usize) -> (Self, SocketAddr) {
        let mirror = Self { to_cut: Arc::new(AtomicUsize::new(cuts)), ..Self::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/vmlinuz", get(kernel))
            .route("/moved", get(|| async { Redirect::temporary("/vmlinuz") }))
            .route("/away", get(|| async { Redirect::temporary("http://localhost:9/vmlinuz") }))
            .with_state(mirror.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (mirror, address)
    }
}

async fn kernel(State(mirror): State<Mirror>, headers: HeaderMap) -> Response {
    let range = headers.get("range").and_then(|range| range.to_str().ok()).unwrap_or_default().to_owned();
    mirror.asked.lock().unwrap().push(range.clone());
    let from: usize = range.strip_prefix("bytes=").map_or(0, |r| r.trim_end_matches('-').parse().unwrap());
    let rest = &KERNEL[from..];
    let cut = mirror.to_cut.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
    let pieces: Vec<io::Result<Bytes>> = match cut {
        true => vec![Ok(Bytes::from(rest[..5].to_owned())), Err(io::Error::other("the line was cut"))],
        false => vec![Ok(Bytes::from(rest.to_owned()))],
    };
    // A piece is on its way before the next is looked at.
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    let range = format!("bytes {from}-{}/{}", KERNEL.len() - 1, KERNEL.len());
    let status = if from > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let length = rest.len().to_string();
    (status, [("content-range", range), ("content-length", length)], Body::from_stream(pieces))
        .into_response()
}

struct Site {
    store: Store,
    uploads: Uploads,
    data: TempDir,
}

impl Site {
    async fn new(inner: &[String]) -> Self {
        let store = Store::open(&database::own_database().await).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let uploads = Uploads::beside(&data.path().join("images")).asking(inner);
        Self { store, uploads, data }
    }

    fn fetch(&self, url: &str, of: &str) -> String {
        self.uploads.fetch(&self.store, &manifest(url, of), "ann", "192.0.2.7").unwrap()
    }

    async fn there(&self) -> ImageVersion {
        until(async || self.store.images().await.unwrap().pop()).await
    }

    async fn given_up(&self) -> Fetching {
        until(async || self.uploads.fetching().into_iter().find(|fetching| fetching.failed.is_some())).await
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(self.data.path().join("uploads")).unwrap().next().is_none()
    }
}

async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking).await.unwrap()
}

fn manifest(url: &str, of: &str) -> Manifest {
    serde_json::from_value(json!({
        "name": "rescue", "kind": "maintenance", "version": "1", "title": "Rescue", "arch": "x86_64",
        "firmware": ["bios"], "format": "linux",
        "parts": [{ "role": "kernel", "file": "vmlinuz", "url": url, "digest": hex::encode(Sha256::digest(of)) }],
    }))
    .unwrap()
}

#[tokio::test]
async fn what_is_cut_goes_on_where_it_was_and_becomes_a_candidate() {
    let (mirror, address) = Mirror::up(2).await;
    let site = Site::new(&["127.0.0.1".to_owned()]).await;
    site.fetch(&format!("http://{address}/moved"), KERNEL);
    let image = site.there().await;
    assert_eq!(image.standing.channel, Channel::Candidate);
    assert_eq!(image.parts[0].bytes, KERNEL.len() as u64);
    assert_eq!(*mirror.asked.lock().unwrap(), ["", "bytes=5-", "bytes=10-"]);
    until(async || site.is_empty().then_some(())).await;
    assert_eq!(site.uploads.fetching(), []);
}

#[tokio::test]
async fn what_is_not_what_was_meant_is_given_up_with_a_reason_and_leaves_nothing() {
    let (_mirror, address) = Mirror::up(0).await;
    let site = Site::new(&["127.0.0.1".to_owned()]).await;
    let id = site.fetch(&format!("http://{address}/vmlinuz"), "another kernel");
    let why = site.given_up().await.failed.unwrap();
    assert!(why.contains("SHA-256"), "{why}");
    assert!(site.store.images().await.unwrap().is_empty());
    site.uploads.give_up(&site.store, &id).await.unwrap();
    assert!(site.is_empty());
}

#[tokio::test]
async fn nothing_is_fetched_from_inside_neither_asked_for_nor_sent_there() {
    let (mirror, address) = Mirror::up(0).await;
    let site = Site::new(&[]).await;
    site.fetch(&format!("http://{address}/vmlinuz"), KERNEL);
    let why = site.given_up().await.failed.unwrap();
    assert!(why.contains("inner address"), "{why}");
    assert!(mirror.asked.lock().unwrap().is_empty());
    let site = Site::new(&["127.0.0.1".to_owned()]).await;
    site.fetch(&format!("http://{address}/away"), KERNEL);
    let why = site.given_up().await.failed.unwrap();
    assert!(why.contains("localhost is") && why.contains("inner address"), "{why}");
}

#[tokio::test]
async fn a_server_that_is_started_again_goes_on() {
    let (_mirror, address) = Mirror::up(0).await;
    let site = Site::new(&[]).await;
    site.fetch(&format!("http://{address}/vmlinuz"), KERNEL);
    let id = site.given_up().await.id;
    let again = Uploads::beside(&site.data.path().join("images")).asking(&["127.0.0.1".to_owned()]);
    again.fetch_on(&site.store);
    assert!(site.uploads.fetching()[0].failed.is_some(), "what was given up is not begun by itself");
    again.fetch_again(&site.store, &id).unwrap();
    assert_eq!(site.there().await.name, "rescue");
}
