//! What the pages of the timetable need. The server implements it over the store, for one person; what that person may
//! not do it refuses.

use crate::Failure;
use async_trait::async_trait;
use chrono::NaiveDate;
use pitstop_domain::Time;
use pitstop_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A form as it was filled in.
pub type Filled = HashMap<String, String>;

/// Which days are shown, in which zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `None`: today.
    pub at: Option<NaiveDate>,
    pub view: View,
    /// Empty: that of most schedules.
    pub zone: String,
    /// Words that the name of a schedule has; empty: all.
    pub named: String,
    /// A search of the fleet: schedules that mean a machine which it finds; empty: all.
    pub q: String,
    /// The name of a function; empty: all.
    pub function: String,
}

impl Asked {
    /// Are some schedules left out?
    pub fn is_some_of_them(&self) -> bool {
        [&self.named, &self.q, &self.function].into_iter().any(|words| !words.is_empty())
    }
}

/// How days are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    #[default]
    Agenda,
    Day,
    Week,
    Month,
    Year,
}

impl View {
    pub const ALL: [Self; 5] = [Self::Agenda, Self::Day, Self::Week, Self::Month, Self::Year];

    /// As addresses have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agenda => "agenda",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// Days, with what is on them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Days {
    pub zone: String,
    /// Zones that schedules are in.
    pub zones: Vec<String>,
    pub today: NaiveDate,
    /// The day that was asked for.
    pub at: NaiveDate,
    pub days: Vec<DayLine>,
    /// How many schedules there are.
    pub schedules: usize,
    /// How many of them are shown.
    pub shown: usize,
    /// Functions that schedules have: name and title.
    pub functions: Vec<(String, String)>,
    /// Why the search of the fleet finds nothing.
    pub not_understood: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DayLine {
    pub date: NaiveDate,
    /// It is of the month that was asked for.
    pub within: bool,
    /// In a year they are only counted.
    pub entries: Vec<EntryLine>,
    pub sum: Sum,
    /// Blackouts of that day.
    pub blackouts: Vec<BlackoutLine>,
}

/// What a day has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    pub times: u32,
    /// Something stands in their way.
    pub conflicts: u32,
    pub failed: u32,
}

/// A blackout on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlackoutLine {
    pub title: String,
    /// It ends on this day, and can be made longer by this id.
    pub stretched: Option<String>,
}

/// An occurrence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EntryLine {
    pub schedule: String,
    pub name: String,
    pub recurrence: String,
    pub at: Time,
    /// On the clocks of the zone that is shown.
    pub clock: String,
    pub state: EntryState,
    /// What became of it, in words.
    pub words: String,
    pub run: Option<String>,
    /// What stands in its way, or how clocks change then.
    pub notes: Vec<String>,
    pub moved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    Coming,
    /// It comes, and something stands in its way.
    Conflict,
    /// The schedule is paused.
    Paused,
    /// A person left it out, and can have it back.
    LeftOut,
    UnderWay,
    Well,
    /// It was started, and jobs failed.
    Failed,
    Skipped,
}

