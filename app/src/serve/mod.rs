//! The dashboard's routes: pages, server functions, the event stream, and the files of the site.
//!
//! - [`routes`]: all of it, as one router for the server to nest nothing into and merge
//! - `events`: the stream; `guard`: who may post; [`Reply`]: redirects that outlive an `await`

mod events;
mod guard;
mod headers;
mod reply;

use crate::backend::Backend;
use crate::session::{App, shell};
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use leptos::prelude::{LeptosOptions, provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub use guard::same_origin;
pub(crate) use headers::content_security_policy;
pub(crate) use reply::{Reply, answer, status_of};

/// The options under which `cargo xtask bundle` builds the site: `/pkg/pitstop.js` and its wasm.
pub fn options(site_root: &str) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("pitstop")
        .site_root(site_root.to_owned())
        .site_pkg_dir("pkg")
        .build()
}

/// All routes of the dashboard. Event streams end when `stop` is cancelled, so that they do not hold up the end
/// of the server. What is no route and no file of the site is answered by the *not found* page.
pub fn routes(options: LeptosOptions, backend: Arc<dyn Backend>, stop: CancellationToken) -> Router {
    let given = backend.clone();
    let context = move || provide_context(given.clone());
    let pages = generate_route_list(App);
    let app = {
        let options = options.clone();
        move || shell(options.clone())
    };
    Router::new()
        .leptos_routes_with_context(&options, pages, context.clone(), app)
        .fallback(leptos_axum::file_and_error_handler_with_context::<LeptosOptions, _>(context, shell))
        .with_state(options)
        .route("/api/events", get(move || events::stream(backend.clone(), stop.clone())))
        .layer(from_fn(guard::same_origin))
        .layer(from_fn(headers::secure))
}
