//! The dashboard's routes: pages, server functions, the event stream, and the files of the site.
//!
//! - [`routes`]: all of it, as one router for the server to nest nothing into and merge
//! - [`closed`]: other routes, behind the same door
//! - `document`: one without the program; `events`: the stream; `guard`: who may post; [`Reply`]: redirects that outlive an `await`

mod document;
mod events;
mod guard;
mod headers;
mod reply;

use crate::go;
use crate::people::door::Door;
use crate::people::enter::enter;
use crate::people::pages::routes as people;
use crate::schedules::routes as schedules;
use crate::session::App;
use crate::session::documents::Documents;
use crate::session::{news, shell};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};
use leptos::prelude::{LeptosOptions, Owner, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower_http::services::ServeDir;

pub(crate) use document::document;
pub use guard::{is_from_here, same_origin};
pub(crate) use headers::policy_of_page;
pub use reply::status_of;
pub(crate) use reply::{Reply, answer};

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
///
/// A route is closed to nobody unless it stands in [`open`]: whoever adds one elsewhere has added it behind the door.
pub fn routes(options: LeptosOptions, door: Arc<dyn Door>, stop: CancellationToken) -> Router {
    let program = {
        let options = options.clone();
        move || shell::program(options.clone())
    };
    let document = {
        let options = options.clone();
        move || shell::document(options.clone())
    };
    let document = render_app_async_with_context(|| {}, document);
    let behind = from_fn_with_state(door.clone(), enter);
    let not_found = not_found(document.clone());
    let files = files(&options.site_root).fallback(not_found.layer(behind.clone()));
    let events = get(events::stream).with_state((door.clone(), stop));
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), || {}, program)
        .with_state(options)
        .merge(documents(document))
        .route("/api/events", events)
        .route("/palette", get(crate::palette::show))
        .merge(news::closed())
        .merge(people::closed(door.clone()))
        .merge(schedules::closed())
        .merge(crate::console::routes::closed())
        .merge(crate::discovery::file::closed())
        .merge(crate::images::routes::closed())
        .merge(crate::health::routes::closed())
        .merge(crate::hooks::routes::closed())
        .merge(crate::functions::routes::closed())
        .route_layer(behind)
        .merge(open(door))
        .fallback_service(files)
        .layer(from_fn(alone))
        .layer(from_fn(guard::same_origin))
        .layer(from_fn(headers::secure))
}

/// The pages that are documents, each at its address.
fn documents<R>(render: impl Fn(Request) -> R + Clone + Send + Sync + 'static) -> Router
where
    R: Future<Output = Response> + Send + 'static,
{
    generate_route_list(Documents)
        .into_iter()
        .fold(Router::new(), |router, page| router.route(page.path(), get(render.clone())))
}

/// Routes for everybody. Each says here why.
fn open(door: Arc<dyn Door>) -> Router {
    // Whoever holds a call's link has nothing else, and its token opens nothing else.
    let at_the_machine = get(go::show).post(go::answer).with_state(door.at_the_machine());
    Router::new()
        .route("/go/{job}/{call}/{token}", at_the_machine)
        // For whatever watches whether this process answers. It says nothing else.
        .route("/healthz", get(|| async { "ok" }))
        // To come in.
        .merge(people::open(door.clone()))
        // A secret address of each person, for programs that cannot sign in.
        .merge(schedules::open(door))
}

/// Puts routes of others behind the door, under the same guards.
pub fn closed(router: Router, door: Arc<dyn Door>) -> Router {
    router
        .route_layer(from_fn_with_state(door, enter))
        .layer(from_fn(guard::same_origin))
        .layer(from_fn(headers::secure))
}

/// Files of the site, and nothing of leptos' own handler for them: that one runs, between two steps of a page that is
/// rendered on the same thread, under this page's owner, and takes the page's headers and status for the file's.
fn files(site_root: &str) -> ServeDir {
    ServeDir::new(site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
}

/// The page for all that is not there, by its status.
fn not_found<R>(render: impl Fn(Request) -> R + Clone + Send + Sync + 'static) -> MethodRouter
where
    R: Future<Output = Response> + Send + 'static,
{
    any(move |request: Request| {
        let page = render(request);
        async move {
            let mut page = page.await;
            *page.status_mut() = StatusCode::NOT_FOUND;
            page
        }
    })
}

/// Begins each request without an owner. A page that waits for its data leaves its own on the thread, and what begins
/// there next would become its child: cleared with it, and given its contexts.
async fn alone(request: Request, next: Next) -> Response {
    if let Some(owner) = Owner::current() {
        owner.unset();
    }
    next.run(request).await
}

/// Where the request under way reached us, for links that lead back. Called before the first `await` of a server function.
pub(crate) fn base_url() -> String {
    use_context::<Parts>().map(|parts| base_url_of(&parts)).unwrap_or_default()
}

/// Where this request reached us.
pub(crate) fn base_url_of(parts: &Parts) -> String {
    let header = |name: &str| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
    let host = header("host").or_else(|| Some(parts.uri.authority()?.to_string())).unwrap_or_default();
    // A proxy that speaks TLS says so.
    let scheme = if header("x-forwarded-proto").as_deref() == Some("https") { "https" } else { "http" };
    format!("{scheme}://{host}")
}

/// Does a page of another site ask, or lead here? Called before the first `await` of a server function.
pub(crate) fn comes_from_elsewhere() -> bool {
    use_context::<Parts>().is_some_and(|parts| guard::is_cross_site(&parts.headers))
}
