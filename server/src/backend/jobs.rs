//! Lists and stories of jobs.

use super::machine::{image_facts, seen, whole_seconds};
use pitstop_app::jobs::api::{CallLine, HistoryLine, JobPage, JobRow, Jobs, JobsQuery, LogRow, Show};
use pitstop_domain::function::{Function, Risk};
use pitstop_domain::id::JobId;
use pitstop_domain::job::Phase;
use pitstop_domain::people::Scope;
use pitstop_domain::report::{Before, Findings};
use pitstop_domain::sighting::Sighting;
use pitstop_store::jobs::JobFilter;
use pitstop_store::orders::CallRow;
use pitstop_store::sightings::Sighted;
use pitstop_store::story::HistoryRow;
use pitstop_store::{Result, Store};

/// Rows of a page of the list.
const PAGE: usize = 50;
/// Lines of the log that the page shows; the rest is counted.
const LOG: i64 = 500;

pub(super) async fn list(store: &Store, query: &JobsQuery, scopes: Option<Vec<Scope>>) -> Result<Jobs> {
    let (phase, open) = match query.show {
        Show::All => (None, None),
        Show::Open => (None, Some(true)),
        Show::Held => (Some(Phase::Held), None),
        Show::Closed => (None, Some(false)),
    };
    let limit = PAGE as i64 + 1;
    let filter = JobFilter { phase, open, after: query.after, limit, scopes, machine: None };
    let mut rows = store.jobs(&filter).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let functions = store.functions().await?;
    let (open, held) = match &filter.scopes {
        Some(scopes) => store.open_and_held_within(scopes).await?,
        None => store.open_and_held().await?,
    };
    let mut listed = Vec::with_capacity(rows.len());
    for row in &rows {
        listed.push(job_row(row, &functions, permille(store, row).await?));
    }
    Ok(Jobs {
        asked_at: store.now(),
        more: rows.last().filter(|_| more).map(|row| row.job.id),
        rows: listed,
        open,
        held,
    })
}

/// How far a running job is; others have no progress.
async fn permille(store: &Store, row: &pitstop_store::jobs::JobRow) -> Result<Option<u16>> {
    if row.job.phase != Phase::Running {
        return Ok(None);
    }
    let facts = store.facts_of(row.job.machine).await?;
    Ok(facts.into_iter().find_map(|fact| match fact.sighting {
        Sighting::Progress { job, permille, .. } if job == row.job.id => Some(permille),
        _ => None,
    }))
}

pub(super) fn job_row(
    row: &pitstop_store::jobs::JobRow,
    functions: &[Function],
    permille: Option<u16>,
) -> JobRow {
    let job = &row.job;
    JobRow {
        id: job.id,
        machine: job.machine,
        machine_name: row.machine_name.clone(),
        function: job.function.clone(),
        title: functions
            .iter()
            .find(|function| function.name == job.function)
            .map_or_else(|| job.function.clone(), |function| function.title.clone()),
        phase: job.phase,
        created_at: row.created_at,
        phase_since: job.phase_since,
        closed_at: row.closed_at,
        permille,
        awaits: row.waiting.as_ref().map(|waiting| waiting.awaits.clone()),
        ended: job.ended.clone(),
        proof: job.proof,
    }
}

