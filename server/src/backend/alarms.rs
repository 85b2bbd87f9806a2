//! Alarms, as far as somebody sees their machines.

use pitstop_app::alarms::api::AlarmLine;
use pitstop_domain::id::MachineId;
use pitstop_domain::people::Scope;
use pitstop_store::alarms::AlarmRow;
use pitstop_store::{Result, Store};
use std::collections::HashSet;

/// Open alarms that are looked at where only a part may be seen. More would mean that nobody looks at any.
const MOST: i64 = 10_000;

/// Those that are not cleared, oldest first. `scopes`: of these machines; `None`: of all.
pub(crate) async fn open(store: &Store, scopes: Option<&[Scope]>, limit: i64) -> Result<Vec<AlarmRow>> {
    let Some(scopes) = scopes else { return store.open_alarms(limit).await };
    let mut alarms = store.open_alarms(MOST).await?;
    let machines: Vec<MachineId> = alarms.iter().map(|alarm| alarm.machine).collect();
    let within: HashSet<uuid::Uuid> =
        store.machines_within(&machines, scopes).await?.into_iter().map(|id| id.0).collect();
    alarms.retain(|alarm| within.contains(&alarm.machine.0));
    alarms.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(alarms)
}

/// How many are not cleared, and how many of these nobody looks after yet.
pub(crate) async fn count(store: &Store, scopes: Option<&[Scope]>) -> Result<(u64, u64)> {
    if scopes.is_none() {
        return store.count_alarms().await;
    }
    let alarms = open(store, scopes, MOST).await?;
    let unseen = alarms.iter().filter(|alarm| alarm.seen.is_none()).count();
    Ok((alarms.len() as u64, unseen as u64))
}

/// An alarm as pages show it.
pub(super) fn line(alarm: AlarmRow) -> AlarmLine {
    AlarmLine {
        id: alarm.id,
        job: alarm.job,
        machine: alarm.machine,
        machine_name: alarm.machine_name,
        reason: alarm.reason,
        raised_at: alarm.raised_at,
        seen: alarm.seen,
    }
}
