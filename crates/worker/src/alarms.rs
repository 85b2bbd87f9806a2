//! Tells somebody outside that a person is needed: a signed `POST` to a URL of the user's, again until it is taken.

use pitstop_domain::route::HttpUrl;
use pitstop_power::outward;
use pitstop_store::alarms::AlarmRow;
use pitstop_store::health::alerts::AlertRow;
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
        if let Err(error) = tell_health(&store, &outside).await {
            tracing::debug!(%error, "Alerts of health cannot be told for now.");
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

/// Alerts of health, each time one fires, needs a person, or is over.
async fn tell_health(store: &Store, outside: &Outside) -> Result<()> {
    for (row, again_at) in store.take_health_alerts_to_tell(store.now()).await? {
        let body = health_message(&row, &outside.dashboard).to_string();
        let id = health_name(&row);
        match outward::post_signed(&outside.url, outside.key.as_bytes(), &id, body).await {
            Ok(status) if (200..300).contains(&status) => store.health_alert_told(row.id, again_at).await?,
            Ok(status) => {
                tracing::warn!(alert = %row.id, status, "An alert was not taken; it is told again later.");
            }
            Err(error) => {
                tracing::warn!(alert = %row.id, error, "An alert could not be told; it is told again later.");
            }
        }
    }
    Ok(())
}

/// Of a message: receivers pass over one that they have had. An alert may fire, act, and fire again since it did not help,
/// which wants a person and is another.
fn health_name(row: &AlertRow) -> String {
    let person = if row.alert.needs_person { "-person" } else { "" };
    format!("health-{}-{}{person}", row.id, row.alert.state.name())
}

fn health_message(row: &AlertRow, dashboard: &str) -> serde_json::Value {
    let (alert, dashboard) = (&row.alert, dashboard.trim_end_matches('/'));
    let person = if alert.needs_person { " A person must look." } else { "" };
    json!({
        "alert": row.id,
        "kind": "health",
        "state": alert.state,
        "severity": row.rule.severity,
        "rule": { "id": row.rule.id, "name": row.rule.name },
        "machine": { "id": alert.machine, "name": row.machine_name, "site": row.site },
        "job": alert.job,
        "reason": alert.reason,
        "note": alert.note,
        "since": alert.since,
        "needs_person": alert.needs_person,
        "verdict": alert.verdict,
        "page": format!("{dashboard}/machines/{}/health", alert.machine),
        "text": format!(
            "{} on {}: {}. {}.{person}", row.rule.name, row.machine_name, alert.reason, alert.note
        ),
    })
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
