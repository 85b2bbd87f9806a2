//! Which machines a schedule means, and when each of them may be taken.
//!
//! Machines for which the same windows and blackouts hold are one group. A schedule is due when any of its groups may
//! be taken; machines of the others are refused then, each with its reason.

use crate::members::{Chosen, whole};
use chrono::TimeDelta;
use pitstop_calendar::due::HORIZON;
use pitstop_calendar::intervals::Intervals;
use pitstop_calendar::window::Shut;
use pitstop_calendar::{Allowed, Blackout, Held, Kind, Schedule};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::query::{Query, Scope, Sort};
use pitstop_store::fleet::{ChosenRow, FleetRow, Wanted, Window};
use pitstop_store::{Error, Result, Store};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// The machines of a schedule.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pub chosen: Vec<Chosen>,
    /// The longest usual trip of a model among them.
    pub trip_s: Option<u64>,
    /// Which group each machine is of.
    group_of: HashMap<MachineId, usize>,
    groups: Vec<Allowed>,
}

impl Places {
    /// What a schedule means now.
    ///
    /// # Errors
    /// When its search is not understood any more, or the database does not answer.
    pub async fn of(store: &Store, schedule: &Schedule, now: Time) -> Result<Self> {
        let chosen = machines(store, schedule).await?;
        Self::of_chosen(store, chosen, &schedule.plan.function, now).await
    }

    /// The same of machines that were chosen.
    pub(crate) async fn of_chosen(
        store: &Store,
        chosen: Vec<Chosen>,
        function: &str,
        now: Time,
    ) -> Result<Self> {
        let held: Vec<_> = store.held_times().await?.into_iter().map(|row| row.held).collect();
        let trip_s = store.usual_seconds(function, None).await?.map(whole);
        let ids: Vec<_> = chosen.iter().map(|one| one.machine).collect();
        let (group_of, groups) = grouped(store, &ids, &held, now).await?;
        Ok(Self { chosen, trip_s, group_of, groups })
    }

    /// When any of them may be taken.
    pub fn allowed(&self, now: Time) -> Allowed {
        match self.groups.as_slice() {
            [] => Allowed::default(),
            [one] => one.clone(),
            many => together_within(many, &(now - TimeDelta::days(1)..now + HORIZON)),
        }
    }

    /// Whether a trip of this machine may begin: until when there is time.
    ///
    /// # Errors
    /// Why not.
    pub fn at(
        &self,
        machine: MachineId,
        now: Time,
        usual_s: Option<u64>,
    ) -> std::result::Result<Option<Time>, Shut> {
        let trip = usual_s.or(self.trip_s).and_then(|s| i64::try_from(s).ok()).unwrap_or_default();
        match self.group_of.get(&machine).and_then(|group| self.groups.get(*group)) {
            Some(allowed) => allowed.at(now, TimeDelta::seconds(trip)),
            None => Ok(None),
        }
    }
}

/// Machines that a schedule means, within what whoever saved it may touch, by site and name.
async fn machines(store: &Store, schedule: &Schedule) -> Result<Vec<Chosen>> {
    let scope = Scope::of(schedule.scopes.clone());
    let now = store.now();
    let rows = match &schedule.chosen {
        pitstop_calendar::Chosen::Search(words) => {
            store.fleet_chosen(&Wanted { query: &parsed(words)?, scope: &scope, now }, None).await?
        }
        pitstop_calendar::Chosen::Machines(ids) => {
            store.fleet_chosen(&Wanted { query: &Query::default(), scope: &scope, now }, Some(ids)).await?
        }
    };
    let chosen = |row: ChosenRow| {
        let ChosenRow { id, name, site, model, held_by, labels: _ } = row;
        Chosen { machine: id, name, site, model, held_by }
    };
    Ok(rows.into_iter().map(chosen).collect())
}

/// Machines that a search finds.
///
/// # Errors
/// When it is not understood.
pub async fn found(store: &Store, words: &str, scope: &Scope) -> Result<Vec<FleetRow>> {
    let wanted = Wanted { query: &parsed(words)?, scope, now: store.now() };
    store.fleet_window(&wanted, Window { sort: Sort::default(), offset: 0, limit: None }).await
}

fn parsed(words: &str) -> Result<Query> {
    Query::parse(words).map_err(|_| Error::Refused(format!("the search `{words}` is not understood")))
}

