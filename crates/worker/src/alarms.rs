//! Tells somebody outside that a person is needed: a signed `POST` to a URL of the user's, again until it is taken.

use hmac::{Hmac, KeyInit, Mac};
use pitstop_store::alarms::AlarmRow;
use pitstop_store::{Result, Store};
use serde_json::json;
use sha2::Sha256;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Alarms wait for people; seconds do not matter.
const POLL: Duration = Duration::from_secs(2);

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whom to tell.
#[derive(Clone)]
pub struct Outside {
    /// Where alarms are sent.
    pub url: String,
    /// Signs them: `X-Pitstop-Signature: sha256=HMAC(key, body)`, in hexadecimal.
    pub key: String,
    /// The dashboard's address, so that the message can name the job's page.
    pub dashboard: String,
}

/// Tells until cancelled.
pub(crate) async fn run(store: Store, outside: Outside, stop: CancellationToken) {
    let client =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
    let Ok(client) = client else {
        tracing::error!("Alarms cannot be told outside: there is no TLS here.");
        return;
    };
    while !stop.is_cancelled() {
        if let Err(error) = tell_due(&store, &outside, &client).await {
            tracing::debug!(%error, "Alarms cannot be told for now.");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn tell_due(store: &Store, outside: &Outside, client: &reqwest::Client) -> Result<()> {
    for alarm in store.take_alarms_to_tell(store.now()).await? {
        let body = message(&alarm, &outside.dashboard).to_string();
        let asked = client
            .post(&outside.url)
            .header("content-type", "application/json")
            .header("x-pitstop-signature", signature(&outside.key, &body))
            .body(body)
            .send();
        match asked.await {
            Ok(answer) if answer.status().is_success() => store.alarm_told(alarm.id, store.now()).await?,
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::warn!(job = %alarm.job, status, "An alarm was not taken; it is told again later.");
            }
            Err(error) => {
                tracing::warn!(job = %alarm.job, error = %error.without_url(), "An alarm could not be told; it is told again later.");
            }
        }
    }
    Ok(())
}

fn message(alarm: &AlarmRow, dashboard: &str) -> serde_json::Value {
    json!({
        "alarm": alarm.id,
        "kind": "held",
        "machine": { "id": alarm.machine, "name": alarm.machine_name },
        "job": alarm.job,
        "reason": alarm.reason,
        "raised_at": alarm.raised_at,
        "page": format!("{}/jobs/{}", dashboard.trim_end_matches('/'), alarm.job),
        "text": format!("Pitstop needs a person: {} is not proven back. {}", alarm.machine_name, alarm.reason),
    })
}

fn signature(key: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map(|mac| mac.chain_update(body).finalize().into_bytes());
    mac.map(|bytes| format!("sha256={}", hex::encode(bytes))).unwrap_or_default()
}
