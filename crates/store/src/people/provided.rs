//! People whom an identity provider vouches for. They are known by the provider's own words for them (issuer and
//! subject), never by a name: whoever has the name of somebody who is here already is somebody else.

use super::audit::Entry;
use super::{COLUMNS, Person, audit, read, sessions, tell, token};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::PersonId;
use pitstop_domain::people::{Grant, name};
use pitstop_domain::secret::Secret;
use serde_json::json;
use sqlx::PgTransaction;
use sqlx::types::Json;
use uuid::Uuid;

/// What the provider says, and what that gives here.
#[derive(Clone, Debug)]
pub struct Provided {
    pub issuer: String,
    pub subject: String,
    /// The name they would like; a name is given once and stays.
    pub name: String,
    pub title: String,
    pub grants: Vec<Grant>,
    /// What people call the provider.
    pub provider: String,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Came {
    /// They are in, and hold this.
    In(Box<Person>, Secret),
    LockedOut(Box<Person>),
    /// The provider knows them, and nothing of what it says gives them anything here. What they had is taken.
    NoRight,
}

impl Store {
    /// Somebody comes from the provider: made known, given what they are to have from now on, and signed in, all
    /// in one transaction and written down.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn come_from_provider(&self, who: &Provided, came_from: &str, browser: &str) -> Result<Came> {
        let now = self.now();
        let mut tx = self.pool.begin().await?;
        // Twice at the same moment would be two people.
        sqlx::query("lock table people in share row exclusive mode").execute(&mut *tx).await?;
        let known = find(&mut tx, who).await?;
        let entry = |person: Option<&Person>, act: &str, what: String| Entry {
            person: person.map(|person| person.id),
            who: person.map_or_else(|| who.name.clone(), |person| person.name.clone()),
            came_from: came_from.to_owned(),
            act: act.to_owned(),
            what,
            ..Entry::default()
        };
        if let Some(person) = known.as_ref().filter(|person| person.locked_at.is_some()) {
            let what = format!("a sign-in by {} was refused: locked out", who.provider);
            audit::insert(&mut tx, &entry(Some(person), "sign_in_failed", what), now).await?;
            tx.commit().await?;
            return Ok(Came::LockedOut(Box::new(person.clone())));
        }
        if let Some(person) = known.as_ref().filter(|person| person.grants != who.grants) {
            let (before, after) = (json!({ "grants": person.grants }), json!({ "grants": who.grants }));
            let what = format!("{} gives {} other roles", who.provider, person.name);
            let entry = entry(Some(person), "people", what);
            audit::insert(&mut tx, &Entry { before: Some(before), after: Some(after), ..entry }, now).await?;
        }
        if who.grants.is_empty() {
            if let Some(person) = &known {
                renew(&mut tx, person.id, who).await?;
                sessions::end_all(&mut tx, person.id, None, now).await?;
            }
            let what =
                format!("a sign-in by {} was refused: none of their groups has a right here", who.provider);
            audit::insert(&mut tx, &entry(known.as_ref(), "sign_in_failed", what), now).await?;
            tell(&mut tx, now).await?;
            tx.commit().await?;
            return Ok(Came::NoRight);
        }
        let id = match &known {
            Some(person) => {
                renew(&mut tx, person.id, who).await?;
                person.id
            }
            None => add(&mut tx, who, now).await?,
        };
        let Some(person) = find(&mut tx, who).await? else { return Err(crate::Error::NotFound("person")) };
        if known.is_none() {
            let entry =
                entry(Some(&person), "join", format!("came from {} for the first time", who.provider));
            let after = json!({ "grants": who.grants, "issuer": who.issuer });
            audit::insert(&mut tx, &Entry { after: Some(after), ..entry }, now).await?;
        }
        let session = token::new();
        sessions::insert(&mut tx, id, came_from, browser, &session, now).await?;
        let entry = entry(Some(&person), "sign_in", format!("signed in by {}", who.provider));
        audit::insert(&mut tx, &entry, now).await?;
        tell(&mut tx, now).await?;
        tx.commit().await?;
        Ok(Came::In(Box::new(person), session))
    }
}

async fn find(tx: &mut PgTransaction<'_>, who: &Provided) -> Result<Option<Person>> {
    let sql = format!("select {COLUMNS} from people p where p.issuer = $1 and p.subject = $2");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&who.issuer).bind(&who.subject);
    query.fetch_optional(&mut **tx).await?.as_ref().map(read).transpose()
}

async fn renew(tx: &mut PgTransaction<'_>, id: PersonId, who: &Provided) -> Result<()> {
    let sql = "update people set title = $2, grants = $3, version = version + 1 where id = $1 and (title, grants) <> ($2, $3)";
    sqlx::query(sql).bind(id.0).bind(&who.title).bind(Json(&who.grants)).execute(&mut **tx).await?;
    Ok(())
}

/// Under the name they would like, where nobody has it; else under one that tells that they are another.
async fn add(tx: &mut PgTransaction<'_>, who: &Provided, now: Time) -> Result<PersonId> {
    let id = PersonId(Uuid::now_v7());
    let taken: Vec<String> = sqlx::query_scalar("select name from people").fetch_all(&mut **tx).await?;
    let wanted = fitting(&who.name);
    let name = (1..).map(|n| numbered(&wanted, n)).find(|name| !taken.contains(name)).unwrap_or(wanted);
    let sql = "insert into people (id, name, title, grants, created_at, issuer, subject) values ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(id.0)
        .bind(name)
        .bind(&who.title)
        .bind(Json(&who.grants))
        .bind(now)
        .bind(&who.issuer)
        .bind(&who.subject)
        .execute(&mut **tx)
        .await?;
    Ok(id)
}

/// A name as ours are, made of one that a provider gives.
fn fitting(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_@+".contains(c) { c } else { '-' };
    let text: String = text.trim().to_lowercase().chars().map(plain).take(name::LONGEST_NAME - 10).collect();
    let text = text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    name::name(text).unwrap_or_else(|_| "person".to_owned())
}

fn numbered(name: &str, n: u32) -> String {
    match n {
        1 => name.to_owned(),
        2 => format!("{name}+oidc"),
        n => format!("{name}+oidc{}", n - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_provider_calls_somebody_becomes_a_name() {
        for (given, name) in
            [("Ada", "ada"), ("Ada Lovelace", "ada-lovelace"), ("_x", "x"), ("", "person"), ("ада", "person")]
        {
            assert_eq!(fitting(given), name);
        }
        assert!(name::name(&numbered(&fitting(&"a".repeat(500)), 12_345)).is_ok());
    }
}
