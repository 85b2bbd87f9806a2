//! Links that let somebody choose a password, once.

use super::audit::Entry;
use super::{Person, audit, insert, sessions, tell, token};
use crate::{Error, Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::id::PersonId;
use pitstop_domain::people::{Grant, Role};
use pitstop_domain::secret::Secret;
use uuid::Uuid;

/// Time to find the mail with the link in it.
pub const LASTS: TimeDelta = TimeDelta::days(3);

/// Whom a link is for.
#[derive(Clone, Debug)]
pub enum For {
    /// Whoever opens it becomes an administrator, under a name of their choice.
    Administrator,
    Person(Box<Person>),
}

/// What somebody chose who opened a link.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Only where the link names nobody.
    pub name: String,
    pub title: String,
    /// The hash of their password.
    pub hash: String,
}

impl Store {
    /// A link for somebody, or for an administrator to come. Earlier ones for the same person open nothing any more.
    ///
    /// # Errors
    /// [`Error::Refused`] for whom an identity provider vouches: they have no password.
    pub async fn add_link(&self, person: Option<PersonId>, entry: Option<&Entry>) -> Result<Secret> {
        if let Some(person) = person {
            self.is_ours(person).await?;
        }
        let (now, token) = (self.now(), token::new());
        let mut tx = self.pool.begin().await?;
        if let Some(person) = person {
            let sql = "update links set used_at = $2 where person_id = $1 and used_at is null";
            sqlx::query(sql).bind(person.0).bind(now).execute(&mut *tx).await?;
        }
        sqlx::query("insert into links (token, person_id, created_at, expires_at) values ($1, $2, $3, $4)")
            .bind(token::digest(token.expose()))
            .bind(person.map(|id| id.0))
            .bind(now)
            .bind(now + LASTS)
            .execute(&mut *tx)
            .await?;
        if let Some(entry) = entry {
            audit::insert(&mut tx, entry, now).await?;
        }
        tx.commit().await?;
        Ok(token)
    }

    /// Whom this link is for, while it holds.
    pub async fn link(&self, token: &str) -> Result<Option<For>> {
        let sql = "select person_id from links where token = $1 and used_at is null and expires_at > $2";
        let found: Option<Option<Uuid>> = sqlx::query_scalar(sql)
            .bind(token::digest(token))
            .bind(self.now())
            .fetch_optional(&self.pool)
            .await?;
        Ok(match found {
            None => None,
            Some(None) => Some(For::Administrator),
            Some(Some(id)) => {
                let person = self.person(PersonId(id)).await?.filter(|person| person.locked_at.is_none());
                person.map(|person| For::Person(Box::new(person)))
            }
        })
    }

    /// Uses a link up: the password is set, and whoever opened it is signed in. What was opened with an older password
    /// is closed. `entry` is told who it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the link holds no longer; [`Error::Refused`] when the name is taken.
    pub async fn use_link(
        &self,
        token: &str,
        chosen: &Chosen,
        came_from: &str,
        browser: &str,
        entry: impl FnOnce(PersonId) -> Entry,
    ) -> Result<(PersonId, Secret)> {
        let (now, session) = (self.now(), token::new());
        let mut tx = self.pool.begin().await?;
        let sql = "update links set used_at = $2 where token = $1 and used_at is null and expires_at > $2 returning person_id";
        let used: Option<Option<Uuid>> =
            sqlx::query_scalar(sql).bind(token::digest(token)).bind(now).fetch_optional(&mut *tx).await?;
        let id = match used.ok_or(Error::NotFound("link"))? {
            Some(id) => PersonId(id),
            None => administrator(&mut tx, chosen, now).await?,
        };
        sqlx::query("update people set password = $2, title = $3, version = version + 1 where id = $1 and locked_at is null")
            .bind(id.0)
            .bind(&chosen.hash)
            .bind(&chosen.title)
            .execute(&mut *tx)
            .await?;
        sessions::end_all(&mut tx, id, None, now).await?;
        sessions::insert(&mut tx, id, came_from, browser, &session, now).await?;
        audit::insert(&mut tx, &entry(id), now).await?;
        tell(&mut tx, now).await?;
        tx.commit().await?;
        Ok((id, session))
    }
}

/// Other links of this kind, printed at other starts, open nothing any more.
async fn administrator(tx: &mut sqlx::PgTransaction<'_>, chosen: &Chosen, now: Time) -> Result<PersonId> {
    let id = PersonId(Uuid::now_v7());
    sqlx::query("update links set used_at = $1 where person_id is null and used_at is null")
        .bind(now)
        .execute(&mut **tx)
        .await?;
    insert(tx, id, &chosen.name, &chosen.title, &[Grant::everywhere(Role::Administrator)], now).await?;
    Ok(id)
}
