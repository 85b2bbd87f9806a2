//! How figures usually are at the times of day, as that is stored; and by which clocks.

use crate::{Result, Store};
use pitstop_calendar::Zone;
use pitstop_domain::Time;
use pitstop_domain::health::Metric;
use pitstop_domain::health::baseline::Baseline;
use pitstop_domain::health::rhythm::{PARTS, Parts, Usual};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What is known of figures at times of day.
pub(super) type Rhythms = BTreeMap<Metric, Parts>;

/// Clocks of the sites. Where a site does not say, or names what nobody knows, it is UTC.
pub(super) struct Clocks(HashMap<String, Zone>);

impl Clocks {
    pub fn of_site(&self, site: &str) -> Zone {
        self.0.get(site).copied().unwrap_or(Zone::UTC)
    }
}

/// What is usual, whole days and parts of them put together.
pub(super) fn together(
    days: BTreeMap<Metric, Baseline>,
    mut rhythms: Rhythms,
    zone: Zone,
    now: Time,
) -> BTreeMap<Metric, Usual> {
    let ahead_s = zone.offset(now);
    let usual = |(metric, day)| {
        let parts = rhythms.remove(&metric).map(|parts| (parts, ahead_s));
        (metric, Usual { day, parts })
    };
    days.into_iter().map(usual).collect()
}

/// As it is stored: of each metric twelve values.
pub(super) fn read(metrics: Vec<i16>, medians: &[Option<f32>], mads: &[Option<f32>]) -> Rhythms {
    let parts = medians.chunks_exact(PARTS).zip(mads.chunks_exact(PARTS)).map(|(medians, mads)| {
        let part = |part: usize| {
            let (median, mad) = (medians[part]?.into(), mads[part]?.into());
            Some(Baseline { median, mad, samples: 0 })
        };
        Parts(std::array::from_fn(part))
    });
    let known = metrics.into_iter().zip(parts);
    known.filter_map(|(metric, parts)| Some((Metric::of_number(metric)?, parts))).collect()
}

/// From a row that may have none.
pub(super) fn of_row(row: &PgRow) -> Result<Rhythms> {
    let metrics: Option<Vec<i16>> = row.try_get("metrics")?;
    let medians: Option<Vec<Option<f32>>> = row.try_get("medians")?;
    let mads: Option<Vec<Option<f32>>> = row.try_get("mads")?;
    Ok(read(metrics.unwrap_or_default(), &medians.unwrap_or_default(), &mads.unwrap_or_default()))
}

/// As they are written: metrics, medians and deviations, each a list that the database casts.
fn written(rhythms: &Rhythms) -> (String, String, String) {
    let list = |of: Vec<String>| format!("{{{}}}", of.join(","));
    let values = |of: fn(&Baseline) -> f64| {
        let parts = rhythms.values().flat_map(|Parts(parts)| parts.iter());
        list(
            parts
                .map(|part| part.as_ref().map_or("NULL".to_owned(), |part| format!("{:e}", of(part))))
                .collect(),
        )
    };
    let metrics = list(rhythms.keys().map(|metric| metric.number().to_string()).collect());
    (metrics, values(|part| part.median), values(|part| part.mad))
}

/// What was learned of a machine's times of day.
pub(super) struct OfMachine {
    pub machine: Uuid,
    pub zone: Zone,
    pub since: Option<Time>,
    pub rhythms: Rhythms,
}

impl Store {
    pub(super) async fn clocks(&self) -> Result<Clocks> {
        let known = |site: pitstop_domain::site::Site| Some((site.name, site.zone.parse().ok()?));
        Ok(Clocks(self.sites().await?.into_iter().filter_map(known).collect()))
    }

    pub(super) async fn keep_machine_rhythms(&self, learned: &[OfMachine]) -> Result<()> {
        let (metrics, (medians, mads)): (Vec<_>, (Vec<_>, Vec<_>)) = learned
            .iter()
            .map(|of| {
                let (metrics, medians, mads) = written(&of.rhythms);
                (metrics, (medians, mads))
            })
            .unzip();
        // What is as it was is not written: most machines are as usual.
        let sql = "insert into machine_rhythms as r (machine_id, zone, since, metrics, medians, mads) \
                   select s.machine, s.zone, s.since, s.metrics::smallint[], s.medians::real[], s.mads::real[] \
                   from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[]) \
                       as s (machine, zone, since, metrics, medians, mads) \
                   join machines m on m.id = s.machine \
                   on conflict (machine_id) do update set zone = excluded.zone, since = excluded.since, \
                       metrics = excluded.metrics, medians = excluded.medians, mads = excluded.mads \
                   where (r.zone, r.since, r.metrics, r.medians, r.mads) is distinct from \
                       (excluded.zone, excluded.since, excluded.metrics, excluded.medians, excluded.mads)";
        sqlx::query(sql)
            .bind(learned.iter().map(|of| of.machine).collect::<Vec<_>>())
            .bind(learned.iter().map(|of| of.zone.name()).collect::<Vec<_>>())
            .bind(learned.iter().map(|of| of.since).collect::<Vec<_>>())
            .bind(metrics)
            .bind(medians)
            .bind(mads)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Puts these in place of all that there are.
    pub(super) async fn keep_model_rhythms(&self, learned: &BTreeMap<String, Rhythms>) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("delete from model_rhythms").execute(&mut *tx).await?;
        for (model, rhythms) in learned.iter().filter(|(_, rhythms)| !rhythms.is_empty()) {
            let (metrics, medians, mads) = written(rhythms);
            let sql = "insert into model_rhythms (model, metrics, medians, mads) \
                       values ($1, $2::text::smallint[], $3::text::real[], $4::text::real[]) on conflict do nothing";
            sqlx::query(sql).bind(model).bind(metrics).bind(medians).bind(mads).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn model_rhythms(&self, models: Vec<String>) -> Result<HashMap<String, Rhythms>> {
        let sql = "select model, metrics, medians, mads from model_rhythms where model = any($1)";
        let rows = sqlx::query(sql).bind(models).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("model")?, of_row(row)?))).collect()
    }
}
