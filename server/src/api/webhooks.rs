//! Webhooks, for programs: who is told of events, and what was delivered.

use super::once::Instead;
use super::take::{Json, Path, Query};
use super::{Api, Made, Nothing, Problem, pages};
use crate::hooks::StoreHooks;
use crate::people::caller::Caller;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use chrono::{DateTime, Utc};
use http::request::Parts;
use pitstop_app::hooks::desk::{Act, Asked, Did, HookDesk};
use pitstop_domain::hook::{Delivery, Standing, Written};
use pitstop_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Deliveries in one answer, unless it is said.
const USUAL: u32 = 100;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/webhooks", get(all).post(make))
        .route("/api/v1/webhooks/{webhook}", get(one).put(change).delete(remove))
        .route("/api/v1/webhooks/{webhook}/test", post(test))
        .route("/api/v1/webhooks/{webhook}/rotate", post(rotate))
        .route("/api/v1/webhooks/{webhook}/pause", post(pause))
        .route("/api/v1/webhooks/{webhook}/resume", post(resume))
        .route("/api/v1/webhooks/{webhook}/again", post(again))
        .route("/api/v1/webhooks/{webhook}/deliveries", get(deliveries))
        .route("/api/v1/webhooks/{webhook}/deliveries/{delivery}/again", post(send_again))
}

/// The webhooks of whoever calls.
pub(super) struct Mine(StoreHooks);

impl FromRequestParts<Api> for Mine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        Ok(Self(StoreHooks::new(caller.gate().clone(), api.keys.clone())))
    }
}

/// A webhook with its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct WithSecret {
    #[serde(flatten)]
    webhook: Standing,
    /// Deliveries are signed with it (Standard Webhooks). It is told once: the same request under its `Idempotency-Key` is
    /// answered without it.
    secret: Option<String>,
}

/// The answer that tells a secret, and keeps it nowhere.
fn secretly(status: StatusCode, webhook: Standing, secret: &Secret) -> Response {
    let kept = WithSecret { webhook: webhook.clone(), secret: None };
    let kept = Extension(Instead(serde_json::to_vec(&kept).unwrap_or_default()));
    let told = WithSecret { webhook, secret: Some(secret.expose().to_owned()) };
    (status, [("cache-control", "no-store")], kept, Json(told)).into_response()
}

/// All webhooks, by name.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", responses((status = 200, body = Vec<Standing>)))]
pub(super) async fn all(Mine(mine): Mine) -> Result<Json<Vec<Standing>>, Problem> {
    Ok(Json(mine.all().await?))
}

/// Makes a webhook. Its secret is told in this answer and never again.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = Written, params(pages::Key),
    responses((status = 201, body = WithSecret, headers(("location" = String)))))]
pub(super) async fn make(Mine(mine): Mine, Json(written): Json<Written>) -> Result<Response, Problem> {
    let (webhook, secret) = mine.make(&written).await?;
    let location = [("location", format!("/api/v1/webhooks/{}", webhook.hook.id))];
    Ok((location, secretly(StatusCode::CREATED, webhook, &secret)).into_response())
}

/// A webhook, and how it does.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = String, Path)),
    responses((status = 200, body = Standing)))]
pub(super) async fn one(Mine(mine): Mine, Path(id): Path<String>) -> Result<Json<Standing>, Problem> {
    Ok(Json(mine.one(&id).await?))
}

/// Changes a webhook. What waits goes to the new address.
#[utoipa::path(put, path = "/api/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = String, Path)),
    request_body = Written, responses((status = 200, body = Standing)))]
pub(super) async fn change(
    Mine(mine): Mine,
    Path(id): Path<String>,
    Json(written): Json<Written>,
) -> Result<Json<Standing>, Problem> {
    mine.change(&id, &written).await?;
    Ok(Json(mine.one(&id).await?))
}

/// Removes a webhook, with what was delivered to it.
#[utoipa::path(delete, path = "/api/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = String, Path)),
    responses((status = 200, body = Nothing)))]
pub(super) async fn remove(Mine(mine): Mine, Path(id): Path<String>) -> Made {
    did(mine, &id, Act::Remove).await
}

