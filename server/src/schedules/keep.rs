//! Keeping schedules, for one person: made, changed, divided; what nobody may know of is not there.

use super::desk::{Result, StoreTimetable};
use super::form::text;
use super::wanted::{Named, Wanted};
use super::{scope, would};
use crate::backend::fleet::understood;
use crate::backend::{failure, failure_of};
use crate::people::{Deed, On};
use crate::runs::choose::{choose, ids};
use chrono::NaiveDateTime;
use pitstop_app::Failure;
use pitstop_app::schedules::desk::{Filled, Would};
use pitstop_calendar::{Chosen, RecurrenceId, Schedule, Zone, words};
use pitstop_domain::id::ScheduleId;
use pitstop_domain::people::Right;
use pitstop_store::Store;
use pitstop_store::schedules::ScheduleRow;
use serde_json::{Value, json};
use uuid::Uuid;

/// A schedule that is not kept yet, and the one that it changes.
pub type Draft = (Schedule, Option<ScheduleRow>);

impl StoreTimetable {
    pub(super) async fn reading(&self, right: Right) -> Result<&Store> {
        self.gate.read(right, On::Somewhere).await.map_err(failure_of)
    }

    /// The schedules that lie within what this person may.
    pub(super) async fn schedules(&self, store: &Store) -> Result<Vec<ScheduleRow>> {
        let own = self.gate.who().scopes(Right::See);
        let mut rows = store.schedules().await.map_err(failure)?;
        rows.retain(|row| scope::within(row.schedule.scopes.as_deref(), own.as_deref()));
        Ok(rows)
    }

    /// One of them; for others it is not there.
    pub(super) async fn one(&self, store: &Store, right: Right, id: &str) -> Result<ScheduleRow> {
        let id: ScheduleId = id.parse().map_err(|_| Failure::not_found("schedule"))?;
        let row = store.schedule(id).await.map_err(failure)?.ok_or_else(|| Failure::not_found("schedule"))?;
        let own = self.gate.who().scopes(right);
        match scope::within(row.schedule.scopes.as_deref(), own.as_deref()) {
            true => Ok(row),
            false => Err(Failure::not_found("schedule")),
        }
    }

    /// What was filled in, as a schedule; with the one that it changes.
    pub(super) async fn read(&self, store: &Store, filled: &Filled) -> Result<Draft> {
        let old = match text(filled, "id") {
            "" => None,
            id => Some(self.one(store, Right::StartRuns, id).await?),
        };
        let mut wanted = Wanted::filled(filled, self.limits_percent).map_err(Failure::Refused)?;
        // A form has no fields for it: what a program said stays, as long as it is of that function.
        let was = old.as_ref().map(|row| &row.schedule.plan);
        wanted.plan.task =
            was.filter(|was| was.function == wanted.plan.function).and_then(|was| was.task.clone());
        self.draft(store, wanted, old).await
    }

    /// What is wanted, as a schedule of this person's.
    pub(super) async fn draft(
        &self,
        store: &Store,
        wanted: Wanted,
        old: Option<ScheduleRow>,
    ) -> Result<Draft> {
        let Wanted { name, machines, plan, mut timing } = wanted;
        let function = store.function(&plan.function).await.map_err(failure)?;
        let function = function.ok_or_else(|| Failure::not_found("function"))?;
        function.for_many().map_err(Failure::Refused)?;
        let who = self.gate.who();
        let scopes = scope::both(who.scopes(Right::StartRuns), who.scopes(function.right()));
        if scopes.as_ref().is_some_and(Vec::is_empty) {
            return Err(Failure::NotAllowed(format!("You may not {}.", function.right().words())));
        }
        let now = store.now();
        let (mut since, mut id) = (now, ScheduleId(Uuid::now_v7()));
        let (mut settled_through, mut paused_at) = (None, None);
        if let Some(row) = &old {
            let was = &row.schedule;
            let series = &was.timing.series;
            (timing.series.also, timing.series.except) = (series.also.clone(), series.except.clone());
            timing.series.moved = series.moved.clone();
            timing.series = timing.series.tidy();
            (id, settled_through, paused_at) = (was.id, was.settled_through, was.paused_at);
            if was.timing == timing {
                since = was.since;
            }
        }
        let chosen = self.chosen(store, machines).await?;
        let schedule = Schedule { id, name, chosen, scopes, plan, timing, since, settled_through, paused_at };
        Ok((schedule, old))
    }

    async fn chosen(&self, store: &Store, machines: Named) -> Result<Chosen> {
        match machines {
            Named::Search(words) => {
                understood(&words).map_err(failure)?;
                Ok(Chosen::Search(words))
            }
            Named::Machines(names) => {
                let rows = choose(store, self.gate.who(), Some(&names), "").await.map_err(failure)?;
                Ok(Chosen::Machines(ids(&rows)))
            }
        }
    }

    /// What it would do, or why it cannot be.
    pub(super) async fn would(
        &self,
        store: &Store,
        schedule: &Schedule,
    ) -> Result<std::result::Result<Would, String>> {
        let mut others: Vec<_> = self.schedules(store).await?.into_iter().map(|row| row.schedule).collect();
        others.retain(|other| other.id != schedule.id);
        match would::would(store, schedule, &others).await {
            Ok(would) => Ok(Ok(would)),
            Err(error) => would::said(error).map(Err).map_err(failure),
        }
    }

