//! How figures usually are at the times of day, as that is stored; and by which clocks.

use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_calendar::Zone;
use pitstop_domain::Time;
use pitstop_domain::health::Metric;
use pitstop_domain::health::baseline::Baseline;
use pitstop_domain::health::rhythm::{PARTS, Parts, Usual};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// What is known of figures at times of day. Those of a model are of many machines at once.
pub(super) type Rhythms = BTreeMap<Metric, Arc<Parts>>;

/// Clocks of the sites that say by which they go.
pub(super) struct Clocks(HashMap<String, Zone>);

impl Clocks {
    /// `None`: the site does not say, or names what nobody knows. Then nothing is known of times of day there: by UTC noon may be
    /// midnight, and clocks that are put ahead would move all of it.
    pub fn of_site(&self, site: &str) -> Option<Zone> {
        self.0.get(site).copied()
    }
}

/// How far ahead two zones are compared: whoever puts clocks ahead does it within a year.
const AHEAD_DAYS: i64 = 366;

/// Which zones show the same, as it was found: another name of a place, or a place with the same clocks.
pub(super) struct Alike {
    now: Time,
    found: HashMap<(String, Zone), bool>,
}

impl Alike {
    pub fn at(now: Time) -> Self {
        Self { now, found: HashMap::new() }
    }

    /// Do clocks of that name show what these show, since the oldest hour that anything is learned from, and for a year to come?
    pub fn are(&mut self, by: &str, zone: Zone) -> bool {
        if by == zone.name() {
            return true;
        }
        let now = self.now;
        let look = || {
            let Ok(by) = by.parse::<Zone>() else { return false };
            let mut days = (-super::learn::LOOK_BACK.num_days()..=AHEAD_DAYS).map(TimeDelta::days);
            days.all(|day| by.offset(now + day) == zone.offset(now + day))
        };
        *self.found.entry((by.to_owned(), zone)).or_insert_with(look)
    }
}

/// What is usual, whole days and parts of them put together; parts only where clocks are known.
pub(super) fn together(
    days: BTreeMap<Metric, Baseline>,
    rhythms: Option<&Rhythms>,
    zone: Option<Zone>,
    now: Time,
) -> BTreeMap<Metric, Usual> {
    let ahead_s = zone.map(|zone| zone.offset(now));
    let usual = |(metric, day)| {
        let parts = rhythms.and_then(|rhythms| Some((Arc::clone(rhythms.get(&metric)?), ahead_s?)));
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
        Arc::new(Parts(std::array::from_fn(part)))
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

/// The columns of a row of `r` cut down to what is known of these numbers of metrics: a rule looks at one of ten, of the whole fleet.
pub(super) fn of_these(numbers: &[i16]) -> String {
    if numbers.is_empty() {
        return "null::smallint[] as metrics, null::real[] as medians, null::real[] as mads".to_owned();
    }
    let list =
        |of: &dyn Fn(&i16) -> String, between: &str| numbers.iter().map(of).collect::<Vec<_>>().join(between);
    let cut = |column: &str| {
        let of = |number: &i16| {
            let end = format!("{PARTS} * array_position(r.metrics, {number}::smallint)");
            format!("coalesce(r.{column}[{end} - {} : {end}], '{{}}')", PARTS - 1)
        };
        format!("{} as {column}", list(&of, " || "))
    };
    let metric = |number: &i16| format!("case when {number} = any(r.metrics) then {number}::smallint end");
    let metrics = format!("array_remove(array[{}], null) as metrics", list(&metric, ", "));
    [metrics, cut("medians"), cut("mads")].join(", ")
}

/// As they are written: metrics, medians and deviations, each a list that the database casts.
fn written(rhythms: &Rhythms) -> (String, String, String) {
    let list = |of: Vec<String>| format!("{{{}}}", of.join(","));
    let values = |of: fn(&Baseline) -> f64| {
        let parts = rhythms.values().flat_map(|parts| parts.0.iter());
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

    /// Forgets what was told by clocks that the sites of these machines do not name any more: should they name some again, it would
    /// be old.
    pub(super) async fn forget_machine_rhythms(&self, machines: &[Uuid]) -> Result<()> {
        if machines.is_empty() {
            return Ok(());
        }
        let sql = "delete from machine_rhythms where machine_id = any($1)";
        sqlx::query(sql).bind(machines).execute(&self.pool).await?;
        Ok(())
    }

    /// Puts these in place of all that there are, and writes only what is different.
    pub(super) async fn keep_model_rhythms(&self, learned: &BTreeMap<String, Rhythms>) -> Result<()> {
        let known: Vec<_> = learned.iter().filter(|(_, rhythms)| !rhythms.is_empty()).collect();
        let (metrics, (medians, mads)): (Vec<_>, (Vec<_>, Vec<_>)) = known
            .iter()
            .map(|(_, rhythms)| {
                let (metrics, medians, mads) = written(rhythms);
                (metrics, (medians, mads))
            })
            .unzip();
        let models: Vec<&String> = known.into_iter().map(|(model, _)| model).collect();
        let mut tx = self.pool.begin().await?;
        let sql = "delete from model_rhythms where model <> all($1)";
        sqlx::query(sql).bind(&models).execute(&mut *tx).await?;
        let sql = "insert into model_rhythms as r (model, metrics, medians, mads) \
                   select s.model, s.metrics::smallint[], s.medians::real[], s.mads::real[] \
                   from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as s (model, metrics, medians, mads) \
                   on conflict (model) do update set metrics = excluded.metrics, medians = excluded.medians, mads = excluded.mads \
                   where (r.metrics, r.medians, r.mads) is distinct from (excluded.metrics, excluded.medians, excluded.mads)";
        sqlx::query(sql).bind(models).bind(metrics).bind(medians).bind(mads).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn model_rhythms(&self, models: Vec<String>) -> Result<HashMap<String, Rhythms>> {
        let sql = "select model, metrics, medians, mads from model_rhythms where model = any($1)";
        let rows = sqlx::query(sql).bind(models).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("model")?, of_row(row)?))).collect()
    }
}
