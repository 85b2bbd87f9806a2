//! People, and how they show who they are.
//!
//! - here: who there is, what they were given, whether they are locked out
//! - [`token`]: what browsers and programs hold; only its digest is stored
//! - [`sessions`], [`links`], [`api_tokens`]: what holds such a token
//! - [`provided`]: people whom an identity provider vouches for; [`started`]: sign-ins that are on their way to it
//! - [`throttle`]: sign-ins that failed; [`audit`]: what was done
//! - [`places`]: where machines, jobs and runs stand, for who may see only a part

pub mod api_tokens;
pub mod audit;
pub mod links;
pub mod places;
pub mod provided;
pub mod sessions;
pub mod started;
pub mod throttle;
pub mod token;

use crate::{Error, Result, Store};
use audit::Entry;
use pitstop_domain::Time;
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::id::PersonId;
use pitstop_domain::people::{Grant, Role};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgTransaction, Row};
use uuid::Uuid;

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub title: String,
    pub grants: Vec<Grant>,
    /// They have chosen one.
    pub has_password: bool,
    /// The identity provider that vouches for them; roles, title and the way in are its.
    pub issuer: Option<String>,
    pub locked_at: Option<Time>,
    pub created_at: Time,
    /// The newest of their open sessions.
    pub seen_at: Option<Time>,
    /// Open sessions.
    pub sessions: u64,
}

impl Person {
    /// Can they do all there is to do, now?
    pub fn is_administrator(&self) -> bool {
        self.locked_at.is_none()
            && self.has_password
            && self.grants.contains(&Grant::everywhere(Role::Administrator))
    }
}

pub(crate) const COLUMNS: &str = "p.id, p.name, p.title, p.grants, p.password is not null as has_password, p.issuer, \
     p.locked_at, p.created_at as person_since, \
     (select max(seen_at) from sessions x where x.person_id = p.id) as person_seen, \
     (select count(*) from sessions x where x.person_id = p.id and x.ended_at is null and x.expires_at > now()) as open";

pub(crate) fn read(row: &PgRow) -> Result<Person> {
    Ok(Person {
        id: PersonId(row.try_get("id")?),
        name: row.try_get("name")?,
        title: row.try_get("title")?,
        grants: row.try_get::<Json<_>, _>("grants")?.0,
        has_password: row.try_get("has_password")?,
        issuer: row.try_get("issuer")?,
        locked_at: row.try_get("locked_at")?,
        created_at: row.try_get("person_since")?,
        seen_at: row.try_get("person_seen")?,
        sessions: row.try_get::<i64, _>("open")?.unsigned_abs(),
    })
}

