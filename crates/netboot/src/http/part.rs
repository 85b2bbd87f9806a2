//! The files of images: of a job's, for whoever shows the job's token, and of a diskless machine's own system, for
//! whoever shows the machine's own token.

use super::BootState;
use super::counters::Outcome;
use super::file::{self, Served};
use super::stream::watch_download;
use crate::directory::{PartError, PartFile};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode};
use pitstop_domain::digest::Digest;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::PartRole;
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting};
use serde::Deserialize;

/// The bytes below a digest never change, but the address carries a token: no shared cache may keep it.
const CACHE: &str = "private, max-age=86400, immutable";

/// `GET /boot/jobs/{job}/{token}/{file}`. Systems that fetch more of themselves look for it in the folders of their disc:
/// the file's name counts alone.
pub(super) async fn of_job(
    State(boot): State<BootState>,
    Path((job, token, path)): Path<(String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let Ok(job) = job.parse::<JobId>() else { return refuse(&boot, &PartError::NotFound) };
    match boot.directory.part(job, &token, &name).await {
        Ok(part) => {
            let seen = Sighting::Fetched(fetched(Some(job), &name, &part));
            send(&boot, seen, &name, &part, &method, &headers).await
        }
        Err(error) => {
            tracing::warn!(%job, file = name, reason = %error, "a job's file was asked for and not given out");
            refuse(&boot, &error)
        }
    }
}

/// Which version of the image: the script that names the files names it too, so that the parts of a boot are of one
/// version, whatever enters the catalog meanwhile.
#[derive(Deserialize)]
pub(super) struct Version {
    image: Digest,
}

/// `GET /boot/own/{machine}/{token}/{file}?image=DIGEST`.
pub(super) async fn of_own_system(
    State(boot): State<BootState>,
    Path((machine, token, name)): Path<(String, String, String)>,
    version: Result<Query<Version>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let (Ok(machine), Ok(Query(version))) = (machine.parse::<MachineId>(), version) else {
        return refuse(&boot, &PartError::NotFound);
    };
    match boot.directory.own_part(machine, &token, &version.image, &name).await {
        Ok(part) => {
            let seen = Sighting::FetchedOwn(fetched(None, &name, &part));
            send(&boot, seen, &name, &part, &method, &headers).await
        }
        Err(error) => {
            tracing::warn!(%machine, file = name, reason = %error, "a file of an own system was asked for and not given out");
            refuse(&boot, &error)
        }
    }
}

async fn send(
    boot: &BootState,
    seen: Sighting,
    name: &str,
    part: &PartFile,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let progress = |_| Some(watch_download(boot.directory.clone(), part.machine, seen));
    let served = Served {
        path: &part.path,
        bytes: Some(part.bytes),
        etag: Some(part.digest.as_str()),
        cache: CACHE,
        content_type: "application/octet-stream",
    };
    boot.counters.add(Outcome::Answered);
    file::serve(served, method, headers, progress).await.unwrap_or_else(|error| {
        boot.counters.add(Outcome::Unreadable);
        tracing::error!(machine = %part.machine, file = name, digest = ?part.digest, %error, "a part of an image cannot be read: store it again");
        (StatusCode::INTERNAL_SERVER_ERROR, "the file cannot be read\n").into_response()
    })
}

fn fetched(job: Option<JobId>, name: &str, part: &PartFile) -> Fetched {
    let step = match part.role {
        PartRole::Kernel | PartRole::Wimboot => FetchStep::Kernel,
        PartRole::Initrd | PartRole::Wim => FetchStep::Initrd,
        PartRole::BiosProgram | PartRole::EfiProgram | PartRole::Script => FetchStep::Program,
        PartRole::File => FetchStep::File,
    };
    let digest = Some(part.digest.clone());
    Fetched { job, step, name: name.to_owned(), bytes: 0, total: Some(part.bytes), done: false, digest }
}

fn refuse(boot: &BootState, error: &PartError) -> Response {
    boot.counters.add(Outcome::of_part(error));
    let status = match error {
        PartError::Gone | PartError::Replaced => StatusCode::GONE,
        PartError::Forbidden => StatusCode::FORBIDDEN,
        PartError::NotFound => StatusCode::NOT_FOUND,
        PartError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{error}\n")).into_response()
}
