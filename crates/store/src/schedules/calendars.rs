//! Calendars that are read from an address again and again. What they gave stands in `maintenance_times`, by their name;
//! it is replaced when they give a calendar anew, and by nothing else.

use super::times::{look_again, put};
use crate::{Error, Result, Store};
use chrono::TimeDelta;
use pitstop_calendar::Held;
use pitstop_domain::Time;
use sqlx::Row;
use sqlx::postgres::PgRow;

/// A calendar elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub name: String,
    pub url: String,
    /// Which machines its blackouts are for.
    pub query: String,
    /// Times without a zone are of this one.
    pub zone: String,
}

/// A calendar, and how reading it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRow {
    pub calendar: Calendar,
    pub changed_by: String,
    pub asked_at: Option<Time>,
    pub read_at: Option<Time>,
    /// Why it gave none the last time.
    pub trouble: Option<String>,
}

/// Asking takes half a minute at most; a server that died meanwhile is not waited for longer.
const CLAIMED: TimeDelta = TimeDelta::minutes(5);

/// Holidays are known for months, rooms for days.
const AGAIN: TimeDelta = TimeDelta::hours(6);

/// An address that is away is not asked all the time.
const AFTER_TROUBLE: TimeDelta = TimeDelta::minutes(30);

fn read(row: &PgRow) -> Result<CalendarRow> {
    Ok(CalendarRow {
        calendar: Calendar {
            name: row.try_get("name")?,
            url: row.try_get("url")?,
            query: row.try_get("query")?,
            zone: row.try_get("zone")?,
        },
        changed_by: row.try_get("changed_by")?,
        asked_at: row.try_get("asked_at")?,
        read_at: row.try_get("read_at")?,
        trouble: row.try_get("trouble")?,
    })
}

impl Store {
    /// All of them, by name.
    pub async fn calendars(&self) -> Result<Vec<CalendarRow>> {
        let rows = sqlx::query("select * from calendars order by name").fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// Keeps one, new or changed; it is asked next.
    pub async fn keep_calendar(&self, calendar: &Calendar, by: &str, now: Time) -> Result<()> {
        let sql = "insert into calendars (name, url, query, zone, changed_by, changed_at, wake_at) \
                   values ($1, $2, $3, $4, $5, $6, $6) on conflict (name) do update set url = excluded.url, \
                   query = excluded.query, zone = excluded.zone, changed_by = excluded.changed_by, \
                   changed_at = excluded.changed_at, wake_at = excluded.wake_at";
        let Calendar { name, url, query, zone } = calendar;
        let query = sqlx::query(sql).bind(name).bind(url).bind(query).bind(zone).bind(by).bind(now);
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// Asks one at the next opportunity.
    pub async fn ask_calendar(&self, name: &str, now: Time) -> Result<()> {
        let sql = "update calendars set wake_at = $2 where name = $1";
        let done = sqlx::query(sql).bind(name).bind(now).execute(&self.pool).await?;
        if done.rows_affected() == 0 { Err(Error::NotFound("calendar")) } else { Ok(()) }
    }

    /// Forgets one, with what it gave.
    pub async fn remove_calendar(&self, name: &str, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let done = sqlx::query("delete from calendars where name = $1").bind(name).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound("calendar"));
        }
        sqlx::query("delete from maintenance_times where source = $1").bind(name).execute(&mut *tx).await?;
        look_again(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// One whose time has come, for whoever asks first.
    pub async fn claim_calendar(&self, now: Time) -> Result<Option<CalendarRow>> {
        let sql = "update calendars set wake_at = $2 where name = (select name from calendars where wake_at <= $1 \
                   order by wake_at limit 1 for update skip locked) returning *";
        let row = sqlx::query(sql).bind(now).bind(now + CLAIMED).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// It gave these; those from before go. Nothing is kept where somebody changed or removed the calendar meanwhile: it
    /// is asked anew.
    pub async fn calendar_gave(&self, calendar: &Calendar, held: &[Held], now: Time) -> Result<bool> {
        let mut tx = self.pool.begin().await?;
        let sql = "update calendars set asked_at = $5, read_at = $5, trouble = null, wake_at = $6 \
                   where name = $1 and url = $2 and query = $3 and zone = $4 returning changed_by";
        let Calendar { name, url, query, zone } = calendar;
        let row = sqlx::query(sql).bind(name).bind(url).bind(query).bind(zone).bind(now).bind(now + AGAIN);
        let Some(row) = row.fetch_optional(&mut *tx).await? else { return Ok(false) };
        let by: String = row.try_get("changed_by")?;
        put(&mut tx, held, Some(name), &by, now).await?;
        look_again(&mut tx, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// It gave none, and why. What it gave before still holds.
    pub async fn calendar_failed(&self, name: &str, why: &str, now: Time) -> Result<()> {
        let sql = "update calendars set asked_at = $3, trouble = $2, wake_at = $4 where name = $1";
        sqlx::query(sql).bind(name).bind(why).bind(now).bind(now + AFTER_TROUBLE).execute(&self.pool).await?;
        Ok(())
    }
}
