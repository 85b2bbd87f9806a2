//! What the worker needs to deliver.
//!
//! A hook is claimed for a while: only one worker delivers to it, one delivery after the other in the order of events, and a
//! slow one holds up no other hook. A try is written down before it is made, with when it comes again: whatever dies in the
//! middle, it is delivered at least once.

use super::changed;
use crate::listeners;
use crate::{Error, Keys, Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::health::rule::Severity;
use pitstop_domain::hook::patience::{pause, paused_because, rest};
use pitstop_domain::hook::{Hook, Kind};
use pitstop_domain::id::HookId;
use pitstop_domain::secret::Secret;
use sqlx::types::Json;
use uuid::Uuid;

/// How long a claim lasts. A try takes seconds, and a worker takes none that could end after it.
const CLAIMED: TimeDelta = TimeDelta::seconds(60);

/// Tries begin in this part of a claim.
const WORKS: TimeDelta = TimeDelta::seconds(40);

/// A hook that this worker may deliver to now.
#[derive(Clone, Debug)]
pub struct ClaimedHook {
    pub hook: Hook,
    /// To sign with: the newest first, and the former one while it holds.
    pub secrets: Vec<Secret>,
    /// It is another's after that.
    until: Time,
    works_until: Time,
}

/// A delivery whose time has come.
#[derive(Clone, Debug)]
pub struct Due {
    id: i64,
    pub event: String,
    pub kind: Kind,
    pub at: Time,
    pub data: serde_json::Value,
    /// With this one.
    pub tries: u32,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// None: no answer came.
    pub status: Option<u16>,
    pub ms: u32,
    /// The beginning of the answer, or why there was none.
    pub said: String,
    /// It wants to be left alone for so long.
    pub rest_s: Option<u32>,
}

impl Tried {
    pub fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

impl Store {
    /// Claims the hook that has waited longest for a delivery.
    pub async fn claim_hook(&self, keys: &Keys, now: Time) -> Result<Option<ClaimedHook>> {
        let sql = "update hooks set lease_until = $2 where id = (\
                       select h.id from hooks h \
                       cross join lateral (select min(due_at) as due_at from hook_deliveries d \
                           where d.hook_id = h.id and d.due_at <= $1) as first \
                       where h.paused_at is null and first.due_at is not null \
                       and (h.lease_until is null or h.lease_until <= $1) and (h.rests_until is null or h.rests_until <= $1) \
                       order by first.due_at limit 1 for update of h skip locked) \
                   returning hook, generation, former_until, lease_until";
        type Row = (Json<Hook>, i32, Option<Time>, Time);
        let query = sqlx::query_as(sql).bind(now).bind(now + CLAIMED);
        let found: Option<Row> = query.fetch_optional(&self.pool).await?;
        Ok(found.map(|(hook, generation, former_until, until)| {
            let former = former_until.is_some_and(|until| now < until).then_some(generation - 1);
            let secret = |generation| Secret::new(keys.hook_secret(hook.id, generation));
            ClaimedHook {
                secrets: std::iter::once(generation).chain(former).map(secret).collect(),
                hook: hook.0,
                until,
                works_until: now + WORKS,
            }
        }))
    }

    /// Takes the next delivery, and writes down that it is tried. `None`: there is none, or the claim is over.
    pub async fn next_delivery(&self, claimed: &ClaimedHook, now: Time) -> Result<Option<Due>> {
        if now >= claimed.works_until {
            return Ok(None);
        }
        let mut tx = self.pool.begin().await?;
        let sql = "select 1 from hooks where id = $1 and lease_until = $2 and paused_at is null \
                   and (rests_until is null or rests_until <= $3) for no key update";
        let mine = sqlx::query(sql).bind(claimed.hook.id.0).bind(claimed.until).bind(now);
        if mine.fetch_optional(&mut *tx).await?.is_none() {
            return Ok(None);
        }
        let sql = "select d.id, d.tries, e.id, e.kind, e.at, e.data from hook_deliveries d \
                   join hook_events e on e.id = d.event_id \
                   where d.hook_id = $1 and d.due_at <= $2 order by d.at, d.event_id limit 1";
        type Row = (i64, i32, Uuid, String, Time, serde_json::Value);
        let found: Option<Row> =
            sqlx::query_as(sql).bind(claimed.hook.id.0).bind(now).fetch_optional(&mut *tx).await?;
        let Some((id, tries, event, kind, at, data)) = found else { return Ok(None) };
        let kind =
            Kind::of_name(&kind).ok_or(Error::Unreadable { value: kind, expected: "a kind of event" })?;
        let tries = tries.unsigned_abs() + 1;
        // If this worker dies now, another tries it again after the claim; the last try is not made a second time as well.
        let again = now + pause(tries, rand::random()).unwrap_or_default().max(CLAIMED);
        let sql = "update hook_deliveries set tries = tries + 1, tried_at = $2, due_at = $3 where id = $1";
        sqlx::query(sql).bind(id).bind(now).bind(again).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(Due { id, event: event.to_string(), kind, at, data, tries }))
    }

    /// How a delivery went. Where it failed it is tried again later, or given up; a hook at which all fails is left alone
    /// for a while, and paused after days, which people are told.
    pub async fn delivery_tried(
        &self,
        claimed: &ClaimedHook,
        due: &Due,
        tried: &Tried,
        now: Time,
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let id = claimed.hook.id;
        // As whatever removes a hook does: the hook first.
        let sql = "select failures, failing_since from hooks where id = $1 for no key update";
        let standing: Option<(i32, Option<Time>)> =
            sqlx::query_as(sql).bind(id.0).fetch_optional(&mut *tx).await?;
        let Some((failures, failing_since)) = standing else { return Ok(()) };
        let again = pause(due.tries, rand::random()).filter(|_| !tried.is_taken()).map(|pause| now + pause);
        let state = match (tried.is_taken(), again) {
            (true, _) => "delivered",
            (false, Some(_)) => "waiting",
            (false, None) => "given_up",
        };
        let sql = "update hook_deliveries set state = $3, due_at = $4, status = $5, ms = $6, said = $7 \
                   where id = $1 and tries = $2";
        sqlx::query(sql)
            .bind(due.id)
            .bind(i32::try_from(due.tries).unwrap_or(i32::MAX))
            .bind(state)
            .bind(again)
            .bind(tried.status.map(i32::from))
            .bind(i32::try_from(tried.ms).unwrap_or(i32::MAX))
            .bind(&tried.said)
            .execute(&mut *tx)
            .await?;
        if tried.is_taken() {
            arrived(&mut tx, id, failures, now).await?;
        } else {
            let since = failing_since.unwrap_or(now);
            let because = paused_because(tried.status, again.is_none(), since, now);
            let rests = now + rest(failures.unsigned_abs() + 1, tried.rest_s);
            failed(&mut tx, id, because, rests, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Gives a claim back.
    pub async fn release_hook(&self, claimed: &ClaimedHook, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "update hooks set lease_until = null where id = $1 and lease_until = $2";
        sqlx::query(sql).bind(claimed.hook.id.0).bind(claimed.until).execute(&mut *tx).await?;
        changed(&mut tx, claimed.hook.id, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Where several had failed before, its receiver is back: what waits goes at once, in the order in which it happened.
async fn arrived(tx: &mut sqlx::PgTransaction<'_>, id: HookId, failures: i32, now: Time) -> Result<()> {
    let sql = "update hooks set failures = 0, failing_since = null, rests_until = null, delivered_at = $2 where id = $1";
    sqlx::query(sql).bind(id.0).bind(now).execute(&mut **tx).await?;
    if failures > 1 {
        let sql = "update hook_deliveries set due_at = $2 where hook_id = $1 and due_at > $2";
        sqlx::query(sql).bind(id.0).bind(now).execute(&mut **tx).await?;
    }
    Ok(())
}

async fn failed(
    tx: &mut sqlx::PgTransaction<'_>,
    id: HookId,
    because: Option<&str>,
    rests_until: Time,
    now: Time,
) -> Result<()> {
    let sql = "update hooks set failures = failures + 1, failing_since = coalesce(failing_since, $2), rests_until = $3 \
               where id = $1";
    sqlx::query(sql).bind(id.0).bind(now).bind(rests_until).execute(&mut **tx).await?;
    let Some(because) = because else { return Ok(()) };
    let sql = "update hooks set paused_at = $2, paused_by = null, paused_why = $3 where id = $1 and paused_at is null";
    sqlx::query(sql).bind(id.0).bind(now).bind(because).execute(&mut **tx).await?;
    tracing::warn!(webhook = %id, because, "A webhook is paused.");
    listeners::queue(tx, "webhooks", &[format!("hook:{id}")], Severity::Warning, now).await
}
