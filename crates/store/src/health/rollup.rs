//! Minutes become hours: the lowest, the middle and the highest of each figure.

use super::parts::Parted;
use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use uuid::Uuid;

/// An hour is rolled up when it has been over for this long, so that hardly any is rolled up twice.
const OVER: TimeDelta = TimeDelta::minutes(65);

impl Store {
    /// Rolls up to so many hours of machines that are over and got figures. Gives how many; whoever does it beside others
    /// does other hours.
    pub async fn roll_up(&self, limit: i64, now: Time) -> Result<usize> {
        let ready = now - OVER;
        let sql = "select distinct hour from measurements_due where hour <= $1 order by 1 limit 100";
        let hours: Vec<Time> = sqlx::query_scalar(sql).bind(ready).fetch_all(&self.pool).await?;
        if hours.is_empty() {
            return Ok(0);
        }
        self.make_parts(Parted::Hours, &hours).await?;
        let mut tx = self.pool.begin().await?;
        // What comes in from now on makes its hour due again: its row is gone only with this transaction.
        let sql = "delete from measurements_due where (machine_id, hour) in (select machine_id, hour from measurements_due \
                   where hour <= $1 order by hour limit $2 for update skip locked) returning machine_id, hour";
        let due: Vec<(Uuid, Time)> = sqlx::query_as(sql).bind(ready).bind(limit).fetch_all(&mut *tx).await?;
        let done = due.len();
        let (machines, hours): (Vec<Uuid>, Vec<Time>) = due.into_iter().unzip();
        sqlx::query(
            "insert into measurements_hourly (machine_id, at, metrics, low, mid, high) \
             select machine, hour, array_agg(metric order by metric), array_agg(low order by metric), \
                 array_agg(mid order by metric), array_agg(high order by metric) from (\
                 select d.machine, d.hour, f.metric, min(f.figure) as low, max(f.figure) as high, \
                     (percentile_cont(0.5) within group (order by f.figure))::real as mid \
                 from unnest($1::uuid[], $2::timestamptz[]) as d (machine, hour) \
                 join measurements m on m.machine_id = d.machine and m.at >= d.hour and m.at < d.hour + interval '1 hour' \
                 cross join lateral unnest(m.metrics, m.figures) as f (metric, figure) \
                 group by d.machine, d.hour, f.metric) as figures group by machine, hour \
             on conflict (machine_id, at) do update set metrics = excluded.metrics, low = excluded.low, \
                 mid = excluded.mid, high = excluded.high",
        )
        .bind(machines)
        .bind(hours)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done)
    }
}
