//! Management boards that are asked for what they measure: whose turn it is, what they said, and what stands in their logs.
//!
//! Claims queue at one lock, so that no two workers ask one board at once, even where machines share it; a unique index says
//! the same once more. Who asked for longer than its claim lasts is not heard any more.

use super::changed;
use super::parts::Parted;
use crate::{Result, Store};
use chrono::{DateTime, TimeDelta};
use pitstop_domain::Time;
use pitstop_domain::health::Metric;
use pitstop_domain::health::board::{Counted, Entry, Level, OF_NOW, Reading, agent_tells};
use pitstop_domain::health::sample::{Figures, Point};
use pitstop_domain::id::MachineId;
use pitstop_domain::route::{Redfish, Route};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgTransaction, Row};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Whose claims queue.
const LOCK: i64 = 0x7069_7473_746f_7032;

/// How long a claim lasts: three times what a board may take.
const CLAIM: TimeDelta = TimeDelta::minutes(3);

/// A board that does not answer is asked more and more rarely, up to this.
const RAREST: TimeDelta = TimeDelta::hours(1);

/// Entries that are not in their log any more are kept for so long.
const KEEP_ENTRIES: TimeDelta = TimeDelta::days(90);

/// A log that was not read for so long is not known any more: its entries were forgotten, or soon are.
const KNOWN: TimeDelta = TimeDelta::days(88);

/// A machine in one of these is not as it is usually, and its board is needed for its trip.
const AWAY: &str = "('switching', 'running', 'restoring')";

/// A board that is to be asked now.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    pub machine: MachineId,
    pub route: Redfish,
    /// What is where on it, as it was stored; `None`: to be found.
    pub places: Option<Value>,
    claim: i64,
}

/// Would asking again be of use?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It may answer later.
    No,
    /// Not until somebody changes something about this machine.
    Machine,
    /// It refused the account, whatever machine it is asked for.
    Account,
}

/// When which log was read last.
type Logs = BTreeMap<String, Time>;

/// How it stands with a machine's board.
#[derive(Clone, Debug, PartialEq)]
pub struct BoardRow {
    pub origin: String,
    pub answered_at: Option<Time>,
    /// Since when it does not answer, how often it was asked since, and why.
    pub silent: Option<(Time, u32, String)>,
    pub due_at: Time,
    pub reading: Option<Reading>,
}

/// An entry of a board's log, a warning or worse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    pub level: Level,
    /// As the board writes it.
    pub created: String,
    pub message: String,
    pub seen_at: Time,
    pub is_history: bool,
}

