//! The interface for programs keeps its word: described, done once, in windows, nothing overwritten, and told why not.

use super::found;
use super::house::{House, Visitor, job, machine};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use pitstop_domain::people::Role;
use pitstop_domain::route::Route;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;

const JSON: (&str, &str) = ("content-type", "application/json");

pub(super) async fn ask(
    house: &House,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (StatusCode, HeaderMap, Value) {
    let cookie = house.cookie(Visitor::Role(Role::Administrator)).await;
    let from = ConnectInfo(SocketAddr::from(([10, 3, 0, 1], 4000)));
    let mut request = Request::builder().method(method).uri(path).header("cookie", cookie).extension(from);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer =
        house.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = axum::body::to_bytes(answer.into_body(), 1 << 22).await.unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap_or_default())
}

async fn get(house: &House, path: &str) -> (StatusCode, HeaderMap, Value) {
    ask(house, "GET", path, &[], "").await
}

#[tokio::test]
async fn each_of_its_routes_is_described_and_nothing_else_is() {
    let house = House::new().await;
    let (_, _, document) = get(&house, "/api/v1/openapi.json").await;
    let mut described = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in
            ["get", "put", "post", "delete", "patch"].iter().filter(|method| item.get(**method).is_some())
        {
            described.push((method.to_uppercase(), path.clone()));
        }
    }
    let itself = "/api/v1/openapi.json";
    let mut there: Vec<_> = found::routes();
    there.retain(|(_, path)| path.starts_with("/api/v1/") && path != itself);
    described.sort();
    assert_eq!(described, there);
}

#[tokio::test]
async fn what_is_asked_for_again_under_one_key_is_done_once() {
    let house = House::new().await;
    let free = house.store.machines().await.unwrap().into_iter().find(|one| one.name == "pc-9").unwrap().id;
    let wanted = json!({ "machine": free, "function": "inventory" }).to_string();
    let key = |key| [JSON, ("idempotency-key", key)];
    let (status, first, made) = ask(&house, "POST", "/api/v1/jobs", &key("a"), &wanted).await;
    assert_eq!(status, 201, "{made}");
    assert!(first.get("idempotency-replayed").is_none());
    let (status, again, same) = ask(&house, "POST", "/api/v1/jobs", &key("a"), &wanted).await;
    assert_eq!((status, &same), (StatusCode::CREATED, &made));
    assert_eq!(
        (&again["idempotency-replayed"], &again["location"]),
        (&"true".parse().unwrap(), &first["location"])
    );
    let (_, _, jobs) = get(&house, &format!("/api/v1/jobs?machine={free}")).await;
    assert_eq!(jobs.as_array().unwrap().len(), 1);

    let other = json!({ "machine": house.machine, "function": "inventory" }).to_string();
    let (status, _, problem) = ask(&house, "POST", "/api/v1/jobs", &key("a"), &other).await;
    assert_eq!(status, 422, "{problem}");
    let (status, _, another) = ask(&house, "POST", "/api/v1/jobs", &key("b"), &wanted).await;
    assert!(status == 201 && another["id"] != made["id"], "{another}");
}

