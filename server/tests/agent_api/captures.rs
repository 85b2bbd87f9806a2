//! A disk comes in, chunk by chunk, breaks off, goes on, is whole; and what is not whole is not restored.

use super::site::Site;
use super::world::{plan, simulated};
use axum::http::StatusCode;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::capture::{Begun, Capture, State, ToRestore, Way};
use pitstop_domain::function::Task;
use pitstop_domain::id::CaptureId;
use pitstop_domain::job::{Job, Plan};
use pitstop_domain::wire::Problem;
use pitstop_server::captures::Captures;
use pitstop_server::start::{Asked, start};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn source() -> Value {
    json!({ "device": "/dev/sda", "model": "Acme", "serial": "A1", "bytes": 64 << 20, "sector": 512, "table": "mbr", "pieces": [
        { "number": 0, "start": 0, "bytes": 1 << 20 },
        { "number": 1, "start": 1 << 20, "bytes": 8 << 20, "kind": "ext4" },
        { "number": 2, "start": 9 << 20, "bytes": 1 << 20, "kind": "swap" },
    ]})
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// All of a piece of that disk.
fn piece(number: usize, stored: &str) -> Value {
    let bytes = &source()["pieces"][number]["bytes"];
    json!({ "number": number, "way": "raw", "bytes": bytes, "digest": sha256("plain"),
            "chunks": [{ "digest": sha256(stored), "stored": stored.len() }] })
}

async fn job(site: &Site, machine: u8, task: Task) -> Job {
    let machine = match site.world.store.machines().await.unwrap().pop() {
        Some(machine) => machine.id,
        None => site.world.machine(machine).await,
    };
    let job = site.world.job_planned(machine, 0, Plan { task, ..plan(vec![simulated()]) }).await;
    site.world.work(0).await;
    job
}

/// One that goes to this address of the job's capture.
async fn ask(site: &Site, job: &Job, method: &str, path: &str, body: String) -> (StatusCode, Vec<u8>) {
    let token = site.keys.job_token(job.id);
    site.send(method, &format!("/jobs/{}/capture{path}", job.id), &token, body).await
}

async fn send(site: &Site, job: &Job, text: &str) -> StatusCode {
    ask(site, job, "PUT", &format!("/chunks/{}", sha256(text)), text.to_owned()).await.0
}

async fn begin(site: &Site, job: &Job) -> Begun {
    let (status, begun) = ask(site, job, "POST", "", source().to_string()).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&begun));
    serde_json::from_slice(&begun).unwrap()
}

async fn close(site: &Site, job: &Job) {
    let sql = "update jobs set phase = 'closed', attempt = 0, outcome = 'failed', closed_at = phase_since where id = $1";
    site.world.sql(sql, job).await.unwrap();
}

async fn capture(site: &Site, id: CaptureId) -> Capture {
    site.world.store.capture(id).await.unwrap().unwrap()
}

fn restoring(id: CaptureId) -> Task {
    let (device, confirm) = ("/dev/sda".to_owned(), String::new());
    Task::Restore { capture: id.to_string(), device, confirm, meant: None }
}

/// Brings all of it.
async fn bring(site: &Site, job: &Job) -> CaptureId {
    let id = begin(site, job).await.capture;
    for (number, stored) in [(0, "head"), (1, "data")] {
        assert_eq!(send(site, job, stored).await, StatusCode::OK);
        let kept = ask(site, job, "POST", "/pieces", piece(number, stored).to_string()).await;
        assert_eq!(kept.0, StatusCode::OK, "{}", String::from_utf8_lossy(&kept.1));
    }
    assert_eq!(ask(site, job, "POST", "/whole", "{}".to_owned()).await.0, StatusCode::OK);
    id
}

/// Sweeps at the end of so many hours, one after the other.
async fn swept(site: &Site, from: Time, hours: i64) {
    for hour in 0..hours {
        site.captures.sweep_at(from + TimeDelta::hours(hour)).await.unwrap();
    }
}

