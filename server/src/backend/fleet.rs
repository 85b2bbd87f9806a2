//! The fleet, searched.

use super::alarms;
use super::cache::Cache;
use super::glance::Glance;
use pitstop_app::machines::api::{Fleet, MachineRow, RunningJob};
use pitstop_app::machines::fleet::address::{FleetQuery, PAGE, View};
use pitstop_app::machines::fleet::api::{Aside, CellName, SavedView};
use pitstop_domain::query::error::told;
use pitstop_domain::query::sort::By;
use pitstop_domain::query::{Group, Query, Scope, Sort};
use pitstop_domain::state::MachineState;
use pitstop_store::fleet::views::ViewRow;
use pitstop_store::fleet::{FleetRow, Wanted, Window};
use pitstop_store::jobs::JobFilter;
use pitstop_store::{Error, Result, Store};
use std::collections::HashMap;

/// Lines beside the fleet: what fits without scrolling.
const BESIDE: i64 = 5;

/// The page.
pub(super) async fn fleet(store: &Store, cache: &Cache, asked: &FleetQuery, scope: &Scope) -> Result<Fleet> {
    let (query, errors) = match Query::parse(&asked.q) {
        Ok(query) => (query, vec![]),
        Err(errors) => (Query::default(), errors),
    };
    let wanted = Wanted { query: &query, scope, now: store.now() };
    let listed =
        async { if errors.is_empty() { rows(store, cache, &wanted, asked).await } else { Ok(vec![]) } };
    // None waits for another.
    let (values, views, aside, seen, rows) = tokio::try_join!(
        cache.values(store, scope),
        views(store),
        aside(store, cache, scope),
        cache.glance(store, &query, scope, asked.group),
        listed,
    )?;
    let mut fleet = Fleet { asked_at: wanted.now, errors, values, views, aside, ..Fleet::default() };
    let Glance { total, matching, states, map } = seen;
    if !fleet.errors.is_empty() {
        return Ok(Fleet { total, ..fleet });
    }
    if matching == 0 {
        fleet.meant = fleet.values.meant(&asked.q);
    }
    let map = if asked.view == View::Table { vec![] } else { map };
    Ok(Fleet { total, matching, states, map, rows, ..fleet })
}

async fn rows(
    store: &Store,
    cache: &Cache,
    wanted: &Wanted<'_>,
    asked: &FleetQuery,
) -> Result<Vec<MachineRow>> {
    if asked.view == View::Grid {
        return Ok(vec![]);
    }
    if looks_at_all(wanted.query, asked.sort) {
        let order = cache.order(store, wanted, asked.sort).await?;
        let page: Vec<_> = order.iter().skip(asked.offset()).take(PAGE).copied().collect();
        return machine_rows(store, store.fleet_rows(&page, wanted.now).await?).await;
    }
    let window = Window { sort: asked.sort, offset: asked.offset() as u64, limit: Some(PAGE as u64) };
    machine_rows(store, store.fleet_window(wanted, window).await?).await
}

/// What machines do now, and when they were seen, stands in no index: to tell the first, all are looked at.
fn looks_at_all(query: &Query, sort: Sort) -> bool {
    matches!(sort.by, By::State | By::Seen) || query.asks_for_state()
}

/// The store's rows as pages show them.
async fn machine_rows(store: &Store, rows: Vec<FleetRow>) -> Result<Vec<MachineRow>> {
    let functions = store.functions().await?.into_iter();
    let titles: HashMap<String, String> = functions.map(|function| (function.name, function.title)).collect();
    Ok(rows.into_iter().map(|row| machine_row(row, &titles)).collect())
}

fn machine_row(row: FleetRow, titles: &HashMap<String, String>) -> MachineRow {
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
        room: row.room,
        labels: row.labels,
        model: row.model,
        arch: row.arch,
        firmware: row.firmware,
        state: row.state,
        last_seen: row.last_seen,
        job,
    }
}

/// The words of a search, or a refusal that says what is wrong with them.
pub(crate) fn understood(q: &str) -> Result<Query> {
    Query::parse(q)
        .map_err(|errors| Error::Refused(format!("the search is not understood: {}", told(&errors))))
}

/// The machine at this place among those that the words find, by name.
pub(super) async fn cell(store: &Store, q: &str, nth: u64, scope: &Scope) -> Result<Option<CellName>> {
    let query = understood(q)?;
    let wanted = Wanted { query: &query, scope, now: store.now() };
    let window = Window { sort: Sort { by: By::Name, down: false }, offset: nth, limit: Some(1) };
    let found = store.fleet_window(&wanted, window).await?.pop();
    Ok(found.map(|row| CellName { id: row.id, name: row.name, words: row.state.words().to_owned() }))
}

async fn views(store: &Store) -> Result<Vec<SavedView>> {
    let views = store.views().await?.into_iter();
    Ok(views
        .map(|row| SavedView {
            id: row.id,
            name: row.name,
            query: FleetQuery {
                q: row.q,
                page: 0,
                sort: Sort::read(&row.sort),
                view: View::read(&row.view),
                group: Group::read(&row.grouped),
            },
        })
        .collect())
}

pub(super) fn view_row(view: &SavedView) -> ViewRow {
    ViewRow {
        id: view.id,
        name: view.name.clone(),
        q: view.query.q.trim().to_owned(),
        sort: view.query.sort.word(),
        view: view.query.view.name().to_owned(),
        grouped: view.query.group.name().to_owned(),
    }
}

async fn aside(store: &Store, cache: &Cache, scope: &Scope) -> Result<Aside> {
    let everything = Query::default();
    let parts = scope.parts();
    let filter = JobFilter {
        open: Some(true),
        scopes: parts.map(<[_]>::to_vec),
        limit: BESIDE + 1,
        ..JobFilter::default()
    };
    let open_jobs = async {
        match parts {
            Some(parts) => store.open_and_held_within(parts).await,
            None => store.open_and_held().await,
        }
    };
    let (alarms, (open_alarms, _), jobs, (open_jobs, _), functions, whole) = tokio::try_join!(
        alarms::open(store, parts, BESIDE),
        alarms::count(store, parts),
        store.jobs(&filter),
        open_jobs,
        store.functions(),
        cache.glance(store, &everything, scope, Group::Site),
    )?;
    Ok(Aside {
        alarms: alarms.into_iter().map(alarms::line).collect(),
        open_alarms,
        silent: whole.states.get(&MachineState::Silent).copied().unwrap_or(0),
        jobs: jobs.iter().map(|row| super::jobs::job_row(row, &functions, None)).collect(),
        open_jobs,
    })
}