impl Store {
    /// Looks which machines have a board that can be asked. New ones get their turn somewhere within the time between two
    /// questions, so that not all are asked at once. `None`: none is asked, and what they told is forgotten.
    pub async fn find_boards(&self, every: Option<TimeDelta>, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        lock(&mut tx).await?;
        let wanted = "with wanted as (select m.id, r.route, \
                lower(coalesce(substring(r.route ->> 'url' from '^[a-zA-Z]+://[^/]+'), r.route ->> 'url')) as origin \
            from machines m cross join lateral (select e.route from jsonb_array_elements(m.routes) with ordinality as e (route, n) \
                where e.route ->> 'kind' = 'redfish' order by e.n limit 1) as r \
            where m.routes @> '[{\"kind\": \"redfish\"}]' and $1::float8 is not null)";
        let every_s = every.map(TimeDelta::as_seconds_f64);
        // A route that was changed is tried soon: somebody looks whether it works. Another board has another log. What stayed as
        // it was is not even locked: this is done each minute.
        let sql = format!(
            "{wanted} insert into boards as b (machine_id, route, origin, due_at) \
             select w.id, w.route, w.origin, $2 + random() * $1 * interval '1 second' \
             from wanted w left join boards o on o.machine_id = w.id where o.route is distinct from w.route \
             on conflict (machine_id) do update set route = excluded.route, origin = excluded.origin, due_at = $2, \
                 failures = 0, failed_at = null, trouble = null, places = null, \
                 claim = b.claim + 1, claimed_until = case when b.origin = excluded.origin then b.claimed_until end, \
                 answered_at = case when b.origin = excluded.origin then b.answered_at end, \
                 reading = case when b.origin = excluded.origin then b.reading end, \
                 logs = case when b.origin = excluded.origin then b.logs else '{{}}' end \
             where b.route is distinct from excluded.route"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(every_s).bind(now).execute(&mut *tx).await?;
        let sql = format!(
            "{wanted} delete from boards b where not exists (select 1 from wanted w where w.id = b.machine_id) \
             returning machine_id"
        );
        let gone: Vec<Uuid> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(every_s).fetch_all(&mut *tx).await?;
        if !gone.is_empty() {
            // What nobody is asked about any more is nobody's fault.
            let of_board: Vec<String> = Metric::all()
                .filter(|metric| metric.is_of_board())
                .map(|metric| metric.number().to_string())
                .collect();
            let sql = "update machine_health set newest = newest - $2::text[], judged_at = null where machine_id = any($1)";
            sqlx::query(sql).bind(&gone).bind(of_board).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Takes so many boards whose turn it is, each for one machine. Machines on a trip are left alone.
    pub async fn claim_boards(&self, limit: i64, now: Time) -> Result<Vec<Claimed>> {
        let mut tx = self.pool.begin().await?;
        lock(&mut tx).await?;
        sqlx::query("update boards set claimed_until = null where claimed_until <= $1")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let sql = format!(
            "update boards set claimed_until = $2, claim = claim + 1 where machine_id in (\
                 select machine_id from (select distinct on (b.origin) b.machine_id, b.due_at from boards b \
                     where b.due_at <= $1 and b.claimed_until is null \
                     and not exists (select 1 from boards o where o.origin = b.origin and o.claimed_until is not null) \
                     and not exists (select 1 from jobs j where j.machine_id = b.machine_id and j.phase in {AWAY}) \
                     order by b.origin, b.due_at) as first order by due_at limit $3) \
             returning machine_id, route, places, claim"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now).bind(now + CLAIM).bind(limit);
        let rows = query.fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let mut found = Vec::new();
        for row in &rows {
            if let Route::Redfish(route) = row.try_get::<Json<Route>, _>("route")?.0 {
                found.push(Claimed {
                    machine: MachineId(row.try_get("machine_id")?),
                    route,
                    places: row.try_get("places")?,
                    claim: row.try_get("claim")?,
                });
            }
        }
        Ok(found)
    }

    /// Stores what a board said, and when it is asked again. Gives whether it was stored: who asked for too long is not heard.
    pub async fn board_answered(
        &self,
        claimed: &Claimed,
        reading: &Reading,
        places: Option<&Value>,
        every: TimeDelta,
        now: Time,
    ) -> Result<bool> {
        self.make_parts(Parted::Minutes, &[now]).await?;
        let mut tx = self.pool.begin().await?;
        let sql = "select logs, temperature_at, trouble is not null from boards where machine_id = $1 and claim = $2 and claimed_until > $3 for update";
        let query = sqlx::query_as(sql).bind(claimed.machine.0).bind(claimed.claim).bind(now);
        let board: Option<(Json<Logs>, Option<Time>, bool)> = query.fetch_optional(&mut *tx).await?;
        let Some((Json(mut logs), temperature_at, was_silent)) = board else { return Ok(false) };
        let has_news = put_entries(&mut tx, claimed.machine, reading, &logs, now).await? || was_silent;
        logs.extend(reading.logs.iter().map(|log| (log.clone(), now)));
        let counted = count(&mut tx, claimed.machine, now).await?;
        let newest = newest_temperature(&mut tx, claimed.machine).await?;
        let figures = reading.figures(counted, agent_tells(newest, temperature_at, now));
        put_figures(&mut tx, claimed.machine, &figures, now).await?;
        let temperature_at = figures.0.contains_key(&Metric::Temperature).then_some(now).or(temperature_at);
        let sql = "update boards set claimed_until = null, answered_at = $3, failures = 0, failed_at = null, trouble = null, \
                       due_at = $3 + (0.95 + random() * 0.1) * $4 * interval '1 second', places = $5, reading = $6, \
                       logs = $7, temperature_at = $8 \
                   where machine_id = $1 and claim = $2";
        sqlx::query(sql)
            .bind(claimed.machine.0)
            .bind(claimed.claim)
            .bind(now)
            .bind(every.as_seconds_f64())
            .bind(places)
            .bind(Json(reading))
            .bind(Json(logs))
            .bind(temperature_at)
            .execute(&mut *tx)
            .await?;
        // Figures come all the time, and pages have them when they are drawn next.
        if has_news {
            changed(&mut tx, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// A board did not answer, for this reason. It is asked again later and later; at once as late as can be where asking again
    /// cannot help, and with it all machines of this board where it locks out whom it refused a few times.
    pub async fn board_failed(
        &self,
        claimed: &Claimed,
        why: &str,
        refused: Refused,
        every: TimeDelta,
        now: Time,
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        // Rows of several machines are touched: in the order of whoever claims.
        lock(&mut tx).await?;
        let sql = "update boards set claimed_until = null, failures = failures + 1, failed_at = coalesce(failed_at, $3), \
                       trouble = $4, places = null, due_at = $3 + (0.95 + random() * 0.1) * interval '1 second' * \
                           (case when $6 then $7 else least($5 * power(2, least(failures, 6)), greatest($5, $7)) end) \
                   where machine_id = $1 and claim = $2 and claimed_until > $3 returning failures";
        let failures: Option<i32> = sqlx::query_scalar(sql)
            .bind(claimed.machine.0)
            .bind(claimed.claim)
            .bind(now)
            .bind(why)
            .bind(every.as_seconds_f64())
            .bind(refused != Refused::No)
            .bind(RAREST.as_seconds_f64())
            .fetch_optional(&mut *tx)
            .await?;
        if refused == Refused::Account && failures.is_some() {
            // The account is the board's: each machine that it is asked for would be one more refusal.
            let sql = "update boards b set due_at = greatest(b.due_at, f.due_at) from boards f \
                       where f.machine_id = $1 and b.origin = f.origin and b.machine_id <> f.machine_id";
            sqlx::query(sql).bind(claimed.machine.0).execute(&mut *tx).await?;
        }
        if failures == Some(1) {
            changed(&mut tx, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// `None`: the machine has none that is asked.
    pub async fn board_of(&self, machine: MachineId) -> Result<Option<BoardRow>> {
        let sql = "select origin, answered_at, failures, failed_at, trouble, due_at, reading from boards where machine_id = $1";
        let read = |row: &PgRow| {
            let failures: i32 = row.try_get("failures")?;
            let failed_at: Option<Time> = row.try_get("failed_at")?;
            let why: Option<String> = row.try_get("trouble")?;
            Ok(BoardRow {
                origin: row.try_get("origin")?,
                answered_at: row.try_get("answered_at")?,
                silent: failed_at.zip(why).map(|(since, why)| (since, failures.unsigned_abs(), why)),
                due_at: row.try_get("due_at")?,
                reading: row.try_get::<Option<Json<Reading>>, _>("reading")?.map(|reading| reading.0),
            })
        };
        sqlx::query(sql).bind(machine.0).fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// The newest entries of the log of a machine's board.
    pub async fn board_entries(&self, machine: MachineId, limit: i64) -> Result<Vec<EntryRow>> {
        let sql = "select level, created, message, seen_at, is_history from board_entries where machine_id = $1 \
                   order by seen_at desc, created desc limit $2";
        let read = |row: &PgRow| {
            let level: String = row.try_get("level")?;
            Ok(EntryRow {
                level: if level == Level::Critical.name() { Level::Critical } else { Level::Warning },
                created: row.try_get("created")?,
                message: row.try_get("message")?,
                seen_at: row.try_get("seen_at")?,
                is_history: row.try_get("is_history")?,
            })
        };
        sqlx::query(sql).bind(machine.0).bind(limit).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// How long the board has waited that has waited longest for its turn. Those that are left alone are not waiting.
    pub async fn board_waits(&self, now: Time) -> Result<TimeDelta> {
        let sql = format!(
            "select min(b.due_at) from boards b where b.due_at <= $1 and b.claimed_until is null \
             and not exists (select 1 from jobs j where j.machine_id = b.machine_id and j.phase in {AWAY})"
        );
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(now);
        let oldest: Option<Time> = query.fetch_one(&self.pool).await?;
        Ok(oldest.map_or(TimeDelta::zero(), |oldest| now - oldest))
    }

    /// Forgets entries that have not been in their log for long.
    pub async fn forget_old_entries(&self, now: Time) -> Result<()> {
        let sql = "delete from board_entries where there_at < $1";
        sqlx::query(sql).bind(now - KEEP_ENTRIES).execute(&self.pool).await?;
        Ok(())
    }
}

async fn lock(tx: &mut PgTransaction<'_>) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut **tx).await?;
    Ok(())
}

/// Each once; gives whether any is new. That it is still there is written once a day, not at each question.
async fn put_entries(
    tx: &mut PgTransaction<'_>,
    machine: MachineId,
    reading: &Reading,
    logs: &Logs,
    now: Time,
) -> Result<bool> {
    let entries: BTreeMap<Vec<u8>, &Entry> =
        reading.entries.iter().map(|entry| (digest(entry), entry)).collect();
    let sql = "select log, digest from board_entries where machine_id = $1 and log = any($2) and not is_gone";
    let stood: Vec<(String, Vec<u8>)> =
        sqlx::query_as(sql).bind(machine.0).bind(&reading.logs).fetch_all(&mut **tx).await?;
    // A board that got another time zone, language or numbering writes all its log anew, and nothing of it is.
    let stayed: BTreeSet<&str> = stood
        .iter()
        .filter(|(_, digest)| entries.contains_key(digest))
        .map(|(log, _)| log.as_str())
        .collect();
    let is_rewritten = |log: &str| !stayed.contains(log) && stood.iter().any(|(of, _)| of == log);
    let is_known = |log: &str| logs.get(log).is_some_and(|read_at| now - *read_at < KNOWN);
    let history =
        entries.values().map(|entry| !is_known(&entry.log) || is_rewritten(&entry.log)).collect::<Vec<_>>();
    let texts = |of: fn(&Entry) -> &str| entries.values().map(|entry| of(entry)).collect::<Vec<_>>();
    let digests: Vec<&[u8]> = entries.keys().map(Vec::as_slice).collect();
    let sql = "insert into board_entries as e (machine_id, digest, log, level, created, message, seen_at, is_history, there_at) \
               select $1, d, l, v, c, m, $2, h, $2 from unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[]) \
                   as t (d, l, v, c, m, h) \
               on conflict (machine_id, digest) do update set there_at = excluded.there_at, is_gone = false \
               where e.is_gone or e.there_at < excluded.there_at - interval '1 day' returning xmax = 0";
    let is_new: Vec<bool> = sqlx::query_scalar(sql)
        .bind(machine.0)
        .bind(now)
        .bind(&digests)
        .bind(texts(|entry| &entry.log))
        .bind(texts(|entry| entry.level.name()))
        .bind(texts(|entry| &entry.created))
        .bind(texts(|entry| &entry.message))
        .bind(history)
        .fetch_all(&mut **tx)
        .await?;
    // What is new in a log that was cleared is new, so what was cleared is not waited for.
    let gone: Vec<&[u8]> = stood
        .iter()
        .map(|(_, digest)| digest.as_slice())
        .filter(|digest| !entries.contains_key(*digest))
        .collect();
    if !gone.is_empty() {
        let sql = "update board_entries set is_gone = true where machine_id = $1 and digest = any($2)";
        sqlx::query(sql).bind(machine.0).bind(gone).execute(&mut **tx).await?;
    }
    Ok(is_new.contains(&true))
}

/// What makes it the same entry when it is read again. Ids are places in the log on some boards, and begin anew on others, so
/// they count only where no time is told; and that is a moment, however its zone is written.
fn digest(entry: &Entry) -> Vec<u8> {
    let Entry { log, id, created, message, .. } = entry;
    let at = DateTime::parse_from_rfc3339(created).map(|at| at.to_utc().to_rfc3339());
    let when = at.unwrap_or_else(|_| created.clone());
    let id = if created.is_empty() { id.as_str() } else { "" };
    Sha256::digest([log, id, &when, message].join("\n")).to_vec()
}

/// What came new within the last day, by our time: the board's clock may stand anywhere.
async fn count(tx: &mut PgTransaction<'_>, machine: MachineId, now: Time) -> Result<Counted> {
    let sql = "select count(*) filter (where level = 'critical'), count(*) filter (where level = 'warning') \
               from board_entries where machine_id = $1 and seen_at > $2 and not is_history";
    let (critical, warning): (i64, i64) =
        sqlx::query_as(sql).bind(machine.0).bind(now - OF_NOW).fetch_one(&mut **tx).await?;
    let whole = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Counted { critical: whole(critical), warning: whole(warning) })
}

/// The row of the machine's health, locked until the end; made where there is none.
async fn newest_temperature(tx: &mut PgTransaction<'_>, machine: MachineId) -> Result<Option<Point>> {
    let sql = "insert into machine_health (machine_id, stream, through, seen_at) \
               select id, 0, 0, now() from machines where id = $1 on conflict do nothing";
    sqlx::query(sql).bind(machine.0).execute(&mut **tx).await?;
    let sql = "select newest -> $2 from machine_health where machine_id = $1 for update";
    let number = Metric::Temperature.number().to_string();
    let query = sqlx::query_scalar(sql).bind(machine.0).bind(number);
    let found: Option<Option<Json<Point>>> = query.fetch_optional(&mut **tx).await?;
    Ok(found.flatten().map(|point| point.0))
}

async fn put_figures(
    tx: &mut PgTransaction<'_>,
    machine: MachineId,
    figures: &Figures,
    now: Time,
) -> Result<()> {
    if figures.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i16> = figures.0.keys().map(|metric| metric.number()).collect();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "figures are stored as they are measured: seven digits"
    )]
    let values: Vec<f32> = figures.0.values().map(|value| *value as f32).collect();
    // The agent may have measured at the same moment: a row is a machine and a moment.
    let sql = "insert into measurements as m (machine_id, at, metrics, figures) values ($1, $2, $3, $4) \
               on conflict (machine_id, at) do update set metrics = m.metrics || excluded.metrics, \
                   figures = m.figures || excluded.figures";
    sqlx::query(sql).bind(machine.0).bind(now).bind(numbers).bind(values).execute(&mut **tx).await?;
    let sql = "insert into measurements_due (machine_id, hour) values ($1, $2) on conflict do nothing";
    sqlx::query(sql).bind(machine.0).bind(super::measure::hour_of(now)).execute(&mut **tx).await?;
    let newest: Map<String, Value> =
        figures.0.iter().map(|(metric, value)| (metric.number().to_string(), json!([now, value]))).collect();
    let sql = "update machine_health set newest = newest || $2, seen_at = greatest(seen_at, $3) where machine_id = $1";
    sqlx::query(sql).bind(machine.0).bind(Json(newest)).bind(now).execute(&mut **tx).await?;
    Ok(())
}
