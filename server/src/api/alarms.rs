//! Alarms, for programs.

use super::Answer;
use crate::backend::alarms;
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use axum::Json;
use axum::extract::Path;
use pitstop_domain::people::Right;
use serde_json::json;

/// Alarms in one answer. More would mean that nobody looks at any.
const LIMIT: i64 = 1000;

/// Those that are not cleared, oldest first.
pub async fn open(caller: Caller) -> Answer {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let alarms = alarms::open(store, caller.gate().scopes().as_deref(), LIMIT).await?;
    let alarms = alarms.iter().map(|alarm| {
        let seen = alarm.seen.as_ref().map(|(by, at)| json!({ "by": by, "at": at }));
        json!({ "id": alarm.id, "kind": "held", "job": alarm.job, "machine": alarm.machine,
                "machine_name": alarm.machine_name, "reason": alarm.reason, "raised_at": alarm.raised_at, "seen": seen })
    });
    Ok(Json(alarms.collect()))
}

/// The caller looks after an alarm. The first who said so stands.
pub async fn see(caller: Caller, Path(id): Path<i64>) -> Answer {
    let (by, now) = (caller.gate().who().to_string(), caller.gate().now());
    let deed = Deed::new(Right::LookAfter, On::Alarm(id), "looks after an alarm");
    caller.act(deed, |store| async move { store.see_alarm(id, &by, now).await }).await?;
    Ok(Json(json!({})))
}
