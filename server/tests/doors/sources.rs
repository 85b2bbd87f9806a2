//! A source tells by its own secret, and by nothing else.

use super::house::{Answer, House, Visitor};
use axum::body::Body;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use pitstop_domain::people::Role;
use sha2::Sha256;

/// Makes a source by its form; gives where it tells, and its secret.
async fn made(house: &House, speaks: &'static str) -> (String, String) {
    let with = format!("name=made+{speaks}&speaks={speaks}&labels=machine&believed_min=300");
    let row = super::Row { with: with.leak(), ..super::table::source_form() };
    let answer = house.ask(&row, Some(Visitor::Role(Role::Administrator)), "text/html").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let between = |from: &str, to: &str| {
        answer.body.split(from).nth(1).unwrap_or_default().split(to).next().unwrap_or_default().to_owned()
    };
    let id = between("/settings/sources/", "\"");
    (format!("/api/v1/health/sources/{id}"), between("<p class=\"secret\"><code>", "</code>"))
}

async fn post(house: &House, path: &str, headers: &[(&str, String)], body: &str) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    house.answer(request.body(Body::from(body.to_owned())).unwrap()).await
}

const SENT: &str =
    r#"{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"A","machine":"x"}}]}"#;

#[tokio::test]
async fn alertmanager_shows_the_secret_as_a_bearer_or_a_password() {
    let house = House::new().await;
    let (path, secret) = made(&house, "alertmanager").await;
    let basic = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("anybody:{secret}"))
    };
    for shown in [format!("Bearer {secret}"), format!("Basic {basic}")] {
        let answer = post(&house, &path, &[("authorization", shown)], SENT).await;
        assert_eq!((answer.status, answer.body.contains("about no machine")), (200, true), "{answer:?}");
    }
    for (headers, status) in [
        (vec![], 401),
        (vec![("authorization", "Bearer 00".to_owned())], 401),
        (vec![("authorization", format!("Bearer {secret}"))], 422),
    ] {
        assert_eq!(post(&house, &path, &headers, "{}").await.status, status);
    }
}

#[tokio::test]
async fn a_signed_delivery_is_taken_once_and_only_near_its_time() {
    let house = House::new().await;
    let (path, secret) = made(&house, "signed").await;
    let body = r#"{"alerts":[{"name":"A","state":"firing","machine":"x"}]}"#;
    let signed = |at: i64, body: &str| {
        let mut block = [0; 64];
        block.copy_from_slice(secret.as_bytes());
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(format!("{at}.{body}").as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        vec![("pitstop-timestamp", at.to_string()), ("pitstop-signature", format!("v1={signature}"))]
    };
    let now = chrono::Utc::now().timestamp();
    assert_eq!(post(&house, &path, &signed(now, body), body).await.status, 200);
    assert_eq!(post(&house, &path, &signed(now, body), body).await.status, 409);
    assert_eq!(post(&house, &path, &signed(now + 1, body), body).await.status, 200);
    assert_eq!(post(&house, &path, &signed(now - 400, body), body).await.status, 401);
    assert_eq!(post(&house, &path, &signed(now, "{}"), body).await.status, 401);
    assert_eq!(post(&house, &path, &[], body).await.status, 401);
}