    /// Keeps it; gives its id. `version`: the one that was looked at, where something is changed.
    pub(super) async fn keep_draft(
        &self,
        schedule: Schedule,
        old: Option<ScheduleRow>,
        version: Option<i64>,
    ) -> Result<String> {
        if schedule.name.is_empty() || schedule.name.len() > 100 {
            return Err(Failure::Refused("Give it a name, of 100 letters at most.".to_owned()));
        }
        let id = schedule.id.to_string();
        match old {
            Some(row) => {
                let row = ScheduleRow { version: version.unwrap_or(row.version), ..row };
                let what = format!("changed the schedule {}", row.schedule.name);
                self.store_changed(&row, schedule, what).await?;
            }
            None => self.add(schedule).await?,
        }
        Ok(id)
    }

    async fn add(&self, schedule: Schedule) -> Result<()> {
        let what = format!("made the schedule {}", schedule.name);
        let deed = Deed { after: Some(told(&schedule)), ..Deed::new(Right::StartRuns, On::Somewhere, what) };
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.keep_schedule(&schedule, None, &by, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    /// Their names, where they are a fixed list.
    pub(super) async fn names(&self, store: &Store, schedule: &Schedule) -> Result<Vec<String>> {
        let Chosen::Machines(ids) = &schedule.chosen else { return Ok(vec![]) };
        let machines = store.machines_of(ids).await.map_err(failure)?;
        let mut names: Vec<_> = machines.into_iter().map(|machine| machine.name).collect();
        names.sort();
        Ok(names)
    }

    pub(super) async fn store_changed(
        &self,
        row: &ScheduleRow,
        changed: Schedule,
        what: String,
    ) -> Result<()> {
        let deed =
            Deed::new(Right::StartRuns, On::Somewhere, what).changes(told(&row.schedule), told(&changed));
        let (by, version) = (self.gate.who().to_string(), row.version);
        let work = |store: &Store| {
            let (store, changed) = (store.clone(), changed.clone());
            async move { store.keep_schedule(&changed, Some(version), &by, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }
}

/// A schedule for the audit.
pub(super) fn told(schedule: &Schedule) -> Value {
    let machines = match &schedule.chosen {
        Chosen::Search(words) => json!(words),
        Chosen::Machines(ids) => json!(ids),
    };
    json!({
        "name": schedule.name, "when": words::series(&schedule.timing.series), "timing": schedule.timing,
        "machines": machines, "plan": schedule.plan, "paused_at": schedule.paused_at,
    })
}

fn id_of(filled: &Filled) -> Result<RecurrenceId> {
    text(filled, "recurrence").parse().map_err(|_| Failure::Refused("Choose a time of it.".to_owned()))
}

impl StoreTimetable {
    /// Moves one occurrence to another time, once.
    pub(super) async fn shift(&self, row: &ScheduleRow, filled: &Filled) -> Result<()> {
        let (id, to) = (id_of(filled)?, text(filled, "to"));
        let to = NaiveDateTime::parse_from_str(to, "%Y-%m-%dT%H:%M")
            .or_else(|_| NaiveDateTime::parse_from_str(to, "%Y-%m-%dT%H:%M:%S"))
            .map_err(|_| Failure::Refused("Choose to which time.".to_owned()))?;
        let series = &row.schedule.timing.series;
        let now = self.gate.now();
        // By the clocks of the schedule, or of the zone that somebody looks at.
        let to = match text(filled, "zone") {
            "" => to,
            zone => {
                let zone: Zone = zone.parse().map_err(Failure::Refused)?;
                series.zone.local(zone.at(to))
            }
        };
        let stands = series.occurrence(id).filter(|one| one.at > now);
        if stands.is_none() || series.zone.at(to) <= now {
            return Err(Failure::Refused("Only what comes can be moved, to a time that comes.".to_owned()));
        }
        let mut changed = row.schedule.clone();
        changed.timing.series.moved.insert(id, to);
        let what = format!("moved {id} of the schedule {} to {to}", row.schedule.name);
        self.store_changed(row, changed, what).await
    }

    /// From one occurrence on it is a schedule of its own. The old one ends first: were nothing more stored, less would
    /// happen, and nothing twice.
    pub(super) async fn split(&self, row: &ScheduleRow, filled: &Filled) -> Result<()> {
        let id = id_of(filled)?;
        let was = &row.schedule;
        let now = self.gate.now();
        let comes = was.timing.series.occurrence(id).is_some_and(|one| one.at > now);
        if !comes || was.timing.series.rule.is_none() || id.0 <= was.timing.series.start {
            return Err(Failure::Refused(
                "It can be divided at a time that comes, but for its first.".to_owned(),
            ));
        }
        let (before, after) = was.timing.series.split(id);
        let (mut first, mut rest) = (was.clone(), was.clone());
        first.timing.series = before;
        rest.timing.series = after;
        rest.id = ScheduleId(Uuid::now_v7());
        rest.name = format!("{} from {}", was.name, id.0.format("%-d %b %Y"));
        (rest.since, rest.settled_through) = (now, None);
        self.store_changed(row, first, format!("ended the schedule {} before {id}", was.name)).await?;
        self.add(rest).await
    }

    pub(super) async fn leave_out(&self, row: &ScheduleRow, out: bool, filled: &Filled) -> Result<()> {
        let id = id_of(filled)?;
        let schedule = row.schedule.id;
        let occurrence = row.schedule.timing.series.occurrence(id);
        let due_at = occurrence.map(|one| one.at).filter(|at| *at > self.gate.now());
        let due_at = due_at.ok_or_else(|| Failure::Refused("It is over already.".to_owned()))?;
        let verb = if out { "left out" } else { "took back in" };
        let deed = Deed::new(
            Right::StartRuns,
            On::Somewhere,
            format!("{verb} {id} of the schedule {}", row.schedule.name),
        );
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move {
                match out {
                    true => store.skip_occurrence(schedule, id, due_at, &by, store.now()).await,
                    false => store.unskip_occurrence(schedule, id, store.now()).await,
                }
            }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }
}
