//! Hooks: programs outside that are told of events.
//!
//! - here: making, changing and reading them
//! - [`events`]: what happened, written in the transaction that made it so; [`deal`]: which hook is to be told of it
//! - [`deliver`]: what the worker needs: claim a hook, take its next delivery, say how that went
//! - [`log`]: what was delivered, and sending it again

pub mod deal;
pub mod deliver;
pub(crate) mod events;
pub mod log;

use crate::{Error, Keys, Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::hook::{Hook, Paused, Standing};
use pitstop_domain::id::HookId;
use pitstop_domain::secret::Secret;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// How long deliveries are signed with the former secret, too, so that the new one can be put in place there.
pub const FORMER: TimeDelta = TimeDelta::days(1);

/// Each event is a delivery for each: more would mean that something else than a hook is wanted.
const MOST_HOOKS: i64 = 50;

/// What was delivered is kept for so long, and what was not, too.
const KEPT: TimeDelta = TimeDelta::days(14);

const SELECT: &str = "select h.*, \
     (select count(*) from hook_deliveries d where d.hook_id = h.id and d.due_at is not null) as waiting, \
     (select count(*) from hook_deliveries d where d.hook_id = h.id and d.state = 'given_up') as given_up from hooks h";

fn read(row: &PgRow) -> Result<Standing> {
    let (at, why): (Option<Time>, Option<String>) = (row.try_get("paused_at")?, row.try_get("paused_why")?);
    let by: Option<String> = row.try_get("paused_by")?;
    let count = |name: &str| -> Result<u64> { Ok(row.try_get::<i64, _>(name)?.unsigned_abs()) };
    Ok(Standing {
        hook: row.try_get::<Json<Hook>, _>("hook")?.0,
        changed_by: row.try_get("changed_by")?,
        changed_at: row.try_get("changed_at")?,
        former_until: row.try_get("former_until")?,
        paused: at.zip(why).map(|(at, why)| Paused { at, by, why }),
        failing_since: row.try_get("failing_since")?,
        delivered_at: row.try_get("delivered_at")?,
        waiting: count("waiting")?,
        given_up: count("given_up")?,
    })
}

/// Tells pages, when the transaction commits.
pub(crate) async fn changed(tx: &mut sqlx::PgTransaction<'_>, id: HookId, now: Time) -> Result<()> {
    let changed = Changed { kind: Noun::Hook, id: id.to_string(), version: now.timestamp_micros() };
    let text = serde_json::to_string(&changed)?;
    sqlx::query("select pg_notify('pitstop_changed', $1)").bind(text).execute(&mut **tx).await?;
    Ok(())
}

fn kinds(hook: &Hook) -> Vec<&'static str> {
    hook.kinds.iter().map(|kind| kind.name()).collect()
}

