//! `POST /api/v1/health/sources/{source}`: the monitoring of others tells of machines. Nobody is signed in here: a source shows
//! its secret, or signs with it, and can do nothing else.
//!
//! - Alertmanager's webhook, version 4: `Authorization: Bearer SECRET`, or the secret as a password (basic)
//! - our own words: `Pitstop-Timestamp: SECONDS` and `Pitstop-Signature: v1=HEX`, HMAC-SHA-256 over `SECONDS.BODY` under the secret,
//!   as our own webhooks are signed; once, and within five minutes

use super::Problem;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use pitstop_domain::Time;
use pitstop_domain::health::elsewhere::{Speaks, read};
use pitstop_domain::id::SourceId;
use pitstop_store::health::sources::SourceRow;
use pitstop_store::health::tidings::Taken;
use pitstop_store::{Keys, Store};
use serde_json::json;
use std::net::SocketAddr;

/// A thousand alerts with their labels.
const LONGEST: usize = 1 << 20;

/// How far a timestamp may be away: clocks differ, and what was listened to is worth nothing soon.
const WINDOW_S: u64 = 300;

#[derive(Clone)]
pub(super) struct At {
    store: Store,
    keys: Keys,
}

/// The door is elsewhere: at the source's secret.
pub(crate) fn open(store: Store, keys: Keys) -> Router {
    Router::new()
        .route("/api/v1/health/sources/{source}", post(take))
        .layer(DefaultBodyLimit::max(LONGEST))
        // No page of another site has anything to tell, whatever it knows.
        .layer(axum::middleware::from_fn(pitstop_app::serve::same_origin))
        .with_state(At { store, keys })
}

/// The monitoring of others tells of machines. A source of its own shows its secret, or signs with it; tokens do not count.
#[utoipa::path(post, path = "/api/v1/health/sources/{source}", tag = "health", params(("source" = String, Path)),
    request_body = Object, responses((status = 200, body = Object)))]
pub(super) async fn take(
    State(at): State<At>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let came_from = peer.map(|Extension(ConnectInfo(peer))| peer.ip().to_string()).unwrap_or_default();
    match taken(&at, &source, &came_from, &headers, &body).await {
        Ok(words) => Json(json!({ "taken": words })).into_response(),
        Err((status, words)) => Problem::Unreadable { status, words }.into_response(),
    }
}

type Refusal = (StatusCode, String);

async fn taken(
    at: &At,
    source: &str,
    came_from: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<String, Refusal> {
    let unknown = || (StatusCode::NOT_FOUND, "there is no such source, or it was revoked".to_owned());
    let id: SourceId = source.parse().map_err(|_| unknown())?;
    let row = at.store.health_source(id).await.map_err(away)?.ok_or_else(unknown)?;
    let now = at.store.now();
    if row.revoked.is_some() {
        return Err(unknown());
    }
    match let_in(at, &row, came_from, headers, body, now).await {
        Ok(words) => Ok(words),
        Err((status, why)) => {
            if status != StatusCode::SERVICE_UNAVAILABLE {
                at.store.health_source_refused(id, &why, now).await.map_err(away)?;
                tracing::warn!(source = row.source.name, why, "What a source told was turned away.");
            }
            Err((status, why))
        }
    }
}

async fn let_in(
    at: &At,
    row: &SourceRow,
    came_from: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Time,
) -> Result<String, Refusal> {
    let seal = match row.source.speaks {
        Speaks::Alertmanager => shown(&at.keys, row, headers, now).map(|()| None),
        Speaks::Signed => signed(&at.keys, row, headers, body, now).map(Some),
    };
    let seal = seal.map_err(|why| (StatusCode::UNAUTHORIZED, why))?;
    let delivery = read(row.source.speaks, body).map_err(|why| (StatusCode::UNPROCESSABLE_ENTITY, why))?;
    let taken = at.store.take_delivery(&row.source, &delivery, seal.as_deref(), came_from, now).await;
    match taken.map_err(away)? {
        Taken::Yes(words) => Ok(words),
        Taken::Before => {
            Err((StatusCode::CONFLICT, "this signature was shown before: nothing is taken twice".to_owned()))
        }
    }
}

/// Alertmanager tries again what was not answered by 2xx, or was by 5xx.
fn away(error: pitstop_store::Error) -> Refusal {
    tracing::error!(%error, "What a source told could not be stored.");
    (StatusCode::SERVICE_UNAVAILABLE, "it cannot be stored right now: try again".to_owned())
}

/// The secret, as a bearer (RFC 6750) or a password (RFC 7617).
fn shown(keys: &Keys, row: &SourceRow, headers: &HeaderMap, now: Time) -> Result<(), String> {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, value) = text.and_then(|text| text.split_once(' ')).ok_or("it showed no secret")?;
    let secret = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => value.trim().to_owned(),
        "basic" => password(value).ok_or("its password could not be read")?,
        _ => return Err("it showed its secret neither as a bearer nor as a password".to_owned()),
    };
    let holds = |generation: &i32| keys.is_source_secret(row.source.id, *generation, &secret);
    match row.generations(now).iter().any(holds) {
        true => Ok(()),
        false => Err("it showed another secret: one that was changed, or of another source".to_owned()),
    }
}

fn password(value: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
    Some(String::from_utf8(bytes).ok()?.split_once(':')?.1.to_owned())
}

/// Gives what was signed with, so that it is taken once.
fn signed(
    keys: &Keys,
    row: &SourceRow,
    headers: &HeaderMap,
    body: &[u8],
    now: Time,
) -> Result<Vec<u8>, String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let told = text("pitstop-timestamp").ok_or("it has no Pitstop-Timestamp")?;
    let seconds: i64 = told.parse().map_err(|_| "its Pitstop-Timestamp is no number of seconds")?;
    let signature = text("pitstop-signature").and_then(|text| text.strip_prefix("v1="));
    let signature =
        signature.and_then(|text| hex::decode(text).ok()).ok_or("its Pitstop-Signature is not v1=HEX")?;
    let parts: [&[u8]; 3] = [told.as_bytes(), b".", body];
    let holds = |generation: &i32| keys.is_signed_by_source(row.source.id, *generation, &parts, &signature);
    if !row.generations(now).iter().any(holds) {
        return Err("its signature is not of this body under this source's secret".to_owned());
    }
    match now.timestamp().saturating_sub(seconds) {
        off if off.unsigned_abs() <= WINDOW_S => Ok(signature),
        off => Err(format!("its Pitstop-Timestamp is {off} s from now: {WINDOW_S} are let through")),
    }
}
