//! What the pages of the timetable need, for one person.

use super::form::{self, text};
use super::{days, entries, scope, times, would};
use crate::backend::fleet::understood;
use crate::backend::{failure, failure_of};
use crate::people::{Deed, Gate, On};
use async_trait::async_trait;
use chrono::NaiveDateTime;
use pitstop_app::Failure;
use pitstop_app::schedules::desk::{Asked, Days, Filled, Offer, SchedulePage, TimesLine, Timetable, Would};
use pitstop_calendar::{Chosen, OnMiss, RecurrenceId, Schedule, Zone, words};
use pitstop_domain::id::{ScheduleId, TimesId};
use pitstop_domain::people::{Kind, Right};
use pitstop_domain::secret::Secret;
use pitstop_store::schedules::ScheduleRow;
use pitstop_store::{Error, Store};
use serde_json::{Value, json};
use uuid::Uuid;

/// The timetable of one person.
pub struct StoreTimetable {
    gate: Gate,
    limits_percent: u32,
}

type Result<T> = std::result::Result<T, Failure>;

impl StoreTimetable {
    pub fn new(gate: Gate, limits_percent: u32) -> Self {
        Self { gate, limits_percent }
    }

    async fn reading(&self, right: Right) -> Result<&Store> {
        self.gate.read(right, On::Somewhere).await.map_err(failure_of)
    }

    /// The schedules that lie within what this person may.
    async fn schedules(&self, store: &Store) -> Result<Vec<ScheduleRow>> {
        let own = self.gate.who().scopes(Right::See);
        let mut rows = store.schedules().await.map_err(failure)?;
        rows.retain(|row| scope::within(row.schedule.scopes.as_deref(), own.as_deref()));
        Ok(rows)
    }

    /// One of them; for others it is not there.
    async fn one(&self, store: &Store, right: Right, id: &str) -> Result<ScheduleRow> {
        let id: ScheduleId = id.parse().map_err(|_| Failure::not_found("schedule"))?;
        let row = store.schedule(id).await.map_err(failure)?.ok_or_else(|| Failure::not_found("schedule"))?;
        let own = self.gate.who().scopes(right);
        match scope::within(row.schedule.scopes.as_deref(), own.as_deref()) {
            true => Ok(row),
            false => Err(Failure::not_found("schedule")),
        }
    }

    /// What was filled in, as a schedule; with the version of the one that it changes.
    async fn read(&self, store: &Store, filled: &Filled) -> Result<(Schedule, Option<ScheduleRow>)> {
        let old = match text(filled, "id") {
            "" => None,
            id => Some(self.one(store, Right::StartRuns, id).await?),
        };
        let plan = form::plan(filled, self.limits_percent).map_err(Failure::Refused)?;
        let mut timing = form::timing(filled).map_err(Failure::Refused)?;
        let function = store.function(&plan.function).await.map_err(failure)?;
        let function = function.ok_or_else(|| Failure::not_found("function"))?;
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
        let chosen = self.chosen(store, filled).await?;
        let name = text(filled, "name").to_owned();
        let schedule = Schedule { id, name, chosen, scopes, plan, timing, since, settled_through, paused_at };
        Ok((schedule, old))
    }