impl EntryState {
    pub fn words(self) -> &'static str {
        match self {
            Self::Coming => "coming",
            Self::Conflict => "conflict",
            Self::Paused => "paused",
            Self::LeftOut => "left out",
            Self::UnderWay => "under way",
            Self::Well => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The hue of its chip, as style sheets know it.
    pub fn hue(self) -> &'static str {
        match self {
            Self::Coming => "waiting",
            Self::Conflict => "held",
            Self::Paused | Self::LeftOut | Self::Skipped => "cancelled",
            Self::UnderWay => "running",
            Self::Well => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// A schedule's page.
#[derive(Clone, Debug, PartialEq)]
pub struct SchedulePage {
    pub id: String,
    pub name: String,
    /// `every second Tuesday at 22:00, Berlin time`
    pub words: String,
    pub function: String,
    /// Which machines, in words; with the search that finds them, where there is one.
    pub machines: String,
    pub query: Option<String>,
    pub on_miss: String,
    pub rule: String,
    pub paused_at: Option<Time>,
    pub changed_by: String,
    pub changed_at: Time,
    pub next: Vec<EntryLine>,
    pub past: Vec<EntryLine>,
    pub zone: String,
}

/// What a form offers and what it would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub functions: Vec<(String, String)>,
    pub zones: Vec<&'static str>,
    pub filled: Filled,
    /// What would happen by it; none before anything was filled in.
    pub would: Option<Result<Would, String>>,
}

/// What a schedule would do, told before it is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Would {
    pub words: String,
    pub next: Vec<EntryLine>,
    pub zone: String,
    /// How many machines, and how long it would take.
    pub machines: String,
    /// What stands in the way.
    pub notes: Vec<String>,
}

/// Windows or a blackout.
#[derive(Clone, Debug, PartialEq)]
pub struct TimesLine {
    pub id: String,
    pub is_window: bool,
    pub title: String,
    pub words: String,
    /// Which machines; empty: all.
    pub query: String,
    pub next: Option<Time>,
    pub source: Option<String>,
    /// Its last day, where it comes once and belongs to no calendar.
    pub ends: Option<NaiveDate>,
}

/// What runs in the next seven days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    pub from: Time,
    pub until: Time,
    pub times: u32,
    /// Machines, each as often as it is taken.
    pub trips: u64,
    pub lines: Vec<ForecastLine>,
    pub sites: Vec<SiteLine>,
}

/// A schedule that comes in these days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastLine {
    pub schedule: String,
    pub name: String,
    pub function: String,
    pub times: u32,
    /// Times in whose way something stands.
    pub conflicts: u32,
    pub first: Time,
    pub machines: usize,
    /// How long each run usually takes, in seconds.
    pub takes_s: Option<u64>,
}

/// What is sent to a site in these days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteLine {
    pub site: String,
    pub trips: u64,
    pub bytes: u64,
    /// Trips for which there is no image.
    pub without_image: u64,
}

/// A calendar elsewhere that is read again and again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalendarLine {
    pub name: String,
    /// Without what may be secret in it.
    pub url: String,
    /// Which machines; empty: all.
    pub query: String,
    /// What it gave last.
    pub blackouts: usize,
    pub asked_at: Option<Time>,
    pub read_at: Option<Time>,
    /// Why it gave nothing the last time.
    pub trouble: Option<String>,
}

/// The timetable, for one person.
#[async_trait]
pub trait Timetable: Send + Sync {
    async fn days(&self, asked: &Asked) -> Result<Days, Failure>;

    async fn forecast(&self) -> Result<Forecast, Failure>;

    async fn page(&self, id: &str) -> Result<SchedulePage, Failure>;

    /// A form, and what would happen by it; `id`: to change that one.
    async fn offer(&self, id: Option<&str>, filled: Filled) -> Result<Offer, Failure>;

    /// Keeps what was filled in; gives the schedule.
    async fn keep(&self, filled: &Filled) -> Result<String, Failure>;

    /// `pause`, `resume`, `remove`; `skip`, `unskip`, `move` and `split` of an occurrence.
    async fn act(&self, id: &str, act: &str, filled: &Filled) -> Result<(), Failure>;

    async fn times(&self) -> Result<Vec<TimesLine>, Failure>;

    async fn add_times(&self, filled: &Filled) -> Result<(), Failure>;

    /// Reads blackouts from an iCalendar text; gives how many.
    async fn import_times(&self, filled: &Filled) -> Result<usize, Failure>;

    /// Lets one end on another day: `until`.
    async fn stretch_times(&self, id: &str, filled: &Filled) -> Result<(), Failure>;

    async fn remove_times(&self, id: &str) -> Result<(), Failure>;

    async fn calendars(&self) -> Result<Vec<CalendarLine>, Failure>;

    /// Keeps a calendar's address, which is read from now on.
    async fn keep_calendar(&self, filled: &Filled) -> Result<(), Failure>;

    /// `read` one now, or `remove` it with what it gave.
    async fn act_calendar(&self, act: &str, filled: &Filled) -> Result<(), Failure>;

    /// A new secret address for calendar programs; the one before is useless then.
    async fn make_feed(&self) -> Result<Secret, Failure>;
}
