//! What the provider says about itself: its endpoints and its keys. Asked when somebody wants in, and kept for a while.

use super::Trouble;
use super::settings::Settings;
use super::types::{Client, Metadata};
use openidconnect::core::CoreClientAuthMethod;
use openidconnect::{AuthType, HttpRequest, HttpResponse};
use pitstop_domain::route::HttpUrl;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// Keys are changed by announcement, days before; a new one is asked for when it is first met.
const KEPT: Duration = Duration::from_secs(600);
/// Whoever shows tokens with unknown keys does not make us ask faster than this.
const AGAIN: Duration = Duration::from_secs(30);
/// After a failure everybody who waited would ask again, one after the other.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Somebody waits before an empty page.
const PATIENCE: Duration = Duration::from_secs(8);

/// Keeps it.
#[derive(Default)]
pub(super) struct Known {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    last: Option<(Instant, Result<Metadata, Trouble>)>,
    /// When a key was met that it did not know.
    renewed: Option<Instant>,
}

impl Kept {
    fn good(&self) -> Option<Result<Metadata, Trouble>> {
        let (at, found) = self.last.as_ref()?;
        let lasts = if found.is_ok() { KEPT } else { AFTER_FAILURE };
        (at.elapsed() < lasts).then(|| found.clone())
    }

    async fn ask(&mut self, settings: &Settings) -> Result<Metadata, Trouble> {
        let found = discover(settings).await;
        // A provider that is away for a moment has not lost its keys.
        if found.is_ok() || !matches!(self.last, Some((_, Ok(_)))) {
            self.last = Some((Instant::now(), found.clone()));
        }
        found
    }
}

impl Known {
    /// A client that knows the provider.
    pub async fn client(&self, settings: &Settings) -> Result<Client, Trouble> {
        self.metadata(settings).await.map(|metadata| client(settings, metadata))
    }

    /// What it says about itself.
    pub async fn metadata(&self, settings: &Settings) -> Result<Metadata, Trouble> {
        // One asks; who comes meanwhile waits for the same answer.
        let mut kept = self.kept.lock().await;
        match kept.good() {
            Some(found) => found,
            None => kept.ask(settings).await,
        }
    }

    /// One that knows the provider's newest keys. `None`: that was asked for just now.
    pub async fn renewed(&self, settings: &Settings) -> Option<Result<Client, Trouble>> {
        let mut kept = self.kept.lock().await;
        if kept.renewed.is_some_and(|at| at.elapsed() < AGAIN) {
            return None;
        }
        kept.renewed = Some(Instant::now());
        Some(kept.ask(settings).await.map(|metadata| client(settings, metadata)))
    }
}

async fn discover(settings: &Settings) -> Result<Metadata, Trouble> {
    let asked = timeout(PATIENCE, Metadata::discover_async(settings.issuer.clone(), &ask)).await;
    let found = match asked {
        Ok(found) => found.map_err(|error| whole(&error)),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    found.map_err(|error| {
        tracing::warn!(provider = settings.name, error, "The identity provider does not say who it is.");
        Trouble::Away
    })
}

fn client(settings: &Settings, metadata: Metadata) -> Client {
    // Basic is what it means when nothing is said (OpenID Connect Discovery 1.0, section 3).
    let only_in_body = metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
        !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
            && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
    });
    let auth = if only_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
    Client::from_provider_metadata(metadata, settings.client.clone(), settings.secret.clone())
        .set_redirect_uri(settings.back.clone())
        .set_auth_type(auth)
}

/// No answer came.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

/// Asks the provider. It is not followed elsewhere.
pub(super) async fn ask(request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let url: HttpUrl = request.uri().to_string().parse().map_err(|error| NoAnswer(format!("{error}")))?;
    timeout(PATIENCE, pitstop_power::outward::ask(&url, request))
        .await
        .map_err(|_| NoAnswer(format!("no answer within {} s", PATIENCE.as_secs())))?
        .map_err(NoAnswer)
}

/// An error with all that lies behind it.
pub(super) fn whole(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(error.source(), |error| error.source());
    behind.fold(error.to_string(), |text, error| format!("{text}: {error}"))
}
