//! What browsers are told about our answers.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// The policy of a page: scripts only from here or with this page's nonce, nothing from elsewhere.
pub(crate) fn content_security_policy(nonce: Option<&str>) -> String {
    let nonce = nonce.map(|n| format!(" 'nonce-{n}'")).unwrap_or_default();
    with_scripts(&nonce)
}

/// For a page whose nonce was lost on its way: seen when two pages are loaded in the same moment, cause not found
/// yet. Better alive with a weaker policy than dead with a strong one; each case is logged.
fn policy_of_a_page_without_nonce() -> String {
    tracing::warn!("A page was answered without the nonce of its scripts; its policy allows inline scripts.");
    with_scripts(" 'unsafe-inline'")
}

fn with_scripts(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// Headers for every answer; pages bring a policy with their nonce, which stays.
pub async fn secure(request: Request, next: Next) -> Response {
    let built = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if !has_policy(headers) {
        let page =
            headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        let policy = if page { policy_of_a_page_without_nonce() } else { content_security_policy(None) };
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    // The bundle has no hash in its name: ask each time, and be answered 304 while it is the same.
    let freshness = if built { "no-cache" } else { "no-store" };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(freshness));
    if built {
        headers.entry(header::VARY).or_insert(HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// A page's own policy names its nonce; one without is as good as none.
fn has_policy(headers: &HeaderMap) -> bool {
    let policy = headers.get(header::CONTENT_SECURITY_POLICY);
    policy.and_then(|policy| policy.to_str().ok()).is_some_and(|policy| policy.contains("'nonce-"))
}