/// Sends something to see whether it comes. Look at the deliveries for how that went.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/test", tag = "webhooks",
    params(("webhook" = String, Path), pages::Key), responses((status = 200, body = Nothing)))]
pub(super) async fn test(Mine(mine): Mine, Path(id): Path<String>) -> Made {
    did(mine, &id, Act::Test).await
}

/// Gives a webhook another secret. For a day deliveries are signed with both.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/rotate", tag = "webhooks",
    params(("webhook" = String, Path), pages::Key), responses((status = 200, body = WithSecret)))]
pub(super) async fn rotate(Mine(mine): Mine, Path(id): Path<String>) -> Result<Response, Problem> {
    let Did::Secret(secret) = mine.act(&id, Act::Rotate).await? else { return Err(Problem::away()) };
    Ok(secretly(StatusCode::OK, mine.one(&id).await?, &secret))
}

/// Delivers nothing until it is resumed. What happens meanwhile waits.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/pause", tag = "webhooks",
    params(("webhook" = String, Path), pages::Key), responses((status = 200, body = Nothing)))]
pub(super) async fn pause(Mine(mine): Mine, Path(id): Path<String>) -> Made {
    did(mine, &id, Act::Pause).await
}

/// Delivers again, and what waits at once.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/resume", tag = "webhooks",
    params(("webhook" = String, Path), pages::Key), responses((status = 200, body = Nothing)))]
pub(super) async fn resume(Mine(mine): Mine, Path(id): Path<String>) -> Made {
    did(mine, &id, Act::Resume).await
}

async fn did(mine: StoreHooks, id: &str, act: Act) -> Made {
    mine.act(id, act).await?;
    Ok(Json(Nothing {}))
}

/// Since when.
#[derive(Deserialize, ToSchema)]
pub(super) struct SendAgain {
    /// Of events since then.
    since: DateTime<Utc>,
}

/// How many are sent again.
#[derive(Serialize, ToSchema)]
pub(super) struct SentAgain {
    deliveries: u64,
}

/// Sends again what was given up, of events since then.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/again", tag = "webhooks",
    params(("webhook" = String, Path), pages::Key), request_body = SendAgain, responses((status = 200, body = SentAgain)))]
pub(super) async fn again(
    Mine(mine): Mine,
    Path(id): Path<String>,
    Json(since): Json<SendAgain>,
) -> Result<Json<SentAgain>, Problem> {
    let done = mine.act(&id, Act::Again { since: since.since }).await?;
    let deliveries = if let Did::Again(deliveries) = done { deliveries } else { 0 };
    Ok(Json(SentAgain { deliveries }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those that were not taken.
    #[serde(default)]
    #[param(required = false)]
    failed: bool,
    /// Rows in one answer.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where the window before ended: stands in its `Link`.
    cursor: Option<i64>,
}

/// What was delivered, the newest first, for two weeks.
#[utoipa::path(get, path = "/api/v1/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(("webhook" = String, Path), Which),
    responses((status = 200, body = Vec<Delivery>, headers(("link" = String, description = "The next window, `rel=\"next\"`")))))]
pub(super) async fn deliveries(
    Mine(mine): Mine,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let limit = pages::limit(which.limit, USUAL)?;
    let asked = Asked { failed: which.failed, before: which.cursor, limit };
    let found = mine.deliveries(&id, &asked).await?;
    let same = [which.failed.then(|| ("failed", "true".to_owned())), Some(("limit", limit.to_string()))];
    let path = format!("/api/v1/webhooks/{id}/deliveries");
    let paged = pages::Paged::of(&path, &same, found, limit, |delivery: &Delivery| delivery.id.to_string());
    Ok(paged.into_response())
}

/// Sends a delivery again, under the same name.
#[utoipa::path(post, path = "/api/v1/webhooks/{webhook}/deliveries/{delivery}/again", tag = "webhooks",
    params(("webhook" = String, Path), ("delivery" = i64, Path), pages::Key), responses((status = 200, body = Nothing)))]
pub(super) async fn send_again(Mine(mine): Mine, Path((id, delivery)): Path<(String, i64)>) -> Made {
    mine.send_again(&id, delivery).await?;
    Ok(Json(Nothing {}))
}
