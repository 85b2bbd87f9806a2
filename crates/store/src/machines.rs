//! Machines and their NICs.

use crate::text::{value, word};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::own_system_of;
use pitstop_domain::machine::{Arch, Desk, Firmware, Inventory, Machine};
use pitstop_domain::net::Mac;
use pitstop_domain::probe::Probe;
use pitstop_domain::route::Route;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use std::collections::HashSet;
use uuid::Uuid;

/// A machine that is not in the store yet.
#[derive(Clone, Debug)]
pub struct NewMachine {
    pub name: String,
    pub smbios_uuid: Option<Uuid>,
    pub macs: Vec<Mac>,
    pub site: String,
    pub labels: Vec<String>,
    pub arch: Arch,
    pub firmware: Firmware,
    pub routes: Vec<Route>,
}

pub(crate) const COLUMNS: &str = "m.id, m.name, m.smbios_uuid, m.site, m.labels, m.arch, m.firmware, m.has_agent, m.routes, \
     m.own_image, m.probe, m.inventory, m.created_at, m.version, m.room, m.asset_tag, m.used_by, \
     array(select n.mac from nics n where n.machine_id = m.id order by n.mac) as macs";

pub(crate) fn read(row: &PgRow) -> Result<Machine> {
    let macs: Vec<String> = row.try_get("macs")?;
    let arch: String = row.try_get("arch")?;
    let firmware: String = row.try_get("firmware")?;
    Ok(Machine {
        id: MachineId(row.try_get("id")?),
        name: row.try_get("name")?,
        smbios_uuid: row.try_get("smbios_uuid")?,
        macs: macs.iter().filter_map(|mac| mac.parse().ok()).collect(),
        site: row.try_get("site")?,
        labels: row.try_get("labels")?,
        arch: value(&arch, "an architecture")?,
        firmware: value(&firmware, "a firmware")?,
        has_agent: row.try_get("has_agent")?,
        routes: row.try_get::<Json<Vec<Route>>, _>("routes")?.0,
        probe: row.try_get::<Option<Json<Probe>>, _>("probe")?.map(|json| json.0),
        own_image: row.try_get("own_image")?,
        inventory: row.try_get::<Option<Json<Inventory>>, _>("inventory")?.map(|json| json.0),
        created_at: row.try_get::<Time, _>("created_at")?,
        version: row.try_get("version")?,
        desk: Desk {
            room: row.try_get("room")?,
            asset_tag: row.try_get("asset_tag")?,
            used_by: row.try_get("used_by")?,
        },
    })
}

