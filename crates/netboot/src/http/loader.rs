//! Loaders over HTTP: for UEFI HTTP boot, and for whatever a loader asks for beside itself.

use super::BootState;
use super::counters::Outcome;
use super::file::{self, Served};
use super::stream::watch_download;
use crate::directory::{Client, Found, Known};
use crate::loaders::LoaderPath;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode};
use pitstop_domain::id::JobId;
use pitstop_domain::net::Mac;
use pitstop_domain::sighting::{FetchStep, Fetched};

/// Loaders change when the package is upgraded, under the same name.
const CACHE: &str = "no-cache";

pub(super) async fn serve(
    State(boot): State<BootState>,
    Path(path): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let Some(found) = boot.config.loaders.file(&path) else {
        boot.counters.add(Outcome::NotFound);
        return (StatusCode::NOT_FOUND, "there is no such loader\n").into_response();
    };
    let told = LoaderPath::parse(&path);
    let machine = machine(&boot, told.mac, &method).await;
    let progress = |size| {
        let known = machine?;
        let seen = known.loader_sighting(fetched(known.job(), told.file.clone(), size));
        Some(watch_download(boot.directory.clone(), known.machine, seen))
    };
    let content_type =
        if told.file.ends_with(".efi") { "application/efi" } else { "application/octet-stream" };
    let served = Served { path: found, bytes: None, etag: None, cache: CACHE, content_type };
    boot.counters.add(Outcome::Answered);
    file::serve(served, &method, &headers, progress).await.unwrap_or_else(|error| {
        boot.counters.add(Outcome::Unreadable);
        tracing::error!(loader = told.file, %error, "a loader cannot be read; machines that need it cannot boot");
        (StatusCode::INTERNAL_SERVER_ERROR, "the loader cannot be read\n").into_response()
    })
}

/// Whose loader this is, as far as the path and the directory tell. A loader is no secret: it is served anyway.
async fn machine(boot: &BootState, mac: Option<Mac>, method: &Method) -> Option<Known> {
    let mac = mac.filter(|_| method == Method::GET)?;
    match boot.directory.find(&Client { macs: vec![mac], uuid: None, asked: Default::default() }).await {
        Ok(Found::Known(known)) => Some(known),
        _ => None,
    }
}

fn fetched(job: Option<JobId>, name: String, size: u64) -> Fetched {
    Fetched { job, step: FetchStep::Loader, name, bytes: 0, total: Some(size), done: false, digest: None }
}
