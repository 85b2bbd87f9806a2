//! The timetable for programs: schedules as they are written, with what comes and what was.

use super::desk::{Result, StoreTimetable};
use super::times::{self, WrittenTimes};
use super::wanted::Written;
use crate::backend::failure;
use pitstop_app::Failure;
use pitstop_app::schedules::desk::{Timetable, Would};
use pitstop_calendar::{Chosen, words};
use pitstop_domain::people::Right;
use pitstop_store::Store;
use pitstop_store::schedules::ScheduleRow;
use serde_json::{Value, json};

/// What a program asks for, and whether it is kept.
pub enum Answer {
    Kept(String),
    Would(Would),
}

impl StoreTimetable {
    /// All schedules that this caller sees, by name.
    ///
    /// # Errors
    /// As the pages have them.
    pub async fn all(&self) -> Result<Vec<Value>> {
        let store = self.reading(Right::See).await?;
        let mut all = Vec::new();
        for row in self.schedules(store).await? {
            all.push(self.shown(store, &row).await?);
        }
        Ok(all)
    }

    /// One of them, with its next times and the latest ones.
    ///
    /// # Errors
    /// As the pages have them.
    pub async fn told(&self, id: &str) -> Result<Value> {
        let store = self.reading(Right::See).await?;
        let row = self.one(store, Right::See, id).await?;
        let mut shown = self.shown(store, &row).await?;
        let page = self.page(id).await?;
        (shown["next"], shown["past"]) = (json!(page.next), json!(page.past));
        Ok(shown)
    }

    /// Keeps a schedule, or changes one; or only tells what it would do.
    ///
    /// # Errors
    /// As the pages have them.
    pub async fn write(
        &self,
        id: Option<&str>,
        written: Written,
        version: Option<i64>,
        dry_run: bool,
    ) -> Result<Answer> {
        let store = self.reading(Right::StartRuns).await?;
        let old = match id {
            Some(id) => Some(self.one(store, Right::StartRuns, id).await?),
            None => None,
        };
        let wanted = written.wanted(self.limits_percent).map_err(Failure::Refused)?;
        let (schedule, old) = self.draft(store, wanted, old).await?;
        if dry_run {
            let would = self.would(store, &schedule).await?;
            return would.map(Answer::Would).map_err(Failure::Refused);
        }
        self.keep_draft(schedule, old, version).await.map(Answer::Kept)
    }

    /// Adds a window or a blackout; gives its id.
    ///
    /// # Errors
    /// As the pages have them.
    pub async fn write_times(&self, written: WrittenTimes) -> Result<String> {
        self.whole().await?;
        let held = times::held(written).map_err(Failure::Refused)?;
        let id = held.id.to_string();
        self.add_held(held).await?;
        Ok(id)
    }

    /// Windows and blackouts.
    ///
    /// # Errors
    /// As the pages have them.
    pub async fn all_times(&self) -> Result<Vec<Value>> {
        let store = self.reading(Right::See).await?;
        let (rows, now) = (store.held_times().await.map_err(failure)?, store.now());
        let shown = |row: pitstop_store::schedules::times::HeldRow| {
            let (mut shown, by, at) =
                (json!(WrittenTimes::of(&row.held)), row.changed_by.clone(), row.changed_at);
            let line = times::line(row, now);
            (shown["id"], shown["words"], shown["next"]) =
                (json!(line.id), json!(line.words), json!(line.next));
            (shown["source"], shown["changed_by"], shown["changed_at"]) =
                (json!(line.source), json!(by), json!(at));
            shown
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    async fn shown(&self, store: &Store, row: &ScheduleRow) -> Result<Value> {
        let schedule = &row.schedule;
        let names = match &schedule.chosen {
            Chosen::Search(_) => vec![],
            Chosen::Machines(_) => self.names(store, schedule).await?,
        };
        let series = &schedule.timing.series;
        let next = schedule.timing.series.next(store.now(), 1).first().map(|one| one.at);
        let mut shown = json!(Written::of(schedule, names));
        let more = json!({
            "id": schedule.id, "words": words::series(series), "next_at": next,
            "moved": series.moved, "left_out": series.except, "paused_at": schedule.paused_at,
            "changed_by": row.changed_by, "changed_at": row.changed_at, "version": row.version,
        });
        if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
            shown.extend(more);
        }
        Ok(shown)
    }
}