impl Store {
    /// All machines, by name.
    pub async fn machines(&self) -> Result<Vec<Machine>> {
        let sql = format!("select {COLUMNS} from machines m order by m.name");
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Those of these machines that there are.
    pub async fn machines_of(&self, ids: &[MachineId]) -> Result<Vec<Machine>> {
        let sql = format!("select {COLUMNS} from machines m where m.id = any($1)");
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(ids)
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(read)
            .collect()
    }

    pub async fn machine(&self, id: MachineId) -> Result<Option<Machine>> {
        let sql = format!("select {COLUMNS} from machines m where m.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// The machine with most of these MACs, or else the one with this SMBIOS UUID.
    ///
    /// Boards without a UUID exist, and so do whole series that share one. So the UUID decides only where MACs
    /// cannot: none is given, or none is known of that machine. Taking a machine for its twin would restart the
    /// wrong one and prove the return of another; a machine not recognised is merely a stranger.
    pub async fn find_machine(&self, macs: &[Mac], uuid: Option<Uuid>) -> Result<Option<Machine>> {
        let macs: Vec<String> = macs.iter().map(Mac::to_string).collect();
        let sql = format!(
            "select {COLUMNS} from machines m \
             where m.id in (select machine_id from nics where mac = any($1) union \
                            select id from machines where smbios_uuid = $2 and (cardinality($1) = 0 \
                            or not exists (select 1 from nics where machine_id = machines.id))) \
             order by (select count(*) from nics where machine_id = m.id and mac = any($1)) desc, \
             m.smbios_uuid is not distinct from $2 desc, m.created_at, m.id limit 1"
        );
        let row =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(macs).bind(uuid).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Adds a machine. A name that is taken gets the end of its id behind it; a UUID that is taken is left out,
    /// since it tells nobody apart. When another process added a machine with all its MACs meanwhile, that is it.
    pub async fn add_machine(&self, new: &NewMachine) -> Result<MachineId> {
        self.add(new, None).await
    }

    /// `adopted`: when it was, where it is a stranger that became a machine.
    pub(crate) async fn add(&self, new: &NewMachine, adopted: Option<Time>) -> Result<MachineId> {
        let id = MachineId(Uuid::now_v7());
        let mut tx = self.pool.begin().await?;
        if !insert(&mut tx, id, &new.name, new).await? {
            // The beginning of the id is the time: machines that come together would share it.
            let text = id.0.simple().to_string();
            insert(&mut tx, id, &format!("{}-{}", new.name, &text[text.len() - 8..]), new).await?;
        }
        let added = add_nics(&mut tx, id, &new.macs).await?;
        if added == 0 && !new.macs.is_empty() {
            tx.rollback().await?;
            let known = self.find_machine(&new.macs, None).await?;
            return known.map(|machine| machine.id).ok_or(Error::NotFound("machine"));
        }
        if let Some(now) = adopted {
            crate::hooks::events::of_adoption(&mut tx, id, now).await?;
        }
        changed(&mut tx, id).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// What the agent found. MACs that are new are added; firmware and architecture follow what is really there.
    pub async fn set_inventory(&self, id: MachineId, inventory: &Inventory) -> Result<()> {
        let firmware = if inventory.uefi { Firmware::Uefi } else { Firmware::Bios };
        let macs: Vec<Mac> = inventory.nics.iter().map(|nic| nic.mac).collect();
        let mut tx = self.pool.begin().await?;
        let updated = sqlx::query(
            "update machines set inventory = $2, firmware = $3, version = version + 1 \
             where id = $1 and (inventory is distinct from $2 or firmware <> $3)",
        )
        .bind(id.0)
        .bind(Json(inventory))
        .bind(word(&firmware)?)
        .execute(&mut *tx)
        .await?;
        if updated.rows_affected() > 0 {
            add_nics(&mut tx, id, &macs).await?;
            changed(&mut tx, id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The power ladder, first rung first.
    pub async fn set_routes(&self, id: MachineId, routes: &[Route]) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("update machines set routes = $2, version = version + 1 where id = $1")
            .bind(id.0)
            .bind(Json(routes))
            .execute(&mut *tx)
            .await?;
        changed(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// What shows that the own system is up, where no agent can.
    pub async fn set_probe(&self, id: MachineId, probe: Option<&Probe>) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("update machines set probe = $2, version = version + 1 where id = $1")
            .bind(id.0)
            .bind(probe.map(Json))
            .execute(&mut *tx)
            .await?;
        changed(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// The operational image that is the machine's own system from its next boot on; `None`: what is on the machine.
    ///
    /// # Errors
    /// Refused, with nothing changed, when no version of the image in the catalog suits the machine.
    pub async fn set_own_image(&self, id: MachineId, name: Option<&str>) -> Result<()> {
        let machine = self.machine(id).await?.ok_or(Error::NotFound("machine"))?;
        if let Some(name) = name {
            own_system_of(&machine, name, &self.images().await?).map_err(Error::Refused)?;
        }
        let mut tx = self.pool.begin().await?;
        lock(&mut tx, id).await?;
        sqlx::query(
            "update machines set own_image = $2, version = version + 1 where id = $1 and own_image is distinct from $2",
        )
        .bind(id.0)
        .bind(name)
        .execute(&mut *tx)
        .await?;
        changed(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// The own system has our agent: from now on only its heartbeat proves a return.
    pub async fn set_has_agent(&self, id: MachineId) -> Result<()> {
        let sql =
            "update machines set has_agent = true, version = version + 1 where id = $1 and not has_agent";
        let mut tx = self.pool.begin().await?;
        if sqlx::query(sql).bind(id.0).execute(&mut *tx).await?.rows_affected() > 0 {
            changed(&mut tx, id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The generation of tokens that is valid for a machine.
    pub async fn token_generation(&self, id: MachineId) -> Result<Option<i32>> {
        let sql = "select token_generation from machines where id = $1";
        Ok(sqlx::query_scalar(sql).bind(id.0).fetch_optional(&self.pool).await?)
    }
}

/// False when the name is taken, or another process takes the UUID at this moment.
pub(crate) async fn insert(
    tx: &mut sqlx::PgTransaction<'_>,
    id: MachineId,
    name: &str,
    new: &NewMachine,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into machines (id, name, smbios_uuid, site, labels, arch, firmware, routes) \
         values ($1, $2, (select $3 where not exists (select 1 from machines where smbios_uuid = $3)), \
         $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(id.0)
    .bind(name)
    .bind(new.smbios_uuid)
    .bind(&new.site)
    .bind(&new.labels)
    .bind(word(&new.arch)?)
    .bind(word(&new.firmware)?)
    .bind(Json(&new.routes))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives how many are new.
pub(crate) async fn add_nics(tx: &mut sqlx::PgTransaction<'_>, id: MachineId, macs: &[Mac]) -> Result<u64> {
    let macs: Vec<String> = macs.iter().map(Mac::to_string).collect();
    let sql = "insert into nics (mac, machine_id) select unnest($2::text[]), $1 on conflict (mac) do nothing";
    Ok(sqlx::query(sql).bind(id.0).bind(macs).execute(&mut **tx).await?.rows_affected())
}

/// Whatever changes facts, jobs and calls of a machine together takes this lock first. So such changes come one
/// after the other, and no two transactions wait for each other's rows.
pub(crate) async fn lock(tx: &mut sqlx::PgTransaction<'_>, id: MachineId) -> Result<()> {
    let sql = "select 1 from machines where id = $1 for no key update";
    sqlx::query(sql).bind(id.0).execute(&mut **tx).await?;
    Ok(())
}

/// As [`lock`], for several machines: always in the same order, so that nobody waits in a circle.
pub(crate) async fn lock_all(
    tx: &mut sqlx::PgTransaction<'_>,
    machines: impl Iterator<Item = MachineId>,
) -> Result<()> {
    let ids: Vec<Uuid> = machines.map(|machine| machine.0).collect();
    let sql = "select 1 from machines where id = any($1) order by id for no key update";
    sqlx::query(sql).bind(ids).execute(&mut **tx).await?;
    Ok(())
}

/// As [`lock_all`], but only those that nobody else holds: nothing is waited for. Gives which.
pub(crate) async fn lock_free(
    tx: &mut sqlx::PgTransaction<'_>,
    machines: impl Iterator<Item = MachineId>,
) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = machines.map(|machine| machine.0).collect();
    let sql = "select id from machines where id = any($1) order by id for no key update skip locked";
    Ok(sqlx::query_scalar(sql).bind(ids).fetch_all(&mut **tx).await?.into_iter().collect())
}

/// Tells the dashboards, when the transaction commits.
pub(crate) async fn changed(tx: &mut sqlx::PgTransaction<'_>, id: MachineId) -> Result<()> {
    sqlx::query(
        "select pg_notify('pitstop_changed', json_build_object('kind', 'machine', 'id', id, 'version', version)::text) \
         from machines where id = $1",
    )
    .bind(id.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
