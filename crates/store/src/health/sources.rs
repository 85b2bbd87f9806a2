//! Sources: who elsewhere may tell of machines. Their secrets are derived, as tokens are: nothing of them is stored.

use super::changed;
use crate::{Error, Keys, Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::health::elsewhere::Source;
use pitstop_domain::id::SourceId;
use pitstop_domain::secret::Secret;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// How long the former secret holds after a change, so that nothing is lost while it is put in place there.
pub const FORMER: TimeDelta = TimeDelta::hours(1);

/// A source, and what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRow {
    pub source: Source,
    pub generation: i32,
    pub former_until: Option<Time>,
    pub changed_by: String,
    pub changed_at: Time,
    pub revoked: Option<(String, Time)>,
    /// How often it was turned away since it was last let in; when and why last.
    pub refused: Option<(u64, Time, String)>,
    pub delivered_at: Option<Time>,
    /// Alerts of it that fire, and those that are about no machine.
    pub firing: u64,
    pub unmatched: u64,
}

const SELECT: &str = "select s.*, (select max(at) from health_deliveries d where d.source_id = s.id) as delivered_at, \
     (select count(*) from health_tidings t where t.source_id = s.id and firing) as firing, \
     (select count(*) from health_tidings t where t.source_id = s.id and firing and machine_id is null) as unmatched \
     from health_sources s";

fn read(row: &PgRow) -> Result<SourceRow> {
    let revoked_by: Option<String> = row.try_get("revoked_by")?;
    let refused: i64 = row.try_get("refused")?;
    let (refused_at, why): (Option<Time>, Option<String>) =
        (row.try_get("refused_at")?, row.try_get("refused_why")?);
    let count = |name: &str| -> Result<u64> { Ok(row.try_get::<i64, _>(name)?.unsigned_abs()) };
    Ok(SourceRow {
        source: row.try_get::<Json<Source>, _>("source")?.0,
        generation: row.try_get("generation")?,
        former_until: row.try_get("former_until")?,
        changed_by: row.try_get("changed_by")?,
        changed_at: row.try_get("changed_at")?,
        revoked: revoked_by.zip(row.try_get("revoked_at")?),
        refused: refused_at.zip(why).map(|(at, why)| (refused.unsigned_abs(), at, why)),
        delivered_at: row.try_get("delivered_at")?,
        firing: count("firing")?,
        unmatched: count("unmatched")?,
    })
}

impl SourceRow {
    /// Generations whose secrets hold now, the newest first.
    pub fn generations(&self, now: Time) -> Vec<i32> {
        if self.revoked.is_some() {
            return vec![];
        }
        let former = self.former_until.is_some_and(|until| now < until);
        std::iter::once(self.generation).chain(former.then_some(self.generation - 1)).collect()
    }
}

impl Store {
    /// All sources, by name; those that were revoked last.
    pub async fn health_sources(&self) -> Result<Vec<SourceRow>> {
        let sql = format!("{SELECT} order by s.revoked_at is not null, s.name");
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    pub async fn health_source(&self, id: SourceId) -> Result<Option<SourceRow>> {
        let sql = format!("{SELECT} where s.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Keeps a new source, and gives its secret.
    ///
    /// # Errors
    /// When another has this name.
    pub async fn add_health_source(
        &self,
        keys: &Keys,
        source: &Source,
        by: &str,
        now: Time,
    ) -> Result<Secret> {
        let sql = "insert into health_sources (id, name, source, changed_by, changed_at) values ($1, $2, $3, $4, $5)";
        let mut tx = self.pool.begin().await?;
        let query =
            sqlx::query(sql).bind(source.id.0).bind(&source.name).bind(Json(source)).bind(by).bind(now);
        let done = query.execute(&mut *tx).await.map_err(Error::from);
        done.map_err(|error| match error.is_conflict() {
            true => Error::Refused(format!(
                "there is a source `{}` already: give this one another name",
                source.name
            )),
            false => error,
        })?;
        changed(&mut tx, now).await?;
        tx.commit().await?;
        Ok(Secret::new(keys.source_secret(source.id, 1)))
    }

    /// Gives a source another secret. `keep`: the former one holds for an hour more.
    ///
    /// # Errors
    /// When there is none, or it was revoked.
    pub async fn rotate_health_source(
        &self,
        keys: &Keys,
        id: SourceId,
        keep: bool,
        by: &str,
        now: Time,
    ) -> Result<Secret> {
        let sql = "update health_sources set generation = generation + 1, former_until = $2, changed_by = $3, \
                   changed_at = $4 where id = $1 and revoked_at is null returning generation";
        let mut tx = self.pool.begin().await?;
        let until = keep.then(|| now + FORMER);
        let query = sqlx::query_scalar(sql).bind(id.0).bind(until).bind(by).bind(now);
        let generation: Option<i32> = query.fetch_optional(&mut *tx).await?;
        let generation = generation.ok_or(Error::NotFound("source"))?;
        changed(&mut tx, now).await?;
        tx.commit().await?;
        Ok(Secret::new(keys.source_secret(id, generation)))
    }

    /// From now on it may tell nothing, and what it told is not believed.
    ///
    /// # Errors
    /// When there is none, or it was revoked before.
    pub async fn revoke_health_source(&self, id: SourceId, by: &str, now: Time) -> Result<()> {
        let sql =
            "update health_sources set revoked_by = $2, revoked_at = $3 where id = $1 and revoked_at is null";
        let mut tx = self.pool.begin().await?;
        let done = sqlx::query(sql).bind(id.0).bind(by).bind(now).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound("source"));
        }
        changed(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Somebody was turned away. Written once in a second, whoever asks how often.
    pub async fn health_source_refused(&self, id: SourceId, why: &str, now: Time) -> Result<()> {
        let sql = "update health_sources set refused = refused + 1, refused_at = $3, refused_why = $2 \
                   where id = $1 and (refused_at is null or refused_at < $3 - interval '1 second')";
        sqlx::query(sql).bind(id.0).bind(why).bind(now).execute(&self.pool).await?;
        Ok(())
    }
}
