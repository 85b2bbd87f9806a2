//! Loaders, scripts and parts over HTTP.
#![expect(clippy::unwrap_used, reason = "what a test cannot unwrap, it fails at")]

mod common;

use axum::body::Body;
use axum::response::Response;
use common::{
    JOB, MACHINE, Memory, Seen, TOKEN, assignment, config, desktop, digest, diskless, has_desktop, known,
    lacks_desktop, linux, loader_folder, own_image,
};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use pitstop_domain::image::PartRole;
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};
use pitstop_netboot::directory::{DirectoryError, Found, Own, PartError, PartFile};
use pitstop_netboot::http::{BootState, router};
use pitstop_netboot::loaders::LoaderFolder;
use std::sync::Arc;
use tower::ServiceExt as _;

struct Bench {
    routes: axum::Router,
    directory: Arc<Memory>,
    seen: Seen,
    folder: tempfile::TempDir,
}

/// Knows one machine, and has `content` as the kernel of its job.
fn bench(found: Result<Found, DirectoryError>, content: &[u8]) -> Bench {
    let folder = loader_folder();
    let loaders = LoaderFolder::open(folder.path()).unwrap();
    let (directory, seen) = Memory::new(found);
    let path = folder.path().join("kernel");
    std::fs::write(&path, content).unwrap();
    let bytes = content.len() as u64;
    let part = PartFile { path, digest: digest('a'), bytes, role: PartRole::Kernel, machine: MACHINE };
    *directory.part.lock().unwrap() = Ok(part);
    let routes = router(BootState::new(directory.clone(), Arc::new(config(loaders))));
    Bench { routes, directory, seen, folder }
}

fn assigned() -> Result<Found, DirectoryError> {
    Ok(known(Some(assignment(linux()))))
}

