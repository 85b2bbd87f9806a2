//! Who may post: only pages of our own. Browsers say where a request comes from, and cannot be made to lie by
//! another page; programs that say nothing hold no cookie that could be misused.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses requests that change something and come from another site.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || is_from_here(request.headers()) {
        return next.run(request).await;
    }
    let why = "This request came from a page of another site and was not carried out. Open Pitstop itself and try again.";
    (StatusCode::FORBIDDEN, why).into_response()
}

/// Does a browser say that a page of another site asks, or leads here?
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Does a browser say that a page of ours asks? `Sec-Fetch-Site` where the browser sends it (secure contexts only), else `Origin` against `Host`.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN.as_str()), text(header::HOST.as_str())) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn a_form_of_ours_is_from_here() {
        assert!(is_from_here(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(is_from_here(&headers(&[("origin", "http://10.0.0.2:8080"), ("host", "10.0.0.2:8080")])));
        assert!(is_from_here(&headers(&[("host", "10.0.0.2:8080")])));
    }

    #[test]
    fn a_form_of_another_site_is_not() {
        assert!(!is_from_here(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(!is_from_here(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(!is_from_here(&headers(&[("origin", "https://evil.example"), ("host", "10.0.0.2:8080")])));
        assert!(!is_from_here(&headers(&[("origin", "null"), ("host", "10.0.0.2:8080")])));
    }
}
