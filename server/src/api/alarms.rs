//! Alarms, for programs.

use super::take::{Json, Path};
use super::{Made, Nothing, Problem, pages};
use crate::backend::alarms;
use crate::people::caller::Caller;
use crate::people::{Deed, On};
use chrono::{DateTime, Utc};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::people::Right;
use serde::Serialize;
use utoipa::ToSchema;

/// Alarms in one answer. More would mean that nobody looks at any.
const LIMIT: i64 = 1000;

/// Somebody must look: a job holds its machine, and nothing can be done without a person.
#[derive(Serialize, ToSchema)]
pub(super) struct Alarm {
    id: i64,
    /// `held`.
    kind: String,
    job: JobId,
    machine: MachineId,
    machine_name: String,
    reason: String,
    raised_at: DateTime<Utc>,
    /// Who looks after it.
    seen: Option<SeenBy>,
}

#[derive(Serialize, ToSchema)]
struct SeenBy {
    by: String,
    at: DateTime<Utc>,
}

/// Those that are not cleared, oldest first.
#[utoipa::path(get, path = "/api/v1/alarms", tag = "alarms", responses((status = 200, body = Vec<Alarm>)))]
pub(super) async fn open(caller: Caller) -> Result<Json<Vec<Alarm>>, Problem> {
    let store = caller.read(Right::See, On::Somewhere).await?;
    let alarms = alarms::open(store, caller.gate().scopes().as_deref(), LIMIT).await?;
    let alarms = alarms.into_iter().map(|alarm| Alarm {
        id: alarm.id,
        kind: "held".to_owned(),
        job: alarm.job,
        machine: alarm.machine,
        machine_name: alarm.machine_name,
        reason: alarm.reason,
        raised_at: alarm.raised_at,
        seen: alarm.seen.map(|(by, at)| SeenBy { by, at }),
    });
    Ok(Json(alarms.collect()))
}

/// The caller looks after an alarm. The first who said so stands.
#[utoipa::path(post, path = "/api/v1/alarms/{alarm}/see", tag = "alarms", params(("alarm" = i64, Path), pages::Key),
    responses((status = 200, body = Nothing)))]
pub(super) async fn see(caller: Caller, Path(id): Path<i64>) -> Made {
    let (by, now) = (caller.gate().who().to_string(), caller.gate().now());
    let deed = Deed::new(Right::LookAfter, On::Alarm(id), "looks after an alarm");
    caller.act(deed, |store| async move { store.see_alarm(id, &by, now).await }).await?;
    Ok(Json(Nothing {}))
}
