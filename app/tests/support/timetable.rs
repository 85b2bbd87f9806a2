//! A timetable as the server would tell it, on one day in November 2026.

use async_trait::async_trait;
use chrono::{Days as Ahead, NaiveDate};
use pitstop_app::Failure;
use pitstop_app::schedules::desk::{
    Asked, BlackoutLine, CalendarLine, DayLine, Days, EntryLine, EntryState, Filled, Forecast, ForecastLine,
    Offer, SchedulePage, SiteLine, Sum, TimesLine, Timetable, View, Would,
};
use pitstop_domain::secret::Secret;

pub struct SampleTimetable;

fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, n).unwrap_or_default()
}

fn entry(date: NaiveDate, hour: u32, name: &str, state: EntryState, words: &str) -> EntryLine {
    let at = date.and_hms_opt(hour, 0, 0).unwrap_or_default().and_utc();
    EntryLine {
        schedule: "01900000-0000-7000-8000-000000000001".to_owned(),
        name: name.to_owned(),
        recurrence: at.format("%Y%m%dT%H%M%S").to_string(),
        at,
        clock: format!("{hour}:00"),
        state,
        words: words.to_owned(),
        run: (state == EntryState::Well).then(|| "01900000-0000-7000-8000-000000000002".to_owned()),
        notes: if state == EntryState::Conflict {
            vec!["blackout: Exams; it will be left out".to_owned()]
        } else {
            vec![]
        },
        moved: false,
    }
}

#[async_trait]
impl Timetable for SampleTimetable {
    async fn days(&self, asked: &Asked) -> Result<Days, Failure> {
        let at = asked.at.unwrap_or(day(17));
        let (first, count) = match asked.view {
            View::Agenda => (at, 14),
            View::Day => (at, 1),
            View::Year => (NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default(), 365),
            View::Week => (day(16), 7),
            View::Month => (NaiveDate::from_ymd_opt(2026, 10, 26).unwrap_or_default(), 42),
        };
        let line = |n: u64| {
            let date = first.checked_add_days(Ahead::new(n)).unwrap_or(first);
            let entries = match n % 7 {
                1 => vec![
                    entry(date, 3, "Inventory of all", EntryState::Well, "40 of 40 machines done"),
                    entry(date, 22, "Memory test, room 7", EntryState::Coming, ""),
                ],
                3 => vec![entry(date, 22, "Memory test, room 7", EntryState::Conflict, "")],
                _ => vec![],
            };
            let exams = BlackoutLine { title: "Exams".to_owned(), stretched: None };
            let blackouts = if n % 7 == 3 { vec![exams] } else { vec![] };
            let sum =
                Sum { times: u32::try_from(entries.len()).unwrap_or_default(), conflicts: 0, failed: 0 };
            DayLine { date, within: true, entries, sum, blackouts }
        };
        let (zone, zones) = ("Europe/Berlin".to_owned(), vec!["Europe/Berlin".to_owned(), "UTC".to_owned()]);
        let days = (0..count).map(line).collect();
        Ok(Days {
            zone,
            zones,
            today: day(17),
            at,
            days,
            schedules: 2,
            shown: 2,
            functions: vec![("inventory".to_owned(), "Inventory".to_owned())],
            not_understood: None,
        })
    }

    async fn forecast(&self) -> Result<Forecast, Failure> {
        let at = |n| day(n).and_hms_opt(22, 0, 0).unwrap_or_default().and_utc();
        let line = ForecastLine {
            schedule: "01900000-0000-7000-8000-000000000001".to_owned(),
            name: "Memory test, room 7".to_owned(),
            function: "Memory test".to_owned(),
            times: 2,
            conflicts: 1,
            first: at(17),
            machines: 12,
            takes_s: Some(10_800),
        };
        let site = SiteLine { site: "berlin".to_owned(), trips: 24, bytes: 2_040_109_466, without_image: 0 };
        Ok(Forecast {
            from: at(17),
            until: at(24),
            times: 2,
            trips: 24,
            lines: vec![line],
            sites: vec![site],
        })
    }