    async fn chosen(&self, store: &Store, filled: &Filled) -> Result<Chosen> {
        let names: Vec<String> = text(filled, "machines")
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            let words = text(filled, "q");
            understood(words).map_err(failure)?;
            return Ok(Chosen::Search(words.to_owned()));
        }
        let who = self.gate.who();
        let rows = crate::runs::choose::choose(store, who, Some(&names), "").await.map_err(failure)?;
        Ok(Chosen::Machines(crate::runs::choose::ids(&rows)))
    }

    /// Their names, where they are a fixed list.
    async fn names(&self, store: &Store, schedule: &Schedule) -> Result<Vec<String>> {
        let Chosen::Machines(ids) = &schedule.chosen else { return Ok(vec![]) };
        let machines = store.machines_of(ids).await.map_err(failure)?;
        let mut names: Vec<_> = machines.into_iter().map(|machine| machine.name).collect();
        names.sort();
        Ok(names)
    }

    /// Of a new schedule: that of the site that it is for, else that of most schedules, else that of any site.
    async fn zone(&self, store: &Store, filled: &Filled) -> Result<Zone> {
        let sites = store.sites().await.map_err(failure)?;
        let words = filled.get("q").map_or("", String::as_str);
        let meant = words.split_whitespace().find_map(|word| word.strip_prefix("site:"));
        let of_site = sites.iter().find(|site| meant.is_none_or(|name| name == site.name));
        let of_site = of_site.map_or("", |site| site.zone.as_str());
        let schedules: Vec<_> = self.schedules(store).await?.into_iter().map(|row| row.schedule).collect();
        let asked = if meant.is_some() || schedules.is_empty() { of_site } else { "" };
        Ok(days::zone_of(&schedules, asked))
    }

    async fn evaluate(&self, store: &Store, filled: &Filled) -> Result<std::result::Result<Would, String>> {
        let schedule = match self.read(store, filled).await {
            Ok((schedule, _)) => schedule,
            Err(Failure::Refused(why)) => return Ok(Err(why)),
            Err(other) => return Err(other),
        };
        match would::would(store, &schedule).await {
            Ok(would) => Ok(Ok(would)),
            Err(error) => would::said(error).map(Err).map_err(failure),
        }
    }

    async fn store_changed(&self, row: &ScheduleRow, changed: Schedule, what: String) -> Result<()> {
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
fn told(schedule: &Schedule) -> Value {
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

#[async_trait]
impl Timetable for StoreTimetable {
    async fn days(&self, asked: &Asked) -> Result<Days> {
        let store = self.reading(Right::See).await?;
        let schedules = self.schedules(store).await?.into_iter().map(|row| row.schedule).collect();
        days::days(store, schedules, asked).await.map_err(failure)
    }

    async fn page(&self, id: &str) -> Result<SchedulePage> {
        let store = self.reading(Right::See).await?;
        let row = self.one(store, Right::See, id).await?;
        super::page::page(store, row).await.map_err(failure)
    }

    async fn offer(&self, id: Option<&str>, filled: Filled) -> Result<Offer> {
        let store = self.reading(Right::StartRuns).await?;
        let functions = store.functions().await.map_err(failure)?.into_iter();
        let functions = functions.map(|function| (function.name, function.title)).collect();
        let zones = Zone::names();
        if filled.contains_key("name") {
            let would = Some(self.evaluate(store, &filled).await?);
            return Ok(Offer { functions, zones, filled, would });
        }
        let (filled, would) = match id {
            Some(id) => {
                let row = self.one(store, Right::StartRuns, id).await?;
                let names = self.names(store, &row.schedule).await?;
                let filled = form::fields(&row.schedule, row.version, &names);
                let would = self.evaluate(store, &filled).await?;
                (filled, Some(would))
            }
            None => {
                let zone = self.zone(store, &filled).await?;
                let mut fresh = form::fresh(zone, zone.local(store.now()).date());
                fresh.extend(filled);
                (fresh, None)
            }
        };
        Ok(Offer { functions, zones, filled, would })
    }

    async fn keep(&self, filled: &Filled) -> Result<String> {
        let store = self.reading(Right::StartRuns).await?;
        let (schedule, old) = self.read(store, filled).await?;
        if schedule.name.is_empty() || schedule.name.len() > 100 {
            return Err(Failure::Refused("Give it a name, of 100 letters at most.".to_owned()));
        }
        let id = schedule.id.to_string();
        let version = text(filled, "version").parse().ok().or(old.as_ref().map(|row| row.version));
        match old {
            Some(row) => {
                let row = ScheduleRow { version: version.unwrap_or(row.version), ..row };
                let what = format!("changed the schedule {}", row.schedule.name);
                self.store_changed(&row, schedule, what).await?;
            }
            None => {
                let what = format!("made the schedule {}", schedule.name);
                let deed =
                    Deed { after: Some(told(&schedule)), ..Deed::new(Right::StartRuns, On::Somewhere, what) };
                let by = self.gate.who().to_string();
                let work = |store: &Store| {
                    let (store, schedule) = (store.clone(), schedule.clone());
                    async move { store.keep_schedule(&schedule, None, &by, store.now()).await }
                };
                self.gate.act(deed, work).await.map_err(failure_of)?;
            }
        }
        Ok(id)
    }

    async fn act(&self, id: &str, act: &str, filled: &Filled) -> Result<()> {
        let store = self.reading(Right::StartRuns).await?;
        let row = self.one(store, Right::StartRuns, id).await?;
        let (now, was) = (store.now(), row.schedule.clone());
        let name = was.name.clone();
        match act {
            "pause" => {
                let paused = Schedule { paused_at: Some(now), ..was };
                self.store_changed(&row, paused, format!("paused the schedule {name}")).await
            }
            "resume" => {
                let resumed = Schedule { paused_at: None, ..was };
                self.store_changed(&row, resumed, format!("let the schedule {name} go on")).await
            }
            "move" => self.shift(&row, filled).await,
            "split" => self.split(&row, filled).await,
            "skip" | "unskip" => self.leave_out(&row, act == "skip", filled).await,
            "remove" => {
                let deed = Deed::new(Right::StartRuns, On::Somewhere, format!("deleted the schedule {name}"));
                let deed = Deed { before: Some(told(&was)), ..deed };
                let work = |store: &Store| {
                    let store = store.clone();
                    async move { store.remove_schedule(was.id).await }
                };
                self.gate.act(deed, work).await.map_err(failure_of)
            }
            _ => Err(Failure::not_found("act")),
        }
    }

    async fn times(&self) -> Result<Vec<TimesLine>> {
        let store = self.reading(Right::See).await?;
        let rows = store.held_times().await.map_err(failure)?.into_iter();
        Ok(rows.map(|row| times::line(row, store.now())).collect())
    }

    async fn add_times(&self, filled: &Filled) -> Result<()> {
        self.gate.read(Right::StartRuns, On::Installation).await.map_err(failure_of)?;
        let held = times::read(filled).map_err(Failure::Refused)?;
        let what = format!("added the {} {}", kind(held.kind), held.title);
        self.keep_times(vec![held], None, what).await
    }

    async fn import_times(&self, filled: &Filled) -> Result<usize> {
        self.gate.read(Right::StartRuns, On::Installation).await.map_err(failure_of)?;
        let (source, held) = times::import(filled).map_err(Failure::Refused)?;
        let count = held.len();
        let what = format!("read {count} blackouts from the calendar {source}");
        self.keep_times(held, Some(source), what).await?;
        Ok(count)
    }

    async fn make_feed(&self) -> Result<Secret> {
        let (Some(me), Kind::Person) = (self.gate.who().id, &self.gate.who().kind) else {
            return Err(Failure::NotAllowed(
                "A token cannot do this: sign in with name and password.".to_owned(),
            ));
        };
        let what = "made a new address for calendar programs".to_owned();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.new_feed(me).await }
        };
        self.gate.act(Deed::new(Right::See, On::Somewhere, what), work).await.map_err(failure_of)
    }

    async fn remove_times(&self, id: &str) -> Result<()> {
        let id: TimesId = id.parse().map_err(|_| Failure::not_found("window or blackout"))?;
        let deed = Deed::new(Right::StartRuns, On::Installation, "took a window or blackout away".to_owned());
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.remove_times(id, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }
}

fn kind(kind: pitstop_calendar::Kind) -> &'static str {
    match kind {
        pitstop_calendar::Kind::Window => "maintenance window",
        pitstop_calendar::Kind::Blackout => "blackout",
    }
}