pub(crate) fn chosen(row: &FleetRow) -> Chosen {
    Chosen {
        machine: row.id,
        name: row.name.clone(),
        site: row.site.clone(),
        model: row.model.clone(),
        held_by: row.job.as_ref().map(|job| job.function.clone()),
    }
}

type Groups = (HashMap<MachineId, usize>, Vec<Allowed>);

async fn grouped(store: &Store, ids: &[MachineId], held: &[Held], now: Time) -> Result<Groups> {
    let range = now - TimeDelta::days(1)..now + HORIZON;
    let mut holds: HashMap<MachineId, Vec<usize>> = ids.iter().map(|id| (*id, vec![])).collect();
    let mut spans = Vec::with_capacity(held.len());
    // Holidays of a hundred days have one search.
    let mut known: HashMap<&str, Vec<MachineId>> = HashMap::new();
    for (n, held) in held.iter().enumerate() {
        let times = held.times.within(&range);
        spans.push(times);
        if spans[n].is_empty() && held.kind == Kind::Blackout {
            continue;
        }
        if !known.contains_key(held.query.as_str()) {
            let machines = if held.query.trim().is_empty() {
                ids.to_vec()
            } else {
                let query = parsed(&held.query)?;
                store.fleet_ids(&Wanted { query: &query, scope: &Scope::ALL, now: store.now() }).await?
            };
            known.insert(&held.query, machines);
        }
        for machine in &known[held.query.as_str()] {
            if let Some(holds) = holds.get_mut(machine) {
                holds.push(n);
            }
        }
    }
    let mut numbers: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut groups = Vec::new();
    let mut group_of = HashMap::with_capacity(ids.len());
    for (machine, holds) in holds {
        let number = *numbers.entry(holds).or_insert_with_key(|holds| {
            groups.push(allowed(held, &spans, holds));
            groups.len() - 1
        });
        group_of.insert(machine, number);
    }
    Ok((group_of, groups))
}

fn allowed(held: &[Held], spans: &[Intervals], holds: &[usize]) -> Allowed {
    let mut allowed = Allowed::default();
    for n in holds {
        match held[*n].kind {
            Kind::Window => {
                allowed.windows = Some(allowed.windows.unwrap_or_default().and(&spans[*n]));
            }
            Kind::Blackout => {
                let (title, times) = (held[*n].title.clone(), spans[*n].clone());
                allowed.blackouts.push(Blackout { title, times });
            }
        }
    }
    allowed
}

/// Open when one of them is. A blackout that they all have keeps its name.
pub(super) fn together_within(groups: &[Allowed], range: &Range<Time>) -> Allowed {
    let shared = |one: &&Blackout| groups.iter().all(|group| group.blackouts.contains(one));
    let blackouts: Vec<_> =
        groups.first().iter().flat_map(|group| group.blackouts.iter()).filter(shared).cloned().collect();
    let own = |group: &Allowed| {
        let mut own = group.clone();
        own.blackouts.retain(|one| !blackouts.contains(one));
        own
    };
    let groups: Vec<_> = groups.iter().map(own).collect();
    let free = groups.iter().any(|group| group.windows.is_none() && group.blackouts.is_empty());
    let open = || groups.iter().fold(Intervals::default(), |sum, group| sum.and(&group.open(range)));
    Allowed { windows: (!free).then(open), blackouts }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(hour: i64) -> Time {
        chrono::DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(hour)
    }

    fn set(of: &[(i64, i64)]) -> Intervals {
        of.iter().map(|(from, until)| t(*from)..t(*until)).collect()
    }

    #[test]
    fn a_schedule_is_due_when_any_of_its_machines_may_be_taken() {
        let exams = Blackout { title: "Exams".to_owned(), times: set(&[(5, 6)]) };
        let night = Allowed { windows: Some(set(&[(1, 3), (5, 7)])), blackouts: vec![exams.clone()] };
        let noon = Allowed { windows: Some(set(&[(12, 13)])), blackouts: vec![exams.clone()] };
        let range = t(0) - TimeDelta::days(1)..t(0) + HORIZON;
        let both = together_within(&[night.clone(), noon], &range);
        assert_eq!(both.windows, Some(set(&[(1, 3), (5, 7), (12, 13)])));
        assert_eq!(both.at(t(5), TimeDelta::zero()), Err(Shut::Blackout("Exams".to_owned())));
        let free = together_within(&[night, Allowed { windows: None, blackouts: vec![exams] }], &range);
        assert_eq!((free.windows, free.blackouts.len()), (None, 1));
    }
}
