//! Machines and their NICs.

use crate::text::{value, word};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::{Arch, Firmware, Inventory, Machine};
use pitstop_domain::net::Mac;
use pitstop_domain::route::Route;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
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

const COLUMNS: &str = "m.id, m.name, m.smbios_uuid, m.site, m.labels, m.arch, m.firmware, m.has_agent, m.routes, \
     m.inventory, m.created_at, m.version, \
     array(select n.mac from nics n where n.machine_id = m.id order by n.mac) as macs";

fn read(row: &PgRow) -> Result<Machine> {
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
        inventory: row.try_get::<Option<Json<Inventory>>, _>("inventory")?.map(|json| json.0),
        created_at: row.try_get::<Time, _>("created_at")?,
        version: row.try_get("version")?,
    })
}

impl Store {
    /// All machines, by name.
    pub async fn machines(&self) -> Result<Vec<Machine>> {
        let sql = format!("select {COLUMNS} from machines m order by m.name");
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    pub async fn machine(&self, id: MachineId) -> Result<Option<Machine>> {
        let sql = format!("select {COLUMNS} from machines m where m.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// The machine with this SMBIOS UUID, or else with one of these MACs: boards without a UUID exist, and so
    /// do whole series that share one, so a MAC that is known decides first.
    pub async fn find_machine(&self, macs: &[Mac], uuid: Option<Uuid>) -> Result<Option<Machine>> {
        let macs: Vec<String> = macs.iter().map(Mac::to_string).collect();
        let sql = format!(
            "select {COLUMNS} from machines m \
             where m.id in (select machine_id from nics where mac = any($1)) or m.smbios_uuid = $2 \
             order by exists (select 1 from nics where machine_id = m.id and mac = any($1)) desc limit 1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(macs).bind(uuid).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Adds a machine. A name that is taken gets a number behind it.
    pub async fn add_machine(&self, new: &NewMachine) -> Result<MachineId> {
        let id = MachineId(Uuid::now_v7());
        let mut tx = self.pool.begin().await?;
        sqlx::query(
            "insert into machines (id, name, smbios_uuid, site, labels, arch, firmware, routes) \
             values ($1, case when exists (select 1 from machines where name = $2) \
                     then $2 || '-' || left($1::text, 8) else $2 end, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.0)
        .bind(&new.name)
        .bind(new.smbios_uuid)
        .bind(&new.site)
        .bind(&new.labels)
        .bind(word(&new.arch)?)
        .bind(word(&new.firmware)?)
        .bind(Json(&new.routes))
        .execute(&mut *tx)
        .await?;
        add_nics(&mut tx, id, &new.macs).await?;
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

    /// The own system has our agent: from now on only its heartbeat proves a return.
    pub async fn set_has_agent(&self, id: MachineId) -> Result<()> {
        let sql = "update machines set has_agent = true, version = version + 1 where id = $1 and not has_agent";
        sqlx::query(sql).bind(id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// The generation of tokens that is valid for a machine.
    pub async fn token_generation(&self, id: MachineId) -> Result<Option<i32>> {
        let sql = "select token_generation from machines where id = $1";
        Ok(sqlx::query_scalar(sql).bind(id.0).fetch_optional(&self.pool).await?)
    }
}

async fn add_nics(tx: &mut sqlx::PgTransaction<'_>, id: MachineId, macs: &[Mac]) -> Result<()> {
    let macs: Vec<String> = macs.iter().map(Mac::to_string).collect();
    let sql = "insert into nics (mac, machine_id) select unnest($2::text[]), $1 on conflict (mac) do nothing";
    sqlx::query(sql).bind(id.0).bind(macs).execute(&mut **tx).await?;
    Ok(())
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
