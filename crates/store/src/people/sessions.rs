//! Sign-ins that last.

use super::audit::Entry;
use super::{COLUMNS, Person, audit, read, tell, token};
use crate::{Error, Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::id::{PersonId, SessionId};
use pitstop_domain::secret::Secret;
use sqlx::{PgTransaction, Row};
use uuid::Uuid;

/// A session that nobody uses ends after a working day.
pub const IDLE: TimeDelta = TimeDelta::hours(12);
/// Whoever is signed in shows it again once a week.
pub const LONGEST: TimeDelta = TimeDelta::days(7);
/// The cookie is given another value this often, at a page's load.
const CHANGED_EVERY: TimeDelta = TimeDelta::hours(1);
/// Requests that were on their way with the old cookie when the new one was first used.
const STILL_UNDER_WAY: TimeDelta = TimeDelta::seconds(60);
/// Being seen is written down this often, not at each request.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Letters of a browser's own name that are kept.
const BROWSER: usize = 200;

/// A session whose token was shown.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub person: Person,
    /// The cookie is to be changed when a page is loaded.
    pub is_old: bool,
}

/// A session, as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub id: SessionId,
    pub created_at: Time,
    pub seen_at: Time,
    pub expires_at: Time,
    pub came_from: String,
    pub browser: String,
}

impl Store {
    /// Signs somebody in: a session with a token of its own, whatever the browser held before.
    pub async fn add_session(
        &self,
        person: PersonId,
        came_from: &str,
        browser: &str,
        entry: &Entry,
    ) -> Result<(SessionId, Secret)> {
        let (now, token) = (self.now(), token::new());
        let mut tx = self.pool.begin().await?;
        let id = insert(&mut tx, person, came_from, browser, &token, now).await?;
        audit::insert(&mut tx, entry, now).await?;
        tell(&mut tx, now).await?;
        tx.commit().await?;
        Ok((id, token))
    }

    /// The open session that this token is of, and that its person was seen.
    pub async fn session(&self, token: &str) -> Result<Option<Session>> {
        let (now, digest) = (self.now(), token::digest(token));
        let sql = format!(
            "select {COLUMNS}, s.id as session, s.changed_at, s.seen_at as session_seen, s.previous = $1 as by_previous, \
             s.previous is not null and s.previous_until is null as unconfirmed \
             from sessions s join people p on p.id = s.person_id \
             where (s.token = $1 or (s.previous = $1 and (s.previous_until is null or s.previous_until > $2))) \
             and s.ended_at is null and s.expires_at > $2 and s.seen_at > $3 and p.locked_at is null"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(digest).bind(now).bind(now - IDLE);
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let id: Uuid = row.try_get("session")?;
        let by_previous = row.try_get::<Option<bool>, _>("by_previous")?.unwrap_or(false);
        let unconfirmed: bool = row.try_get("unconfirmed")?;
        let (changed_at, seen_at): (Time, Time) = (row.try_get("changed_at")?, row.try_get("session_seen")?);
        let confirms = unconfirmed && !by_previous;
        if confirms || now - seen_at >= SEEN_EVERY {
            let sql = "update sessions set seen_at = greatest(seen_at, $2), \
                       previous_until = case when $3 then coalesce(previous_until, $4) else previous_until end where id = $1";
            let until = now + STILL_UNDER_WAY;
            sqlx::query(sql).bind(id).bind(now).bind(confirms).bind(until).execute(&self.pool).await?;
        }
        let is_old = if by_previous { unconfirmed } else { now - changed_at >= CHANGED_EVERY };
        Ok(Some(Session { id: SessionId(id), person: read(&row)?, is_old }))
    }

    /// Another token for the same session. The old one holds until the new one is used: an answer may get lost.
    pub async fn change_session(&self, id: SessionId) -> Result<Secret> {
        let (now, token) = (self.now(), token::new());
        let sql = "update sessions set token = $2, changed_at = $3, previous_until = null, \
                   previous = case when previous is not null and previous_until is null then previous else token end \
                   where id = $1 and ended_at is null";
        let digest = token::digest(token.expose());
        sqlx::query(sql).bind(id.0).bind(digest).bind(now).execute(&self.pool).await?;
        Ok(token)
    }

    /// Open sessions of a person, the newest first.
    pub async fn sessions_of(&self, person: PersonId) -> Result<Vec<SessionRow>> {
        let now = self.now();
        let sql = "select id, created_at, seen_at, expires_at, came_from, browser from sessions \
                   where person_id = $1 and ended_at is null and expires_at > $2 and seen_at > $3 order by seen_at desc";
        let rows = sqlx::query(sql).bind(person.0).bind(now).bind(now - IDLE).fetch_all(&self.pool).await?;
        let row = |row: &sqlx::postgres::PgRow| -> Result<SessionRow> {
            Ok(SessionRow {
                id: SessionId(row.try_get("id")?),
                created_at: row.try_get("created_at")?,
                seen_at: row.try_get("seen_at")?,
                expires_at: row.try_get("expires_at")?,
                came_from: row.try_get("came_from")?,
                browser: row.try_get("browser")?,
            })
        };
        rows.iter().map(row).collect()
    }

    /// Ends one session of this person.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not theirs, or over.
    pub async fn end_session(&self, person: PersonId, id: SessionId, entry: &Entry) -> Result<()> {
        let now = self.now();
        let mut tx = self.pool.begin().await?;
        let sql = "update sessions set ended_at = $3 where id = $1 and person_id = $2 and ended_at is null";
        let ended = sqlx::query(sql).bind(id.0).bind(person.0).bind(now).execute(&mut *tx).await?;
        if ended.rows_affected() == 0 {
            return Err(Error::NotFound("session"));
        }
        audit::insert(&mut tx, entry, now).await?;
        tell(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Signs somebody out everywhere, `but` for one session. Tokens of programs stay.
    pub async fn end_sessions(&self, person: PersonId, but: Option<SessionId>, entry: &Entry) -> Result<u64> {
        let now = self.now();
        let mut tx = self.pool.begin().await?;
        let ended = end_all(&mut tx, person, but, now).await?;
        audit::insert(&mut tx, entry, now).await?;
        tell(&mut tx, now).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

pub(super) async fn insert(
    tx: &mut PgTransaction<'_>,
    person: PersonId,
    came_from: &str,
    browser: &str,
    token: &Secret,
    now: Time,
) -> Result<SessionId> {
    let id = SessionId(Uuid::now_v7());
    let sql = "insert into sessions (id, person_id, token, created_at, changed_at, seen_at, expires_at, came_from, browser) \
               values ($1, $2, $3, $4, $4, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(id.0)
        .bind(person.0)
        .bind(token::digest(token.expose()))
        .bind(now)
        .bind(now + LONGEST)
        .bind(came_from)
        .bind(browser.chars().take(BROWSER).collect::<String>())
        .execute(&mut **tx)
        .await?;
    Ok(id)
}

pub(super) async fn end_all(
    tx: &mut PgTransaction<'_>,
    person: PersonId,
    but: Option<SessionId>,
    now: Time,
) -> Result<u64> {
    let sql = "update sessions set ended_at = $2 where person_id = $1 and ended_at is null and ($3::uuid is null or id <> $3)";
    let query = sqlx::query(sql).bind(person.0).bind(now).bind(but.map(|id| id.0));
    Ok(query.execute(&mut **tx).await?.rows_affected())
}
