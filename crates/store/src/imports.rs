//! Lists of machines that are read in: kept as a draft until somebody confirms, then stored whole or not at all.

use crate::machines::{COLUMNS, NewMachine, add_nics, changed, insert, read};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::keep::Kept;
use pitstop_domain::machine::{Desk, Machine};
use pitstop_domain::net::Mac;
use sqlx::PgTransaction;
use uuid::Uuid;

/// A machine that is known, as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    pub id: MachineId,
    pub version: i64,
    pub name: String,
    pub kept: Kept,
    /// Those that it has stay.
    pub macs: Vec<Mac>,
}

impl Store {
    /// Keeps a list until it is confirmed. Those of days before go.
    pub async fn draft_import(&self, text: &str, now: Time) -> Result<Uuid> {
        let id = Uuid::now_v7();
        let mut tx = self.pool.begin().await?;
        let old = "delete from import_drafts where created_at < $1 - interval '1 day'";
        sqlx::query(old).bind(now).execute(&mut *tx).await?;
        let sql = "insert into import_drafts (id, text, created_at) values ($1, $2, $3)";
        sqlx::query(sql).bind(id).bind(text).bind(now).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The list of a draft.
    pub async fn import_draft(&self, id: Uuid) -> Result<Option<String>> {
        let sql = "select text from import_drafts where id = $1";
        Ok(sqlx::query_scalar(sql).bind(id).fetch_optional(&self.pool).await?)
    }

    pub async fn drop_import_draft(&self, id: Uuid) -> Result<()> {
        sqlx::query("delete from import_drafts where id = $1").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Machines that are known by one of these names, MAC addresses or UUIDs.
    pub async fn machines_known_by(
        &self,
        names: &[String],
        macs: &[Mac],
        uuids: &[Uuid],
    ) -> Result<Vec<Machine>> {
        let macs: Vec<String> = macs.iter().map(Mac::to_string).collect();
        let sql = format!(
            "select {COLUMNS} from machines m where m.name = any($1) or m.smbios_uuid = any($3) \
             or m.id in (select machine_id from nics where mac = any($2))"
        );
        let asked = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(names).bind(macs).bind(uuids);
        asked.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Stores new machines and changes known ones: all of them, or none.
    ///
    /// # Errors
    /// Refused where somebody added or changed one of them meanwhile.
    pub async fn import(&self, new: &[(NewMachine, Desk)], updated: &[Updated]) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        for (new, desk) in new {
            add(&mut tx, new, desk).await?;
        }
        for machine in updated {
            update(&mut tx, machine).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn meanwhile(name: &str) -> Error {
    Error::Refused(format!(
        "{name} was added or changed meanwhile, so nothing was stored: look at the list again"
    ))
}

async fn add(tx: &mut PgTransaction<'_>, new: &NewMachine, desk: &Desk) -> Result<()> {
    let id = MachineId(Uuid::now_v7());
    if !insert(tx, id, &new.name, new).await? || add_nics(tx, id, &new.macs).await? < new.macs.len() as u64 {
        return Err(meanwhile(&new.name));
    }
    let sql = "update machines set room = $2, asset_tag = $3, used_by = $4 where id = $1";
    sqlx::query(sql)
        .bind(id.0)
        .bind(&desk.room)
        .bind(&desk.asset_tag)
        .bind(&desk.used_by)
        .execute(&mut **tx)
        .await?;
    changed(tx, id).await
}

async fn update(tx: &mut PgTransaction<'_>, machine: &Updated) -> Result<()> {
    let Kept { site, labels, desk } = &machine.kept;
    let done = sqlx::query(
        "update machines set name = $3, site = $4, labels = $5, room = $6, asset_tag = $7, used_by = $8, \
         version = version + 1 where id = $1 and version = $2 \
         and not exists (select 1 from machines other where other.name = $3 and other.id <> $1)",
    )
    .bind(machine.id.0)
    .bind(machine.version)
    .bind(&machine.name)
    .bind(site)
    .bind(labels)
    .bind(&desk.room)
    .bind(&desk.asset_tag)
    .bind(&desk.used_by)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(meanwhile(&machine.name));
    }
    add_nics(tx, machine.id, &machine.macs).await?;
    changed(tx, machine.id).await
}
