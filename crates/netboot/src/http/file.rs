//! What a request for a file is answered with.

use super::range::{Wanted, wanted};
use super::stream::{self, Progress};
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use std::io;
use std::ops::Range;
use std::path::Path;
use tokio::fs::File;

/// A file to be served, and what the client is told of it.
pub(super) struct Served<'a> {
    pub path: &'a Path,
    /// Its length, where somebody already knows; a file of another length is broken and not served.
    pub bytes: Option<u64>,
    /// Without quotes; `None`: from the file's length and time.
    pub etag: Option<&'a str>,
    pub cache: &'static str,
    pub content_type: &'static str,
}

/// Answers GET and HEAD. `progress` is called for when bytes are about to flow, and with the whole length.
///
/// # Errors
/// When the file cannot be read, or is not what it should be.
pub(super) async fn serve(
    served: Served<'_>,
    method: &Method,
    headers: &HeaderMap,
    progress: impl FnOnce(u64) -> Option<Progress>,
) -> io::Result<Response> {
    let file = File::open(served.path).await?;
    let metadata = file.metadata().await?;
    let size = metadata.len();
    if served.bytes.is_some_and(|bytes| bytes != size) {
        return Err(io::Error::other(format!("it has {size} bytes, {:?} are expected", served.bytes)));
    }
    let etag = match served.etag {
        Some(etag) => format!("\"{etag}\""),
        None => format!("\"{size:x}-{:x}\"", seconds(&metadata)),
    };
    let known = [(ETAG, etag.clone()), (CACHE_CONTROL, served.cache.to_owned())];
    if matches(headers, IF_NONE_MATCH, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, known).into_response());
    }
    let (status, range) = match range_wanted(headers, &etag, size) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Beyond => return Ok(beyond(size)),
    };
    let length = range.end - range.start;
    let described = described(&served, status, &range, size);
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(stream::bytes(file, range, progress(size)).await?)
    };
    Ok((status, known, [(CONTENT_LENGTH, length.to_string())], described, body).into_response())
}

fn described(served: &Served, status: StatusCode, range: &Range<u64>, size: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_RANGES, http::HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(served.content_type));
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        headers.extend(text.parse().ok().map(|value| (CONTENT_RANGE, value)));
    }
    headers
}

/// `If-Range`: the part only if the file is still the one whose beginning the client has (RFC 9110 §13.1.5).
fn range_wanted(headers: &HeaderMap, etag: &str, size: u64) -> Wanted {
    let same = headers.get(IF_RANGE).is_none_or(|known| known.as_bytes() == etag.as_bytes());
    if same { wanted(text(headers, RANGE), size) } else { Wanted::Whole }
}

fn beyond(size: u64) -> Response {
    let range = [(CONTENT_RANGE, format!("bytes */{size}"))];
    (StatusCode::RANGE_NOT_SATISFIABLE, range, "the file has no such part\n").into_response()
}

/// Is the entity tag among those listed? The weak comparison is asked for here (RFC 9110 §13.1.2).
fn matches(headers: &HeaderMap, name: HeaderName, etag: &str) -> bool {
    text(headers, name).is_some_and(|listed| {
        let mut tags = listed.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
        tags.any(|tag| tag == "*" || tag == etag)
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn seconds(metadata: &std::fs::Metadata) -> u64 {
    let changed = metadata.modified().ok();
    changed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs())
}
