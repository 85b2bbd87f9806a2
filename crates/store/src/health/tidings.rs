//! What sources tell: deliveries come in, and what each alert is now is kept. What is told again counts once.

use super::changed;
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::health::elsewhere::{Delivery, Said, Source, Tiding, about, keys};
use pitstop_domain::id::{MachineId, SourceId};
use pitstop_domain::people::Scope;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Deliveries of a source that are shown; older ones go, once their signature is too old to be shown again.
const SHOWN: i64 = 50;

/// A delivery, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub at: Time,
    pub words: String,
    pub came_from: String,
}

/// An alert of a source, as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct TidingRow {
    pub tiding: Tiding,
    pub machine: Option<(MachineId, String)>,
    /// Why it is about no machine.
    pub unmatched: Option<String>,
    pub times: u64,
    pub labels: BTreeMap<String, String>,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// In words.
    Yes(String),
    /// Its signature was shown before: nothing was stored.
    Before,
}

const COLUMNS: &str = "t.source_id, s.name as source_name, t.name, t.firing, t.since, t.told_at, t.summary, \
     case when s.revoked_at is null then (s.source ->> 'believed_s')::bigint else 0 end as believed_s";

fn tiding(row: &PgRow) -> Result<Tiding> {
    Ok(Tiding {
        source: SourceId(row.try_get("source_id")?),
        source_name: row.try_get("source_name")?,
        name: row.try_get("name")?,
        firing: row.try_get("firing")?,
        since: row.try_get("since")?,
        told_at: row.try_get("told_at")?,
        believed_s: u32::try_from(row.try_get::<i64, _>("believed_s")?).unwrap_or_default(),
        summary: row.try_get("summary")?,
    })
}

impl Store {
    /// Stores what a source told, all of it at once. `seal`: of a signed delivery, its signature.
    pub async fn take_delivery(
        &self,
        source: &Source,
        delivery: &Delivery,
        seal: Option<&[u8]>,
        came_from: &str,
        now: Time,
    ) -> Result<Taken> {
        let named = self.named(source, &delivery.said).await?;
        let mut tx = self.pool.begin().await?;
        // Deliveries of one source queue here: two at once must not tell the same alert in turns.
        let sql =
            "update health_sources set refused = 0, refused_at = null, refused_why = null where id = $1";
        sqlx::query(sql).bind(source.id.0).execute(&mut *tx).await?;
        let (mut firing, mut unmatched) = (0, 0);
        for said in &delivery.said {
            let machine = about(&said.labels, &source.labels, &named);
            firing += usize::from(said.firing);
            unmatched += usize::from(machine.is_err());
            put(&mut tx, source.id, said, machine, now).await?;
        }
        let words = words(delivery, firing, unmatched);
        let seal = seal.map(|seal| Sha256::digest(seal).to_vec());
        let sql = "insert into health_deliveries (source_id, at, seal, words, came_from) values ($1, $2, $3, $4, $5) \
                   on conflict do nothing";
        let query = sqlx::query(sql).bind(source.id.0).bind(now).bind(seal).bind(&words).bind(came_from);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(Taken::Before);
        }
        let sql = "delete from health_deliveries where source_id = $1 and at < $2 - interval '1 hour' and id not in \
                   (select id from health_deliveries where source_id = $1 order by at desc limit $3)";
        sqlx::query(sql).bind(source.id.0).bind(now).bind(SHOWN).execute(&mut *tx).await?;
        changed(&mut tx, now).await?;
        tx.commit().await?;
        Ok(Taken::Yes(words))
    }

    /// Which machines the labels name: by name, with or without a domain, by id, SMBIOS UUID, MAC or IP address. Who has just
    /// this name goes before who has it with a domain behind.
    async fn named(&self, source: &Source, all: &[Said]) -> Result<HashMap<String, Vec<MachineId>>> {
        let values =
            all.iter().flat_map(|said| source.labels.iter().filter_map(|label| said.labels.get(label)));
        let wanted: Vec<String> =
            values.flat_map(|value| keys(value)).collect::<BTreeSet<_>>().into_iter().collect();
        let sql = "with k as (select unnest($1::text[]) as key) \
                   select key, id, true as whole from k join machines m on lower(m.name) = key \
                   union select key, id, true from k join machines m on m.id::text = key \
                   union select key, id, true from k join machines m on m.smbios_uuid::text = key \
                   union select key, machine_id, true from k join nics n on n.mac = key \
                   union select key, id, true from machines m, unnest(m.addresses) as a join k on a = key \
                   union select key, id, false from k join machines m on split_part(lower(m.name), '.', 1) = key";
        let rows: Vec<(String, Uuid, bool)> = sqlx::query_as(sql).bind(&wanted).fetch_all(&self.pool).await?;
        let whole: BTreeSet<&str> = rows.iter().filter(|row| row.2).map(|row| row.0.as_str()).collect();
        let mut named: HashMap<String, BTreeSet<MachineId>> = HashMap::new();
        for (key, machine, is_whole) in &rows {
            if *is_whole || !whole.contains(key.as_str()) {
                named.entry(key.clone()).or_default().insert(MachineId(*machine));
            }
        }
        Ok(named.into_iter().map(|(key, machines)| (key, machines.into_iter().collect())).collect())
    }

    /// What was told of these machines under these names.
    pub async fn tidings_of(
        &self,
        machines: &[MachineId],
        names: &[String],
    ) -> Result<HashMap<MachineId, Vec<Tiding>>> {
        let ids: Vec<Uuid> = machines.iter().map(|machine| machine.0).collect();
        let sql = format!(
            "select t.machine_id, {COLUMNS} from health_tidings t join health_sources s on s.id = t.source_id \
             where t.machine_id = any($1) and t.name = any($2)"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ids).bind(names);
        let mut found: HashMap<MachineId, Vec<Tiding>> = HashMap::new();
        for row in query.fetch_all(&self.pool).await? {
            found.entry(MachineId(row.try_get("machine_id")?)).or_default().push(tiding(&row)?);
        }
        Ok(found)
    }

    /// Alerts of a source, or of a machine: what fires first, then the newest.
    pub async fn tidings(
        &self,
        source: Option<SourceId>,
        machine: Option<MachineId>,
        scopes: Option<&[Scope]>,
        limit: i64,
    ) -> Result<Vec<TidingRow>> {
        let sql = format!(
            "select {COLUMNS}, t.machine_id, m.name as machine_name, t.unmatched, t.times, t.labels from health_tidings t \
             join health_sources s on s.id = t.source_id left join machines m on m.id = t.machine_id \
             where ($1::uuid is null or t.source_id = $1) and ($2::uuid is null or t.machine_id = $2) \
             and ($3::jsonb is null or in_scope(m.site, m.labels, $3)) \
             order by t.firing desc, t.unmatched is null, t.told_at desc limit $4"
        );
        let query =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(source.map(|id| id.0)).bind(machine.map(|id| id.0));
        let rows = query.bind(scopes.map(Json)).bind(limit).fetch_all(&self.pool).await?;
        let line = |row: &PgRow| -> Result<TidingRow> {
            let machine: Option<Uuid> = row.try_get("machine_id")?;
            Ok(TidingRow {
                tiding: tiding(row)?,
                machine: machine.map(MachineId).zip(row.try_get("machine_name")?),
                unmatched: row.try_get("unmatched")?,
                times: row.try_get::<i64, _>("times")?.unsigned_abs(),
                labels: row.try_get::<Json<_>, _>("labels")?.0,
            })
        };
        rows.iter().map(line).collect()
    }

    /// Names of alerts that were told, for a form.
    pub async fn told_names(&self) -> Result<Vec<String>> {
        let sql = "select distinct name from health_tidings order by name limit 500";
        Ok(sqlx::query_scalar(sql).fetch_all(&self.pool).await?)
    }

    pub async fn health_deliveries(&self, source: SourceId) -> Result<Vec<DeliveryRow>> {
        let sql = "select at, words, came_from from health_deliveries where source_id = $1 order by at desc limit $2";
        let rows: Vec<(Time, String, String)> =
            sqlx::query_as(sql).bind(source.0).bind(SHOWN).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(at, words, came_from)| DeliveryRow { at, words, came_from }).collect())
    }

    /// Forgets what was over, or about no machine, for a month. What fires on a machine stays: silence resolves nothing.
    pub async fn forget_old_tidings(&self, now: Time) -> Result<()> {
        let sql = "delete from health_tidings where told_at < $1 - interval '30 days' and (not firing or machine_id is null)";
        sqlx::query(sql).bind(now).execute(&self.pool).await?;
        Ok(())
    }
}