impl StoreTimetable {
    /// What this person sees, for calendar programs.
    pub async fn feed(&self) -> Result<String> {
        let store = self.reading(Right::See).await?;
        let rows = self.schedules(store).await?;
        super::feed::text(store, rows).await.map_err(failure)
    }

    async fn keep_times(
        &self,
        held: Vec<pitstop_calendar::Held>,
        source: Option<String>,
        what: String,
    ) -> Result<()> {
        let deed = Deed::new(Right::StartRuns, On::Installation, what);
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.add_times(&held, source.as_deref(), &by, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    /// Moves one occurrence to another time, once.
    async fn shift(&self, row: &ScheduleRow, filled: &Filled) -> Result<()> {
        let (id, to) = (id_of(filled)?, text(filled, "to"));
        let to = NaiveDateTime::parse_from_str(to, "%Y-%m-%dT%H:%M")
            .or_else(|_| NaiveDateTime::parse_from_str(to, "%Y-%m-%dT%H:%M:%S"))
            .map_err(|_| Failure::Refused("Choose to which time.".to_owned()))?;
        let series = &row.schedule.timing.series;
        let now = self.gate.now();
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
    async fn split(&self, row: &ScheduleRow, filled: &Filled) -> Result<()> {
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
        let what = format!("made the schedule {}", rest.name);
        let deed = Deed { after: Some(told(&rest)), ..Deed::new(Right::StartRuns, On::Somewhere, what) };
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.keep_schedule(&rest, None, &by, now).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    async fn leave_out(&self, row: &ScheduleRow, out: bool, filled: &Filled) -> Result<()> {
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

/// What is done about what was missed, in words.
pub(super) fn on_miss(on_miss: OnMiss) -> &'static str {
    match on_miss {
        OnMiss::Skip => "is left out",
        OnMiss::RunOnce => "is started once, as soon as the server is back",
        OnMiss::NextWindow => "is started in the next maintenance window",
    }
}

/// Used by the page of one schedule.
pub(super) async fn title(store: &Store, function: &str) -> std::result::Result<String, Error> {
    Ok(store.function(function).await?.map_or_else(|| function.to_owned(), |function| function.title))
}

pub(super) use entries::{coming, settled};