    async fn page(&self, id: &str) -> Result<SchedulePage, Failure> {
        if id != "01900000-0000-7000-8000-000000000001" {
            return Err(Failure::not_found("schedule"));
        }
        Ok(SchedulePage {
            id: id.to_owned(),
            name: "Memory test, room 7".to_owned(),
            words: "every second Tuesday at 22:00, Berlin time".to_owned(),
            function: "Memory test".to_owned(),
            machines: "what room:7 finds, each time anew".to_owned(),
            query: Some("room:7".to_owned()),
            on_miss: "is left out".to_owned(),
            rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU".to_owned(),
            paused_at: None,
            changed_by: "ada".to_owned(),
            changed_at: day(1).and_hms_opt(12, 0, 0).unwrap_or_default().and_utc(),
            next: vec![entry(day(17), 22, "Memory test, room 7", EntryState::Coming, "")],
            past: vec![entry(day(3), 22, "Memory test, room 7", EntryState::Well, "12 of 12 machines done")],
            zone: "Europe/Berlin".to_owned(),
        })
    }

    async fn offer(&self, _: Option<&str>, filled: Filled) -> Result<Offer, Failure> {
        let would = filled.contains_key("name").then(|| {
            Ok(Would {
                words: "every second Tuesday at 22:00, Berlin time".to_owned(),
                next: vec![entry(day(17), 22, "Memory test, room 7", EntryState::Coming, "")],
                zone: "Europe/Berlin".to_owned(),
                machines: "12 machines of 12 now found could be started, in about 3 h.".to_owned(),
                notes: vec![],
            })
        });
        let functions = vec![("memory-test".to_owned(), "Memory test".to_owned())];
        Ok(Offer { functions, zones: vec!["Europe/Berlin", "UTC"], filled, would })
    }

    async fn keep(&self, _: &Filled) -> Result<String, Failure> {
        Ok("01900000-0000-7000-8000-000000000001".to_owned())
    }

    async fn act(&self, _: &str, _: &str, _: &Filled) -> Result<(), Failure> {
        Ok(())
    }

    async fn times(&self) -> Result<Vec<TimesLine>, Failure> {
        Ok(vec![TimesLine {
            id: "01900000-0000-7000-8000-000000000003".to_owned(),
            is_window: true,
            title: "Nights".to_owned(),
            words: "every weekday at 22:00, Berlin time, for 8 h".to_owned(),
            query: "site:berlin".to_owned(),
            next: None,
            source: None,
            ends: None,
        }])
    }

    async fn add_times(&self, _: &Filled) -> Result<(), Failure> {
        Ok(())
    }

    async fn import_times(&self, _: &Filled) -> Result<usize, Failure> {
        Err(Failure::Refused("this is no iCalendar text".to_owned()))
    }

    async fn stretch_times(&self, _: &str, _: &Filled) -> Result<(), Failure> {
        Ok(())
    }

    async fn remove_times(&self, _: &str) -> Result<(), Failure> {
        Ok(())
    }

    async fn calendars(&self) -> Result<Vec<CalendarLine>, Failure> {
        Ok(vec![CalendarLine {
            name: "Holidays".to_owned(),
            url: "https://calendar.example/…".to_owned(),
            query: String::new(),
            blackouts: 12,
            asked_at: None,
            read_at: Some(day(16).and_hms_opt(12, 0, 0).unwrap_or_default().and_utc()),
            trouble: Some("https://calendar.example answered 503".to_owned()),
        }])
    }

    async fn keep_calendar(&self, _: &Filled) -> Result<(), Failure> {
        Ok(())
    }

    async fn act_calendar(&self, _: &str, _: &Filled) -> Result<(), Failure> {
        Ok(())
    }

    async fn make_feed(&self) -> Result<Secret, Failure> {
        Ok(Secret::new("a".repeat(64)))
    }
}
