//! Images that come in over HTTP, for programs: announced, sent piece by piece, finished.

use super::{Answer, Api};
use crate::catalog::Manifest;
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use pitstop_domain::people::Right;
use serde::Deserialize;
use serde_json::json;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/images/uploads", post(begin))
        .route("/api/v1/images/uploads/{upload}", get(state).delete(forget))
        .route("/api/v1/images/uploads/{upload}/parts/{file}", put(append))
        .route("/api/v1/images/uploads/{upload}/finish", post(finish))
}

/// What will come: an `image.json` whose parts say `bytes` and `digest`, too. The same again goes on.
async fn begin(caller: Caller, State(api): State<Api>, Json(manifest): Json<Manifest>) -> Answer {
    let deed = deed(format!("began to upload {}", manifest.called()));
    let (id, parts) = caller.act(deed, |_| async move { api.uploads.begin(&manifest) }).await?;
    Ok(Json(json!({ "id": id, "parts": parts })))
}

/// How far it is.
async fn state(caller: Caller, State(api): State<Api>, Path(upload): Path<String>) -> Answer {
    caller.read(Right::EditImages, On::Installation).await?;
    Ok(Json(json!({ "id": upload, "parts": api.uploads.state(&upload)? })))
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    offset: u64,
}

/// A piece, from where the server is on. Where another is expected, the answer says which.
async fn append(
    caller: Caller,
    State(api): State<Api>,
    Path((upload, file)): Path<(String, String)>,
    Query(from): Query<From>,
    body: Body,
) -> Answer {
    caller.read(Right::EditImages, On::Installation).await?;
    Ok(Json(json!({ "offset": api.uploads.append(&upload, &file, from.offset, body).await? })))
}

/// All is here: it becomes a candidate.
async fn finish(caller: Caller, State(api): State<Api>, Path(upload): Path<String>) -> Answer {
    let (by, from) = (caller.gate().who().to_string(), caller.gate().came_from().to_owned());
    let deed = deed(format!("added the image of upload {upload}"));
    let image = caller.act(deed, |store| async move { api.uploads.finish(store, &upload, &by, &from).await });
    Ok(Json(json!(image.await?)))
}

/// What came is thrown away.
async fn forget(caller: Caller, State(api): State<Api>, Path(upload): Path<String>) -> Answer {
    let deed = deed(format!("took back upload {upload}"));
    caller.act(deed, |_| async move { api.uploads.forget(&upload) }).await?;
    Ok(Json(json!({})))
}

fn deed(what: String) -> Deed {
    Deed::new(Right::EditImages, On::Installation, what)
}