impl Bench {
    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path).header("host", "10.77.0.2:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let response = self.ask(Method::GET, path, headers).await;
        let (head, body) = response.into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }

    async fn text(&self, path: &str) -> String {
        let (status, _, body) = self.get(path, &[]).await;
        assert_eq!(status, StatusCode::OK);
        String::from_utf8(body).unwrap()
    }

    /// The two sightings of a machine that is given its script: how long that is.
    async fn last_fetched_script(&mut self) -> u64 {
        let told = Sighting::AskedToBoot { by: "iPXE script".into(), told: Told::Maintenance };
        assert_eq!(self.seen.next().await, told);
        let fetched = self.last_fetched(|fetched| fetched.done).await;
        assert_eq!(fetched.step, FetchStep::Script);
        fetched.bytes
    }

    /// The sightings of a download up to its end: done, or given up.
    async fn last_fetched(&mut self, until: impl Fn(&Fetched) -> bool) -> Fetched {
        loop {
            match self.seen.next().await {
                Sighting::Fetched(fetched) if until(&fetched) => return fetched,
                Sighting::Fetched(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn kernel() -> String {
    format!("/boot/jobs/{JOB}/{TOKEN}/vmlinuz")
}

#[tokio::test]
async fn a_part_is_sent_whole_and_its_arrival_is_remembered() {
    let content: Vec<u8> = (0..700_000u32).map(|n| (n % 251) as u8).collect();
    let mut bench = bench(assigned(), &content);
    let (status, headers, body) = bench.get(&kernel(), &[]).await;
    assert_eq!((status, body == content), (StatusCode::OK, true));
    assert_eq!(headers["content-length"], "700000");
    assert_eq!(headers["etag"], format!("\"{}\"", digest('a')));
    assert_eq!(headers["accept-ranges"], "bytes");
    assert_eq!(headers["cache-control"], "private, max-age=86400, immutable");
    let fetched = bench.last_fetched(|fetched| fetched.done).await;
    let expected = Fetched {
        job: Some(JOB),
        step: FetchStep::Kernel,
        name: "vmlinuz".into(),
        bytes: 700_000,
        total: Some(700_000),
        done: true,
        digest: Some(digest('a')),
    };
    assert_eq!(fetched, expected);
}

#[tokio::test]
async fn a_range_is_sent_and_only_the_final_one_is_done() {
    let mut bench = bench(assigned(), b"0123456789");
    let (status, headers, body) = bench.get(&kernel(), &[("range", "bytes=2-4")]).await;
    assert_eq!((status, body.as_slice()), (StatusCode::PARTIAL_CONTENT, b"234".as_slice()));
    assert_eq!(
        (&headers["content-range"], &headers["content-length"]),
        (&"bytes 2-4/10".parse().unwrap(), &"3".parse().unwrap())
    );
    let fetched = bench.last_fetched(|fetched| fetched.bytes == 5).await;
    assert!(!fetched.done);
    let (status, _, body) = bench.get(&kernel(), &[("range", "bytes=5-")]).await;
    assert_eq!((status, body.as_slice()), (StatusCode::PARTIAL_CONTENT, b"56789".as_slice()));
    assert_eq!(bench.last_fetched(|fetched| fetched.done).await.bytes, 10);
    let (status, headers, _) = bench.get(&kernel(), &[("range", "bytes=10-")]).await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(headers["content-range"], "bytes */10");
}

#[tokio::test]
async fn head_tells_the_length_and_counts_as_no_fetch() {
    let mut bench = bench(assigned(), b"0123456789");
    let response = bench.ask(Method::HEAD, &kernel(), &[]).await;
    assert_eq!(
        (response.status(), &response.headers()["content-length"]),
        (StatusCode::OK, &"10".parse().unwrap())
    );
    assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    let response = bench.ask(Method::HEAD, "/boot/loader/52-54-00-1a-38-75/snponly.efi", &[]).await;
    assert_eq!(
        (response.status(), &response.headers()["content-length"]),
        (StatusCode::OK, &"11".parse().unwrap())
    );
    assert!(bench.seen.nothing_more());
}

#[tokio::test]
async fn who_has_it_already_is_told_so() {
    let bench = bench(assigned(), b"0123456789");
    let tag = format!("\"{}\"", digest('a'));
    for known in [tag.as_str(), "*", &format!("\"other\", W/{tag}")] {
        let (status, headers, body) = bench.get(&kernel(), &[("if-none-match", known)]).await;
        assert_eq!(
            (status, body.len(), &headers["etag"]),
            (StatusCode::NOT_MODIFIED, 0, &tag.parse().unwrap())
        );
    }
    let (status, ..) = bench.get(&kernel(), &[("if-none-match", "\"other\"")]).await;
    assert_eq!(status, StatusCode::OK);
    for (known, status) in [(tag.as_str(), StatusCode::PARTIAL_CONTENT), ("\"other\"", StatusCode::OK)] {
        let answer = bench.get(&kernel(), &[("range", "bytes=5-"), ("if-range", known)]).await;
        assert_eq!(answer.0, status);
    }
}

#[tokio::test]
async fn a_closed_job_is_gone_and_a_wrong_token_forbidden() {
    let mut bench = bench(assigned(), b"0123456789");
    let (status, ..) = bench.get(&format!("/boot/jobs/{JOB}/guessed/vmlinuz"), &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    for (error, status) in [
        (PartError::Gone, StatusCode::GONE),
        (PartError::NotFound, StatusCode::NOT_FOUND),
        (PartError::Unavailable(DirectoryError("down".into())), StatusCode::SERVICE_UNAVAILABLE),
    ] {
        *bench.directory.part.lock().unwrap() = Err(error.clone());
        let (answer, _, body) = bench.get(&kernel(), &[]).await;
        assert_eq!((answer, String::from_utf8(body).unwrap()), (status, format!("{error}\n")));
    }
    assert!(bench.seen.nothing_more());
}

#[tokio::test]
async fn a_part_that_is_not_what_it_was_is_not_served() {
    let bench = bench(assigned(), b"0123456789");
    std::fs::write(bench.folder.path().join("kernel"), "short").unwrap();
    let (status, ..) = bench.get(&kernel(), &[]).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_download_given_up_is_not_done() {
    let mut bench = bench(assigned(), &vec![7; 4 << 20]);
    let response = bench.ask(Method::GET, &kernel(), &[]).await;
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let second = body.frame().await.unwrap().unwrap().into_data().unwrap();
    drop(body);
    // The first chunk was taken, since another was asked for; of the second nobody knows.
    let fetched = bench.last_fetched(|fetched| fetched.bytes == first.len() as u64).await;
    assert!(!fetched.done && fetched.bytes < (first.len() + second.len()) as u64);
    drop((bench.routes, bench.directory));
    while let Some(sighting) = bench.seen.until_the_end().await {
        assert!(matches!(sighting, Sighting::Fetched(Fetched { done: false, .. })));
    }
}

#[tokio::test]
async fn a_loader_is_served_from_the_machines_own_path_and_remembered() {
    let mut bench = bench(assigned(), b"");
    for path in ["/boot/loader/snponly.efi", "/boot/loader//snponly.efi"] {
        let (status, headers, body) = bench.get(path, &[]).await;
        assert_eq!((status, body.as_slice()), (StatusCode::OK, b"snponly.efi".as_slice()));
        assert_eq!(headers["content-type"], "application/efi");
    }
    assert!(bench.seen.nothing_more());
    let (_, headers, _) = bench.get("/boot/loader/52-54-00-1a-38-75/snponly.efi", &[]).await;
    let fetched = bench.last_fetched(|fetched| fetched.done).await;
    assert_eq!(
        (fetched.step, fetched.name.as_str(), fetched.job),
        (FetchStep::Loader, "snponly.efi", Some(JOB))
    );
    let tag = headers["etag"].to_str().unwrap();
    let (status, ..) = bench.get("/boot/loader/snponly.efi", &[("if-none-match", tag)]).await;
    assert_eq!(status, StatusCode::NOT_MODIFIED);
    let (status, ..) = bench.get("/boot/loader/..%2f..%2fetc/passwd", &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

const SCRIPT: &str =
    "/boot/script?mac=52-54-00-1a-38-75&uuid=ea28d877-c7ae-8f81-9268-8e0545601d99&arch=x86_64-efi";

#[tokio::test]
async fn an_assigned_machine_gets_its_script_and_that_is_remembered() {
    let mut bench = bench(assigned(), b"");
    let script = bench.text(SCRIPT).await;
    assert!(
        script.contains(&format!("kernel http://10.77.0.2:8080/boot/jobs/{JOB}/{TOKEN}/vmlinuz initrd="))
    );
    assert!(script.contains("pitstop.server=http://10.77.0.2:8080 "));
    assert_eq!(bench.last_fetched_script().await, script.len() as u64);
    let client = bench.directory.asked.lock().unwrap().pop().unwrap();
    assert_eq!(client.macs, [common::MAC]);
    assert_eq!(client.uuid.unwrap().to_string(), "ea28d877-c7ae-8f81-9268-8e0545601d99");
}

#[tokio::test]
async fn a_machine_without_assignment_is_sent_home_and_that_is_remembered() {
    let mut bench = bench(Ok(known(None)), b"");
    assert!(bench.text(SCRIPT).await.contains("\nexit 1\n"));
    let told = Sighting::AskedToBoot { by: "iPXE script".into(), told: Told::OwnSystem };
    assert_eq!(bench.seen.next().await, told);
    assert!(bench.seen.nothing_more());
}

#[tokio::test]
async fn whatever_goes_wrong_a_script_leads_to_the_own_system() {
    let mut bench = bench(Ok(Found::Unknown), b"");
    for path in [
        SCRIPT,
        "/boot/script?mac=",
        "/boot/script?mac=x%0aexit",
        "/boot/script?mac=a&mac=b",
        "/boot/script?again=x",
    ] {
        let script = bench.text(path).await;
        assert!(script.starts_with("#!ipxe\n# Pitstop: ") && script.ends_with("\nexit 1\n"), "{script}");
        assert!(!script.contains("chain"), "{script}");
    }
    assert!(bench.seen.nothing_more());
}

#[tokio::test]
async fn a_machine_that_could_not_load_maintenance_says_so_and_is_sent_home() {
    let mut bench = bench(assigned(), b"");
    let script = bench.text(SCRIPT).await;
    let failed =
        script.lines().find_map(|line| line.strip_prefix("chain --replace http://10.77.0.2:8080")).unwrap();
    bench.last_fetched_script().await;
    assert!(bench.text(failed.trim_end_matches(" ||")).await.ends_with("\nexit 1\n"));
    let by = "iPXE, which could not load maintenance".into();
    assert_eq!(bench.seen.next().await, Sighting::AskedToBoot { by, told: Told::OwnSystem });
    assert!(bench.seen.nothing_more());
}

#[tokio::test]
async fn an_image_that_cannot_be_booted_leads_to_the_own_system() {
    let mut image = linux();
    image.parts.clear();
    let mut bench = bench(Ok(known(Some(assignment(image)))), b"");
    assert!(!bench.text(SCRIPT).await.contains("kernel"));
    let told = Sighting::AskedToBoot { by: "iPXE script".into(), told: Told::OwnSystem };
    assert_eq!(bench.seen.next().await, told);
}

#[tokio::test]
async fn while_the_directory_is_silent_the_machine_asks_again_but_not_for_ever() {
    let bench = bench(Err(DirectoryError("down".into())), b"");
    let mut path = SCRIPT.to_owned();
    let mut asked = 0;
    loop {
        let script = bench.text(&path).await;
        let Some(again) = script.lines().find_map(|line| line.strip_prefix("chain --replace ")) else {
            break;
        };
        path = again.trim_end_matches(" ||").strip_prefix("http://10.77.0.2:8080").unwrap().to_owned();
        assert!(path.contains("mac=52-54-00-1a-38-75&uuid=ea28d877-") && path.contains("efi"), "{path}");
        asked += 1;
    }
    assert_eq!(asked, 6);
}

#[tokio::test]
async fn a_loader_that_does_not_say_who_it_is_is_asked() {
    let bench = bench(assigned(), b"");
    let script = bench.text("/boot/script").await;
    assert!(
        script.contains(
            "chain --replace http://10.77.0.2:8080/boot/script?mac=${netX/mac:hexhyp}&uuid=${uuid}"
        )
    );
}

fn own_kernel() -> String {
    format!("/boot/own/{MACHINE}/{TOKEN}/vmlinuz?image={}", digest('d'))
}

#[tokio::test]
async fn a_part_of_an_own_system_is_no_evidence_of_maintenance() {
    let content = vec![7; 300_000];
    let mut bench = bench(Ok(diskless(None, has_desktop())), &content);
    let (status, _, body) = bench.get(&own_kernel(), &[]).await;
    assert_eq!((status, body == content), (StatusCode::OK, true));
    loop {
        let Sighting::FetchedOwn(fetched) = bench.seen.next().await else { panic!("not of the own system") };
        if fetched.done {
            assert_eq!((fetched.job, fetched.step, fetched.bytes), (None, FetchStep::Kernel, 300_000));
            break;
        }
    }
    for path in ["/boot/own/x/y/vmlinuz?image=", "/boot/own/x/y/vmlinuz"] {
        assert_eq!(bench.get(path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let other = own_kernel().replace(TOKEN, "another");
    assert_eq!(bench.get(&other, &[]).await.0, StatusCode::FORBIDDEN);
    *bench.directory.part.lock().unwrap() = Err(PartError::Replaced);
    assert_eq!(bench.get(&own_kernel(), &[]).await.0, StatusCode::GONE);
}

#[tokio::test]
async fn a_diskless_machine_is_told_its_own_system_and_the_version_is_remembered() {
    let mut bench = bench(Ok(diskless(None, has_desktop())), b"");
    let script = bench.text(SCRIPT).await;
    assert!(script.contains(&format!("kernel http://10.77.0.2:8080{}", own_kernel())), "{script}");
    let told = Sighting::AskedToBoot { by: "iPXE script".into(), told: Told::OwnSystem };
    assert_eq!(bench.seen.next().await, told);
    let (name, version, digest) = ("desktop".into(), "1".into(), digest('d'));
    assert_eq!(bench.seen.next().await, Sighting::ToldOwnImage { name, version, digest });
    assert!(
        matches!(bench.seen.next().await, Sighting::FetchedOwn(script) if script.step == FetchStep::Script)
    );
    assert!(bench.seen.nothing_more());
}

#[tokio::test]
async fn a_diskless_machine_with_work_is_told_maintenance_and_comes_home_when_that_fails() {
    let mut bench = bench(Ok(diskless(Some(assignment(linux())), has_desktop())), b"");
    let script = bench.text(SCRIPT).await;
    assert!(script.contains(&format!("/boot/jobs/{JOB}/")) && !script.contains("\nexit"), "{script}");
    bench.last_fetched_script().await;
    let failed = script.lines().find_map(|line| line.strip_prefix("chain --replace http://10.77.0.2:8080"));
    let script = bench.text(failed.unwrap().trim_end_matches(" ||")).await;
    assert!(script.contains("/boot/own/"), "{script}");
    let by = "iPXE, which could not load maintenance".into();
    assert_eq!(bench.seen.next().await, Sighting::AskedToBoot { by, told: Told::OwnSystem });
}

#[tokio::test]
async fn a_diskless_machine_in_doubt_asks_again_and_was_not_sent_home() {
    let mut gone = bench(Ok(diskless(None, lacks_desktop())), b"");
    let script = gone.text(SCRIPT).await;
    assert!(
        script.contains("cannot be told: there is no image  desktop  in the catalog")
            || script.contains("there is no image desktop in the catalog"),
        "{script}"
    );
    assert!(script.contains("&diskless=true&again=1 ||") && !script.contains("exit"), "{script}");
    let told = Sighting::AskedToBoot { by: "iPXE script".into(), told: Told::Nothing };
    assert_eq!(gone.seen.next().await, told);
    assert!(gone.seen.nothing_more());

    let mut image = desktop();
    image.parts.clear();
    let broken = bench(Ok(diskless(None, Own::Image(Box::new(own_image(image))))), b"");
    assert!(broken.text(SCRIPT).await.ends_with("goto ask\n"));

    let down = bench(Err(DirectoryError("down".into())), b"");
    let script = down.text(&format!("{SCRIPT}&diskless=true&again=200")).await;
    assert!(script.contains("&diskless=true&again=201 ||") && !script.contains("exit"), "{script}");
}
