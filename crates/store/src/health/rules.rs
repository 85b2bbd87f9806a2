//! Rules, and the guard over all of them.

use super::changed;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::health::{Guard, Rule};
use pitstop_domain::id::RuleId;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

/// A rule and what stands beside it.
#[derive(Clone, Debug)]
pub struct RuleRow {
    pub rule: Rule,
    pub changed_by: String,
    pub changed_at: Time,
    pub wake_at: Time,
    pub version: i64,
}

pub(super) fn read(row: &PgRow) -> Result<RuleRow> {
    Ok(RuleRow {
        rule: row.try_get::<Json<Rule>, _>("rule")?.0,
        changed_by: row.try_get("changed_by")?,
        changed_at: row.try_get("changed_at")?,
        wake_at: row.try_get("wake_at")?,
        version: row.try_get("version")?,
    })
}

impl Store {
    /// All rules, by name.
    pub async fn health_rules(&self) -> Result<Vec<RuleRow>> {
        let rows = sqlx::query("select * from health_rules order by name").fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    pub async fn health_rule(&self, id: RuleId) -> Result<Option<RuleRow>> {
        let row = sqlx::query("select * from health_rules where id = $1").bind(id.0);
        row.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Keeps a rule, new or changed; it is looked at at once. `version`: the one that was changed.
    ///
    /// # Errors
    /// When another has this name, or it was changed meanwhile.
    pub async fn keep_health_rule(
        &self,
        rule: &Rule,
        version: Option<i64>,
        by: &str,
        now: Time,
    ) -> Result<()> {
        let sql = match version {
            None => {
                "insert into health_rules (id, name, function, rule, enabled, changed_by, changed_at, wake_at) \
                 values ($1, $2, $3, $4, $5, $6, $7, $7)"
            }
            Some(_) => {
                "update health_rules set name = $2, function = $3, rule = $4, enabled = $5, changed_by = $6, \
                 changed_at = $7, wake_at = $7, version = version + 1 where id = $1 and version = $8"
            }
        };
        let query = sqlx::query(sql)
            .bind(rule.id.0)
            .bind(&rule.name)
            .bind(&rule.function)
            .bind(Json(rule))
            .bind(rule.enabled)
            .bind(by)
            .bind(now);
        let query = match version {
            Some(version) => query.bind(version),
            None => query,
        };
        let mut tx = self.pool.begin().await?;
        let done = query.execute(&mut *tx).await.map_err(Error::from);
        let done = done.map_err(|error| match error.is_conflict() {
            true => {
                Error::Refused(format!("there is a rule `{}` already: give this one another name", rule.name))
            }
            false => error,
        })?;
        if done.rows_affected() == 0 {
            return Err(Error::Refused("somebody changed this rule meanwhile: look at it again".to_owned()));
        }
        sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut *tx).await?;
        changed(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets a rule with its alerts. Jobs that it started go on.
    pub async fn remove_health_rule(&self, id: RuleId, now: Time) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let done = sqlx::query("delete from health_rules where id = $1").bind(id.0).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(Error::NotFound("rule"));
        }
        changed(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// What holds for all rules together.
    pub async fn health_guard(&self) -> Result<Guard> {
        let sql = "select value from settings where name = 'health'";
        let found: Option<Json<Guard>> = sqlx::query_scalar(sql).fetch_optional(&self.pool).await?;
        Ok(found.map(|json| json.0).unwrap_or_default())
    }

    /// Sets it. What a worker is deciding on at this moment is not stored, and decided on anew.
    pub async fn set_health_guard(&self, guard: &Guard, now: Time) -> Result<()> {
        let sql = "insert into settings (name, value, changed_at) values ('health', $1, $2) \
                   on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at";
        let mut tx = self.pool.begin().await?;
        sqlx::query(sql).bind(Json(guard)).bind(now).execute(&mut *tx).await?;
        changed(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }
}
