//! Tokens of programs.

use super::audit::Entry;
use super::{COLUMNS, Person, audit, read, token};
use crate::text::value;
use crate::{Error, Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::id::{PersonId, TokenId};
use pitstop_domain::people::Role;
use pitstop_domain::secret::Secret;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// Its use is written down this often, not at each request.
const USED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A token, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: TokenId,
    pub name: String,
    pub prefix: String,
    pub role: Role,
    pub owner: String,
    pub created_at: Time,
    pub expires_at: Time,
    pub used: Option<(Time, String)>,
}

fn row(row: &PgRow) -> Result<TokenRow> {
    let role: String = row.try_get("role")?;
    let (at, from): (Option<Time>, Option<String>) = (row.try_get("used_at")?, row.try_get("used_from")?);
    Ok(TokenRow {
        id: TokenId(row.try_get("id")?),
        name: row.try_get("name")?,
        prefix: row.try_get("prefix")?,
        role: value(&role, "a role")?,
        owner: row.try_get("owner")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        used: at.map(|at| (at, from.unwrap_or_default())),
    })
}

impl Store {
    /// A token that holds for so long, with no more than this role. It is shown once.
    pub async fn add_token(
        &self,
        owner: PersonId,
        name: &str,
        role: Role,
        lasts: TimeDelta,
        entry: &Entry,
    ) -> Result<Secret> {
        let (now, token) = (self.now(), token::for_program());
        let mut tx = self.pool.begin().await?;
        let sql = "insert into tokens (id, person_id, name, prefix, token, role, created_at, expires_at) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(sql)
            .bind(Uuid::now_v7())
            .bind(owner.0)
            .bind(name)
            .bind(token::shown(&token))
            .bind(token::digest(token.expose()))
            .bind(role.name())
            .bind(now)
            .bind(now + lasts)
            .execute(&mut *tx)
            .await?;
        audit::insert(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Whose token this is, what it is called, and its role. Its use is remembered.
    pub async fn use_token(&self, token: &str, from: &str) -> Result<Option<(Person, String, Role)>> {
        if !token.starts_with(token::PREFIX) {
            return Ok(None);
        }
        let now = self.now();
        let sql = format!(
            "select {COLUMNS}, t.id as token_id, t.name as token_name, t.role, t.used_at \
             from tokens t join people p on p.id = t.person_id \
             where t.token = $1 and t.ended_at is null and t.expires_at > $2 and p.locked_at is null"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(token::digest(token)).bind(now);
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let used: Option<Time> = row.try_get("used_at")?;
        if used.is_none_or(|used| now - used >= USED_EVERY) {
            let sql = "update tokens set used_at = $2, used_from = $3 where id = $1";
            let id: Uuid = row.try_get("token_id")?;
            sqlx::query(sql).bind(id).bind(now).bind(from).execute(&self.pool).await?;
        }
        let role: String = row.try_get("role")?;
        Ok(Some((read(&row)?, row.try_get("token_name")?, value(&role, "a role")?)))
    }

    /// Tokens that hold: of this person, or of all.
    pub async fn tokens(&self, owner: Option<PersonId>) -> Result<Vec<TokenRow>> {
        let sql = "select t.id, t.name, t.prefix, t.role, p.name as owner, t.created_at, t.expires_at, t.used_at, t.used_from \
                   from tokens t join people p on p.id = t.person_id \
                   where ($1::uuid is null or t.person_id = $1) and t.ended_at is null and t.expires_at > $2 \
                   order by t.created_at desc";
        let rows = sqlx::query(sql).bind(owner.map(|id| id.0)).bind(self.now()).fetch_all(&self.pool).await?;
        rows.iter().map(row).collect()
    }

    /// Ends a token: of this person, or anybody's.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such token, or it is another's.
    pub async fn end_token(&self, id: TokenId, owner: Option<PersonId>, entry: &Entry) -> Result<()> {
        let now = self.now();
        let mut tx = self.pool.begin().await?;
        let sql = "update tokens set ended_at = $2 where id = $1 and ended_at is null and ($3::uuid is null or person_id = $3)";
        let query = sqlx::query(sql).bind(id.0).bind(now).bind(owner.map(|id| id.0));
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("token"));
        }
        audit::insert(&mut tx, entry, now).await?;
        super::tell(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }
}
