//! A machine's page.

use super::elsewhere::told;
use chrono::TimeDelta;
use pitstop_app::health::desk::{AlertLine, Bar, BoardEntry, BoardPage, Line, MachinePage, Went};
use pitstop_domain::Time;
use pitstop_domain::health::rule::{Against, Term};
use pitstop_domain::health::score::Known;
use pitstop_domain::health::{Metric, Rule};
use pitstop_domain::id::MachineId;
use pitstop_domain::query::{Key, Pattern, Query, Scope, Sort, Term as Word, Want};
use pitstop_store::fleet::{Wanted, Window};
use pitstop_store::health::alerts::{AlertFilter, AlertRow};
use pitstop_store::health::boards::{BoardRow, EntryRow};
use pitstop_store::health::now::HealthRow;
use pitstop_store::{Error, Result, Store};
use std::collections::BTreeSet;

/// Alerts of a machine that are shown, the newest.
const ALERTS: i64 = 20;

/// Entries of its board's log, the newest.
const ENTRIES: i64 = 20;

pub async fn page(store: &Store, machine: MachineId, days: u32) -> Result<MachinePage> {
    let row = store.health_of(machine).await?.ok_or(Error::NotFound("machine"))?;
    let until = store.now();
    let from = until - TimeDelta::days(days.into());
    let known = store.known_of(&[machine]).await?.remove(&machine).unwrap_or_default();
    let mut chart = store.chart(machine, from, until).await?;
    let rules = rules_on(store, &row.name).await?;
    let metrics: BTreeSet<Metric> = chart.keys().chain(known.newest.keys()).copied().collect();
    let figures = Metric::all().filter(|metric| metrics.contains(metric)).map(|metric| {
        let bars = chart.remove(&metric).unwrap_or_default().into_iter();
        let bar = |bar: pitstop_store::health::chart::Bar| Bar {
            at: bar.at,
            low: bar.low,
            mid: bar.mid,
            high: bar.high,
        };
        Went {
            metric,
            bars: bars.map(bar).collect(),
            newest: known.newest.get(&metric).copied(),
            usual: known.own.get(&metric).cloned(),
            peers: known.peers.get(&metric).cloned(),
            thresholds: thresholds(&rules, metric, &known, until),
        }
    });
    let figures = figures.collect();
    let filter =
        AlertFilter { machine: Some(machine), resolved: true, limit: ALERTS, ..AlertFilter::default() };
    let alerts = store.health_alerts(&filter).await?.into_iter().map(alert_line).collect();
    let trips = store.trips_of(machine, from).await?;
    let told = store.tidings(None, Some(machine), None, ALERTS).await?.into_iter().map(told).collect();
    let board = board(store, machine).await?;
    Ok(MachinePage { line: line(row), from, until, figures, trips, alerts, told, board })
}

/// What its board says, and what stood in its log last.
async fn board(store: &Store, machine: MachineId) -> Result<Option<BoardPage>> {
    let Some(BoardRow { origin, answered_at, silent, due_at, reading }) = store.board_of(machine).await?
    else {
        return Ok(None);
    };
    let entry = |EntryRow { level, created, message, seen_at, is_history }: EntryRow| BoardEntry {
        level,
        created,
        message,
        seen_at,
        is_history,
    };
    let entries = store.board_entries(machine, ENTRIES).await?.into_iter().map(entry).collect();
    Ok(Some(BoardPage { origin, answered_at, silent, due_at, reading, entries }))
}

pub fn line(row: HealthRow) -> Line {
    let HealthRow { machine, name, site, model, seen_at, health } = row;
    Line { machine, name, site, model, seen_at, health }
}

pub fn alert_line(row: AlertRow) -> AlertLine {
    AlertLine {
        id: row.id.to_string(),
        alert: row.alert,
        rule_name: row.rule.name,
        severity: row.rule.severity,
        function: row.rule.function,
        machine_name: row.machine_name,
        site: row.site,
        seen_by: row.seen_by,
    }
}

/// The rules that watch this machine.
async fn rules_on(store: &Store, name: &str) -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    for row in store.health_rules().await?.into_iter().filter(|row| row.rule.enabled) {
        let Ok(mut query) = Query::parse(&row.rule.query) else { continue };
        let only = Want::Field(Key::Name, vec![Pattern::whole(name)]);
        query.terms.push(Word { not: false, want: only, word: String::new() });
        let everything = Scope::of(None);
        let wanted = Wanted { query: &query, scope: &everything, now: store.now() };
        let window = Window { sort: Sort::default(), offset: 0, limit: Some(1) };
        if !store.fleet_window(&wanted, window).await?.is_empty() {
            rules.push(row.rule);
        }
    }
    Ok(rules)
}

/// Where rules begin to hold now.
fn thresholds(rules: &[Rule], metric: Metric, known: &Known, now: Time) -> Vec<(f64, String)> {
    let of = |term: &Term| match term.against {
        Against::Above(value) | Against::Below(value) => Some(value),
        Against::Own(percent) => known.own.get(&metric)?.begins(metric, percent, now),
        Against::Peers(percent) => known.peers.get(&metric)?.begins(metric, percent, now),
    };
    let of_rule = |rule: &Rule| {
        let terms = rule.condition.terms.iter().filter(|term| term.metric == metric);
        terms.filter_map(|term| Some((of(term)?, rule.name.clone()))).collect::<Vec<_>>()
    };
    rules.iter().flat_map(of_rule).collect()
}
