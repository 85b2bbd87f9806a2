//! How many machines are how well: counted every minute by the worker, so that no page counts the fleet.
//!
//! Machines that are alike are one row: of a site, a model, a score, and of those labels that the scope of somebody names.
//! Whoever sees a part of the fleet is told the sum over the rows that [`in_scope`] leaves, which is what they would be told
//! of the machines themselves: a scope asks for nothing but the site and the labels that it names. Where a scope names a
//! label that was not told apart (it was given a moment ago), or where nobody has counted for a while, the machines
//! themselves are counted: slower, never wrong.
//!
//! [`in_scope`]: pitstop_domain::people::Scope::covers

use crate::{Result, Store};
use chrono::{NaiveDate, TimeDelta};
use pitstop_domain::Time;
use pitstop_domain::health::spread::{FAIR, Spread, WELL};
use pitstop_domain::people::Scope;
use sqlx::PgTransaction;
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet};

/// Machines tell once a minute.
const EVERY: TimeDelta = TimeDelta::seconds(55);

/// Of a day the last count stands; it is renewed every hour.
const HOURLY: TimeDelta = TimeDelta::hours(1);

/// A count that is older than this is not of now: the worker does not count.
const STALE: TimeDelta = TimeDelta::minutes(10);

/// Machines of some site and model that are told apart no further.
const MACHINES: &str = "(select m.site, m.model, m.labels, h.score, 1::bigint as machines from machines m \
                        left join machine_health h on h.machine_id = m.id)";

/// Somebody's part of the fleet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    pub at: Option<Time>,
    pub sites: BTreeMap<String, Spread>,
    pub models: BTreeMap<String, Spread>,
}

/// How many machines were how well at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub day: NaiveDate,
    pub well: u64,
    pub fair: u64,
    pub poor: u64,
    pub unknown: u64,
}

