//! Lists and pages of runs.

use pitstop_app::runs::api::{MemberLine, MembersQuery, PAGE, RunLine, RunMove, RunPage, Runs, WaveLine};
use pitstop_domain::Time;
use pitstop_domain::function::{Function, Risk};
use pitstop_domain::id::RunId;
use pitstop_domain::people::Scope;
use pitstop_domain::run::remaining::{Expected, Timed, remaining};
use pitstop_domain::run::tally::{Kind, Tally};
use pitstop_domain::run::{MemberState, Run};
use pitstop_store::runs::RunRow;
use pitstop_store::runs::members::MemberRow;
use pitstop_store::runs::standing::Members;
use pitstop_store::{Result, Store};
use pitstop_worker::members::whole;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Rows of a page of the list.
const ROWS: usize = 50;

/// Runs, newest first.
pub async fn list(store: &Store, open: bool, before: Option<Time>, scopes: Option<&[Scope]>) -> Result<Runs> {
    let mut rows = store.runs(open, before, scopes, ROWS as i64 + 1).await?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let oldest = rows.last().filter(|_| more).map(|row| row.created_at);
    let ids: Vec<RunId> = rows.iter().map(|row| row.run.id).collect();
    let tallies = match scopes {
        None => store.run_tallies(&ids).await?,
        Some(scopes) => tallies_within(store, &rows, scopes).await?,
    };
    let functions = store.functions().await?;
    let line = |row: &RunRow| RunLine {
        id: row.run.id,
        function: row.run.plan.function.clone(),
        title: title(&functions, &row.run.plan.function),
        state: row.run.state,
        because: row.run.because.clone(),
        created_at: row.created_at,
        over_at: row.run.over_at,
        awaits: row.waiting.as_ref().map(|waiting| waiting.awaits.clone()),
        tally: tallies.get(&row.run.id).copied().unwrap_or_default(),
    };
    Ok(Runs { asked_at: store.now(), more: oldest, rows: rows.iter().map(line).collect() })
}

/// How far runs are, of the machines within the scopes.
async fn tallies_within(store: &Store, runs: &[RunRow], scopes: &[Scope]) -> Result<HashMap<RunId, Tally>> {
    let mut tallies = HashMap::new();
    for row in runs {
        let members = Members { run: &row.run, scopes: Some(scopes), now: store.now() };
        tallies.insert(row.run.id, store.run_standing(members).await?.tally());
    }
    Ok(tallies)
}

async fn members_within(store: &Store, run: RunId, scopes: &[Scope]) -> Result<Vec<MemberRow>> {
    let mut members = store.run_members(run).await?;
    let machines: Vec<_> = members.iter().map(|row| row.member.machine).collect();
    let within: HashSet<_> =
        store.machines_within(&machines, scopes).await?.into_iter().map(|id| id.0).collect();
    members.retain(|row| within.contains(&row.member.machine.0));
    Ok(members)
}

/// A run, with a window of its members: of those within the scopes, where there are any.
pub async fn page(
    store: &Store,
    id: RunId,
    query: MembersQuery,
    scopes: Option<&[Scope]>,
) -> Result<Option<RunPage>> {
    let Some(row) = store.run(id).await? else { return Ok(None) };
    let asked_at = store.now();
    let members = Members { run: &row.run, scopes, now: asked_at };
    let standing = store.run_standing(members).await?;
    let tally = standing.tally();
    let first = (u64::from(query.page.max(1)) - 1) * PAGE as u64;
    let rows = store.run_window(members, query.show, first, PAGE as u64).await?.into_iter();
    let function = store.function(&row.run.plan.function).await?;
    let no_show_s = row.run.plan.no_show_s;
    Ok(Some(RunPage {
        asked_at,
        title: function.as_ref().map_or_else(|| row.run.plan.function.clone(), |f| f.title.clone()),
        risk: function.map_or(Risk::ReadsOnly, |f| f.risk),
        tally,
        waves: standing.waves.into_iter().map(|(wave, tally)| WaveLine { wave, tally }).collect(),
        members: rows.map(|row| member(row, no_show_s, asked_at)).collect(),
        listed: u64::from(query.show.map_or(tally.machines, |kind| tally.count(kind))),
        history: history(store, id).await?,
        initiator: row.initiator,
        created_at: row.created_at,
        waiting: row.waiting,
        expected: expected(store, &row.run, scopes, asked_at).await?,
        wish: row.wish,
        run: row.run,
    }))
}

/// When it is expected to be over, by what such trips usually take on each model, or on any.
async fn expected(store: &Store, run: &Run, scopes: Option<&[Scope]>, now: Time) -> Result<Option<Expected>> {
    if run.over_at.is_some() {
        return Ok(None);
    }
    let rows = match scopes {
        None => store.run_members(run.id).await?,
        Some(scopes) => members_within(store, run.id, scopes).await?,
    };
    let models = store.run_models(run.id).await?;
    let named: BTreeSet<&str> = models.values().map(String::as_str).collect();
    let named: Vec<_> = named.into_iter().collect();
    let function = &run.plan.function;
    let on_any = store.usual_seconds(function, None).await?;
    let on_model = store.usual_seconds_by_model(function, &named).await?;
    let usual = |row: &MemberRow| {
        let model = models.get(&row.member.machine);
        model.and_then(|model| on_model.get(model)).copied().or(on_any).map(whole)
    };
    let turns = store.turns(function).await?;
    let timed: Vec<_> = rows
        .iter()
        .map(|row| Timed {
            member: &row.member,
            usual_s: usual(row),
            turn: turns.get(&row.member.site).copied(),
            started_at: row.started_at,
        })
        .collect();
    Ok(remaining(run, &timed, now))
}

fn member(row: MemberRow, no_show_s: u32, now: Time) -> MemberLine {
    let kind = Kind::of(&row.member, no_show_s, now);
    let words = match (&row.member.state, &row.ended, &row.awaits) {
        (MemberState::Refused { why }, _, _) => why.clone(),
        (_, Some(ended), _) => ended.because.clone(),
        (_, None, Some(awaits)) => format!("waits for {awaits}"),
        _ => String::new(),
    };
    MemberLine {
        machine: row.member.machine,
        job: row.member.job().map(|job| job.job),
        phase: row.member.job().map(|job| job.phase),
        wave: row.member.wave,
        site: row.member.site,
        name: row.name,
        kind,
        words,
        started_at: row.started_at,
        closed_at: row.closed_at,
    }
}

async fn history(store: &Store, id: RunId) -> Result<Vec<RunMove>> {
    let rows = store.run_history(id).await?.into_iter();
    Ok(rows.map(|row| RunMove { at: row.at, state: row.state, reason: row.reason }).collect())
}

fn title(functions: &[Function], name: &str) -> String {
    let found = functions.iter().find(|function| function.name == name);
    found.map_or_else(|| name.to_owned(), |function| function.title.clone())
}
