//! What can be asked of the timetable.

use super::Care;
use chrono::NaiveDateTime;
use clap::{Subcommand, ValueEnum};
use pitstop_domain::run::plan::seconds;
use std::path::PathBuf;

/// What can be done to schedules.
#[derive(Clone, Debug, Subcommand)]
pub enum ScheduleAct {
    /// Make a schedule; prints its id
    New {
        name: String,
        /// What it starts
        #[arg(long)]
        function: String,
        #[command(flatten)]
        when: When,
        #[command(flatten)]
        care: Care,
    },
    /// Change a schedule; what is not named stays
    Change {
        /// Its name or id
        schedule: String,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another function
        #[arg(long)]
        function: Option<String>,
        #[command(flatten)]
        when: When,
        /// Once, instead of again and again
        #[arg(long, conflicts_with = "rule")]
        once: bool,
        /// Tell what would happen, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Tell what runs in the next seven days, and what is sent to each site
    Forecast,
    /// Start nothing by it until it is resumed; what passes meanwhile is left out
    Pause { schedule: String },
    /// Let it go on
    Resume { schedule: String },
    /// Forget it; runs that it started stay
    Delete { schedule: String },
    /// Leave one time out
    Skip {
        schedule: String,
        /// Which, as `pitstop schedules NAME` lists it: 20261201T220000
        time: String,
    },
    /// Do it after all
    Unskip { schedule: String, time: String },
    /// Move one time to another, by the clocks of the schedule's zone
    Move {
        schedule: String,
        time: String,
        #[arg(value_parser = local)]
        to: NaiveDateTime,
    },
    /// From one time on it is a schedule of its own
    Split { schedule: String, time: String },
}

/// Machines and times of a schedule.
#[derive(Clone, Debug, clap::Args)]
pub struct When {
    /// Machines, by the words of the fleet's search, found anew each time; "" is all
    #[arg(long, value_name = "WORDS", conflicts_with = "machines")]
    pub q: Option<String>,
    /// These machines, by name or id
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    pub machines: Vec<String>,
    /// The first time, like "2026-12-01 22:00"
    #[arg(long, value_name = "TIME", value_parser = local)]
    pub at: Option<NaiveDateTime>,
    /// By the clocks of, like Europe/Berlin
    #[arg(long)]
    pub zone: Option<String>,
    /// Again and again, by a rule of iCalendar: FREQ=WEEKLY;BYDAY=TU
    #[arg(long)]
    pub rule: Option<String>,
    /// It must be ready then, and begins so much earlier at least, like 30m
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub ready_by: Option<u32>,
    /// If it cannot begin at its time
    #[arg(long, value_enum)]
    pub on_miss: Option<OnMiss>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnMiss {
    /// It is left out
    Skip,
    /// It begins once, as soon as the server is back
    RunOnce,
    /// It begins in the next maintenance window
    NextWindow,
}

impl OnMiss {
    pub fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::RunOnce => "run_once",
            Self::NextWindow => "next_window",
        }
    }
}

/// Windows and blackouts.
#[derive(Clone, Debug, Subcommand)]
pub enum TimesAct {
    /// Add a window, in which machines may be taken; prints its id
    Window(Span),
    /// Add a blackout, in which no machine is taken; prints its id
    Blackout(Span),
    /// Read blackouts from an iCalendar file; read again under the same name they replace those of before
    Import {
        /// The name of the calendar
        name: String,
        file: PathBuf,
        /// For these machines, by the words of the fleet's search; "" is all
        #[arg(long, value_name = "WORDS", default_value = "")]
        q: String,
        /// Times without a zone are of this one
        #[arg(long, default_value = "UTC")]
        zone: String,
    },
    /// List the calendars that are read again and again, and how that went
    Calendars,
    /// Let the server read blackouts from a calendar's address, every six hours
    Follow {
        /// The name of the calendar
        name: String,
        url: String,
        /// For these machines, by the words of the fleet's search; "" is all
        #[arg(long, value_name = "WORDS", default_value = "")]
        q: String,
        /// Times without a zone are of this one
        #[arg(long, default_value = "UTC")]
        zone: String,
    },
    /// Forget a calendar, with the blackouts that it gave
    Unfollow { name: String },
    /// Take one away, with the others of its calendar
    Remove { id: String },
}

/// A time that comes again.
#[derive(Clone, Debug, clap::Args)]
pub struct Span {
    pub title: String,
    /// When it begins first, like "2026-12-01 22:00"
    #[arg(long, value_name = "TIME", value_parser = local)]
    pub at: NaiveDateTime,
    /// How long it lasts, like 8h
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub lasts: u32,
    /// By the clocks of, like Europe/Berlin
    #[arg(long, default_value = "UTC")]
    pub zone: String,
    /// Again and again, by a rule of iCalendar
    #[arg(long)]
    pub rule: Option<String>,
    /// For these machines, by the words of the fleet's search; "" is all
    #[arg(long, value_name = "WORDS", default_value = "")]
    pub q: String,
}

/// A time on the clocks of some zone.
fn local(text: &str) -> Result<NaiveDateTime, String> {
    ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|shape| NaiveDateTime::parse_from_str(text, shape).ok())
        .ok_or_else(|| "write a time like \"2026-12-01 22:00\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn a_time_is_read_as_people_write_it() {
        let at = local("2026-12-01 22:00").unwrap();
        assert_eq!(local("2026-12-01T22:00:00"), Ok(at));
        assert!(local("tomorrow").unwrap_err().contains("2026-12-01 22:00"));
    }
}
