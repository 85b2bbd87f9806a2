//! What was delivered to a hook, and sending it again.

use super::{changed, events};
use crate::text::value;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::hook::{Delivery, Kind};
use pitstop_domain::id::HookId;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// A delivery begins anew, with all its tries.
const AGAIN: &str = "update hook_deliveries set state = 'waiting', due_at = $2, tries = 0 where hook_id = $1";

fn read(row: &PgRow) -> Result<Delivery> {
    let (kind, state): (String, String) = (row.try_get("kind")?, row.try_get("state")?);
    let number = |name: &str| -> Result<Option<i32>> { Ok(row.try_get(name)?) };
    Ok(Delivery {
        id: row.try_get("id")?,
        event: row.try_get::<Uuid, _>("event_id")?.to_string(),
        kind: Kind::of_name(&kind).ok_or(Error::Unreadable { value: kind, expected: "a kind of event" })?,
        at: row.try_get("at")?,
        data: row.try_get("data")?,
        state: value(&state, "a state of deliveries")?,
        tries: row.try_get::<i32, _>("tries")?.unsigned_abs(),
        tried_at: row.try_get("tried_at")?,
        status: number("status")?.and_then(|status| u16::try_from(status).ok()),
        ms: number("ms")?.map(i32::unsigned_abs),
        said: row.try_get("said")?,
        due_at: row.try_get("due_at")?,
    })
}

impl Store {
    /// Deliveries to a hook, the newest first; `before`: only those older than this one.
    pub async fn hook_deliveries(
        &self,
        id: HookId,
        failed: bool,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Delivery>> {
        let sql = "select d.*, e.kind, e.data from hook_deliveries d join hook_events e on e.id = d.event_id \
                   where d.hook_id = $1 and ($2::bigint is null or d.id < $2) \
                   and (not $4 or d.state = 'given_up' or (d.state = 'waiting' and d.tries > 0)) order by d.id desc limit $3";
        let query = sqlx::query(sql).bind(id.0).bind(before).bind(limit).bind(failed);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Sends a delivery again, under the same name.
    ///
    /// # Errors
    /// When there is none, or it is on its way.
    pub async fn send_again(&self, id: HookId, delivery: i64, now: Time) -> Result<()> {
        let sql = format!("{AGAIN} and id = $3 and (state <> 'waiting' or due_at > $2)");
        let mut tx = self.pool.begin().await?;
        sooner(&mut tx, id, now).await?;
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).bind(now).bind(delivery);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            let sql = "select exists (select 1 from hook_deliveries where hook_id = $1 and id = $2)";
            return Err(
                match sqlx::query_scalar(sql).bind(id.0).bind(delivery).fetch_one(&mut *tx).await? {
                    true => Error::Refused("it is on its way already".to_owned()),
                    false => Error::NotFound("delivery"),
                },
            );
        }
        Ok(tx.commit().await?)
    }

    /// Sends all deliveries again that were given up, of events since then. Gives how many.
    ///
    /// # Errors
    /// When there is no such hook.
    pub async fn send_failed_again(&self, id: HookId, since: Time, now: Time) -> Result<u64> {
        let sql = format!("{AGAIN} and state = 'given_up' and at >= $3");
        let mut tx = self.pool.begin().await?;
        sooner(&mut tx, id, now).await?;
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).bind(now).bind(since);
        let again = query.execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(again)
    }

    /// Sends something to see whether it comes.
    ///
    /// # Errors
    /// When there is no such hook, or it is paused.
    pub async fn test_hook(&self, id: HookId, by: &str, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "select paused_at is not null from hooks where id = $1 for no key update";
        let paused: Option<bool> = sqlx::query_scalar(sql).bind(id.0).fetch_optional(&mut *tx).await?;
        match paused {
            None => return Err(Error::NotFound("webhook")),
            Some(true) => return Err(Error::Refused("the webhook is paused: resume it first".to_owned())),
            Some(false) => {}
        }
        events::of_test(&mut tx, id, by, now).await?;
        sooner(&mut tx, id, now).await?;
        Ok(tx.commit().await?)
    }
}

/// A person looks: it is not left alone any longer. First of all, since whoever delivers locks in this order, too.
async fn sooner(tx: &mut sqlx::PgTransaction<'_>, id: HookId, now: Time) -> Result<()> {
    let sql = "update hooks set rests_until = null where id = $1";
    if sqlx::query(sql).bind(id.0).execute(&mut **tx).await?.rows_affected() == 0 {
        return Err(Error::NotFound("webhook"));
    }
    changed(tx, id, now).await
}
