//! A schedule as somebody asks for it: by the fields of a form, or as a program.

use super::form::{self, text};
use chrono::NaiveDateTime;
use pitstop_app::schedules::desk::Filled;
use pitstop_calendar::{Chosen, OnMiss, Rule, Schedule, Series, Timing, Zone};
use pitstop_domain::run::RunPlan;
use serde::{Deserialize, Serialize};

/// What is to become a schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub name: String,
    pub machines: Named,
    pub plan: RunPlan,
    pub timing: Timing,
}

/// Which machines, as people name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Search(String),
    Machines(Vec<String>),
}

impl Wanted {
    /// # Errors
    /// Which field cannot be understood, in words.
    pub fn filled(filled: &Filled, limits_percent: u32) -> Result<Self, String> {
        let names: Vec<String> = text(filled, "machines")
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        let machines = match names.is_empty() {
            true => Named::Search(text(filled, "q").to_owned()),
            false => Named::Machines(names),
        };
        let plan = form::plan(filled, limits_percent)?;
        Ok(Self { name: text(filled, "name").to_owned(), machines, plan, timing: form::timing(filled)? })
    }
}

/// A schedule as programs read and write it: a plan as of a run, and when.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ScheduleWritten)]
pub struct Written {
    pub name: String,
    /// Names or ids; with them the search is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<Vec<String>>,
    /// The fleet's search, asked anew each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// The first time, by the clocks of the zone: `2026-12-01T22:00:00`.
    #[schema(value_type = String, example = "2026-12-01T22:00:00")]
    pub start: NaiveDateTime,
    #[schema(value_type = String, example = "Europe/Berlin")]
    pub zone: Zone,
    /// A rule of iCalendar; `null`: once.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "FREQ=WEEKLY;BYDAY=TU")]
    pub rule: Option<Rule>,
    /// It must be ready then, and is given so many seconds at least.
    #[serde(default)]
    pub ready_by_s: Option<u32>,
    #[serde(default)]
    #[schema(value_type = String)]
    pub on_miss: OnMiss,
    #[serde(flatten)]
    pub plan: RunPlan,
}

impl Written {
    pub fn of(schedule: &Schedule, names: Vec<String>) -> Self {
        let (machines, q) = match &schedule.chosen {
            Chosen::Search(words) => (None, Some(words.clone())),
            Chosen::Machines(_) => (Some(names), None),
        };
        let series = &schedule.timing.series;
        Self {
            name: schedule.name.clone(),
            machines,
            q,
            start: series.start,
            zone: series.zone,
            rule: series.rule.clone(),
            ready_by_s: schedule.timing.ready_by,
            on_miss: schedule.timing.on_miss,
            plan: schedule.plan.clone(),
        }
    }

    /// # Errors
    /// What cannot be, in words.
    pub fn wanted(self, limits_percent: u32) -> Result<Wanted, String> {
        let machines = match (self.machines, self.q) {
            (Some(names), _) if !names.is_empty() => Named::Machines(names),
            (_, Some(words)) => Named::Search(words),
            _ => {
                let why = "say which machines: `machines` names them, `q` searches them; `\"q\": \"\"` is all of them";
                return Err(why.to_owned());
            }
        };
        let plan = RunPlan { limits_percent, closes: None, ..self.plan };
        if let Some(why) = plan.nonsense() {
            return Err(why.to_owned());
        }
        let series = Series { rule: self.rule, ..Series::once(self.zone, self.start) };
        let timing = Timing { series, ready_by: self.ready_by_s, on_miss: self.on_miss };
        form::sound(&timing)?;
        Ok(Wanted { name: self.name.trim().to_owned(), machines, plan, timing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(with: serde_json::Value) -> Written {
        let mut body = serde_json::json!({
            "name": "Nights", "q": "site:berlin", "function": "inventory", "canary": 1,
            "start": "2026-12-01T22:00:00", "zone": "Europe/Berlin", "rule": "FREQ=WEEKLY;BYDAY=TU",
        });
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn what_a_program_writes_it_reads_again() {
        let body = written(serde_json::json!({ "ready_by_s": 600, "on_miss": "run_once" }));
        let wanted = body.clone().wanted(100).unwrap();
        let schedule = Schedule {
            id: pitstop_domain::id::ScheduleId(uuid::Uuid::nil()),
            name: wanted.name.clone(),
            chosen: Chosen::Search("site:berlin".to_owned()),
            scopes: None,
            plan: wanted.plan.clone(),
            timing: wanted.timing.clone(),
            since: chrono::DateTime::UNIX_EPOCH,
            settled_through: None,
            paused_at: None,
        };
        let again = serde_json::to_value(Written::of(&schedule, vec![])).unwrap();
        assert_eq!(again, serde_json::to_value(body).unwrap());
        let again: Written = serde_json::from_value(again).unwrap();
        assert_eq!(again.wanted(100).unwrap(), wanted);
    }

    #[test]
    fn what_cannot_be_is_said_in_words() {
        let why = |with| written(with).wanted(100).unwrap_err();
        assert!(why(serde_json::json!({ "q": null })).contains("which machines"));
        assert!(why(serde_json::json!({ "rule": "FREQ=MINUTELY" })).contains("every hour"));
        assert!(why(serde_json::json!({ "canary": 0, "no_show_s": 0 })).contains("a second"));
        assert!(why(serde_json::json!({ "ready_by_s": 9_000_000 })).contains("a week"));
    }
}
