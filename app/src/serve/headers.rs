//! What browsers are told about our answers.
//!
//! A page carries the policy of its scripts itself, with their nonce (see `session::shell`). The header says what a page
//! cannot say of itself, and is the same for all.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// The policy of a page: scripts only from here or with this page's nonce, nothing from elsewhere. Only where there is a
/// program WebAssembly may be compiled.
pub(crate) fn policy_of_page(nonce: Option<&str>, with_program: bool) -> String {
    let nonce = nonce.map(|n| format!(" 'nonce-{n}'")).unwrap_or_default();
    let program = if with_program { " 'wasm-unsafe-eval'" } else { "" };
    format!(
        "default-src 'none'; script-src 'self'{nonce}{program}; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'"
    )
}

/// Beside the policy in a page: both must allow what is done. No page may be framed, and none leads forms or relative
/// addresses elsewhere, even were its own policy lost.
const BESIDE_A_PAGE: HeaderValue = HeaderValue::from_static(
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Of what is no page. A worker has the policy of its file, and may ask us (`public/stream.js`).
const OF_ALL_ELSE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Headers for every answer. A policy that is there already is stricter, and stays.
pub async fn secure(request: Request, next: Next) -> Response {
    let built = request.uri().path().starts_with("/pkg/");
    let font = request.uri().path().starts_with("/fonts/");
    let mut response = next.run(request).await;
    let font = font && response.status().is_success();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let policy = if is_page(headers) { BESIDE_A_PAGE } else { OF_ALL_ELSE };
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    // The bundle has no hash in its name: ask each time, and be answered 304 while it is the same. A font has its
    // version in its name.
    let freshness = match (built, font) {
        (true, _) => "no-cache",
        (_, true) => "public, max-age=31536000, immutable",
        _ => "no-store",
    };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(freshness));
    if built {
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("accept-encoding"));
    }
    response
}

fn is_page(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
