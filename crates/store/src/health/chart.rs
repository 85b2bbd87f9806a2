//! How figures went.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::health::Metric;
use pitstop_domain::health::sample::Point;
use pitstop_domain::id::{JobId, MachineId};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// An hour of a figure, or a moment of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    pub at: Time,
    pub low: f64,
    pub mid: f64,
    pub high: f64,
}

type Series = HashMap<MachineId, BTreeMap<Metric, Vec<Point>>>;

impl Store {
    /// Figures of each minute, oldest first.
    pub async fn minutes_of(&self, machines: &[MachineId], from: Time, until: Time) -> Result<Series> {
        let sql = "select machine_id, at, metrics, figures from measurements \
                   where machine_id = any($1) and at >= $2 and at <= $3 order by machine_id, at";
        self.series(sql, machines, from, until).await
    }

    /// Middles of each hour, oldest first.
    pub async fn hours_of(&self, machines: &[MachineId], from: Time, until: Time) -> Result<Series> {
        let sql = "select machine_id, at, metrics, mid from measurements_hourly \
                   where machine_id = any($1) and at >= $2 and at <= $3 order by machine_id, at";
        self.series(sql, machines, from, until).await
    }

    async fn series(
        &self,
        sql: &'static str,
        machines: &[MachineId],
        from: Time,
        until: Time,
    ) -> Result<Series> {
        let ids: Vec<Uuid> = machines.iter().map(|machine| machine.0).collect();
        let rows: Vec<(Uuid, Time, Vec<i16>, Vec<f32>)> =
            sqlx::query_as(sql).bind(ids).bind(from).bind(until).fetch_all(&self.pool).await?;
        let mut series = Series::new();
        for (machine, at, metrics, figures) in rows {
            let of = series.entry(MachineId(machine)).or_default();
            for (metric, figure) in metrics.into_iter().zip(figures) {
                if let Some(metric) = Metric::of_number(metric) {
                    of.entry(metric).or_default().push((at, figure.into()));
                }
            }
        }
        Ok(series)
    }

    /// All figures of a machine, by the hour; for as long as a year it is a few thousand rows.
    pub async fn chart(
        &self,
        machine: MachineId,
        from: Time,
        until: Time,
    ) -> Result<BTreeMap<Metric, Vec<Bar>>> {
        let sql = "select at, metrics, low, mid, high from measurements_hourly \
                   where machine_id = $1 and at >= $2 and at <= $3 order by at";
        type Row = (Time, Vec<i16>, Vec<f32>, Vec<f32>, Vec<f32>);
        let rows: Vec<Row> =
            sqlx::query_as(sql).bind(machine.0).bind(from).bind(until).fetch_all(&self.pool).await?;
        let mut chart: BTreeMap<Metric, Vec<Bar>> = BTreeMap::new();
        for (at, metrics, low, mid, high) in rows {
            for (((metric, low), mid), high) in metrics.into_iter().zip(low).zip(mid).zip(high) {
                if let Some(metric) = Metric::of_number(metric) {
                    let bar = Bar { at, low: low.into(), mid: mid.into(), high: high.into() };
                    chart.entry(metric).or_default().push(bar);
                }
            }
        }
        Ok(chart)
    }

    /// When a machine was in maintenance: each job with when it was taken and when it was over.
    pub async fn trips_of(&self, machine: MachineId, from: Time) -> Result<Vec<(JobId, Time, Option<Time>)>> {
        let sql = "select id, switching_since, closed_at from jobs where machine_id = $1 and switching_since is not null \
                   and (closed_at is null or closed_at >= $2) order by switching_since";
        let rows: Vec<(Uuid, Time, Option<Time>)> =
            sqlx::query_as(sql).bind(machine.0).bind(from).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(job, from, until)| (JobId(job), from, until)).collect())
    }
}