#[tokio::test]
async fn where_the_line_breaks_it_is_done_all_the_same_and_its_answer_is_kept() {
    let house = House::new().await;
    let free = house.store.machines().await.unwrap().into_iter().find(|one| one.name == "pc-9").unwrap().id;
    let wanted = json!({ "machine": free, "function": "inventory" }).to_string();
    let key = [JSON, ("idempotency-key", "a")];
    // Nothing is added while jobs are held: the request is under way when its line breaks.
    let mut holding = house.store.pool().begin().await.unwrap();
    sqlx::query("lock table jobs in share mode").execute(&mut *holding).await.unwrap();
    let begun = async || {
        let sql = "select count(*) from asked_once";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(house.store.pool()).await.unwrap() == 1
    };
    tokio::select! {
        answer = ask(&house, "POST", "/api/v1/jobs", &key, &wanted) => panic!("{answer:?}"),
        () = async { while !begun().await { tokio::task::yield_now().await; } } => {}
    }
    holding.rollback().await.unwrap();
    let again = async || ask(&house, "POST", "/api/v1/jobs", &key, &wanted).await;
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let mut answer = again().await;
    while answer.0 == 409 && std::time::Instant::now() < limit {
        answer = again().await;
    }
    assert!(answer.0 == 201 && answer.1.contains_key("idempotency-replayed"), "{answer:?}");
    let (_, _, jobs) = get(&house, &format!("/api/v1/jobs?machine={free}")).await;
    assert_eq!(jobs.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn where_a_server_ended_in_the_middle_it_is_not_done_a_second_time() {
    let house = House::new().await;
    let wanted = json!({ "machine": house.machine, "function": "inventory" }).to_string();
    ask(&house, "POST", "/api/v1/jobs", &[JSON, ("idempotency-key", "a")], &wanted).await;
    sqlx::query("update asked_once set status = null").execute(house.store.pool()).await.unwrap();
    let (status, headers, problem) =
        ask(&house, "POST", "/api/v1/jobs", &[JSON, ("idempotency-key", "a")], &wanted).await;
    assert!(status == 409 && headers.contains_key("retry-after"), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("whether it was done"), "{problem}");
}

/// All rows of a list, window by window.
async fn walk(house: &House, from: &str) -> Vec<Value> {
    let (mut rows, mut next) = (Vec::new(), Some(from.to_owned()));
    while let Some(path) = next {
        let (status, headers, window) = get(house, &path).await;
        assert_eq!(status, 200, "{window}");
        assert!(window.as_array().unwrap().len() <= 2);
        rows.extend(window.as_array().unwrap().clone());
        let link = headers.get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.map(|link| link.trim_start_matches('<').split('>').next().unwrap().to_owned());
    }
    rows
}

#[tokio::test]
async fn lists_come_in_windows_and_nothing_is_told_twice_or_left_out() {
    let house = House::new().await;
    for n in 20..25 {
        let id = machine(&house.store, &format!("win {n}"), "graz", n, &[Route::Person]).await;
        job(&house.store, id).await;
    }
    // As of one run: made at one moment.
    sqlx::query("update jobs set created_at = now()").execute(house.store.pool()).await.unwrap();
    for list in ["jobs", "machines"] {
        let mut ids: Vec<_> = walk(&house, &format!("/api/v1/{list}?limit=2"))
            .await
            .iter()
            .map(|row| row["id"].to_string())
            .collect();
        let (_, headers, all) = get(&house, &format!("/api/v1/{list}")).await;
        assert!(!headers.contains_key("link"));
        assert_eq!(ids.len(), all.as_array().unwrap().len(), "{list}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all.as_array().unwrap().len(), "{list}");
    }
    assert_eq!(walk(&house, "/api/v1/machines?limit=2&q=win").await.len(), 5);
    assert_eq!(get(&house, "/api/v1/jobs?limit=0").await.0, 422);
    // As a form sends it where nothing was written.
    assert_eq!(get(&house, "/api/v1/jobs?machine=&open=&limit=&cursor=").await.0, 200);
    // What ends with the sign is something said all the same.
    assert_eq!(get(&house, "/api/v1/machines?q=none=").await.0, 422);
    // Where something is done, it is not.
    let list = "name,mac,site\npc-40,52:54:00:00:00:40,graz\n";
    let csv = [("content-type", "text/csv")];
    let import = "/api/v1/machines/import?dry_run=";
    assert_eq!(ask(&house, "POST", import, &csv, list).await.0, 400);
}

#[tokio::test]
async fn a_machine_that_was_changed_meanwhile_is_not_overwritten() {
    let house = House::new().await;
    let path = format!("/api/v1/machines/{}", house.machine);
    let (_, read, _) = get(&house, &path).await;
    let tag = read["etag"].to_str().unwrap();
    let change = |room: &str| json!({ "desk": { "room": room } }).to_string();
    let (status, changed, machine) =
        ask(&house, "PATCH", &path, &[JSON, ("if-match", tag)], &change("1.07")).await;
    assert!(status == 200 && machine["desk"]["room"] == "1.07" && machine["site"] == "graz", "{machine}");
    assert_ne!(changed["etag"], read["etag"]);
    let (status, _, problem) = ask(&house, "PATCH", &path, &[JSON, ("if-match", tag)], &change("2")).await;
    assert_eq!(status, 412, "{problem}");
    assert_eq!(get(&house, &path).await.2["desk"]["room"], "1.07");
    let (status, _, problem) = ask(&house, "PATCH", &path, &[JSON], r#"{"labels":["a,b"]}"#).await;
    assert!(status == 422 && problem["errors"][0]["field"] == "labels", "{problem}");
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_as_a_problem() {
    let house = House::new().await;
    let jobs = "/api/v1/jobs";
    for (method, path, headers, body, status) in [
        ("POST", jobs, vec![JSON], "{", 400),
        ("POST", jobs, vec![JSON], "{}", 422),
        ("POST", jobs, vec![], "{}", 415),
        ("POST", jobs, vec![JSON, ("idempotency-key", "")], "{}", 400),
        ("GET", "/api/v1/jobs?open=perhaps", vec![], "", 400),
        ("GET", "/api/v1/machines/none", vec![], "", 404),
        ("DELETE", jobs, vec![], "", 405),
    ] {
        let (answered, headers, problem) = ask(&house, method, path, &headers, body).await;
        assert_eq!(answered.as_u16(), status, "{method} {path} {body}: {problem}");
        assert_eq!(headers["content-type"], "application/problem+json", "{method} {path} {body}");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|words| words.len() > 10), "{problem}");
    }
}
