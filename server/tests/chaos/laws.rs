//! What must be true at the end, whatever went wrong: rows compared with the machines' own books.

use pitstop_domain::facts::CallState;
use pitstop_domain::id::{CallId, JobId};
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::sighting::Sighting;
use pitstop_rig::fleet::{Entry, Status};
use pitstop_store::Store;
use pitstop_store::jobs::{JobFilter, JobRow};
use pitstop_store::orders::CallRow;
use std::collections::{BTreeMap, BTreeSet};

/// What was found, and how it went.
#[derive(Debug, Default)]
pub struct Verdict {
    pub jobs: usize,
    pub restarts: usize,
    pub by_itself: usize,
    pub lines: u64,
    pub outcomes: BTreeMap<String, usize>,
    pub wrong: Vec<String>,
}

/// Judges all jobs of all machines.
pub async fn judge(store: &Store, machines: Vec<Status>) -> Verdict {
    let mut verdict = Verdict::default();
    let known = store.machines().await.unwrap();
    for status in machines {
        let id = known.iter().find(|machine| machine.name == status.name).unwrap().id;
        let filter = JobFilter { machine: Some(id), limit: 1000, ..JobFilter::default() };
        let jobs = store.jobs(&filter).await.unwrap();
        let mut calls = Vec::new();
        for row in &jobs {
            judge_job(store, row, &mut verdict).await;
            calls.extend(store.calls_of(row.job.id).await.unwrap());
        }
        judge_restarts(&status, &calls, &mut verdict);
        judge_memory(store, &status, &mut verdict).await;
        for unexpected in &status.tally.unexpected {
            verdict.wrong.push(format!("{}: did not expect {unexpected}", status.name));
        }
    }
    verdict
}

/// Closed, by a connected way, and with a result that was reported.
async fn judge_job(store: &Store, row: &JobRow, verdict: &mut Verdict) {
    let id = row.job.id;
    verdict.jobs += 1;
    let outcome = row.job.outcome();
    let proof = row.job.proof.map(|proof| format!("{proof:?}")).unwrap_or_default();
    let words = format!("{} {proof}", outcome.map_or("open", Outcome::name)).to_lowercase();
    *verdict.outcomes.entry(words).or_default() += 1;
    let mut at = "asked".to_owned();
    for step in store.history(id).await.unwrap() {
        if step.from != at || !may_follow(&step.from, &step.to) {
            verdict.wrong.push(format!("{id}: from {} to {} after {at}", step.from, step.to));
        }
        at = step.to;
    }
    if row.job.phase != Phase::Closed || at != "closed" {
        verdict.wrong.push(format!("{id}: {} by its history, {:?} by its row", at, row.job.phase));
    }
    if matches!(outcome, Some(Outcome::Succeeded | Outcome::Found)) && row.report.is_none() {
        verdict.wrong.push(format!("{id}: the report of its end is lost"));
    }
}

fn may_follow(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("asked", "queued")
            | ("queued", "switching" | "closed")
            | ("switching", "switching" | "running" | "restoring" | "held")
            | ("running", "restoring" | "held")
            | ("restoring", "restoring" | "held" | "closed")
            | ("held", "restoring" | "closed")
    )
}

/// Each call restarts at most once, only where somebody was asked, and in the order in which they were made.
fn judge_restarts(status: &Status, calls: &[CallRow], verdict: &mut Verdict) {
    let mut wrong = |what: String| verdict.wrong.push(format!("{}: {what}", status.name));
    let known: BTreeMap<CallId, &CallRow> = calls.iter().map(|call| (call.id, call)).collect();
    let mut seen = BTreeSet::new();
    let mut newest = None;
    for entry in status.tally.book.iter() {
        let Entry::Restarted { by, call, out_of } = entry else { continue };
        verdict.restarts += 1;
        let Some(id) = call else {
            verdict.by_itself += 1;
            if *by != "itself" {
                wrong(format!("restarted by {by} for no call, out of {out_of}"));
            }
            continue;
        };
        let Some(call) = known.get(id) else {
            wrong(format!("restarted for {id}, which is no call of it"));
            continue;
        };
        if !seen.insert(*id) {
            wrong(format!("restarted twice for {call:?}"));
        }
        if !matches!(call.state, CallState::Pressed | CallState::Accepted) {
            wrong(format!("restarted for a call that is {:?}: {call:?}", call.state));
        }
        if newest > Some(call.created_at) {
            wrong(format!("restarted late, out of {out_of}, when newer calls had been made: {call:?}"));
        }
        newest = newest.max(Some(call.created_at));
    }
}

/// What was acknowledged is there.
async fn judge_memory(store: &Store, status: &Status, verdict: &mut Verdict) {
    let machine = store.machines().await.unwrap().into_iter().find(|m| m.name == status.name).unwrap().id;
    let story: Vec<_> = store
        .recent_sightings(machine, 10_000)
        .await
        .unwrap()
        .into_iter()
        .map(|seen| seen.sighting)
        .collect();
    let mut lost = |what: String| verdict.wrong.push(format!("{}: lost {what}", status.name));
    let mut lines: BTreeMap<(JobId, String), u64> = BTreeMap::new();
    for entry in status.tally.book.iter() {
        match entry {
            Entry::Restarted { .. } => {}
            Entry::Heard { boot } => {
                if !story.contains(&Sighting::OwnAgent { boot_id: boot.clone() }) {
                    lost(format!("a heartbeat of {}", boot.0));
                }
            }
            Entry::Reported { job, boot, through } => {
                if !story.contains(&Sighting::MaintenanceAgent { job: *job, boot_id: boot.clone() }) {
                    lost(format!("the boot {} of {job}", boot.0));
                }
                let highest = lines.entry((*job, boot.0.clone())).or_default();
                *highest = (*highest).max(*through);
            }
            Entry::EndTold { job } => {
                let told =
                    |seen: &&Sighting| matches!(seen, Sighting::Reported { .. }) && seen.job() == Some(*job);
                if !story.iter().any(|seen| told(&seen)) {
                    lost(format!("the end of {job}"));
                }
            }
        }
    }
    for ((job, boot), through) in lines {
        let sql = "select count(*), count(distinct seq) from job_log where job_id = $1 and boot_id = $2 and seq <= $3";
        let query = sqlx::query_as::<_, (i64, i64)>(sql).bind(job.0).bind(&boot).bind(through as i64);
        let (stored, different) = query.fetch_one(store.pool()).await.unwrap();
        verdict.lines += through;
        if (stored, different) != (through as i64, through as i64) {
            verdict
                .wrong
                .push(format!("{job}, boot {boot}: {stored} of {through} lines, {different} different"));
        }
    }
}
