//! Labels and sites of many machines, and what people keep of one.

use super::Wanted;
use super::filter::push_where;
use super::state::push_joins_for;
use crate::machines::changed;
use crate::{Error, Result, Store};
use pitstop_domain::event::{Changed, Noun};
use pitstop_domain::id::MachineId;
use pitstop_domain::keep::{Change, Kept};
use sqlx::{PgTransaction, QueryBuilder};
use uuid::Uuid;

/// Machines that are told of one by one; where more changed, pages read what they show again.
const TOLD_EACH: usize = 100;

impl Store {
    /// Changes all machines that are meant. `expect`: so many were agreed to. Gives how many are other than before.
    ///
    /// # Errors
    /// Refused, with nothing changed, where they are another number by now.
    pub async fn change_machines(
        &self,
        wanted: &Wanted<'_>,
        change: &Change,
        expect: Option<u64>,
    ) -> Result<u64> {
        let mut tx = self.pool.begin().await?;
        let mut sql = QueryBuilder::new("select m.id from machines m");
        push_joins_for(&mut sql, wanted.query);
        push_where(&mut sql, wanted)?;
        sql.push(" order by m.id for no key update of m");
        let ids: Vec<Uuid> = sql.build_query_scalar().fetch_all(&mut *tx).await?;
        if let Some(expect) = expect.filter(|expect| *expect != ids.len() as u64) {
            return Err(Error::Refused(format!(
                "these are {} machines by now, not the {expect} that you agreed to: look at them again",
                ids.len()
            )));
        }
        let moved = apply(&mut tx, &ids, change).await?;
        tell(&mut tx, &moved).await?;
        tx.commit().await?;
        Ok(moved.len() as u64)
    }

    /// What people keep of a machine. `version`: as it was when it was read.
    ///
    /// # Errors
    /// Refused where somebody changed the machine meanwhile.
    pub async fn keep_machine(&self, id: MachineId, kept: &Kept, version: i64) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        let sql = "update machines set site = $2, labels = $3, room = $4, asset_tag = $5, used_by = $6, \
                   version = version + 1 where id = $1 and version = $7";
        let done = sqlx::query(sql)
            .bind(id.0)
            .bind(&kept.site)
            .bind(&kept.labels)
            .bind(&kept.desk.room)
            .bind(&kept.desk.asset_tag)
            .bind(&kept.desk.used_by)
            .bind(version)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(Error::Refused(
                "the machine was changed meanwhile: load its page again, then change it".to_owned(),
            ));
        }
        changed(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }
}

async fn apply(tx: &mut PgTransaction<'_>, ids: &[Uuid], change: &Change) -> Result<Vec<Uuid>> {
    let (sql, value) = match change {
        Change::AddLabel(label) => (
            "update machines set labels = labels || $2, version = version + 1 \
             where id = any($1) and not $2 = any(labels) returning id",
            label,
        ),
        Change::RemoveLabel(label) => (
            "update machines set labels = array_remove(labels, $2), version = version + 1 \
             where id = any($1) and $2 = any(labels) returning id",
            label,
        ),
        Change::MoveTo(site) => (
            "update machines set site = $2, version = version + 1 where id = any($1) and site <> $2 returning id",
            site,
        ),
    };
    Ok(sqlx::query_scalar(sql).bind(ids).bind(value).fetch_all(&mut **tx).await?)
}

/// Tells the dashboards, when the transaction commits.
async fn tell(tx: &mut PgTransaction<'_>, ids: &[Uuid]) -> Result<()> {
    if ids.len() > TOLD_EACH {
        let many = Changed { kind: Noun::Machine, id: String::new(), version: 0 };
        let text = serde_json::to_string(&many)?;
        sqlx::query("select pg_notify('pitstop_changed', $1)").bind(text).execute(&mut **tx).await?;
        return Ok(());
    }
    for id in ids {
        changed(tx, MachineId(*id)).await?;
    }
    Ok(())
}
