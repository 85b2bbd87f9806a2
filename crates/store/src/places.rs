//! Places at sites: which jobs have to wait until others of their site have their images. The rule is
//! [`pitstop_domain::places`]; here is what it looks at.

use crate::{Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::places::{FETCHES_FOR_S, Fetching, Turn, no_place};
use pitstop_domain::site::Site;
use pitstop_domain::step::Step;
use sqlx::types::Json;
use sqlx::{PgConnection, PgTransaction};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// What the images of jobs `j` weigh, with `i` for the image.
const BYTES: &str =
    "coalesce((select sum((p ->> 'bytes')::bigint) from jsonb_array_elements(i.parts) p), 0)::bigint";

/// Of these queued jobs, those that have no place at their site now, and why. They take places from each other: what a person
/// asked for comes before what a run did, and the oldest first.
pub(crate) async fn wanting(
    db: &mut PgConnection,
    jobs: &[Uuid],
    now: Time,
) -> Result<HashMap<Uuid, String>> {
    let mut wanting = HashMap::new();
    let limited = if jobs.is_empty() { BTreeMap::new() } else { limited(db).await? };
    if limited.is_empty() {
        return Ok(wanting);
    }
    let names: Vec<&str> = limited.keys().map(String::as_str).collect();
    let mut fetching = fetching(db, &names, now).await?;
    for (job, site, bytes) in in_turn(db, jobs, &names).await? {
        let bytes = u64::try_from(bytes).unwrap_or_default();
        let now = fetching.entry(site.clone()).or_default();
        match limited.get(&site).and_then(|site| no_place(site, *now, bytes)) {
            Some(why) => drop(wanting.insert(job, why)),
            None => *now = now.and(bytes),
        }
    }
    Ok(wanting)
}

/// Sites whose machines take turns.
async fn limited(db: &mut PgConnection) -> Result<BTreeMap<String, Site>> {
    let sql = "select value from settings where name = 'sites'";
    let found: Option<Json<Vec<Site>>> = sqlx::query_scalar(sql).fetch_optional(db).await?;
    let sites = found.map(|json| json.0).unwrap_or_default().into_iter();
    Ok(sites.filter(Site::has_places).map(|site| (site.name.clone(), site)).collect())
}

/// What is on its way into an image at each of these sites.
async fn fetching(db: &mut PgConnection, sites: &[&str], now: Time) -> Result<HashMap<String, Fetching>> {
    let sql = format!(
        "select m.site, count(*), coalesce(sum({BYTES}), 0)::bigint from jobs j \
         join machines m on m.id = j.machine_id join images i on i.digest = j.image \
         where j.phase = 'switching' and j.attempt_since > $2 and m.site = any($1) group by m.site"
    );
    let since = now - TimeDelta::seconds(FETCHES_FOR_S.into());
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(sites).bind(since).fetch_all(db).await?;
    let read = |(site, machines, bytes)| {
        let machines = u32::try_from(machines).unwrap_or(u32::MAX);
        (site, Fetching { machines, bytes: u64::try_from(bytes).unwrap_or_default() })
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Those at these sites, in the order in which they get places: job, site, and what its image weighs.
async fn in_turn(db: &mut PgConnection, jobs: &[Uuid], sites: &[&str]) -> Result<Vec<(Uuid, String, i64)>> {
    let sql = format!(
        "select j.id, m.site, {BYTES} from jobs j join machines m on m.id = j.machine_id \
         join images i on i.digest = j.image where j.id = any($1) and m.site = any($2) \
         order by j.run_id is not null, j.created_at, j.id"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(jobs).bind(sites).fetch_all(db).await?)
}

/// Of these steps, those that would take a place that another worker gave away meanwhile. One worker after the other asks:
/// the lock is held until the transaction's end.
pub(crate) async fn taken_meanwhile(
    tx: &mut PgTransaction<'_>,
    decided: &[(&Job, &Step)],
    now: Time,
) -> Result<HashSet<Uuid>> {
    let takes = |job: &Job, step: &Step| {
        (job.phase, step.job.phase) == (Phase::Queued, Phase::Switching) && job.plan.ask.is_none()
    };
    let jobs: Vec<Uuid> =
        decided.iter().filter(|(job, step)| takes(job, step)).map(|(job, _)| job.id.0).collect();
    if jobs.is_empty() || limited(tx).await?.is_empty() {
        return Ok(HashSet::new());
    }
    sqlx::query("select pg_advisory_xact_lock(hashtext('pitstop_places'))").execute(&mut **tx).await?;
    Ok(wanting(tx, &jobs, now).await?.into_keys().collect())
}

/// Machines that have their images, or are given up, leave places: as many of their sites' jobs are looked at.
pub(crate) async fn freed(tx: &mut PgTransaction<'_>, decided: &[(&Job, &Step)], now: Time) -> Result<()> {
    let left = |job: &Job, step: &Step| job.phase == Phase::Switching && step.job.phase != Phase::Switching;
    let machines: Vec<Uuid> =
        decided.iter().filter(|(job, step)| left(job, step)).map(|(job, _)| job.machine.0).collect();
    if machines.is_empty() {
        return Ok(());
    }
    let limited = limited(tx).await?;
    if limited.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = limited.keys().map(String::as_str).collect();
    // One that another worker has in its hands is looked at without us. Twice as many as left: some may wait for other things.
    let sql = "update jobs set wake_at = $3 where id in (\
               select j.id from jobs j join machines m on m.id = j.machine_id \
               where j.phase = 'queued' and j.lease_until is null and j.wake_at > $3 and m.site in (\
                   select site from machines where id = any($1) and site = any($2)) \
               order by j.run_id is not null, j.created_at, j.id limit $4 for update of j skip locked)";
    let woken = sqlx::query(sql).bind(&machines).bind(names).bind(now).bind(2 * machines.len() as i64);
    if woken.execute(&mut **tx).await?.rows_affected() > 0 {
        sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    }
    Ok(())
}

/// How long a machine is on its way into an image where nobody has gone it yet, in seconds.
const GUESSED_WAY_S: f64 = 60.0;

impl Store {
    /// How machines take turns on their way to this function, by their sites; those that need not are not among them.
    pub async fn turns(&self, function: &str) -> Result<BTreeMap<String, Turn>> {
        let limited = limited(&mut *self.pool.acquire().await?).await?;
        if limited.is_empty() {
            return Ok(BTreeMap::new());
        }
        let sql = format!(
            "select max({BYTES}) from images i join functions f on f.definition ->> 'image' = i.name \
             where f.name = $1 and i.removed_at is null and i.channel = 'stable'"
        );
        let bytes: Option<i64> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(function).fetch_one(&self.pool).await?;
        let bytes = u64::try_from(bytes.unwrap_or_default()).unwrap_or_default();
        let way = self.usual_phase_seconds(function, None, Phase::Switching).await?;
        let way_s = way.unwrap_or(GUESSED_WAY_S).max(0.0).round() as u64;
        Ok(limited
            .into_iter()
            .filter_map(|(name, site)| Some((name, Turn::of(&site, bytes, way_s)?)))
            .collect())
    }

    /// How many machines of each site are on their way into an image now, at sites whose machines take turns.
    pub async fn places_taken(&self) -> Result<BTreeMap<String, u32>> {
        let mut db = self.pool.acquire().await?;
        let limited = limited(&mut db).await?;
        let names: Vec<&str> = limited.keys().map(String::as_str).collect();
        let taken = fetching(&mut db, &names, self.now()).await?;
        Ok(taken.into_iter().map(|(site, fetching)| (site, fetching.machines)).collect())
    }
}
