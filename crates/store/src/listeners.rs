//! Who outside is told of alerts, alarms and paused webhooks, and what each is to be told. What becomes of an alert queues a telling in the same
//! transaction; those of one rule that come within a minute of each other are one message.

use crate::health::alerts::AlertRow;
use crate::health::changed;
use crate::secrets::{seal, unseal};
use crate::{Error, Keys, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::health::listener::Listener;
use pitstop_domain::health::rule::Severity;
use pitstop_domain::hook::Standing;
use pitstop_domain::id::{JobId, ListenerId, MachineId};
use pitstop_domain::secret::Secret;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use uuid::Uuid;

/// What one decision tells of many machines is written at once; what others decide in these seconds goes along.
const GATHER_S: f64 = 10.0;

/// Not more than one message of a group in this time.
const EVERY_S: f64 = 60.0;

/// Somebody outside, and how that went.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerRow {
    pub listener: Listener,
    pub changed_by: String,
    pub changed_at: Time,
    pub told_at: Option<Time>,
    pub failed: Option<(Time, String)>,
    pub waiting: u64,
}

/// What is told at once: of one group, to one listener.
#[derive(Clone, Debug)]
pub struct Telling {
    pub listener: Listener,
    /// Claimed until then.
    pub until: Time,
    pub together: String,
    pub alerts: Vec<AlertRow>,
    pub held: Vec<Held>,
    /// Webhooks that were paused, since nothing arrived there.
    pub hooks: Vec<Standing>,
}

/// A machine that is not proven back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub job: JobId,
    pub machine: MachineId,
    pub machine_name: String,
    pub site: String,
    pub reason: String,
    pub raised_at: Time,
    pub seen_by: Option<String>,
}

const SELECT: &str = "select l.*, (select count(*) from tellings t where t.listener_id = l.id and t.tell_at is not null) as waiting \
     from listeners l";

fn read(row: &PgRow) -> Result<ListenerRow> {
    let (failed, trouble): (Option<Time>, Option<String>) =
        (row.try_get("failed_at")?, row.try_get("trouble")?);
    Ok(ListenerRow {
        listener: row.try_get::<Json<Listener>, _>("listener")?.0,
        changed_by: row.try_get("changed_by")?,
        changed_at: row.try_get("changed_at")?,
        told_at: row.try_get("told_at")?,
        failed: failed.zip(trouble),
        waiting: row.try_get::<i64, _>("waiting")?.unsigned_abs(),
    })
}

