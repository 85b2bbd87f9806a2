//! The dashboard's side: pages, event stream, and the interface for programs.

use crate::api::{self, Api};
use crate::backend::Shared;
use crate::boot::silences::Silences;
use crate::captures::Captures;
use crate::config::Config;
use crate::console::{self, Consoles};
use crate::hub::Hub;
use crate::people::house::House;
use crate::people::provider::Provider;
use crate::people::provider::settings::Settings;
use crate::shelf::Shelf;
use crate::uploads::Uploads;
use anyhow::{Context, Result};
use axum::Router;
use pitstop_app::people::door::Door;
use pitstop_store::{Keys, Store};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::compression::CompressionLayer;

/// What both addresses of the server, the dashboard's and the machines', are over.
#[derive(Clone)]
pub struct Within {
    pub store: Store,
    pub keys: Keys,
    pub hub: Hub,
    pub consoles: Arc<Consoles>,
    pub captures: Captures,
}

/// Starts the dashboard; gives its address.
pub async fn start(
    config: &Config,
    within: &Within,
    shelf: Shelf,
    silences: Silences,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<String> {
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be listened on: choose another --listen", config.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    let uploads = Uploads::on(shelf).asking(&config.fetch_inner);
    uploads.fetch_on(&within.store);
    let (keys, public_url) = (within.keys.clone(), config.public_url.clone());
    let shared = Shared::new(keys, config.limits_percent, public_url, uploads).with_silences(silences);
    let shared = Arc::new(shared);
    let router =
        router(config, within, shared, tasks, stop)?.into_make_service_with_connect_info::<SocketAddr>();
    let stop = stop.clone();
    tasks.spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::select! {
            served = serving => if let Err(error) = served {
                tracing::error!(%error, "The dashboard's service ended.");
            },
            () = crate::shortly_after(&stop) => {}
        }
    });
    Ok(address)
}

/// All that the dashboard's address answers.
///
/// # Errors
/// What is set about the identity provider and cannot be, in words.
pub fn router(
    config: &Config,
    within: &Within,
    shared: Arc<Shared>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Router> {
    let Within { store, keys, hub, consoles, captures } = within.clone();
    tasks.spawn(shared.pass_on(&hub, stop.clone()));
    let secure = config.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    let trusted = config.trusted_proxies.clone();
    let provider = Settings::of(config)?.map(Provider::new);
    let (uploads, silences) = (shared.uploads.clone(), shared.silences.clone());
    let door: Arc<dyn Door> =
        Arc::new(House::new(store.clone(), shared, secure, trusted, provider, captures.clone()));
    let at = console::routes::At { consoles, door: door.clone(), store: store.clone(), stop: stop.clone() };
    // A monitoring signs nobody in: each source shows a secret of its own, and can do nothing but tell.
    let told = api::elsewhere::open(store.clone(), keys.clone());
    let api =
        Api::new(store.clone(), keys, config.limits_percent, uploads.clone(), captures).hearing(silences);
    let until = stop.clone();
    tasks.spawn(async move { until.run_until_cancelled(uploads.sweep(store)).await });
    let programs = api::router(api);
    let programs = programs.merge(console::routes::router(at));
    let options = pitstop_app::serve::options(&config.site_root.to_string_lossy());
    Ok(pitstop_app::serve::routes(options, door.clone(), stop.clone())
        .merge(pitstop_app::serve::closed(programs, door))
        .merge(told)
        .layer(CompressionLayer::new()))
}