async fn put(
    tx: &mut sqlx::PgTransaction<'_>,
    source: SourceId,
    said: &Said,
    machine: std::result::Result<MachineId, String>,
    now: Time,
) -> Result<()> {
    // Since: of what fires again after it was over, and of what is over now, from now on. What fires with the beginning of what
    // was told as over came late, and changes nothing.
    let sql = "insert into health_tidings as t (source_id, fingerprint, machine_id, unmatched, name, firing, since, told_at, \
                   began, summary, labels) values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10) \
               on conflict (source_id, fingerprint) do update set machine_id = excluded.machine_id, \
                   unmatched = excluded.unmatched, firing = excluded.firing, told_at = excluded.told_at, \
                   since = case when t.firing = excluded.firing then t.since else excluded.since end, \
                   times = case when t.firing = excluded.firing then t.times + 1 else 1 end, \
                   began = excluded.began, summary = excluded.summary, labels = excluded.labels \
               where not (excluded.firing and not t.firing and t.began <> '' and t.began = excluded.began)";
    let (id, unmatched) = match machine {
        Ok(machine) => (Some(machine.0), None),
        Err(why) => (None, Some(why)),
    };
    sqlx::query(sql)
        .bind(source.0)
        .bind(Sha256::digest(said.fingerprint.as_bytes()).to_vec())
        .bind(id)
        .bind(unmatched)
        .bind(&said.name)
        .bind(said.firing)
        .bind(now)
        .bind(&said.began)
        .bind(&said.summary)
        .bind(Json(&said.labels))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn words(delivery: &Delivery, firing: usize, unmatched: usize) -> String {
    let all = delivery.said.len();
    let mut words = format!("{firing} firing, {} over", all - firing);
    if unmatched > 0 {
        words.push_str(&format!("; {unmatched} of them about no machine"));
    }
    if delivery.cut > 0 {
        words.push_str(&format!("; the source left out {} more (max_alerts)", delivery.cut));
    }
    words
}
