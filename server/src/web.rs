//! The dashboard's side: pages, event stream, and the interface for programs.

use crate::api::{self, Api};
use crate::backend::StoreBackend;
use crate::config::Config;
use crate::hub::Hub;
use anyhow::{Context, Result};
use axum::Router;
use axum::middleware::from_fn;
use pitstop_netboot::dhcp::Counters;
use pitstop_store::{Keys, Store};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::compression::CompressionLayer;

/// Starts the dashboard; gives its address.
pub async fn start(
    config: &Config,
    store: Store,
    keys: Keys,
    hub: Hub,
    silences: Arc<Counters>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<String> {
    let listener = tokio::net::TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be listened on: choose another --listen", config.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    let backend =
        StoreBackend::new(store.clone(), keys.clone(), config.limits_percent, config.public_url.clone())
            .with_silences(silences);
    tasks.spawn(backend.pass_on(&hub, stop.clone()));
    let api = Api { store, keys, limits_percent: config.limits_percent };
    let router = router(&config.site_root.to_string_lossy(), backend, api, stop);
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

/// All routes, compressed as browsers ask for it.
pub fn router(site_root: &str, backend: StoreBackend, api: Api, stop: &CancellationToken) -> Router {
    // Programs hold no cookie, browsers of other sites must not act through them.
    let programs = api::router(api).layer(from_fn(pitstop_app::serve::same_origin));
    let options = pitstop_app::serve::options(site_root);
    pitstop_app::serve::routes(options, Arc::new(backend), stop.clone())
        .merge(programs)
        .layer(CompressionLayer::new())
}
