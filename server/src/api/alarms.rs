//! Alarms, for programs.

use super::{Answer, Api};
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;

/// Alarms in one answer. More would mean that nobody looks at any.
const LIMIT: i64 = 1000;

/// Those that are not cleared, oldest first.
pub async fn open(State(api): State<Api>) -> Answer {
    let alarms = api.store.open_alarms(LIMIT).await?;
    let alarms = alarms.iter().map(|alarm| {
        let seen = alarm.seen.as_ref().map(|(by, at)| json!({ "by": by, "at": at }));
        json!({ "id": alarm.id, "kind": "held", "job": alarm.job, "machine": alarm.machine,
                "machine_name": alarm.machine_name, "reason": alarm.reason, "raised_at": alarm.raised_at, "seen": seen })
    });
    Ok(Json(alarms.collect()))
}

/// Who looks after it.
#[derive(Default, Deserialize)]
pub struct Who {
    by: Option<String>,
}

/// Somebody looks after an alarm. The first who said so stands.
pub async fn see(State(api): State<Api>, Path(id): Path<i64>, who: Option<Json<Who>>) -> Answer {
    let by = who.and_then(|Json(who)| who.by).filter(|by| !by.trim().is_empty());
    api.store.see_alarm(id, by.as_deref().unwrap_or("a program"), api.store.now()).await?;
    Ok(Json(json!({})))
}
