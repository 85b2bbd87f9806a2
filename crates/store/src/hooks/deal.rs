//! Events are dealt out: each hook that wants one has a delivery of it. Searches are looked at here and not in the transaction
//! of what happened, which is not to wait for them.

use super::changed;
use crate::fleet::among;
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::hook::Hook;
use pitstop_domain::id::HookId;
use sqlx::types::Json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Events at once.
const SOME: i64 = 500;

/// An event that is to be dealt.
#[derive(sqlx::FromRow)]
struct Undealt {
    id: Uuid,
    at: Time,
    kind: String,
    machine_id: Option<Uuid>,
    run_id: Option<Uuid>,
}

/// The machines that events are about.
struct About {
    of_runs: HashMap<Uuid, Vec<Uuid>>,
}

impl About {
    fn machines<'a>(&'a self, event: &'a Undealt) -> impl Iterator<Item = Uuid> + 'a {
        let of_run = event.run_id.and_then(|run| self.of_runs.get(&run)).into_iter().flatten().copied();
        event.machine_id.into_iter().chain(of_run)
    }
}

impl Store {
    /// Deals events that happened; gives how many. Several workers do so beside each other.
    pub async fn deal_events(&self, now: Time) -> Result<usize> {
        let mut tx = self.pool.begin().await?;
        let sql = "select id, at, kind, machine_id, run_id from hook_events where dealt_at is null \
                   order by at, id limit $1 for update skip locked";
        let events: Vec<Undealt> = sqlx::query_as(sql).bind(SOME).fetch_all(&mut *tx).await?;
        if events.is_empty() {
            return Ok(0);
        }
        let hooks: Vec<(Json<Hook>, Time)> =
            sqlx::query_as("select hook, made_at from hooks order by id for key share")
                .fetch_all(&mut *tx)
                .await?;
        let about = about(&mut tx, &events).await?;
        for (hook, made_at) in hooks {
            let hook = hook.0;
            let of_kind: Vec<&Undealt> = events
                .iter()
                .filter(|event| event.at >= made_at)
                .filter(|event| hook.kinds.iter().any(|kind| kind.name() == event.kind))
                .collect();
            let wanted = wanted(&mut tx, &hook, of_kind, &about, now).await?;
            put(&mut tx, hook.id, &wanted, now).await?;
        }
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        let sql = "update hook_events set dealt_at = $2 where id = any($1)";
        sqlx::query(sql).bind(&ids).bind(now).execute(&mut *tx).await?;
        // Nobody wants it after all: its machine is none of those that are searched for.
        let sql = "delete from hook_events e where id = any($1) \
                   and not exists (select 1 from hook_deliveries d where d.event_id = e.id)";
        sqlx::query(sql).bind(&ids).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(events.len())
    }
}

async fn about(tx: &mut sqlx::PgTransaction<'_>, events: &[Undealt]) -> Result<About> {
    let runs: Vec<Uuid> = events.iter().filter_map(|event| event.run_id).collect();
    let mut of_runs: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    if !runs.is_empty() {
        let sql = "select run_id, machine_id from run_members where run_id = any($1)";
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(sql).bind(runs).fetch_all(&mut **tx).await?;
        for (run, machine) in rows {
            of_runs.entry(run).or_default().push(machine);
        }
    }
    Ok(About { of_runs })
}

/// Those about machines that the hook's search finds.
async fn wanted<'a>(
    tx: &mut sqlx::PgTransaction<'_>,
    hook: &Hook,
    events: Vec<&'a Undealt>,
    about: &About,
    now: Time,
) -> Result<Vec<&'a Undealt>> {
    if hook.query.is_empty() || events.is_empty() {
        return Ok(events);
    }
    let query = match hook.machines() {
        Ok(query) => query,
        Err(why) => {
            // It was read when it was kept: a version that knew more words wrote it.
            tracing::warn!(
                webhook = hook.name,
                why,
                "The search of a webhook is not understood; it is told of all."
            );
            return Ok(events);
        }
    };
    let machines: HashSet<Uuid> = events.iter().flat_map(|event| about.machines(event)).collect();
    let found = among(tx, &query, &Vec::from_iter(machines), now).await?;
    let is_about_one = |event: &&Undealt| about.machines(event).any(|machine| found.contains(&machine));
    Ok(events.into_iter().filter(is_about_one).collect())
}

async fn put(tx: &mut sqlx::PgTransaction<'_>, hook: HookId, events: &[&Undealt], now: Time) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let sql = "insert into hook_deliveries (hook_id, event_id, at, due_at) \
               select $1, id, at, $4 from unnest($2::uuid[], $3::timestamptz[]) as e (id, at) order by at, id \
               on conflict do nothing";
    sqlx::query(sql)
        .bind(hook.0)
        .bind(events.iter().map(|event| event.id).collect::<Vec<_>>())
        .bind(events.iter().map(|event| event.at).collect::<Vec<_>>())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    changed(tx, hook, now).await
}
