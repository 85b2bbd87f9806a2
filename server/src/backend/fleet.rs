//! The fleet, and what a machine does now.

use chrono::TimeDelta;
use pitstop_app::machines::api::{Fleet, MachineRow, MachineState, RunningJob};
use pitstop_app::machines::query::FleetQuery;
use pitstop_domain::Time;
use pitstop_domain::people::{Right, Who};
use pitstop_store::overview::OverviewRow;
use pitstop_store::{Result, Store};
use std::collections::HashMap;

/// Agents report at least every 25 s (the longest wait); three times that without a word is silence.
const SILENT_AFTER: TimeDelta = TimeDelta::seconds(75);

pub(super) async fn fleet(store: &Store, who: &Who, query: &FleetQuery) -> Result<Fleet> {
    Ok(query.window(seen(rows(store).await?, who), store.now()))
}

/// Those that this person sees.
pub(crate) fn seen(mut rows: Vec<MachineRow>, who: &Who) -> Vec<MachineRow> {
    if let Some(scopes) = who.scopes(Right::See) {
        rows.retain(|row| scopes.iter().any(|scope| scope.covers(&row.site, &row.labels)));
    }
    rows
}

/// All machines, and what they do now.
pub(crate) async fn rows(store: &Store) -> Result<Vec<MachineRow>> {
    let now = store.now();
    let titles: HashMap<String, String> =
        store.functions().await?.into_iter().map(|function| (function.name, function.title)).collect();
    let rows = store.overview(None).await?;
    Ok(rows.into_iter().map(|row| machine_row(row, &titles, now)).collect())
}

fn machine_row(row: OverviewRow, titles: &HashMap<String, String>, now: Time) -> MachineRow {
    let state = state(&row, now);
    let job = row.job.map(|job| RunningJob {
        id: job.id,
        title: titles.get(&job.function).cloned().unwrap_or(job.function),
        phase: job.phase,
        permille: job.permille,
    });
    MachineRow {
        id: row.id,
        name: row.name,
        site: row.site,
        labels: row.labels,
        model: row.model,
        arch: row.arch,
        firmware: row.firmware,
        state,
        last_seen: row.last_seen,
        job,
    }
}

/// What the machine does, as far as it is known.
pub(super) fn state(row: &OverviewRow, now: Time) -> MachineState {
    if let Some(state) = row.job.as_ref().and_then(|job| MachineState::of_phase(job.phase)) {
        return state;
    }
    match (row.has_agent, row.own_agent_seen, row.sent_home) {
        (true, Some(seen), _) if now - seen <= SILENT_AFTER => MachineState::OwnSystem,
        (true, _, _) => MachineState::Silent,
        (false, _, Some(_)) => MachineState::OwnSystem,
        (false, _, None) => MachineState::Unknown,
    }
}
