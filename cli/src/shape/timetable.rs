//! What of the timetable is used.

use pitstop_domain::Time;
use serde::Deserialize;

/// A schedule; in the list without its times.
#[derive(Debug, Deserialize)]
pub struct Schedule {
    pub id: String,
    pub name: String,
    pub words: String,
    pub function: String,
    #[serde(default)]
    pub machines: Option<Vec<String>>,
    #[serde(default)]
    pub q: Option<String>,
    pub zone: String,
    pub next_at: Option<Time>,
    pub paused_at: Option<Time>,
    #[serde(default)]
    pub next: Vec<Entry>,
    #[serde(default)]
    pub past: Vec<Entry>,
}

/// One time of it.
#[derive(Debug, Deserialize)]
pub struct Entry {
    pub recurrence: String,
    /// By the clocks of its zone.
    pub clock: String,
    pub state: String,
    pub words: String,
    #[serde(default)]
    pub notes: Vec<String>,
}

/// What a schedule would do.
#[derive(Debug, Deserialize)]
pub struct Would {
    pub words: String,
    pub zone: String,
    pub machines: String,
    pub next: Vec<Entry>,
    pub notes: Vec<String>,
}

/// Windows or a blackout.
#[derive(Debug, Deserialize)]
pub struct Times {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub words: String,
    pub q: String,
    pub next: Option<Time>,
    pub source: Option<String>,
}

/// A calendar elsewhere.
#[derive(Debug, Deserialize)]
pub struct Calendar {
    pub name: String,
    pub url: String,
    pub query: String,
    pub blackouts: u64,
    pub read_at: Option<Time>,
    pub trouble: Option<String>,
}

/// What runs in the next seven days.
#[derive(Debug, Deserialize)]
pub struct Forecast {
    pub lines: Vec<ForecastLine>,
    pub sites: Vec<SiteLine>,
}

#[derive(Debug, Deserialize)]
pub struct ForecastLine {
    pub name: String,
    pub function: String,
    pub first: Time,
    pub times: u64,
    pub machines: u64,
    pub conflicts: u64,
    pub takes_s: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub struct SiteLine {
    pub site: String,
    pub trips: u64,
    pub bytes: u64,
    pub without_image: u64,
}
