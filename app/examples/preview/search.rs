//! The fake machines, searched in memory.

use crate::rows;
use chrono::TimeDelta;
use pitstop_app::jobs::api::JobPage;
use pitstop_app::jobs::trip::Trip as Measured;
use pitstop_app::machines::api::{Fleet, MachineRow, RunningJob, SeenSighting};
use pitstop_app::machines::fleet::address::{FleetQuery, PAGE, View};
use pitstop_app::machines::fleet::api::{Aside, GroupMap, MOST_CELLS, SavedView};
use pitstop_domain::Time;
use pitstop_domain::job::Phase;
use pitstop_domain::machine::Machine;
use pitstop_domain::query::complete::Values;
use pitstop_domain::query::sort::By;
use pitstop_domain::query::{Group, Known, Query};
use pitstop_domain::ribbon::{Span, ribbon};
use pitstop_domain::state::MachineState;
use std::collections::BTreeMap;

pub fn row(
    machine: &Machine,
    state: MachineState,
    page: Option<&JobPage>,
    i: usize,
    now: Time,
) -> MachineRow {
    let seen = if state == MachineState::Silent { 7400 } else { (i % 20) as i64 };
    MachineRow {
        id: machine.id,
        name: machine.name.clone(),
        site: machine.site.clone(),
        room: machine.desk.room.clone(),
        labels: machine.labels.clone(),
        model: machine.model().map(str::to_owned),
        arch: machine.arch,
        firmware: machine.firmware,
        state,
        last_seen: (state != MachineState::Unknown).then(|| now - TimeDelta::seconds(seen)),
        job: page.map(|page| RunningJob {
            id: page.job.id,
            title: page.title.clone(),
            phase: page.job.phase,
            permille: Measured::of(page).progress.map(|progress| progress.permille),
        }),
    }
}

/// Those that the words find; none where they are not understood.
pub fn found(rows: Vec<(Machine, MachineRow)>, q: &str) -> Vec<(Machine, MachineRow)> {
    let Ok(query) = Query::parse(q) else { return vec![] };
    let now = chrono::Utc::now();
    let holds = |machine: &Machine, row: &MachineRow| {
        query.holds(&Known { machine, state: row.state, last_seen: row.last_seen, health: None }, now)
    };
    rows.into_iter().filter(|(machine, row)| holds(machine, row)).collect()
}

pub fn fleet(rows: Vec<(Machine, MachineRow)>, query: &FleetQuery) -> Fleet {
    let total = rows.len() as u64;
    let values = values(&rows);
    let errors = Query::parse(&query.q).err().unwrap_or_default();
    let others = Query::parse(&query.q).unwrap_or_default().without_states().1.to_string();
    let mut states = BTreeMap::new();
    for (_, row) in found(rows.clone(), &others) {
        *states.entry(row.state).or_default() += 1;
    }
    let mut found = found(rows, &query.q);
    let matching = found.len() as u64;
    found.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
    let map = if query.view == View::Table { vec![] } else { map(&found, query.group) };
    sort(&mut found, query);
    let listed = if query.view == View::Grid { 0 } else { PAGE };
    Fleet {
        asked_at: chrono::Utc::now(),
        total,
        matching,
        states,
        rows: found.into_iter().map(|(_, row)| row).skip(query.offset()).take(listed).collect(),
        map,
        meant: if matching == 0 { values.meant(&query.q) } else { vec![] },
        errors,
        values,
        ..Fleet::default()
    }
}

fn sort(rows: &mut [(Machine, MachineRow)], query: &FleetQuery) {
    match query.sort.by {
        By::Site => rows.sort_by(|(_, a), (_, b)| (&a.site, &a.name).cmp(&(&b.site, &b.name))),
        By::Name => {}
        By::Model => rows.sort_by(|(_, a), (_, b)| a.model.cmp(&b.model)),
        By::State => rows.sort_by_key(|(_, row)| row.state),
        By::Seen => rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.last_seen)),
    }
    if query.sort.down {
        rows.reverse();
    }
}

fn map(rows: &[(Machine, MachineRow)], group: Group) -> Vec<GroupMap> {
    let mut groups: BTreeMap<Option<String>, GroupMap> = BTreeMap::new();
    for (machine, row) in rows {
        let of = match group {
            Group::Site => vec![Some(row.site.clone())],
            Group::Room => vec![Some(row.room.clone())],
            Group::Model => vec![row.model.clone()],
            Group::Label => machine.labels.iter().cloned().map(Some).collect(),
        };
        for value in of {
            let group =
                groups.entry(value.clone()).or_insert_with(|| GroupMap { value, ..GroupMap::default() });
            *group.states.entry(row.state).or_default() += 1;
            group.cells.get_or_insert_default().push(row.state.letter());
        }
    }
    let many = rows.len() as u64 > MOST_CELLS;
    groups.into_values().map(|group| if many { GroupMap { cells: None, ..group } } else { group }).collect()
}

fn values(rows: &[(Machine, MachineRow)]) -> Values {
    let each = |of: &dyn Fn(&MachineRow) -> Vec<String>| {
        let all: std::collections::BTreeSet<String> = rows.iter().flat_map(|(_, row)| of(row)).collect();
        all.into_iter().take(100).collect::<Vec<_>>()
    };
    Values {
        sites: each(&|row| vec![row.site.clone()]),
        labels: each(&|row| row.labels.clone()),
        models: each(&|row| row.model.clone().into_iter().collect()),
        rooms: each(&|row| vec![row.room.clone()]),
    }
}

pub fn views() -> Vec<SavedView> {
    let view = |id, name: &str, q: &str| SavedView { id, name: name.into(), query: FleetQuery::of(q) };
    vec![view(1, "Away", "-state:own"), view(2, "Lab in Berlin", "site:berlin label:lab")]
}

pub fn ribbon_of(sightings: &[SeenSighting], now: Time) -> Vec<Span> {
    let week = now - TimeDelta::days(7);
    let mut seen: Vec<_> = sightings.iter().map(|seen| (seen.at, seen.sighting.clone())).collect();
    seen.sort_by_key(|(at, _)| *at);
    ribbon(&seen, week, now, None)
}

/// The state of a machine that no job holds.
pub fn quiet(i: usize, machine: &Machine) -> MachineState {
    match i % 61 {
        60 => MachineState::Silent,
        59 if !machine.has_agent => MachineState::Unknown,
        57 if i > 100 => MachineState::InMaintenance,
        _ => MachineState::OwnSystem,
    }
}

/// What stands beside the fleet.
pub fn aside(pages: &[JobPage], seen: &[i64], silent: u64) -> Aside {
    let open = || pages.iter().filter(|page| page.job.phase != Phase::Closed);
    let held = open().filter(|page| page.job.phase == Phase::Held);
    let alarms: Vec<_> = held.map(|page| rows::alarm(page.clone(), seen)).collect();
    Aside {
        open_alarms: alarms.len() as u64,
        alarms,
        silent,
        jobs: open().take(6).cloned().map(rows::row).collect(),
        open_jobs: open().count() as u64,
    }
}
