//! Images that come in over HTTP, for programs: announced, sent piece by piece, finished.

use super::take::{Json, Path, Query};
use super::{Answer, Api, Made, Nothing, Problem, pages};
use crate::catalog::Manifest;
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use crate::uploads::{Finish, signed};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use pitstop_domain::people::Right;
use pitstop_store::Error;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

pub(super) fn router() -> Router<Api> {
    Router::new()
        .route("/api/v1/images/uploads", post(begin))
        .route("/api/v1/images/uploads/{upload}", get(state).delete(forget))
        .route("/api/v1/images/uploads/{upload}/parts/{file}", put(append))
        .route("/api/v1/images/uploads/{upload}/finish", post(finish))
        .route("/api/v1/images/fetches", get(fetching).post(fetch))
        .route("/api/v1/images/fetches/{fetch}", delete(give_up))
        .route("/api/v1/images/fetches/{fetch}/again", post(fetch_again))
}

/// What will come: an `image.json` whose parts say `bytes` and `digest`, too. The same again goes on.
#[utoipa::path(post, path = "/api/v1/images/uploads", tag = "images",
    request_body = Manifest, params(pages::Key),
    responses((status = 200, body = Object)))]
pub(super) async fn begin(caller: Caller, State(api): State<Api>, Json(manifest): Json<Manifest>) -> Answer {
    let deed = deed(format!("began to upload {}", manifest.called()));
    let begun = caller.act(deed, |store| async move {
        signed::announced(store, &manifest).await?;
        api.uploads.begin(&manifest)
    });
    let (id, parts) = begun.await?;
    Ok(Json(json!({ "id": id, "parts": parts })))
}

/// How far it is; and how far its end is, once that was asked for.
#[utoipa::path(get, path = "/api/v1/images/uploads/{upload}", tag = "images",
    params(("upload" = String, Path)),
    responses((status = 200, body = Object)))]
pub(super) async fn state(caller: Caller, State(api): State<Api>, Path(upload): Path<String>) -> Answer {
    caller.read(Right::EditImages, On::Installation).await?;
    Ok(Json(match api.uploads.finish_of(&upload) {
        Some(Finish::Done(image)) => json!({ "id": upload, "parts": [], "image": image }),
        Some(Finish::Failed(why)) => return Err(Error::Refused(why).into()),
        Some(Finish::Reading { bytes, of }) => json!({ "id": upload, "parts": api.uploads.state(&upload)?,
            "reading": { "bytes": bytes, "of": of } }),
        None => json!({ "id": upload, "parts": api.uploads.state(&upload)? }),
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// Where this piece begins, in bytes.
    #[serde(default)]
    #[param(required = false)]
    offset: u64,
}

/// A piece, from where the server is on. Where another is expected, the answer says which.
#[utoipa::path(put, path = "/api/v1/images/uploads/{upload}/parts/{file}", tag = "images",
    params(("upload" = String, Path), ("file" = String, Path), From), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = Object)))]
pub(super) async fn append(
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
///
/// 202 while its bytes are still read: `GET` of the upload tells how far, and in the end the image.
#[utoipa::path(post, path = "/api/v1/images/uploads/{upload}/finish", tag = "images",
    params(("upload" = String, Path), pages::Key),
    responses((status = 200, body = Object, description = "The image"), (status = 202, body = Object, description = "Its bytes are still read")))]
pub(super) async fn finish(
    caller: Caller,
    State(api): State<Api>,
    Path(upload): Path<String>,
) -> Result<Response, Problem> {
    let (by, from) = (caller.gate().who().to_string(), caller.gate().came_from().to_owned());
    let deed = deed(format!("added the image of upload {upload}"));
    let (uploads, id) = (&api.uploads, &upload);
    let finish =
        caller.act(deed, |store| async move { uploads.finish_aside(store, id, &by, &from).await }).await?;
    Ok(match finish {
        Finish::Done(image) => Json(json!(image)).into_response(),
        Finish::Failed(why) => return Err(Error::Refused(why).into()),
        Finish::Reading { bytes, of } => {
            let at = [("location", format!("/api/v1/images/uploads/{upload}"))];
            let told = json!({ "id": upload, "reading": { "bytes": bytes, "of": of } });
            (StatusCode::ACCEPTED, at, Json(told)).into_response()
        }
    })
}

/// What came is thrown away.
#[utoipa::path(delete, path = "/api/v1/images/uploads/{upload}", tag = "images",
    params(("upload" = String, Path)),
    responses((status = 200, body = Nothing)))]
pub(super) async fn forget(caller: Caller, State(api): State<Api>, Path(upload): Path<String>) -> Made {
    let deed = deed(format!("took back upload {upload}"));
    caller.act(deed, |_| async move { api.uploads.forget(&upload) }).await?;
    Ok(Json(Nothing {}))
}

/// Images that the server fetches, and what was given up of them.
#[utoipa::path(get, path = "/api/v1/images/fetches", tag = "images",
    responses((status = 200, body = Vec<Object>)))]
pub(super) async fn fetching(caller: Caller, State(api): State<Api>) -> Answer {
    caller.read(Right::See, On::Somewhere).await?;
    Ok(Json(json!(api.uploads.fetching())))
}

/// An `image.json` whose parts say `url` and `digest`: the server fetches it in the background.
#[utoipa::path(post, path = "/api/v1/images/fetches", tag = "images",
    request_body = Manifest, params(pages::Key),
    responses((status = 202, body = Object)))]
pub(super) async fn fetch(
    caller: Caller,
    State(api): State<Api>,
    Json(manifest): Json<Manifest>,
) -> Result<Response, Problem> {
    let (by, from) = (caller.gate().who().to_string(), caller.gate().came_from().to_owned());
    let deed = fetch_deed(&manifest);
    let begun = caller.act(deed, |store| async move {
        signed::announced(store, &manifest).await?;
        api.uploads.fetch(store, &manifest, &by, &from)
    });
    let id = begun.await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response())
}

/// Tries again what was given up.
#[utoipa::path(post, path = "/api/v1/images/fetches/{fetch}/again", tag = "images",
    params(("fetch" = String, Path), pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn fetch_again(caller: Caller, State(api): State<Api>, Path(fetch): Path<String>) -> Made {
    let deed = deed(format!("fetched again the image {fetch}"));
    caller.act(deed, |store| async move { api.uploads.fetch_again(store, &fetch) }).await?;
    Ok(Json(Nothing {}))
}

/// Stops fetching an image.
#[utoipa::path(delete, path = "/api/v1/images/fetches/{fetch}", tag = "images",
    params(("fetch" = String, Path)),
    responses((status = 200, body = Nothing)))]
pub(super) async fn give_up(caller: Caller, State(api): State<Api>, Path(fetch): Path<String>) -> Made {
    let deed = deed(format!("gave up fetching the image {fetch}"));
    caller.act(deed, |store| async move { api.uploads.give_up(store, &fetch).await }).await?;
    Ok(Json(Nothing {}))
}

/// What has the server fetch an image, for the audit: from where is part of it.
pub(crate) fn fetch_deed(manifest: &Manifest) -> Deed {
    let what = format!("has the image {} fetched", manifest.called());
    Deed { after: Some(json!(manifest.parts())), ..deed(what) }
}

fn deed(what: String) -> Deed {
    Deed::new(Right::EditImages, On::Installation, what)
}