impl Store {
    /// All people, by name.
    pub async fn people(&self) -> Result<Vec<Person>> {
        let sql = format!("select {COLUMNS} from people p order by p.name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    pub async fn person(&self, id: PersonId) -> Result<Option<Person>> {
        let sql = format!("select {COLUMNS} from people p where p.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Whoever signs in by this name, and the hash of their password.
    pub async fn person_by_name(&self, name: &str) -> Result<Option<(Person, Option<String>)>> {
        let sql = format!("select {COLUMNS}, p.password from people p where p.name = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(name).fetch_optional(&self.pool).await?;
        row.map(|row| Ok((read(&row)?, row.try_get("password")?))).transpose()
    }

    /// Is there anybody who can do all there is to do?
    pub async fn has_administrator(&self) -> Result<bool> {
        Ok(self.people().await?.iter().any(Person::is_administrator))
    }

    /// Adds somebody, who has no way in yet.
    ///
    /// # Errors
    /// [`Error::Refused`] when the name is taken.
    pub async fn add_person(
        &self,
        name: &str,
        title: &str,
        grants: &[Grant],
        entry: &Entry,
    ) -> Result<PersonId> {
        let (id, now) = (PersonId(Uuid::now_v7()), self.now());
        let mut tx = self.pool.begin().await?;
        insert(&mut tx, id, name, title, grants, now).await?;
        audit::insert(&mut tx, entry, now).await?;
        tell(&mut tx, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// What somebody is called and may do from now on.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody would be left who may do everything, or an identity provider says it.
    pub async fn change_person(
        &self,
        id: PersonId,
        title: &str,
        grants: &[Grant],
        entry: &Entry,
    ) -> Result<()> {
        self.is_ours(id).await?;
        let sql = "update people set title = $2, grants = $3, version = version + 1 where id = $1";
        self.change(sqlx::query(sql).bind(id.0).bind(title).bind(Json(grants)), entry, None).await
    }

    /// Locks somebody out, with all they hold, or lets them in again.
    ///
    /// # Errors
    /// [`Error::Refused`] when nobody would be left who may do everything.
    pub async fn lock_person(&self, id: PersonId, locked: bool, entry: &Entry) -> Result<()> {
        let sql = "update people set locked_at = $2, version = version + 1 where id = $1";
        let since = locked.then(|| self.now());
        self.change(sqlx::query(sql).bind(id.0).bind(since), entry, locked.then_some(id)).await
    }

    /// Another password. Everything that was opened with the old one is closed, but for one session.
    pub async fn set_password(
        &self,
        id: PersonId,
        hash: &str,
        but: Option<pitstop_domain::id::SessionId>,
        entry: &Entry,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.pool.begin().await?;
        let sql = "update people set password = $2, version = version + 1 where id = $1";
        if sqlx::query(sql).bind(id.0).bind(hash).execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("person"));
        }
        sessions::end_all(&mut tx, id, but, now).await?;
        audit::insert(&mut tx, entry, now).await?;
        tell(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// What an identity provider says of somebody is not changed here: it would say it again.
    async fn is_ours(&self, id: PersonId) -> Result<()> {
        match self.person(id).await?.and_then(|person| person.issuer) {
            Some(issuer) => Err(Error::Refused(format!(
                "they come from {issuer}, which says their roles at each sign-in, and have no password here: change their groups there, or lock them out here"
            ))),
            None => Ok(()),
        }
    }

    /// `out`: ends all that this person holds, in the same transaction.
    async fn change(
        &self,
        query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
        entry: &Entry,
        out: Option<PersonId>,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.pool.begin().await?;
        // Two administrators who take each other's role at the same moment would leave nobody.
        sqlx::query("lock table people in share row exclusive mode").execute(&mut *tx).await?;
        let before = administrators(&mut tx).await?;
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("person"));
        }
        if before > 0 && administrators(&mut tx).await? == 0 {
            return Err(Error::Refused(
                "nobody would be left who may manage people: make somebody else an administrator first"
                    .to_owned(),
            ));
        }
        if let Some(person) = out {
            sessions::end_all(&mut tx, person, None, now).await?;
        }
        audit::insert(&mut tx, entry, now).await?;
        tell(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }
}

async fn administrators(tx: &mut PgTransaction<'_>) -> Result<i64> {
    // `grants @> …` would find administrators with a scope, too.
    let sql = "select count(*) from people where locked_at is null and password is not null \
               and exists (select from jsonb_array_elements(grants) g where g = $1)";
    let whole = Json(Grant::everywhere(Role::Administrator));
    Ok(sqlx::query_scalar(sql).bind(whole).fetch_one(&mut **tx).await?)
}

pub(crate) async fn insert(
    tx: &mut PgTransaction<'_>,
    id: PersonId,
    name: &str,
    title: &str,
    grants: &[Grant],
    now: Time,
) -> Result<()> {
    let sql = "insert into people (id, name, title, grants, created_at) values ($1, $2, $3, $4, $5)";
    let query = sqlx::query(sql).bind(id.0).bind(name).bind(title).bind(Json(grants)).bind(now);
    match query.execute(&mut **tx).await.map_err(Error::from) {
        Err(error) if error.is_conflict() => {
            Err(Error::Refused(format!("there is somebody called {name} already: choose another name")))
        }
        done => done.map(drop),
    }
}

/// Pages look again, and streams ask whether their session still holds.
pub(crate) async fn tell(tx: &mut PgTransaction<'_>, now: Time) -> Result<()> {
    let changed = Changed { kind: Noun::Person, id: String::new(), version: now.timestamp_micros() };
    sqlx::query("select pg_notify('pitstop_changed', $1)")
        .bind(serde_json::to_string(&changed)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