impl Store {
    /// All hooks, by name.
    pub async fn hooks(&self) -> Result<Vec<Standing>> {
        let sql = format!("{SELECT} order by h.name");
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    pub async fn hook(&self, id: HookId) -> Result<Option<Standing>> {
        let sql = format!("{SELECT} where h.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Those of these that are paused.
    pub(crate) async fn paused_hooks(&self, ids: &[uuid::Uuid]) -> Result<Vec<Standing>> {
        let sql = format!("{SELECT} where h.id = any($1) and h.paused_at is not null order by h.name");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(ids)
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Keeps a new hook, and gives its secret.
    ///
    /// # Errors
    /// When another has this name, or there are too many.
    pub async fn add_hook(&self, keys: &Keys, hook: &Hook, by: &str, now: Time) -> Result<Secret> {
        let sql = "insert into hooks (id, name, hook, kinds, made_at, changed_by, changed_at) \
                   select $1, $2, $3, $4, $5, $6, $5 from hooks having count(*) < $7";
        let mut tx = self.pool.begin().await?;
        let query = sqlx::query(sql)
            .bind(hook.id.0)
            .bind(&hook.name)
            .bind(Json(hook))
            .bind(kinds(hook))
            .bind(now)
            .bind(by)
            .bind(MOST_HOOKS);
        let done = query.execute(&mut *tx).await.map_err(|error| named(error.into(), &hook.name))?;
        if done.rows_affected() == 0 {
            return Err(Error::Refused(format!(
                "there are {MOST_HOOKS} webhooks: remove one that nobody needs first"
            )));
        }
        changed(&mut tx, hook.id, now).await?;
        tx.commit().await?;
        Ok(Secret::new(keys.hook_secret(hook.id, 1)))
    }

    /// Another address, other kinds, another search. What waits goes to the new address.
    ///
    /// # Errors
    /// When there is none, or another has this name.
    pub async fn change_hook(&self, hook: &Hook, by: &str, now: Time) -> Result<()> {
        let sql = "update hooks set name = $2, hook = $3, kinds = $4, changed_by = $5, changed_at = $6, rests_until = null \
                   where id = $1";
        let query = sqlx::query(sql)
            .bind(hook.id.0)
            .bind(&hook.name)
            .bind(Json(hook))
            .bind(kinds(hook))
            .bind(by)
            .bind(now);
        self.of_hook(hook.id, query, now).await.map_err(|error| named(error, &hook.name))
    }

    /// Gives a hook another secret; for a day deliveries are signed with both.
    ///
    /// # Errors
    /// When there is none.
    pub async fn rotate_hook(&self, keys: &Keys, id: HookId, by: &str, now: Time) -> Result<Secret> {
        let sql = "update hooks set generation = generation + 1, former_until = $2, changed_by = $3, changed_at = $4 \
                   where id = $1 returning generation";
        let mut tx = self.pool.begin().await?;
        let query = sqlx::query_scalar(sql).bind(id.0).bind(now + FORMER).bind(by).bind(now);
        let generation: Option<i32> = query.fetch_optional(&mut *tx).await?;
        let generation = generation.ok_or(Error::NotFound("webhook"))?;
        changed(&mut tx, id, now).await?;
        tx.commit().await?;
        Ok(Secret::new(keys.hook_secret(id, generation)))
    }

    /// Nothing is delivered until it is resumed; what happens meanwhile waits.
    ///
    /// # Errors
    /// When there is none, or it is paused already.
    pub async fn pause_hook(&self, id: HookId, by: &str, now: Time) -> Result<()> {
        let sql = "update hooks set paused_at = $2, paused_by = $3, paused_why = 'by hand' \
                   where id = $1 and paused_at is null";
        self.of_hook(id, sqlx::query(sql).bind(id.0).bind(now).bind(by), now).await
    }

    /// What waits is delivered, at once.
    ///
    /// # Errors
    /// When there is none, or it is not paused.
    pub async fn resume_hook(&self, id: HookId, now: Time) -> Result<()> {
        // A pause in between tries is no reason to wait any longer; what is paused meanwhile waits as before.
        let sql = "update hooks set paused_at = null, paused_by = null, paused_why = null, failures = 0, \
                       failing_since = null, rests_until = null where id = $1 and paused_at is not null";
        self.of_hook(id, sqlx::query(sql).bind(id.0), now).await?;
        let sql = "update hook_deliveries set due_at = $2 where hook_id = $1 and due_at > $2";
        sqlx::query(sql).bind(id.0).bind(now).execute(&self.pool).await?;
        Ok(())
    }

    /// Nothing is told there any more, and what was is forgotten.
    ///
    /// # Errors
    /// When there is none.
    pub async fn remove_hook(&self, id: HookId, now: Time) -> Result<()> {
        self.of_hook(id, sqlx::query("delete from hooks where id = $1").bind(id.0), now).await
    }

    async fn of_hook(
        &self,
        id: HookId,
        query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
        now: Time,
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            let sql = "select exists (select 1 from hooks where id = $1)";
            return Err(match sqlx::query_scalar(sql).bind(id.0).fetch_one(&mut *tx).await? {
                true => Error::Refused("the webhook is so already: look at it again".to_owned()),
                false => Error::NotFound("webhook"),
            });
        }
        changed(&mut tx, id, now).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets what happened long ago, with its deliveries.
    pub async fn forget_old_events(&self, now: Time) -> Result<u64> {
        let sql = "delete from hook_events where at < $1";
        Ok(sqlx::query(sql).bind(now - KEPT).execute(&self.pool).await?.rows_affected())
    }
}

fn named(error: Error, name: &str) -> Error {
    match error.is_conflict() {
        true => Error::Refused(format!("there is a webhook `{name}` already: give this one another name")),
        false => error,
    }
}