pub(super) async fn page(store: &Store, id: JobId) -> Result<Option<JobPage>> {
    let Some(row) = store.job(id).await? else { return Ok(None) };
    let Some(machine) = store.machine(row.job.machine).await? else { return Ok(None) };
    let function = store.function(&row.job.function).await?;
    let image = store.image(&row.job.image).await?.map(|image| image_facts(&image, machine.firmware));
    let usual_s = store.usual_seconds(&row.job.function, machine.model()).await?.map(whole_seconds);
    let phase = row.job.phase;
    let usual_phase_s = match phase {
        Phase::Closed => None,
        phase => {
            store.usual_phase_seconds(&row.job.function, machine.model(), phase).await?.map(whole_seconds)
        }
    };
    let behind = if phase == Phase::Queued { holder(store, &row).await? } else { None };
    let before = store
        .report_before(&row)
        .await?
        .map(|(at, report)| Before { at, measures: Findings::of(&report).measures });
    let known = if phase == Phase::Closed { vec![] } else { store.facts_of(row.job.machine).await? };
    let contact = store.site(&machine.site).await?.map(|site| site.contact).unwrap_or_default();
    let asked_at = store.now();
    let sightings = sightings(store, &row, asked_at).await?;
    Ok(Some(JobPage {
        asked_at,
        created_at: row.created_at,
        closed_at: row.closed_at,
        initiator: row.initiator,
        run: row.run,
        machine_name: row.machine_name,
        site: machine.site,
        contact,
        title: function.as_ref().map_or_else(|| row.job.function.clone(), |f| f.title.clone()),
        risk: function.as_ref().map_or(Risk::ReadsOnly, |f| f.risk),
        told: function.map(|f| f.told).unwrap_or_default(),
        image,
        waiting: row.waiting,
        cancel: row.cancel,
        usual_s,
        usual_phase_s,
        known: known.into_iter().map(seen).collect(),
        behind,
        // The dashboard makes it: it knows under which address it was reached.
        link: None,
        history: store.history(id).await?.into_iter().map(history_line).collect(),
        calls: store.calls_of(id).await?.into_iter().map(call_line).collect(),
        sightings: sightings.into_iter().map(seen).collect(),
        log: store
            .log(id, LOG)
            .await?
            .into_iter()
            .map(|line| LogRow { at: line.at, text: line.text })
            .collect(),
        log_total: store.log_length(id).await?,
        report: row.report,
        before: before.filter(|before| !before.measures.is_empty()),
        consoles: store.consoles_of(id).await?.len().try_into().unwrap_or(u32::MAX),
        job: row.job,
    }))
}

/// The job that has the machine of a queued one, by id and title.
async fn holder(store: &Store, row: &pitstop_store::jobs::JobRow) -> Result<Option<(JobId, String)>> {
    let filter =
        JobFilter { machine: Some(row.job.machine), open: Some(true), limit: 50, ..JobFilter::default() };
    let others = store.jobs(&filter).await?;
    let Some(holder) = others.into_iter().find(|other| other.job.phase.holds_machine()) else {
        return Ok(None);
    };
    let title = store.function(&holder.job.function).await?.map(|function| function.title);
    Ok(Some((holder.job.id, title.unwrap_or(holder.job.function))))
}

/// What was seen while the job had the machine: the story, and the newest of each kind, which tells of bytes that
/// are on their way.
async fn sightings(
    store: &Store,
    row: &pitstop_store::jobs::JobRow,
    now: pitstop_domain::Time,
) -> Result<Vec<Sighted>> {
    let Some(since) = row.job.switching_since else { return Ok(vec![]) };
    let until = row.closed_at.unwrap_or(now);
    let mut seen = store.sightings_between(row.job.machine, since, until).await?;
    let newest = store.facts_of(row.job.machine).await?;
    seen.extend(newest.into_iter().filter(|fact| fact.at >= since && fact.at <= until));
    Ok(seen)
}

fn history_line(row: HistoryRow) -> HistoryLine {
    HistoryLine {
        at: row.at,
        from: phase(&row.from),
        to: phase(&row.to),
        attempt: u32::try_from(row.attempt).unwrap_or(0),
        reason: row.reason,
    }
}

/// The first line comes from nowhere ("asked"): shown as queued.
fn phase(word: &str) -> Phase {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).unwrap_or(Phase::Queued)
}

fn call_line(row: CallRow) -> CallLine {
    CallLine {
        id: row.id,
        phase: phase(&row.phase),
        attempt: row.attempt,
        route: row.route,
        target: row.target,
        state: row.state,
        answer: row.answer,
        created_at: row.created_at,
        changed_at: row.changed_at,
    }
}
