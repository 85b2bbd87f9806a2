//! What the catalog of images demands, whose signatures count there, where its bytes are kept, and the bytes themselves.

use super::take::{Json, Path};
use super::{Api, Made, Nothing, Problem, pages};
use crate::backend::signing;
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use axum::routing::{delete, get, put};
use chrono::{DateTime, Utc};
use pitstop_app::images::desk::Kept;
use pitstop_domain::digest::Digest;
use pitstop_domain::people::Right;
use pitstop_store::Error;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::ToSchema;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/images/storage", get(storage))
        .route("/api/v1/images/demands", get(demands))
        .route("/api/v1/images/demands/tests", put(demand_tests))
        .route("/api/v1/images/demands/signatures", put(demand_signatures))
        .route("/api/v1/images/keys", get(keys).post(trust))
        .route("/api/v1/images/keys/{key}", delete(distrust))
        .route("/api/v1/images/{digest}/parts/{file}", get(part))
}

/// Where the bytes of images are kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ImageStorage)]
pub(super) struct Storage {
    /// Bytes in this server's folder: all images, or its cache of the bucket.
    used: u64,
    bucket: Option<Bucket>,
}

/// The bucket behind the folder.
#[derive(Serialize, ToSchema)]
#[schema(as = ImageBucket)]
struct Bucket {
    /// Its name and where it is.
    name: String,
    /// Bytes that this server's cache may hold.
    limit: u64,
    /// Why it cannot be reached; `null`: it can.
    away: Option<String>,
}

/// Where images are kept, and how much of the cache is in use.
#[utoipa::path(get, path = "/api/v1/images/storage", tag = "images", responses((status = 200, body = Storage)))]
pub(super) async fn storage(caller: Caller, State(api): State<Api>) -> Result<Json<Storage>, Problem> {
    caller.read(Right::EditImages, On::Installation).await?;
    let Kept { used, bucket, .. } = api.uploads.shelf().kept();
    let bucket = bucket.map(|bucket| Bucket { name: bucket.called, limit: bucket.limit, away: bucket.away });
    Ok(Json(Storage { used, bucket }))
}

/// What is demanded of versions.
#[derive(Serialize, ToSchema)]
#[schema(as = ImageDemands)]
pub(super) struct Demands {
    /// Only what was seen to boot in a test may become stable.
    tests: bool,
    /// Machines get only what a trusted key has signed.
    signatures: bool,
}

/// Whether it is demanded.
#[derive(Deserialize, ToSchema)]
#[schema(as = ImageDemand)]
pub(super) struct Demand {
    demanded: bool,
}

/// What the catalog demands.
#[utoipa::path(get, path = "/api/v1/images/demands", tag = "images", responses((status = 200, body = Demands)))]
pub(super) async fn demands(caller: Caller) -> Result<Json<Demands>, Problem> {
    let rules = caller.read(Right::See, On::Somewhere).await?.catalog_rules().await?;
    Ok(Json(Demands { tests: rules.stable_tested, signatures: rules.signed }))
}

/// Only what a test boot saw boot may become stable, or again anything.
#[utoipa::path(put, path = "/api/v1/images/demands/tests", tag = "images", request_body = Demand, params(pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn demand_tests(caller: Caller, Json(demand): Json<Demand>) -> Made {
    let deed = Deed {
        after: Some(json!({ "stable_tested": demand.demanded })),
        ..Deed::new(Right::EditImages, On::Installation, "changed what the catalog demands")
    };
    caller.act(deed, |store| store.demand_tests(demand.demanded)).await?;
    Ok(Json(Nothing {}))
}

/// Machines get only what a trusted key has signed, or again anything.
#[utoipa::path(put, path = "/api/v1/images/demands/signatures", tag = "images", request_body = Demand, params(pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn demand_signatures(caller: Caller, Json(demand): Json<Demand>) -> Made {
    signing::demand(caller.gate(), demand.demanded).await?;
    Ok(Json(Nothing {}))
}

/// A key whose signatures are trusted.
#[derive(Serialize, ToSchema)]
#[schema(as = ImageKey)]
pub(super) struct Key {
    id: String,
    public_key: String,
    name: String,
    added_at: DateTime<Utc>,
    added_by: String,
    /// Versions that it signed, by name and version.
    signed: Vec<String>,
    /// Of these: no other trusted key signed them.
    alone: Vec<String>,
}

/// Keys whose signatures are trusted.
#[utoipa::path(get, path = "/api/v1/images/keys", tag = "images", responses((status = 200, body = Vec<Key>)))]
pub(super) async fn keys(caller: Caller) -> Result<Json<Vec<Key>>, Problem> {
    let store = caller.read(Right::ChangeSettings, On::Installation).await?;
    let key = |key: pitstop_store::signing::Key| Key {
        id: key.id,
        public_key: key.public_key,
        name: key.name,
        added_at: key.added_at,
        added_by: key.added_by,
        signed: key.signed,
        alone: key.alone,
    };
    Ok(Json(store.signing_keys().await?.into_iter().map(key).collect()))
}

/// A public key of `minisign`.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewImageKey)]
pub(super) struct NewKey {
    /// Whose it is: stands beside what it signed.
    name: String,
    /// What `minisign` wrote to its `.pub` file, or the last line of it.
    public_key: String,
}

/// Trusts a key.
#[utoipa::path(post, path = "/api/v1/images/keys", tag = "images", request_body = NewKey, params(pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn trust(caller: Caller, Json(new): Json<NewKey>) -> Made {
    signing::trust(caller.gate(), new.name.trim(), &new.public_key).await?;
    Ok(Json(Nothing {}))
}

/// Trusts a key no longer.
#[utoipa::path(delete, path = "/api/v1/images/keys/{key}", tag = "images", params(("key" = String, Path)),
    responses((status = 200, body = Nothing)))]
pub(super) async fn distrust(caller: Caller, Path(key): Path<String>) -> Made {
    signing::distrust(caller.gate(), &key).await?;
    Ok(Json(Nothing {}))
}

/// The bytes of a part, whole or by `Range`.
#[utoipa::path(get, path = "/api/v1/images/{digest}/parts/{file}", tag = "images",
    params(("digest" = Digest, Path), ("file" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream", description = "The range of it"),
        (status = 304, description = "It has not changed"),
        (status = 416, body = Vec<u8>, content_type = "application/octet-stream", description = "It has no such range")))]
pub(super) async fn part(
    caller: Caller,
    State(api): State<Api>,
    Path((digest, file)): Path<(Digest, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let store = caller.read(Right::EditImages, On::Installation).await?;
    let image = store.image(&digest).await?.ok_or(Error::NotFound("image version"))?;
    let part = image.parts.into_iter().find(|part| part.file == file);
    let part = part.ok_or(Error::NotFound("part of this image version"))?;
    let shelf = api.uploads.shelf();
    shelf.bring(std::slice::from_ref(&part)).await.map_err(Error::Refused)?;
    let Ok(served) = ServeFile::new(shelf.path_of(&part.digest)).oneshot(request).await;
    if served.status().as_u16() == 404 {
        return Err(Error::NotFound("file of this part: the version was removed").into());
    }
    let mut served = served.map(Body::new);
    served.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(served)
}
