//! Figures come in: many machines at once, each figure once.
//!
//! An agent counts what it measures. What it sends again after a lost answer has numbers that are stored already, and is
//! passed over; the row of the machine is locked from the look to the commit, so two deliveries at once count once, too.

use super::parts::Parted;
use crate::{Result, Store};
use chrono::{DurationRound, TimeDelta};
use pitstop_domain::Time;
use pitstop_domain::health::sample::Figures;
use pitstop_domain::id::MachineId;
use serde_json::{Map, Value, json};
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What an agent sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub machine: MachineId,
    /// The series that its numbers count in: a new one begins where the agent lost what it kept.
    pub stream: i64,
    /// By their number, ascending.
    pub samples: Vec<(i64, Time, Figures)>,
}

impl Store {
    /// Stores what is new of these. Gives for each machine up to which number all is stored.
    pub async fn store_measurements(&self, batches: &[Batch], now: Time) -> Result<BTreeMap<MachineId, i64>> {
        let mut moments = Vec::new();
        for batch in batches {
            moments.extend(batch.samples.iter().map(|sample| sample.1));
        }
        self.make_parts(Parted::Minutes, &moments).await?;
        // Always in the same order, so that two who store for the same machines do not wait for each other in a ring.
        let ids: Vec<Uuid> =
            batches.iter().map(|batch| batch.machine.0).collect::<BTreeSet<_>>().into_iter().collect();
        let mut tx = self.pool.begin().await?;
        sqlx::query(
            "insert into machine_health (machine_id, stream, through, seen_at) \
             select m.id, 0, 0, $2 from machines m where m.id = any($1) order by m.id on conflict do nothing",
        )
        .bind(&ids)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let sql = "select machine_id, stream, through from machine_health where machine_id = any($1) \
                   order by machine_id for update";
        let marks: Vec<(Uuid, i64, i64)> = sqlx::query_as(sql).bind(&ids).fetch_all(&mut *tx).await?;
        let mut stored = Stored::from(marks);
        for batch in batches {
            stored.take(batch);
        }
        stored.write(&mut tx, now).await?;
        tx.commit().await?;
        Ok(stored.marks.into_iter().map(|(machine, (_, through))| (MachineId(machine), through)).collect())
    }
}

/// What is to be written.
struct Stored {
    marks: BTreeMap<Uuid, (i64, i64)>,
    machines: Vec<Uuid>,
    moments: Vec<Time>,
    metrics: Vec<String>,
    figures: Vec<String>,
    newest: BTreeMap<Uuid, Map<String, Value>>,
}

impl Stored {
    fn from(marks: Vec<(Uuid, i64, i64)>) -> Self {
        let marks =
            marks.into_iter().map(|(machine, stream, through)| (machine, (stream, through))).collect();
        Self {
            marks,
            machines: vec![],
            moments: vec![],
            metrics: vec![],
            figures: vec![],
            newest: BTreeMap::new(),
        }
    }

    fn take(&mut self, batch: &Batch) {
        // A machine that was forgotten meanwhile has no row.
        let Some(mark) = self.marks.get_mut(&batch.machine.0) else { return };
        if mark.0 != batch.stream {
            *mark = (batch.stream, 0);
        }
        for (seq, at, figures) in &batch.samples {
            if *seq <= mark.1 {
                continue;
            }
            mark.1 = *seq;
            if figures.is_empty() {
                continue;
            }
            let list = |of: Vec<String>| format!("{{{}}}", of.join(","));
            self.machines.push(batch.machine.0);
            self.moments.push(*at);
            self.metrics.push(list(figures.0.keys().map(|metric| metric.number().to_string()).collect()));
            self.figures.push(list(figures.0.values().map(|value| format!("{value:e}")).collect()));
            let newest = self.newest.entry(batch.machine.0).or_default();
            for (metric, value) in &figures.0 {
                newest.insert(metric.number().to_string(), json!([at, value]));
            }
        }
    }

    async fn write(&self, tx: &mut sqlx::PgTransaction<'_>, now: Time) -> Result<()> {
        sqlx::query(
            "insert into measurements (machine_id, at, metrics, figures) \
             select machine, at, metrics::smallint[], figures::real[] \
             from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) as s (machine, at, metrics, figures) \
             on conflict do nothing",
        )
        .bind(&self.machines)
        .bind(&self.moments)
        .bind(&self.metrics)
        .bind(&self.figures)
        .execute(&mut **tx)
        .await?;
        let hours: BTreeSet<(Uuid, Time)> =
            self.machines.iter().copied().zip(self.moments.iter().map(|at| hour_of(*at))).collect();
        let (of, hours): (Vec<Uuid>, Vec<Time>) = hours.into_iter().unzip();
        let sql = "insert into measurements_due (machine_id, hour) select * from unnest($1::uuid[], $2::timestamptz[]) \
                   on conflict do nothing";
        sqlx::query(sql).bind(of).bind(hours).execute(&mut **tx).await?;
        let none = Map::new();
        let newest = |machine: &Uuid| Value::Object(self.newest.get(machine).unwrap_or(&none).clone());
        let sql = "update machine_health h set stream = s.stream, through = s.through, seen_at = $5, \
                   newest = h.newest || s.newest \
                   from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::jsonb[]) as s (machine, stream, through, newest) \
                   where h.machine_id = s.machine";
        sqlx::query(sql)
            .bind(self.marks.keys().copied().collect::<Vec<_>>())
            .bind(self.marks.values().map(|mark| mark.0).collect::<Vec<_>>())
            .bind(self.marks.values().map(|mark| mark.1).collect::<Vec<_>>())
            .bind(self.marks.keys().map(|machine| Json(newest(machine))).collect::<Vec<_>>())
            .bind(now)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

/// The hour that a moment is in.
pub(super) fn hour_of(at: Time) -> Time {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}
