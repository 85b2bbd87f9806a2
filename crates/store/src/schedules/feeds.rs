//! The secret address by which a person's calendar program reads the timetable. A new one makes the old one useless.

use crate::people::{Person, token};
use crate::{Result, Store};
use pitstop_domain::id::PersonId;
use pitstop_domain::secret::Secret;

impl Store {
    /// A new address for a person. It is shown once.
    pub async fn new_feed(&self, person: PersonId) -> Result<Secret> {
        let token = token::new();
        let sql = "insert into calendar_feeds (person_id, token, made_at) values ($1, $2, $3) \
                   on conflict (person_id) do update set token = excluded.token, made_at = excluded.made_at";
        let digest = token::digest(token.expose());
        sqlx::query(sql).bind(person.0).bind(digest).bind(self.now()).execute(&self.pool).await?;
        Ok(token)
    }

    /// Whose address this is; nobody's where they are locked out.
    pub async fn person_of_feed(&self, token: &str) -> Result<Option<Person>> {
        let sql = "select person_id from calendar_feeds where token = $1";
        let id = sqlx::query_scalar(sql).bind(token::digest(token)).fetch_optional(&self.pool).await?;
        let Some(id) = id else { return Ok(None) };
        Ok(self.person(PersonId(id)).await?.filter(|person| person.locked_at.is_none()))
    }
}
