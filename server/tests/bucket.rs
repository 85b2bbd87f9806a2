//! Boot images in a bucket: two servers over one database and one bucket, a real S3 server (moto), and a machine that
//! fetches its own system.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]
#![allow(dead_code, reason = "the world is shared, and each test uses a part of it")]

#[path = "support/database.rs"]
mod database;
#[path = "../../crates/store/tests/store/world.rs"]
mod world;

use axum::body::Body;
use clap::Parser;
use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_server::Running;
use pitstop_server::catalog::{Manifest, remove};
use pitstop_server::config::Config;
use pitstop_server::shelf::Shelf;
use pitstop_server::shelf::bucket::Bucket;
use pitstop_server::uploads::Uploads;
use pitstop_store::{Keys, Store};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use world::{World, new_machine};

/// Larger than one piece: it goes there in two.
const LARGE: usize = (16 << 20) + 5;

/// Killed with the test.
struct Moto(Child, SocketAddr);

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Moto {
    /// With one bucket, `images`.
    fn start() -> Self {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../xtask/python/bin/moto_server");
        assert!(program.is_file(), "{} is not there: run `cargo xtask setup`", program.display());
        let at = free();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &at.port().to_string()]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (moto, start) = (Self(child, at), Instant::now());
        while TcpStream::connect(at).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "moto does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        ureq::put(format!("http://{at}/images")).send_empty().unwrap();
        moto
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A server's settings, with the bucket's keys in a file.
fn config(folder: &Path, bucket: SocketAddr) -> Config {
    let (data, keys) = (folder.join("data"), folder.join("keys"));
    fs::create_dir_all(&data).unwrap();
    fs::write(&keys, "an-access-key\na-secret-key\n").unwrap();
    let (data, keys) = (data.to_str().unwrap(), keys.to_str().unwrap());
    let (boot, bucket) = (free().to_string(), format!("http://{bucket}"));
    let ports = ["--dhcp-port", "0", "--pxe-port", "0", "--tftp-port", "0", "--listen", "127.0.0.1:0"];
    let kept = ["--images-bucket", "images", "--images-endpoint", &bucket, "--images-insecure-http"];
    let own = ["--data", data, "--images-keys-file", keys, "--boot-listen", &boot];
    Config::parse_from(["pitstop-server"].into_iter().chain(ports).chain(kept).chain(own))
}

async fn add(store: &Store, uploads: &Uploads, version: &str, first: &[u8]) -> ImageVersion {
    let files =
        [("kernel", "vmlinuz", first.to_vec()), ("initrd", "initrd.img", vec![version.as_bytes()[0]; LARGE])];
    let parts: Vec<_> = files
        .iter()
        .map(|(role, file, bytes)| {
            json!({ "role": role, "file": file, "bytes": bytes.len(), "digest": hex::encode(Sha256::digest(bytes)) })
        })
        .collect();
    let manifest: Manifest = serde_json::from_value(json!({
        "name": "desktop", "kind": "operational", "version": version, "title": "Desktop", "arch": "x86_64",
        "firmware": ["bios"], "format": "linux", "parts": parts,
    }))
    .unwrap();
    let id = uploads.begin(&manifest).unwrap().0;
    for (_, file, bytes) in files {
        uploads.append(&id, file, 0, Body::from(bytes)).await.unwrap();
    }
    let image = uploads.finish(store, &id, "ann", "192.0.2.7").await.unwrap();
    store.move_image(&image.digest, Channel::Stable, "ann", "it boots").await.unwrap();
    image
}

fn lies(config: &Config, image: &ImageVersion) -> usize {
    image.parts.iter().filter(|part| config.images().join(part.digest.as_str()).exists()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_served_what_a_bucket_keeps_and_what_lies_here_also_when_it_is_away() {
    let (world, moto) = (World::new().await, Moto::start());
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, other] = [0, 1].map(|n| config(folders[n].path(), moto.1));
    let (store, shelf) = (&world.store, Shelf::of(&one, &world.store).await.unwrap());
    let server = Running::start(other.clone(), &world.url).await.unwrap();
    let (images, uploads) = (other.images(), Uploads::on(shelf.clone()));

    let old = add(store, &uploads, "1", b"a kernel").await;
    let bucket = Bucket::open(&other.keeping, "images", store.installation().await.unwrap()).unwrap();
    assert_eq!(bucket.all().await.unwrap().len(), 2, "its parts are in the bucket");
    assert_eq!((lies(&one, &old), lies(&other, &old)), (2, 0), "and on the server that it came to");

    let machine = store.add_machine(&new_machine(1)).await.unwrap();
    store.set_own_image(machine, Some("desktop")).await.unwrap();
    let key: [u8; 32] =
        hex::decode(fs::read_to_string(other.data.join("server.key")).unwrap()).unwrap().try_into().unwrap();
    let token = Keys::new(key).own_token(machine, store.token_generation(machine).await.unwrap().unwrap());
    let url = |image: &ImageVersion, file: &str| {
        format!("{}/boot/own/{machine}/{token}/{file}?image={}", other.boot_url(), image.digest)
    };
    for part in &old.parts {
        let (status, bytes) = get(&url(&old, &part.file)).await;
        assert_eq!((status, hex::encode(Sha256::digest(&bytes)).as_str()), (200, part.digest.as_str()));
    }
    assert_eq!(lies(&other, &old), 2, "what was fetched lies there from now on");

    // What somebody changed in the bucket is given to nobody.
    let new = add(store, &uploads, "2", b"another").await;
    let forged = folders[0].path().join("forged");
    fs::write(&forged, "forgery").unwrap();
    bucket.put(&new.parts[0].digest, &forged).await.unwrap();
    let (status, said) = get(&url(&new, "vmlinuz")).await;
    assert_eq!((status, lies(&other, &new)), (503, 0), "{said:?}");
    fs::write(&forged, "another").unwrap();
    bucket.put(&new.parts[0].digest, &forged).await.unwrap();
    let (status, bytes) = get(&url(&new, "vmlinuz")).await;
    assert_eq!((status, bytes.as_slice()), (200, b"another".as_slice()));

    remove(store, &shelf, &old.digest, "ann", "over").await.unwrap();
    assert_eq!((lies(&one, &old), bucket.all().await.unwrap().len()), (0, 2), "removed from both");

    drop(moto);
    let (status, bytes) = get(&url(&new, "vmlinuz")).await;
    assert_eq!((status, bytes.as_slice()), (200, b"another".as_slice()), "what lies here is served");
    let (status, said) = get(&url(&new, "initrd.img")).await;
    let said = String::from_utf8(said).unwrap();
    assert!(status == 503 && said.contains("try again"), "{status} {said}");
    let why = Shelf::of(&other, store).await.unwrap().bring(&new.parts).await.unwrap_err();
    assert!(why.contains("the bucket images at http://127.0.0.1:") && why.contains("refused"), "{why}");
    assert!(
        fs::read_dir(images).unwrap().flatten().all(|file| file.path().extension().is_none()),
        "no rubbish"
    );
    server.stop().await;
}

/// A bucket that refuses, and repeats in its answer what it was asked with.
fn repeats() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            let body = "<Error><Code>AuthorizationHeaderMalformed</Code><AWSAccessKeyId>an-access-key</AWSAccessKeyId></Error>";
            let head = format!(
                "HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bucket_repeats_of_its_keys_is_said_to_nobody() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let shelf = Shelf::of(&config(folder.path(), repeats()), &world.store).await.unwrap();
    let why = shelf.bring(&world::image().parts).await.unwrap_err();
    assert!(why.contains("400 Bad Request"), "{why}");
    assert!(!why.contains("an-access-key"), "{why}");
}

/// What a machine gets.
async fn get(url: &str) -> (u16, Vec<u8>) {
    let url = url.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(url).call().unwrap();
        let bytes = answer.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap();
        (answer.status().as_u16(), bytes)
    });
    asked.await.unwrap()
}