fn grade(severity: Severity) -> i16 {
    match severity {
        Severity::Notice => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

fn subject(id: ListenerId) -> Vec<u8> {
    format!("listener:{id}").into_bytes()
}

impl Store {
    pub async fn listeners(&self) -> Result<Vec<ListenerRow>> {
        let sql = format!("{SELECT} order by l.name");
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    pub async fn listener(&self, id: ListenerId) -> Result<Option<ListenerRow>> {
        let sql = format!("{SELECT} where l.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Keeps somebody who is told from now on.
    ///
    /// # Errors
    /// When another has this name.
    pub async fn add_listener(
        &self,
        keys: &Keys,
        listener: &Listener,
        secret: &Secret,
        by: &str,
        now: Time,
    ) -> Result<()> {
        let (nonce, sealed) = seal(keys, &subject(listener.id), secret)?;
        let sql = "insert into listeners (id, name, listener, least, nonce, sealed, changed_by, changed_at) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let query = sqlx::query(sql)
            .bind(listener.id.0)
            .bind(&listener.name)
            .bind(Json(listener))
            .bind(grade(listener.least))
            .bind(&nonce[..])
            .bind(sealed)
            .bind(by)
            .bind(now);
        let done = query.execute(&self.pool).await.map_err(Error::from);
        done.map(drop).map_err(|error| match error.is_conflict() {
            true => Error::Refused(format!("{} is told already: give this one another name", listener.name)),
            false => error,
        })
    }

    /// Nobody tells them any more.
    pub async fn remove_listener(&self, id: ListenerId) -> Result<()> {
        let done = sqlx::query("delete from listeners where id = $1").bind(id.0).execute(&self.pool).await?;
        if done.rows_affected() == 0 { Err(Error::NotFound("listener")) } else { Ok(()) }
    }

    /// Opens the password or the address of a listener, for the moment in which it is needed.
    pub async fn listener_secret(&self, keys: &Keys, id: ListenerId) -> Result<Secret> {
        let sql = "select nonce, sealed from listeners where id = $1";
        let found: Option<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as(sql).bind(id.0).fetch_optional(&self.pool).await?;
        let (nonce, sealed) = found.ok_or(Error::NotFound("listener"))?;
        unseal(keys, &subject(id), &nonce, &sealed).ok_or_else(|| {
            let why = "what this listener is reached by does not open: the server's key is another one; make it anew";
            Error::Refused(why.to_owned())
        })
    }

    /// Takes what is due for one listener and one group, all of it. It comes again after minutes, until it is told.
    pub async fn take_telling(&self, now: Time) -> Result<Option<Telling>> {
        let mut tx = self.pool.begin().await?;
        // The row of the listener is what two workers must not hold at once.
        let sql = "select l.id, l.listener from listeners l where exists \
                   (select 1 from tellings t where t.listener_id = l.id and t.tell_at <= $1) \
                   order by l.id limit 1 for update skip locked";
        let found: Option<(Uuid, Json<Listener>)> =
            sqlx::query_as(sql).bind(now).fetch_optional(&mut *tx).await?;
        let Some((id, listener)) = found else { return Ok(None) };
        let sql =
            "select together from tellings where listener_id = $1 and tell_at <= $2 order by tell_at limit 1";
        let together: Option<String> =
            sqlx::query_scalar(sql).bind(id).bind(now).fetch_optional(&mut *tx).await?;
        let Some(together) = together else { return Ok(None) };
        let sql = "with tries as (select max(tries) as n from tellings where listener_id = $1 and together = $2) \
                   update tellings t set tries = t.tries + 1, \
                       tell_at = $3 + make_interval(mins => least(60, (2 ^ least(tries.n, 6))::int)) \
                   from tries where listener_id = $1 and together = $2 and tell_at is not null returning thing, tell_at";
        let taken: Vec<(String, Time)> =
            sqlx::query_as(sql).bind(id).bind(&together).bind(now).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let until = taken.first().map_or(now, |(_, until)| *until);
        let ids = |kind: &str| {
            taken
                .iter()
                .filter_map(|(thing, _)| thing.strip_prefix(kind))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let alerts: Vec<Uuid> = ids("alert:").iter().filter_map(|id| id.parse().ok()).collect();
        let held: Vec<i64> = ids("alarm:").iter().filter_map(|id| id.parse().ok()).collect();
        let hooks: Vec<Uuid> = ids("hook:").iter().filter_map(|id| id.parse().ok()).collect();
        let (alerts, held) = (self.health_alerts_by_id(&alerts).await?, self.held_by_id(&held).await?);
        let hooks = self.paused_hooks(&hooks).await?;
        Ok(Some(Telling { listener: listener.0, until, together, alerts, held, hooks }))
    }

    async fn held_by_id(&self, ids: &[i64]) -> Result<Vec<Held>> {
        let sql = "select a.job_id, a.machine_id, m.name, m.site, a.reason, a.raised_at, a.seen_by from alarms a \
                   join machines m on m.id = a.machine_id where a.id = any($1) order by a.raised_at";
        type Row = (Uuid, Uuid, String, String, String, Time, Option<String>);
        let rows: Vec<Row> = sqlx::query_as(sql).bind(ids).fetch_all(&self.pool).await?;
        let read = |(job, machine, machine_name, site, reason, raised_at, seen_by): Row| Held {
            job: JobId(job),
            machine: MachineId(machine),
            machine_name,
            site,
            reason,
            raised_at,
            seen_by,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// It was told, or why not. What came meanwhile is told later.
    pub async fn listener_told(
        &self,
        telling: &Telling,
        done: std::result::Result<(), &str>,
        now: Time,
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let id = telling.listener.id.0;
        match done {
            Ok(()) => {
                let sql = "update tellings set tell_at = null, told_at = $4, tries = 0 \
                           where listener_id = $1 and together = $2 and tell_at = $3";
                let query = sqlx::query(sql).bind(id).bind(&telling.together).bind(telling.until).bind(now);
                query.execute(&mut *tx).await?;
                let sql = "update listeners set told_at = $2, failed_at = null, trouble = null where id = $1";
                sqlx::query(sql).bind(id).bind(now).execute(&mut *tx).await?;
            }
            Err(why) => {
                let sql = "update listeners set failed_at = $2, trouble = $3 where id = $1";
                sqlx::query(sql).bind(id).bind(now).bind(why).execute(&mut *tx).await?;
            }
        }
        changed(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets what was told long ago.
    pub async fn forget_old_tellings(&self, now: Time) -> Result<()> {
        let sql = "delete from tellings where tell_at is null and told_at < $1 - interval '7 days'";
        sqlx::query(sql).bind(now).execute(&self.pool).await?;
        Ok(())
    }
}

/// These things are told, to all who are to hear of such; when the transaction commits.
pub(crate) async fn queue(
    tx: &mut sqlx::PgTransaction<'_>,
    together: &str,
    things: &[String],
    severity: Severity,
    now: Time,
) -> Result<()> {
    if things.is_empty() {
        return Ok(());
    }
    let sql = "insert into tellings (listener_id, thing, together, tell_at) \
               select l.id, thing, $1, greatest($4 + make_interval(secs => $5), coalesce((select max(told_at) from tellings t \
                   where t.listener_id = l.id and t.together = $1), '-infinity') + make_interval(secs => $6)) \
               from listeners l, unnest($2::text[]) as thing where l.least <= $3 \
               on conflict (listener_id, thing) do update set tell_at = excluded.tell_at, tries = 0";
    sqlx::query(sql)
        .bind(together)
        .bind(things)
        .bind(grade(severity))
        .bind(now)
        .bind(GATHER_S)
        .bind(EVERY_S)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
