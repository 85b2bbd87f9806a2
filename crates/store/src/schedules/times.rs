//! Maintenance windows and blackouts.

use crate::text::{value, word};
use crate::{Error, Result, Store};
use pitstop_calendar::{Held, Times};
use pitstop_domain::Time;
use pitstop_domain::id::TimesId;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgTransaction, Row};

/// Times and what stands beside them.
#[derive(Clone, Debug)]
pub struct HeldRow {
    pub held: Held,
    /// The calendar that it was read from.
    pub source: Option<String>,
    pub changed_by: String,
    pub changed_at: Time,
}

fn read(row: &PgRow) -> Result<HeldRow> {
    let kind: String = row.try_get("kind")?;
    Ok(HeldRow {
        held: Held {
            id: TimesId(row.try_get("id")?),
            kind: value(&kind, "a kind of times")?,
            title: row.try_get("title")?,
            query: row.try_get("query")?,
            times: row.try_get::<Json<Times>, _>("times")?.0,
        },
        source: row.try_get("source")?,
        changed_by: row.try_get("changed_by")?,
        changed_at: row.try_get("changed_at")?,
    })
}

impl Store {
    /// All windows and blackouts, by name.
    pub async fn held_times(&self) -> Result<Vec<HeldRow>> {
        let sql = "select * from maintenance_times order by kind desc, title, id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// Adds some; those that were read from the same calendar before go.
    pub async fn add_times(&self, held: &[Held], source: Option<&str>, by: &str, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        if let Some(source) = source {
            // A text under the name of a calendar elsewhere takes its place.
            sqlx::query("delete from calendars where name = $1").bind(source).execute(&mut *tx).await?;
        }
        put(&mut tx, held, source, by, now).await?;
        look_again(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Changes when one is.
    pub async fn change_times(&self, id: TimesId, times: &Times, by: &str, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "update maintenance_times set times = $2, changed_by = $3, changed_at = $4 where id = $1";
        let done = sqlx::query(sql).bind(id.0).bind(Json(times)).bind(by).bind(now).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound("window or blackout"));
        }
        look_again(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Takes one away; with the others of its calendar, where it came from one.
    pub async fn remove_times(&self, id: TimesId, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "delete from maintenance_times where id = $1 \
                   or source = (select source from maintenance_times where id = $1)";
        let calendar =
            "delete from calendars where name = (select source from maintenance_times where id = $1)";
        sqlx::query(calendar).bind(id.0).execute(&mut *tx).await?;
        if sqlx::query(sql).bind(id.0).execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("window or blackout"));
        }
        look_again(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Adds some; those of the same calendar go.
pub(super) async fn put(
    tx: &mut PgTransaction<'_>,
    held: &[Held],
    source: Option<&str>,
    by: &str,
    now: Time,
) -> Result<()> {
    if let Some(source) = source {
        let gone = sqlx::query("delete from maintenance_times where source = $1");
        gone.bind(source).execute(&mut **tx).await?;
    }
    for held in held {
        sqlx::query(
            "insert into maintenance_times (id, kind, title, query, times, source, changed_by, changed_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(held.id.0)
        .bind(word(&held.kind)?)
        .bind(&held.title)
        .bind(&held.query)
        .bind(Json(&held.times))
        .bind(source)
        .bind(by)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// What waits for a window may begin now.
pub(super) async fn look_again(tx: &mut PgTransaction<'_>, now: Time) -> Result<()> {
    sqlx::query("update schedules set wake_at = least(wake_at, $1)").bind(now).execute(&mut **tx).await?;
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    Ok(())
}
