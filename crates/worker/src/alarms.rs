//! Tells somebody outside that a person is needed: a signed `POST` to a URL of the user's, again until it is taken.

use pitstop_domain::route::HttpUrl;
use pitstop_power::outward;
use pitstop_store::alarms::AlarmRow;
use pitstop_store::{Result, Store};
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Alarms wait for people; seconds do not matter.
const POLL: Duration = Duration::from_secs(2);

/// Whom to tell.
#[derive(Clone)]
pub struct Outside {
    /// Where alarms are sent.
    pub url: HttpUrl,
    /// Signs them, as calls of the route webhook are signed.
    pub key: String,
    /// The dashboard's address, so that the message can name the job's page.
    pub dashboard: String,
}

/// Tells until cancelled.
pub(crate) async fn run(store: Store, outside: Outside, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = tell_due(&store, &outside).await {
            tracing::debug!(%error, "Alarms cannot be told for now.");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn tell_due(store: &Store, outside: &Outside) -> Result<()> {
    for alarm in store.take_alarms_to_tell(store.now()).await? {
        let body = message(&alarm, &outside.dashboard).to_string();
        let id = format!("alarm-{}", alarm.id);
        match outward::post_signed(&outside.url, outside.key.as_bytes(), &id, body).await {
            Ok(status) if (200..300).contains(&status) => store.alarm_told(alarm.id, store.now()).await?,
            Ok(status) => {
                tracing::warn!(job = %alarm.job, status, "An alarm was not taken; it is told again later.");
            }
            Err(error) => {
                tracing::warn!(job = %alarm.job, error, "An alarm could not be told; it is told again later.");
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
