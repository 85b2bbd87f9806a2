//! The files of a job's image, for whoever shows the job's token.

use super::BootState;
use super::file::{self, Served};
use super::stream::watch_download;
use crate::directory::{PartError, PartFile};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode};
use pitstop_domain::id::JobId;
use pitstop_domain::image::PartRole;
use pitstop_domain::sighting::{FetchStep, Fetched};

/// The bytes below a digest never change, but the address carries a token: no shared cache may keep it.
const CACHE: &str = "private, max-age=86400, immutable";

pub(super) async fn serve(
    State(boot): State<BootState>,
    Path((job, token, name)): Path<(String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Ok(job) = job.parse::<JobId>() else { return refuse(&PartError::NotFound) };
    match boot.directory.part(job, &token, &name).await {
        Ok(part) => send(&boot, job, &name, &part, &method, &headers).await,
        Err(error) => {
            tracing::warn!(%job, file = name, reason = %error, "a job's file was asked for and not given out");
            refuse(&error)
        }
    }
}

async fn send(
    boot: &BootState,
    job: JobId,
    name: &str,
    part: &PartFile,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let progress = |_| Some(watch_download(boot.directory.clone(), part.machine, fetched(job, name, part)));
    let served = Served {
        path: &part.path,
        bytes: Some(part.bytes),
        etag: Some(part.digest.as_str()),
        cache: CACHE,
        content_type: "application/octet-stream",
    };
    file::serve(served, method, headers, progress).await.unwrap_or_else(|error| {
        tracing::error!(%job, file = name, digest = ?part.digest, %error, "a part of an image cannot be read: store it again");
        (StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be read\n").into_response()
    })
}

fn fetched(job: JobId, name: &str, part: &PartFile) -> Fetched {
    let step = match part.role {
        PartRole::Kernel => FetchStep::Kernel,
        PartRole::Initrd => FetchStep::Initrd,
        PartRole::BiosProgram | PartRole::EfiProgram => FetchStep::Program,
    };
    let digest = Some(part.digest.clone());
    Fetched {
        job: Some(job),
        step,
        name: name.to_owned(),
        bytes: 0,
        total: Some(part.bytes),
        done: false,
        digest,
    }
}

fn refuse(error: &PartError) -> Response {
    let status = match error {
        PartError::Gone => StatusCode::GONE,
        PartError::Forbidden => StatusCode::FORBIDDEN,
        PartError::NotFound => StatusCode::NOT_FOUND,
        PartError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{error}\n")).into_response()
}
