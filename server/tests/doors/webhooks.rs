//! A webhook's secret is told once, and what was delivered can be looked at and sent again.

use super::house::House;
use super::programs::ask;
use serde_json::json;

const NEW: &str =
    r#"{"name":"Monitoring","url":"https://hook.example/x","kinds":["job.closed"],"query":"site:berlin"}"#;

#[tokio::test]
async fn a_secret_is_told_once_and_kept_nowhere() {
    let house = House::new().await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "one")];
    let (status, head, made) = ask(&house, "POST", "/api/v1/webhooks", &headers, NEW).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    let (status, _, again) = ask(&house, "POST", "/api/v1/webhooks", &headers, NEW).await;
    assert_eq!((status.as_u16(), &again["secret"], &again["id"]), (201, &json!(null), &made["id"]));
    let place = head["location"].to_str().unwrap();
    let (_, _, read) = ask(&house, "GET", place, &[], "").await;
    assert_eq!((read.get("secret"), &read["query"]), (None, &json!("site:berlin")));
    let (status, _, other) = ask(&house, "POST", &format!("{place}/rotate"), &[], "").await;
    assert!(
        status == 200 && other["secret"] != made["secret"] && other["former_until"].is_string(),
        "{other}"
    );
    let wrong = NEW.replace("site:berlin", "colour:red");
    let (status, _, refused) = ask(&house, "POST", "/api/v1/webhooks", &headers[..1], &wrong).await;
    assert!(status == 409 && refused["detail"].as_str().unwrap().contains("colour"), "{refused}");
}

#[tokio::test]
async fn what_was_delivered_comes_in_windows_and_goes_again() {
    let house = House::new().await;
    let (_, _, all) = ask(&house, "GET", "/api/v1/webhooks", &[], "").await;
    let place = format!("/api/v1/webhooks/{}", all[0]["id"].as_str().unwrap());
    ask(&house, "POST", &format!("{place}/test"), &[], "").await;
    let (_, head, first) = ask(&house, "GET", &format!("{place}/deliveries?limit=1"), &[], "").await;
    let next = head["link"].to_str().unwrap().trim_start_matches('<').split('>').next().unwrap().to_owned();
    let (_, head, second) = ask(&house, "GET", &next, &[], "").await;
    assert!(head.get("link").is_none(), "there are two");
    assert_eq!((&first[0]["kind"], &first[0]["state"]), (&json!("webhook.test"), &json!("waiting")));
    assert_ne!(first[0]["event"], second[0]["event"]);
    let again = format!("{place}/deliveries/{}/again", first[0]["id"]);
    let (status, _, refused) = ask(&house, "POST", &again, &[], "").await;
    assert_eq!(status, 409, "it is on its way: {refused}");
    sqlx::query("update hook_deliveries set state = 'given_up', due_at = null")
        .execute(house.store.pool())
        .await
        .unwrap();
    assert_eq!(ask(&house, "POST", &again, &[], "").await.0, 200);
    let json = [("content-type", "application/json")];
    let since = r#"{"since":"2026-01-01T00:00:00Z"}"#;
    let (_, _, sent) = ask(&house, "POST", &format!("{place}/again"), &json, since).await;
    assert_eq!(sent["deliveries"], 1, "the other");
}