impl Store {
    /// Counts anew, where that is long ago; not while another process does. True when it counted.
    pub async fn count_health(&self, now: Time) -> Result<bool> {
        let mut tx = self.pool.begin().await?;
        let sql = "select at from health_counted where at <= $1 for update skip locked";
        let due: Option<Time> = sqlx::query_scalar(sql).bind(now - EVERY).fetch_optional(&mut *tx).await?;
        if due.is_none() {
            return Ok(false);
        }
        let sql = "select coalesce(array_agg(distinct l order by l), '{}') from people, jsonb_array_elements(grants) as g, \
                   jsonb_array_elements_text(g -> 'scope' -> 'labels') as l";
        let labels: Vec<String> = sqlx::query_scalar(sql).fetch_one(&mut *tx).await?;
        sqlx::query("delete from health_counts").execute(&mut *tx).await?;
        let sql = "insert into health_counts (site, model, labels, score, machines) \
                   select m.site, m.model, case when m.labels && $1 then \
                       array(select l from unnest(m.labels) as l where l = any($1) order by l) else '{}' end, h.score, count(*) \
                   from machines m left join machine_health h on h.machine_id = m.id group by 1, 2, 3, 4";
        sqlx::query(sql).bind(&labels).execute(&mut *tx).await?;
        let sql = "update health_counted set at = $1, labels = $2";
        sqlx::query(sql).bind(now).bind(&labels).execute(&mut *tx).await?;
        keep_day(&mut tx, &labels, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// How well the machines within these scopes are, by site and by model.
    pub async fn health_counts(&self, scopes: Option<&[Scope]>, now: Time) -> Result<Counted> {
        let named = named(scopes);
        let sql = "select at from health_counted where at > $1 and labels @> $2";
        let at: Option<Time> =
            sqlx::query_scalar(sql).bind(now - STALE).bind(&named).fetch_optional(&self.pool).await?;
        let of = if at.is_some() { "health_counts" } else { MACHINES };
        // Whoever sees everything needs no look at the places.
        let those = match scopes {
            Some(_) => format!(
                "with c as materialized (select * from {of} as all_of_them), {} \
                 select c.site, c.model, c.score, sum(c.machines)::bigint from c \
                 join places on places.site = c.site and places.labels = c.labels",
                within("c")
            ),
            None => format!(
                "select c.site, c.model, c.score, sum(c.machines)::bigint from {of} as c where $1::jsonb is null"
            ),
        };
        let sql = format!("{those} group by grouping sets ((c.site, c.score), (c.model, c.score))");
        type Row = (Option<String>, Option<String>, Option<i16>, i64);
        let rows: Vec<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(scopes.map(Json)).fetch_all(&self.pool).await?;
        let mut counted = Counted { at, ..Counted::default() };
        for (site, model, score, machines) in rows {
            let score = score.and_then(|score| u8::try_from(score).ok());
            let of = match (site, model) {
                (Some(site), _) => counted.sites.entry(site).or_default(),
                (None, model) => counted.models.entry(model.unwrap_or_default()).or_default(),
            };
            of.add(score, machines.unsigned_abs());
        }
        Ok(counted)
    }

    /// How well they were at the end of each day, oldest first. A day on which the labels of these scopes were not told apart
    /// is not in it.
    pub async fn health_days(&self, scopes: Option<&[Scope]>, from: NaiveDate) -> Result<Vec<Day>> {
        let sql = format!(
            "with c as materialized (select n.* from health_day_counts n join health_days d on d.day = n.day \
                 where d.day >= $2 and d.labels @> $3), {} \
             select c.day, sum(c.well)::bigint, sum(c.fair)::bigint, sum(c.poor)::bigint, sum(c.unknown)::bigint \
             from c join places on places.site = c.site and places.labels = c.labels group by c.day order by c.day",
            within("c")
        );
        let rows: Vec<(NaiveDate, i64, i64, i64, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(scopes.map(Json))
            .bind(from)
            .bind(named(scopes))
            .fetch_all(&self.pool)
            .await?;
        let day = |(day, well, fair, poor, unknown): (NaiveDate, i64, i64, i64, i64)| Day {
            day,
            well: well.unsigned_abs(),
            fair: fair.unsigned_abs(),
            poor: poor.unsigned_abs(),
            unknown: unknown.unsigned_abs(),
        };
        Ok(rows.into_iter().map(day).collect())
    }

    /// Forgets days that are older than they are kept.
    pub async fn forget_old_health_days(&self, until: Time) -> Result<()> {
        let sql = "delete from health_days where day < $1";
        sqlx::query(sql).bind(until.date_naive()).execute(&self.pool).await?;
        Ok(())
    }
}

/// The day that this count is of.
async fn keep_day(tx: &mut PgTransaction<'_>, labels: &[String], now: Time) -> Result<()> {
    let sql = "insert into health_days as d (day, at, labels) values ($1, $2, $3) on conflict (day) \
               do update set at = excluded.at, labels = excluded.labels where d.at <= $4 or d.labels <> excluded.labels";
    let query = sqlx::query(sql).bind(now.date_naive()).bind(now).bind(labels).bind(now - HOURLY);
    if query.execute(&mut **tx).await?.rows_affected() == 0 {
        return Ok(());
    }
    let day = now.date_naive();
    sqlx::query("delete from health_day_counts where day = $1").bind(day).execute(&mut **tx).await?;
    let sql = "insert into health_day_counts (day, site, labels, well, fair, poor, unknown) \
               select $1, site, labels, coalesce(sum(machines) filter (where score >= $2), 0), \
                   coalesce(sum(machines) filter (where score >= $3 and score < $2), 0), \
                   coalesce(sum(machines) filter (where score < $3), 0), \
                   coalesce(sum(machines) filter (where score is null), 0) from health_counts group by site, labels";
    sqlx::query(sql).bind(day).bind(i16::from(WELL)).bind(i16::from(FAIR)).execute(&mut **tx).await?;
    Ok(())
}

/// The places of these rows that are within the scopes, `$1`: few, and looked at once each. `in_scope` costs too much to be
/// asked of every row.
fn within(rows: &str) -> String {
    format!(
        "every as materialized (select distinct site, labels from {rows}), \
         places as (select site, labels from every where $1::jsonb is null or in_scope(site, labels, $1))"
    )
}

/// The labels that scopes ask for.
fn named(scopes: Option<&[Scope]>) -> Vec<&str> {
    let named: BTreeSet<&str> =
        scopes.unwrap_or_default().iter().flat_map(|scope| scope.labels.iter().map(String::as_str)).collect();
    named.into_iter().collect()
}
