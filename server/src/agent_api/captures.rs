//! Captures: a machine brings what is on its disk, chunk by chunk, and fetches it back.

use super::AgentApi;
use super::belongs::outside;
use super::body::Body;
use super::maintenance::open;
use super::refusal::Refusal;
use crate::captures::{Fault, NotPut};
use axum::body::Body as Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use pitstop_domain::capture::{Begun, Capture, Kept, LARGEST_CHUNK, Source, State as Standing, ToRestore};
use pitstop_domain::digest::Digest;
use pitstop_domain::function::Task;
use pitstop_domain::id::{CaptureId, JobId};
use pitstop_store::jobs::JobRow;

/// A description of a piece names each of its chunks: 4 TiB that do not compress have half a million.
const LARGEST_PIECE: usize = 64 << 20;

pub(super) fn router() -> Router<AgentApi> {
    let chunks = get(chunk).put(put);
    Router::new()
        .route("/agent/v1/jobs/{job}/capture", get(to_restore).post(begin))
        .route("/agent/v1/jobs/{job}/capture/whole", post(whole))
        .route("/agent/v1/jobs/{job}/capture/pieces", post(keep))
        .route("/agent/v1/jobs/{job}/capture/pieces/{number}", get(piece))
        .layer(DefaultBodyLimit::max(LARGEST_PIECE))
        .route("/agent/v1/jobs/{job}/capture/chunks/{digest}", chunks.layer(DefaultBodyLimit::disable()))
}

/// A job that is at work.
async fn at_work(api: &AgentApi, id: JobId, headers: &HeaderMap) -> Result<JobRow, Refusal> {
    let row = open(api, id, headers).await?;
    match outside(&row.job, None) {
        Some(why) => Err(Refusal::GoHome(why.to_owned())),
        None => Ok(row),
    }
}

/// The capture that this job brings.
async fn brought(api: &AgentApi, id: JobId, headers: &HeaderMap) -> Result<Capture, Refusal> {
    at_work(api, id, headers).await?;
    let capture = api.store.capture_of(id).await?.ok_or(Refusal::NotFound("capture of this job"))?;
    match capture.state {
        Standing::Broken => Err(Refusal::GivenUp(capture.why.unwrap_or_default())),
        _ => Ok(capture),
    }
}

/// The capture that this job brings, as long as anything of it may come.
async fn arriving(api: &AgentApi, id: JobId, headers: &HeaderMap) -> Result<CaptureId, Refusal> {
    let capture = brought(api, id, headers).await?;
    match capture.state {
        Standing::Arriving => Ok(capture.id),
        _ => Err(Refusal::GivenUp("this capture does not arrive any more: it is whole".to_owned())),
    }
}

/// The capture that this job brings, or that it restores.
async fn meant(api: &AgentApi, id: JobId, headers: &HeaderMap) -> Result<CaptureId, Refusal> {
    match at_work(api, id, headers).await?.job.plan.task {
        Task::Restore { capture, .. } => capture.parse().map_err(|_| Refusal::NotFound("capture")),
        _ => brought(api, id, headers).await.map(|capture| capture.id),
    }
}

/// `POST /agent/v1/jobs/{job}/capture`: begins, or goes on.
async fn begin(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    headers: HeaderMap,
    Body(source): Body<Source>,
) -> Result<Json<Begun>, Refusal> {
    let row = at_work(&api, id, &headers).await?;
    if !matches!(row.job.plan.task, Task::Capture { .. }) {
        return Err(Refusal::NotFound("capture of this job"));
    }
    source.check().map_err(|why| Refusal::NotUnderstood(StatusCode::BAD_REQUEST, why))?;
    let (capture, here, goes_on) = api.store.begin_capture(row.job.machine, id, &source).await?;
    tracing::info!(job = %id, capture = %capture, goes_on, "A disk is being captured.");
    Ok(Json(Begun { capture, here: here.into_iter().collect(), goes_on }))
}

/// `PUT /agent/v1/jobs/{job}/capture/chunks/{digest}`.
async fn put(
    State(api): State<AgentApi>,
    Path((id, digest)): Path<(JobId, Digest)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<()>, Refusal> {
    let capture = arriving(&api, id, &headers).await?;
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    let Some(bytes) = length.filter(|bytes| (1..=LARGEST_CHUNK).contains(bytes)) else {
        let why = format!("a chunk has up to {LARGEST_CHUNK} bytes, and says how many");
        return Err(Refusal::NotUnderstood(StatusCode::PAYLOAD_TOO_LARGE, why));
    };
    match api.captures.put(capture, &digest, bytes, body).await {
        Ok(()) => Ok(Json(())),
        Err(NotPut::NoRoom(why)) => Err(Refusal::NoRoom(why)),
        Err(NotPut::Wrong(why)) => Err(Refusal::NotUnderstood(StatusCode::REQUEST_TIMEOUT, why)),
        Err(failed @ NotPut::Failed(_)) => Err(Refusal::Away(failed.to_string())),
    }
}

/// `GET` (and `HEAD`) `/agent/v1/jobs/{job}/capture/chunks/{digest}`.
async fn chunk(
    State(api): State<AgentApi>,
    Path((id, digest)): Path<(JobId, Digest)>,
    headers: HeaderMap,
) -> Result<Bytes, Refusal> {
    let capture = meant(&api, id, &headers).await?;
    let file = api.captures.open(capture, &digest).await.map_err(Fault::from)?;
    let file = file.ok_or(Refusal::NotFound("chunk of this capture"))?;
    Ok(Bytes::from_stream(tokio_util::io::ReaderStream::new(file)))
}

/// `POST /agent/v1/jobs/{job}/capture/pieces`: a piece came whole.
async fn keep(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    headers: HeaderMap,
    Body(kept): Body<Kept>,
) -> Result<Json<()>, Refusal> {
    let capture = arriving(&api, id, &headers).await?;
    Ok(Json(api.captures.keep(capture, &kept).await?))
}

/// `POST /agent/v1/jobs/{job}/capture/whole`: all came.
async fn whole(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    headers: HeaderMap,
) -> Result<Json<()>, Refusal> {
    let capture = brought(&api, id, &headers).await?;
    // Said twice, where the answer to the first was lost.
    if capture.state == Standing::Whole {
        return Ok(Json(()));
    }
    api.captures.whole(capture.id).await?;
    tracing::info!(job = %id, capture = %capture.id, "A disk was captured.");
    Ok(Json(()))
}

/// `GET /agent/v1/jobs/{job}/capture`: what is to be restored, where all of it is here.
async fn to_restore(
    State(api): State<AgentApi>,
    Path(id): Path<JobId>,
    headers: HeaderMap,
) -> Result<Json<ToRestore>, Refusal> {
    let capture = api.captures.check(meant(&api, id, &headers).await?).await?;
    let (machine_name, begun_at) = (capture.machine_name, capture.begun_at);
    let (source, stored) = (capture.source, capture.stored);
    Ok(Json(ToRestore { capture: capture.id, machine_name, begun_at, source, stored }))
}

/// `GET /agent/v1/jobs/{job}/capture/pieces/{number}`.
async fn piece(
    State(api): State<AgentApi>,
    Path((id, number)): Path<(JobId, u32)>,
    headers: HeaderMap,
) -> Result<Json<Kept>, Refusal> {
    let capture = meant(&api, id, &headers).await?;
    Ok(Json(api.store.piece(capture, number).await?.ok_or(Refusal::NotFound("piece of this capture"))?))
}
