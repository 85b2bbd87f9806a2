//! Whoever is limited to a site sees nothing of another: not in lists, not in counts, not in the stream.

use super::house::{House, SITE, Visitor, job, machine, run};
use super::table::{Needs, Row};
use axum::body::Body;
use axum::http::Request;
use futures::StreamExt;
use pitstop_domain::people::Right;
use pitstop_domain::route::Route;
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;

async fn json(house: &House, path: &'static str, with: &'static str) -> Value {
    serde_json::from_str(&asked(house, path, with).await).unwrap()
}

async fn asked(house: &House, path: &'static str, with: &'static str) -> String {
    let row =
        Row { method: "GET", path, with, needs: Needs::Somewhere(Right::See), is_form_with_a_reading: false };
    let answer = house.ask(&row, Some(Visitor::Elsewhere), "application/json").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[tokio::test]
async fn lists_and_counts_have_what_is_seen_and_nothing_else() {
    let house = House::new().await;
    let there = machine(&house.store, "pc-8", "wien", 8, &[Route::Person]).await;
    let (its_job, its_run) = (job(&house.store, there).await, run(&house.store, there).await);
    for (path, with) in [
        ("/api/fleet", "query[q]=&query[page]=1"),
        ("/api/v1/machines", ""),
        ("/helpdesk", "q=pc"),
        ("/jobs", ""),
        ("/api/v1/jobs", ""),
        ("/runs", ""),
        ("/api/v1/runs", ""),
        ("/alarms", ""),
        ("/api/v1/alarms", ""),
    ] {
        let text = asked(&house, path, with).await;
        for hidden in
            ["pc-7", SITE, &house.machine.to_string(), &house.job.to_string(), &house.run.to_string()]
        {
            assert!(!text.contains(hidden), "{path} tells of {hidden}: {text}");
        }
        let its = match path {
            path if path.ends_with("alarms") => continue,
            path if path.ends_with("jobs") => its_job.to_string(),
            path if path.ends_with("runs") => its_run.to_string(),
            _ => there.to_string(),
        };
        assert!(text.contains(&its), "{path}: {text}");
    }
    assert_eq!(json(&house, "/api/fleet", "query[q]=&query[page]=1").await["total"], 1);
    let misread = json(&house, "/api/fleet", "query[q]=sate:held&query[page]=1").await;
    assert_eq!(misread["total"], 1, "also where the words are not understood");
    let tabs = asked(&house, "/jobs", "").await;
    assert!(tabs.contains("Under way<span class=\"count figure\">1</span>"), "{tabs}");
    let line = asked(&house, "/news/alarms", "").await;
    assert!(!line.contains("needs a person"), "{line}");
    let run = asked(&house, "/runs/new", "").await;
    assert!(run.contains("1 machine") && !run.contains("2 machines"), "{run}");
}

#[tokio::test]
async fn the_stream_tells_of_what_is_seen_and_ends_with_the_session() {
    let house = House::new().await;
    let there = machine(&house.store, "pc-8", "wien", 8, &[Route::Person]).await;
    let cookie = house.cookie(Visitor::Elsewhere).await;
    let request = Request::get("/api/events").header("cookie", cookie).body(Body::empty()).unwrap();
    let response = house.router.clone().oneshot(request).await.unwrap();
    let mut stream = response.into_body().into_data_stream();
    let mut told = String::new();
    // Until the hub listens nothing is passed on: jobs are added until one is told of.
    let listening = async {
        while !told.contains("job") {
            job(&house.store, house.machine).await;
            job(&house.store, there).await;
            if let Ok(Some(part)) = tokio::time::timeout(Duration::from_millis(200), stream.next()).await {
                told.push_str(&String::from_utf8_lossy(&part.unwrap()));
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), listening).await.unwrap();
    house.store.lock_person(house.person("elsewhere"), true, &Default::default()).await.unwrap_err();
    let lock = pitstop_store::people::audit::Entry { act: "lock".into(), ..Default::default() };
    house.store.lock_person(house.person("elsewhere"), true, &lock).await.unwrap();
    let rest = async {
        while let Some(part) = stream.next().await {
            told.push_str(&String::from_utf8_lossy(&part.unwrap()));
        }
    };
    tokio::time::timeout(Duration::from_secs(15), rest).await.expect("the stream ends with the session");
    let jobs: Vec<uuid::Uuid> = sqlx::query_scalar("select id from jobs where machine_id = $1")
        .bind(house.machine.0)
        .fetch_all(house.store.pool())
        .await
        .unwrap();
    assert!(jobs.len() > 1);
    for hidden in jobs {
        assert!(!told.contains(&hidden.to_string()), "{told}");
    }
}
