//! What the pages of the timetable need, for one person.

use super::form::{self, text};
use super::keep::told;
use super::{calendars, days, entries, times};
use crate::backend::{failure, failure_of};
use crate::people::{Deed, Gate, On};
use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::schedules::desk::{
    Asked, CalendarLine, Days, Filled, Forecast, Offer, SchedulePage, TimesLine, Timetable, Would,
};
use pitstop_calendar::{OnMiss, Schedule, Zone};
use pitstop_domain::id::TimesId;
use pitstop_domain::people::{Kind, Right};
use pitstop_domain::secret::Secret;
use pitstop_store::{Error, Store};

/// The timetable of one person.
pub struct StoreTimetable {
    pub(super) gate: Gate,
    pub(super) limits_percent: u32,
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

impl StoreTimetable {
    pub fn new(gate: Gate, limits_percent: u32) -> Self {
        Self { gate, limits_percent }
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
        match self.read(store, filled).await {
            Ok((schedule, _)) => self.would(store, &schedule).await,
            Err(Failure::Refused(why)) => Ok(Err(why)),
            Err(other) => Err(other),
        }
    }
}

#[async_trait]
impl Timetable for StoreTimetable {
    async fn days(&self, asked: &Asked) -> Result<Days> {
        let store = self.reading(Right::See).await?;
        let schedules = self.schedules(store).await?.into_iter().map(|row| row.schedule).collect();
        days::days(store, schedules, asked).await.map_err(failure)
    }

    async fn forecast(&self) -> Result<Forecast> {
        let store = self.reading(Right::See).await?;
        let schedules = self.schedules(store).await?.into_iter().map(|row| row.schedule).collect();
        super::forecast::forecast(store, schedules).await.map_err(failure)
    }

    async fn page(&self, id: &str) -> Result<SchedulePage> {
        let store = self.reading(Right::See).await?;
        let row = self.one(store, Right::See, id).await?;
        super::page::page(store, row).await.map_err(failure)
    }

    async fn offer(&self, id: Option<&str>, filled: Filled) -> Result<Offer> {
        let store = self.reading(Right::StartRuns).await?;
        let functions = store.functions().await.map_err(failure)?.into_iter();
        let functions = functions.filter(|function| function.for_many().is_ok());
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
        self.keep_draft(schedule, old, text(filled, "version").parse().ok()).await
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
        self.whole().await?;
        self.add_held(times::read(filled).map_err(Failure::Refused)?).await
    }

    async fn import_times(&self, filled: &Filled) -> Result<usize> {
        self.whole().await?;
        let (source, held) = times::import(filled).map_err(Failure::Refused)?;
        let count = held.len();
        let what = format!("read {count} blackouts from the calendar {source}");
        self.keep_times(held, Some(source), what).await?;
        Ok(count)
    }

    async fn calendars(&self) -> Result<Vec<CalendarLine>> {
        let store = self.reading(Right::See).await?;
        let times = store.held_times().await.map_err(failure)?;
        let rows = store.calendars().await.map_err(failure)?.into_iter();
        Ok(rows.map(|row| calendars::line(row, &times)).collect())
    }

    async fn keep_calendar(&self, filled: &Filled) -> Result<()> {
        self.whole().await?;
        let calendar = calendars::read(filled).map_err(Failure::Refused)?;
        let what = format!("lets blackouts be read from the calendar {}", calendar.name);
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.keep_calendar(&calendar, &by, store.now()).await }
        };
        let deed = Deed::new(Right::StartRuns, On::Installation, what);
        self.gate.act(deed, work).await.map_err(failure_of)
    }

    async fn act_calendar(&self, act: &str, filled: &Filled) -> Result<()> {
        let (name, remove) = (text(filled, "source").to_owned(), act == "remove");
        let what = match act {
            "remove" => format!("took the calendar {name} away"),
            _ => format!("lets the calendar {name} be read now"),
        };
        let work = |store: &Store| {
            let store = store.clone();
            async move {
                match remove {
                    true => store.remove_calendar(&name, store.now()).await,
                    false => store.ask_calendar(&name, store.now()).await,
                }
            }
        };
        let deed = Deed::new(Right::StartRuns, On::Installation, what);
        self.gate.act(deed, work).await.map_err(failure_of)
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

    async fn stretch_times(&self, id: &str, filled: &Filled) -> Result<()> {
        let store = self.whole().await?;
        let id: TimesId = id.parse().map_err(|_| Failure::not_found("window or blackout"))?;
        let rows = store.held_times().await.map_err(failure)?;
        let row = rows.into_iter().find(|row| row.held.id == id);
        let row = row.ok_or_else(|| Failure::not_found("window or blackout"))?;
        let times = times::stretched(&row, text(filled, "until")).map_err(Failure::Refused)?;
        let what = format!("lets the {} {} last longer or shorter", kind(row.held.kind), row.held.title);
        let deed = Deed::new(Right::StartRuns, On::Installation, what)
            .changes(serde_json::json!(row.held.times), serde_json::json!(times));
        let by = self.gate.who().to_string();
        let work = |store: &Store| {
            let store = store.clone();
            async move { store.change_times(id, &times, &by, store.now()).await }
        };
        self.gate.act(deed, work).await.map_err(failure_of)
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

    /// Windows and blackouts hold for everybody's machines.
    pub(super) async fn whole(&self) -> Result<&Store> {
        self.gate.read(Right::StartRuns, On::Installation).await.map_err(failure_of)
    }

    pub(super) async fn add_held(&self, held: pitstop_calendar::Held) -> Result<()> {
        let what = format!("added the {} {}", kind(held.kind), held.title);
        self.keep_times(vec![held], None, what).await
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