fn files(site: &Site, id: CaptureId) -> usize {
    std::fs::read_dir(site.folder.path().join(id.to_string())).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_capture_that_broke_off_goes_on_and_is_whole_when_all_of_it_is_here() {
    let site = Site::new().await;
    let first = job(&site, 1, Task::Capture { device: None }).await;
    let begun = begin(&site, &first).await;
    assert!(!begun.goes_on && begin(&site, &first).await.capture == begun.capture);
    assert_eq!(send(&site, &first, "head").await, StatusCode::OK);
    let wrong =
        ask(&site, &first, "PUT", &format!("/chunks/{}", sha256("other")), "changed".to_owned()).await;
    assert_eq!(wrong.0, StatusCode::REQUEST_TIMEOUT, "it is sent again");
    let early = ask(&site, &first, "POST", "/pieces", piece(1, "data").to_string()).await;
    assert!(String::from_utf8(early.1).unwrap().contains("is not here"));
    let early = ask(&site, &first, "POST", "/whole", "{}".to_owned()).await;
    assert!(String::from_utf8(early.1).unwrap().contains("is not here"));
    assert_eq!(files(&site, begun.capture), 1, "what was wrong left nothing");

    close(&site, &first).await;
    let second = job(&site, 1, Task::Capture { device: None }).await;
    let again = begin(&site, &second).await;
    assert_eq!((again.capture, again.goes_on, again.here), (begun.capture, true, vec![]));
    let there = ask(&site, &second, "HEAD", &format!("/chunks/{}", sha256("head")), String::new()).await;
    assert_eq!(there.0, StatusCode::OK, "it need not be sent again");
    send(&site, &second, "data").await;
    for (number, stored) in [(0, "head"), (1, "data")] {
        let kept = ask(&site, &second, "POST", "/pieces", piece(number, stored).to_string()).await;
        assert_eq!(kept.0, StatusCode::OK, "{}", String::from_utf8_lossy(&kept.1));
    }
    assert!(site.captures.delete(begun.capture).await.is_err(), "a job works with it");
    assert_eq!(ask(&site, &second, "POST", "/whole", "{}".to_owned()).await.0, StatusCode::OK);
    let whole = capture(&site, begun.capture).await;
    assert_eq!((whole.state, whole.pieces, whole.stored), (State::Whole, 2, 8));
    assert_eq!(whole.way_of(&whole.source.pieces[1]), Some(Way::Raw), "whatever its kind tells");
}

#[tokio::test]
async fn what_is_whole_takes_no_more_and_an_agent_that_is_started_again_brings_no_second_one() {
    let site = Site::new().await;
    let brings = job(&site, 1, Task::Capture { device: None }).await;
    let id = bring(&site, &brings).await;
    assert_eq!(send(&site, &brings, "more").await, StatusCode::CONFLICT);
    let late = ask(&site, &brings, "POST", "/pieces", piece(0, "head").to_string()).await;
    assert_eq!(late.0, StatusCode::CONFLICT);
    assert_eq!(files(&site, id), 2);

    let again = begin(&site, &brings).await;
    assert_eq!((again.capture, again.goes_on, again.here), (id, true, vec![0, 1]));
    assert_eq!(ask(&site, &brings, "POST", "/whole", "{}".to_owned()).await.0, StatusCode::OK);
    close(&site, &brings).await;
    let later = job(&site, 1, Task::Capture { device: None }).await;
    assert_ne!(begin(&site, &later).await.capture, id, "the machine has run since");
}

#[tokio::test]
async fn a_full_disk_takes_nothing_from_what_is_whole() {
    let site = Site::new().await;
    let brings = job(&site, 1, Task::Capture { device: None }).await;
    let id = bring(&site, &brings).await;
    let full = Captures::new(site.world.store.clone(), site.folder.path().to_owned(), u64::MAX / 2);
    assert!(full.put(id, &sha256("late").parse().unwrap(), 4, "late".into()).await.is_err());
    assert_eq!((capture(&site, id).await.state, files(&site, id)), (State::Whole, 2));
}

#[tokio::test]
async fn what_cannot_be_a_piece_of_that_disk_is_not_kept() {
    let site = Site::new().await;
    let brings = job(&site, 1, Task::Capture { device: None }).await;
    let wrong = json!({ "number": 1, "start": u64::MAX, "bytes": 8 });
    let odd = json!({ "device": "/dev/sda", "model": "", "serial": "", "bytes": 64, "sector": 512, "table": "none", "pieces": [wrong] });
    assert_eq!(ask(&site, &brings, "POST", "", odd.to_string()).await.0, StatusCode::BAD_REQUEST);
    begin(&site, &brings).await;
    send(&site, &brings, "data").await;
    for (field, value) in
        [("bytes", json!(100)), ("bytes", json!(0)), ("number", json!(7)), ("number", json!(2))]
    {
        let mut kept = piece(1, "data");
        kept[field] = value;
        let (status, said) = ask(&site, &brings, "POST", "/pieces", kept.to_string()).await;
        assert_eq!(status, StatusCode::CONFLICT, "{kept}: {}", String::from_utf8_lossy(&said));
    }
}

#[tokio::test]
async fn bytes_that_no_row_knows_stay_for_a_week_by_whatever_clock() {
    let site = Site::new().await;
    let brings = job(&site, 1, Task::Capture { device: None }).await;
    let id = bring(&site, &brings).await;
    close(&site, &brings).await;
    let (folder, now) = (site.folder.path().join(id.to_string()), site.world.store.now());
    // The database is one of before the capture.
    let rows = "with gone as (delete from captures returning *) insert into away select * from gone";
    let hidden = "with gone as (delete from capture_pieces returning capture_id, number, kept, stored) \
                  insert into pieces_away select * from gone";
    let back = "insert into captures select * from away";
    let pieces_back =
        "insert into capture_pieces (capture_id, number, kept, stored) select * from pieces_away";
    for sql in [
        "create table away as select * from captures where false",
        "create table pieces_away as select capture_id, number, kept, stored from capture_pieces where false",
        hidden,
        rows,
    ] {
        sqlx::query(sql).execute(site.world.store.pool()).await.unwrap();
    }
    swept(&site, now, 6 * 24).await;
    assert_eq!(files(&site, id), 3, "both chunks, and since when nobody knows them");
    // The right backup is found.
    for sql in [back, pieces_back] {
        sqlx::query(sql).execute(site.world.store.pool()).await.unwrap();
    }
    swept(&site, now + TimeDelta::days(9), 1).await;
    assert_eq!(files(&site, id), 2);
    site.captures.check(id).await.unwrap();

    sqlx::query("delete from captures").execute(site.world.store.pool()).await.unwrap();
    swept(&site, now - TimeDelta::days(3000), 2).await;
    swept(&site, now, 2).await;
    assert_eq!(files(&site, id), 3, "a clock that jumps is not a week");
    swept(&site, now + TimeDelta::days(8), 24).await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn bytes_that_cannot_be_looked_at_or_are_away_break_nothing() {
    let site = Site::new().await;
    let brings = job(&site, 1, Task::Capture { device: None }).await;
    let id = bring(&site, &brings).await;
    close(&site, &brings).await;
    let restores = job(&site, 1, restoring(id)).await;
    let (folder, away) = (site.folder.path().join(id.to_string()), site.folder.path().join("away"));
    let chunk = format!("/chunks/{}", sha256("data"));
    std::fs::rename(&folder, &away).unwrap();
    // A file where a folder should be: looking into it fails, and that it is not there is not known.
    std::fs::write(&folder, "").unwrap();
    for (method, path) in [("GET", ""), ("GET", chunk.as_str()), ("HEAD", chunk.as_str())] {
        let asked = ask(&site, &restores, method, path, String::new()).await;
        assert_eq!(asked.0, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: it is asked again");
    }
    std::fs::remove_file(&folder).unwrap();
    let (status, said) = ask(&site, &restores, "GET", "", String::new()).await;
    let said: Problem = serde_json::from_slice(&said).unwrap();
    assert!(status == StatusCode::CONFLICT && said.error.contains("is not here"), "{said:?}");
    assert_eq!(ask(&site, &restores, "HEAD", &chunk, String::new()).await.0, StatusCode::NOT_FOUND);
    std::fs::rename(&away, &folder).unwrap();
    site.captures.sweep_at(site.world.store.now() + TimeDelta::days(30)).await.unwrap();
    assert_eq!(ask(&site, &restores, "GET", "", String::new()).await.0, StatusCode::OK, "it is back");
}

#[tokio::test]
async fn only_what_is_whole_is_restored_and_what_is_lost_is_found_out_before() {
    let site = Site::new().await;
    let brings = job(&site, 1, Task::Capture { device: None }).await;
    let id = begin(&site, &brings).await.capture;
    let asked = Asked { task: Some(restoring(id)), limits_percent: 100, off_again: false };
    let initiator = pitstop_domain::job::Initiator::Program { name: "test".to_owned() };
    let refused =
        start(&site.world.store, brings.machine, "inventory", &asked, &initiator).await.unwrap_err();
    assert!(refused.to_string().contains("not all of it is here"), "{refused}");
    assert_eq!(bring(&site, &brings).await, id);
    close(&site, &brings).await;

    let restores = job(&site, 1, restoring(id)).await;
    let (status, found) = ask(&site, &restores, "GET", "", String::new()).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&found));
    assert_eq!(serde_json::from_slice::<ToRestore>(&found).unwrap().capture, id);
    let chunk = format!("/chunks/{}", sha256("data"));
    assert_eq!(ask(&site, &restores, "GET", &chunk, String::new()).await.1, b"data");
    assert_eq!(ask(&site, &restores, "PUT", &chunk, "data".to_owned()).await.0, StatusCode::NOT_FOUND);
    assert!(site.captures.delete(id).await.unwrap_err().to_string().contains("a job works with"));

    std::fs::remove_file(site.folder.path().join(id.to_string()).join(sha256("data"))).unwrap();
    let (status, lost) = ask(&site, &restores, "GET", "", String::new()).await;
    let lost: Problem = serde_json::from_slice(&lost).unwrap();
    assert!(status == StatusCode::CONFLICT && lost.error.contains("is not whole on the server"), "{lost:?}");
    assert_eq!((capture(&site, id).await.state, files(&site, id)), (State::Whole, 1), "it may come back");
    close(&site, &restores).await;
    site.captures.delete(id).await.unwrap();
    assert_eq!(files(&site, id), 0);
}

#[tokio::test]
async fn a_full_disk_gives_a_capture_up_in_words_and_so_does_time_and_nothing_is_left() {
    let site = Site::new().await;
    let brings = job(&site, 1, Task::Capture { device: None }).await;
    let id = begin(&site, &brings).await.capture;
    send(&site, &brings, "head").await;
    let full = Captures::new(site.world.store.clone(), site.folder.path().to_owned(), u64::MAX / 2);
    let digest = sha256("data").parse().unwrap();
    let refused = full.put(id, &digest, 4, "data".into()).await.unwrap_err().to_string();
    assert!(refused.contains("no room") && refused.contains("captures-keep-free"), "{refused}");
    assert_eq!((capture(&site, id).await.state, files(&site, id)), (State::Broken, 0));
    assert_eq!(send(&site, &brings, "data").await, StatusCode::CONFLICT, "it is not gone on with");

    let other = begin(&site, &brings).await.capture;
    send(&site, &brings, "head").await;
    assert_ne!(other, id);
    let later = site.world.store.now() + TimeDelta::days(4);
    site.captures.sweep_at(later).await.unwrap();
    assert_eq!(capture(&site, other).await.state, State::Arriving, "its job is not over");
    close(&site, &brings).await;
    site.captures.sweep_at(later).await.unwrap();
    let given_up = capture(&site, other).await;
    assert_eq!((given_up.state, files(&site, other)), (State::Broken, 0));
    assert!(given_up.why.unwrap().contains("nobody went on"));
}
