//! What is usual, of a machine and of a model: from the middles of hours.

use super::now::{metrics_of, numbered};
use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::health::baseline::{ENOUGH, ENOUGH_PEERS};
use pitstop_domain::health::{Baseline, Metric};
use sqlx::types::Json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Four weeks: each day of the week and each hour of the day is in it four times.
const LOOK_BACK: TimeDelta = TimeDelta::days(28);

/// What is usual moves slowly: it is learned anew every quarter of a day.
const EVERY: TimeDelta = TimeDelta::hours(6);

impl Store {
    /// Learns what is usual on so many machines where that is long ago. Of a machine on which an alert fires nothing is
    /// learned: illness must not become usual. Gives how many were looked at.
    pub async fn learn_usual(&self, limit: i64, now: Time) -> Result<usize> {
        let sql = "update machine_health h set learned_at = $1 where machine_id in (\
                   select machine_id from machine_health where learned_at is null or learned_at < $2 \
                   order by learned_at nulls first limit $3 for update skip locked) \
                   returning machine_id, not exists (select 1 from health_alerts a where a.machine_id = h.machine_id \
                       and a.state in ('firing', 'acknowledged', 'acting'))";
        let due: Vec<(Uuid, bool)> =
            sqlx::query_as(sql).bind(now).bind(now - EVERY).bind(limit).fetch_all(&self.pool).await?;
        let well: Vec<Uuid> = due.iter().filter(|(_, well)| *well).map(|(machine, _)| *machine).collect();
        let sql = "select machine_id, f.metric, array_agg(f.mid) from measurements_hourly m \
                   cross join lateral unnest(m.metrics, m.mid) as f (metric, mid) \
                   where machine_id = any($1) and at >= $2 and at <= $3 group by machine_id, f.metric";
        let rows: Vec<(Uuid, i16, Vec<f32>)> =
            sqlx::query_as(sql).bind(&well).bind(now - LOOK_BACK).bind(now).fetch_all(&self.pool).await?;
        let mut usual: HashMap<Uuid, BTreeMap<Metric, Baseline>> = HashMap::new();
        for (machine, metric, mids) in rows {
            let mids: Vec<f64> = mids.into_iter().map(f64::from).collect();
            if let (Some(metric), Some(found)) = (Metric::of_number(metric), Baseline::of(&mids, ENOUGH)) {
                usual.entry(machine).or_default().insert(metric, found);
            }
        }
        let (machines, values): (Vec<Uuid>, Vec<_>) =
            usual.into_iter().map(|(machine, usual)| (machine, Json(numbered(&usual)))).unzip();
        let sql = "update machine_health h set usual = s.usual from unnest($1::uuid[], $2::jsonb[]) as s (machine, usual) \
                   where h.machine_id = s.machine";
        sqlx::query(sql).bind(machines).bind(values).execute(&self.pool).await?;
        Ok(due.len())
    }

    /// Learns what is usual on the models, from what is usual on their machines.
    pub async fn learn_models(&self, now: Time) -> Result<()> {
        let sql = "select m.model, h.usual from machine_health h join machines m on m.id = h.machine_id \
                   where m.model <> '' and h.usual <> '{}'";
        let rows: Vec<(String, Json<BTreeMap<String, Baseline>>)> =
            sqlx::query_as(sql).fetch_all(&self.pool).await?;
        let mut middles: BTreeMap<String, BTreeMap<Metric, Vec<f64>>> = BTreeMap::new();
        for (model, usual) in rows {
            for (metric, found) in metrics_of(usual.0) {
                middles.entry(model.clone()).or_default().entry(metric).or_default().push(found.median);
            }
        }
        let usual = |of: BTreeMap<Metric, Vec<f64>>| -> BTreeMap<Metric, Baseline> {
            of.into_iter()
                .filter_map(|(metric, all)| Some((metric, Baseline::of(&all, ENOUGH_PEERS)?)))
                .collect()
        };
        let (models, values): (Vec<String>, Vec<_>) =
            middles.into_iter().map(|(model, of)| (model, Json(numbered(&usual(of))))).unzip();
        let sql = "insert into model_health (model, usual, learned_at) \
                   select model, usual, $3 from unnest($1::text[], $2::jsonb[]) as s (model, usual) \
                   on conflict (model) do update set usual = excluded.usual, learned_at = excluded.learned_at";
        sqlx::query(sql).bind(models).bind(values).bind(now).execute(&self.pool).await?;
        Ok(())
    }
}
