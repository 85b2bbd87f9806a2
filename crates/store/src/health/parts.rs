//! Tables that hold figures of a day or a month. They are made when the first figure of that time comes, and dropped whole.

use crate::{Result, Store};
use chrono::{Datelike, Days, Months, NaiveDate};
use pitstop_domain::Time;
use sqlx::Row;

/// Two processes must not make the same table at once: `if not exists` does not look that closely.
const LOCK: i64 = 0x7069_7473_746f_7017;

/// What is cut into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parted {
    Minutes,
    Hours,
}

impl Parted {
    fn table(self) -> &'static str {
        match self {
            Self::Minutes => "measurements",
            Self::Hours => "measurements_hourly",
        }
    }

    /// The part that holds this moment: its name, its first day, and the first day that is not its own.
    fn of(self, at: Time) -> Option<(String, NaiveDate, NaiveDate)> {
        let day = at.date_naive();
        let (from, until) = match self {
            Self::Minutes => (day, day.checked_add_days(Days::new(1))?),
            Self::Hours => (day.with_day(1)?, day.with_day(1)?.checked_add_months(Months::new(1))?),
        };
        Some((format!("{}_{}", self.table(), from.format("%Y%m%d")), from, until))
    }
}

impl Store {
    /// Makes the parts that these moments need, where they are missing.
    pub(super) async fn make_parts(&self, parted: Parted, moments: &[Time]) -> Result<()> {
        let wanted: std::collections::BTreeSet<_> = moments.iter().filter_map(|at| parted.of(*at)).collect();
        let names: Vec<_> = wanted.iter().map(|(name, ..)| name.clone()).collect();
        let sql = "select count(*) from unnest($1::text[]) n where to_regclass(n) is null";
        let missing: i64 = sqlx::query_scalar(sql).bind(&names).fetch_one(&self.pool).await?;
        if missing == 0 {
            return Ok(());
        }
        let mut tx = self.pool.begin().await?;
        sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
        for (name, from, until) in wanted {
            // Names and days are our own: nothing in them comes from outside.
            let sql = format!(
                "create table if not exists {name} partition of {} \
                 for values from ('{from}T00:00:00Z') to ('{until}T00:00:00Z')",
                parted.table()
            );
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Drops the parts that are older than they are kept. Gives how many.
    pub async fn drop_old_measurements(&self, minutes_until: Time, hours_until: Time) -> Result<usize> {
        let mut dropped = 0;
        for (parted, until) in [(Parted::Minutes, minutes_until), (Parted::Hours, hours_until)] {
            let sql = "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid \
                       where i.inhparent = $1::regclass order by 1";
            let rows = sqlx::query(sql).bind(parted.table()).fetch_all(&self.pool).await?;
            let Some((first_kept, ..)) = parted.of(until) else { continue };
            for row in rows {
                let name: String = row.try_get(0)?;
                // Days in names sort as days do.
                if name < first_kept {
                    sqlx::query(sqlx::AssertSqlSafe(format!("drop table if exists {name}")))
                        .execute(&self.pool)
                        .await?;
                    dropped += 1;
                }
            }
        }
        Ok(dropped)
    }
}
