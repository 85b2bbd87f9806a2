//! Pages that are rendered side by side, with files of the site between them, do not disturb each other: each has its own
//! status and headers, and the policy in it names the nonce of its own scripts.

#![cfg(feature = "ssr")]
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use pitstop_app::serve;
use std::collections::BTreeSet;
use std::sync::Arc;
use support::door::OpenDoor;
use support::{Bare, MACHINE};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

mod support;

const LOADS: usize = 800;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_and_files_that_are_served_side_by_side_keep_their_status_and_headers() {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    std::fs::write(site.path().join("pkg/pitstop.css"), "a{}").unwrap();
    let options = serve::options(site.path().to_str().unwrap());
    let routes = serve::routes(
        options,
        OpenDoor::to(Arc::new(Bare { slow: true, ..Bare::new() })),
        CancellationToken::new(),
    );
    let job = format!("/jobs/{MACHINE}");
    let paths = [
        ("/pkg/pitstop.css", 200),
        ("/", 200),
        ("/nowhere", 404),
        ("/helpdesk", 200),
        (job.as_str(), 404),
        ("/jobs", 503),
    ];
    let loads: Vec<_> = (0..LOADS)
        .map(|i| {
            let (path, status) = paths[i % paths.len()];
            tokio::spawn(load(routes.clone(), path.to_owned(), status))
        })
        .collect();
    let mut wrong = Vec::new();
    for load in loads {
        wrong.extend(load.await.unwrap());
    }
    assert!(wrong.is_empty(), "{} of {LOADS}: {wrong:#?}", wrong.len());
}

/// What is wrong with an answer.
async fn load(routes: Router, path: String, status: u16) -> Vec<String> {
    let answer = routes.oneshot(Request::get(&path).body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let text = String::from_utf8(axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let is_page = path != "/pkg/pitstop.css";
    let policy = parts.headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let expected = if is_page { "object-src 'none'" } else { "default-src 'none'" };
    let nonces: BTreeSet<_> =
        text.split("nonce=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let marked = text.matches("nonce=\"").count() == text.matches("<script").count();
    let own = !is_page
        || (nonces.len() == 1 && marked && nonces.iter().all(|n| text.contains(&format!("'nonce-{n}'"))));
    let wrong = [
        (parts.status.as_u16() != status, format!("{path}: status {} and not {status}", parts.status)),
        (!policy.is_some_and(|policy| policy.starts_with(expected)), format!("{path}: header {policy:?}")),
        (!own, format!("{path}: nonces {nonces:?}")),
    ];
    wrong.into_iter().filter_map(|(is, words)| is.then_some(words)).collect()
}
