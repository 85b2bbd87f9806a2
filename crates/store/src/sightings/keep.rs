//! Stores the sightings of many machines in one transaction: six statements, whatever their number.

use super::Sighted;
use super::known::{Known, Verdict};
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{BootId, MachineId};
use pitstop_domain::sighting::Sighting;
use sqlx::PgTransaction;
use sqlx::types::Json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// A sighting that came in.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub machine: MachineId,
    pub sighting: Sighting,
    /// When it came in.
    pub at: Time,
}

/// What became of one: whether it is believed, or `None` where its machine is in other hands at this moment.
pub(super) type Kept = Option<bool>;

impl Store {
    /// Stores these, in their order, but those of machines that another transaction works on: nobody waits for
    /// another machine's.
    pub(super) async fn keep_free(&self, seen: &[Seen]) -> Result<Vec<Kept>> {
        let mut tx = self.pool.begin().await?;
        let free = crate::machines::lock_free(&mut tx, seen.iter().map(|seen| seen.machine)).await?;
        let mine: Vec<&Seen> = seen.iter().filter(|seen| free.contains(&seen.machine.0)).collect();
        let mut believed = keep(&mut tx, &mine).await?.into_iter();
        tx.commit().await?;
        Ok(seen
            .iter()
            .map(|seen| if free.contains(&seen.machine.0) { believed.next() } else { None })
            .collect())
    }

    /// Stores this one, and waits for its machine.
    pub(super) async fn keep_one(&self, seen: &Seen) -> Result<bool> {
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, seen.machine).await?;
        let believed = keep(&mut tx, &[seen]).await?;
        tx.commit().await?;
        Ok(believed.contains(&true))
    }
}

/// The machines are locked. Gives which are believed.
async fn keep(tx: &mut PgTransaction<'_>, seen: &[&Seen]) -> Result<Vec<bool>> {
    if seen.is_empty() {
        return Ok(vec![]);
    }
    let mut known = read(tx, seen).await?;
    let verdicts: Vec<(&Seen, Option<Verdict>)> = seen
        .iter()
        .map(|one| (*one, known.entry(one.machine.0).or_default().take(&one.sighting, one.at)))
        .collect();
    write(tx, &Changes::of(&known, &verdicts)).await?;
    Ok(verdicts.iter().map(|(_, verdict)| verdict.is_some()).collect())
}

async fn read(tx: &mut PgTransaction<'_>, seen: &[&Seen]) -> Result<HashMap<Uuid, Known>> {
    let mut known: HashMap<Uuid, Known> = HashMap::new();
    let machines: HashSet<Uuid> = seen.iter().map(|seen| seen.machine.0).collect();
    let facts: Vec<(Uuid, String, Time, Time, Json<Sighting>)> =
        sqlx::query_as("select machine_id, kind, at, since, sighting from facts where machine_id = any($1)")
            .bind(Vec::from_iter(machines))
            .fetch_all(&mut **tx)
            .await?;
    for (machine, kind, at, since, sighting) in facts {
        let fact = Sighted { at, since, sighting: sighting.0 };
        known.entry(machine).or_default().facts.insert(kind, fact);
    }
    read_boots(tx, seen, &mut known).await?;
    Ok(known)
}

/// Whether the boots that speak were heard before, and which was heard last.
async fn read_boots(
    tx: &mut PgTransaction<'_>,
    seen: &[&Seen],
    known: &mut HashMap<Uuid, Known>,
) -> Result<()> {
    let speaking: HashSet<(Uuid, &BootId)> =
        seen.iter().filter_map(|seen| Some((seen.machine.0, seen.sighting.boot()?))).collect();
    if speaking.is_empty() {
        return Ok(());
    }
    let (machines, boots): (Vec<Uuid>, Vec<&str>) =
        speaking.iter().map(|(machine, boot)| (*machine, boot.0.as_str())).unzip();
    let rows: Vec<(Uuid, String, Option<String>, bool)> = sqlx::query_as(
        "select a.machine, a.boot, last.boot, last.boot <> a.boot and exists (\
             select 1 from sightings where machine_id = a.machine \
             and sighting ->> 'kind' in ('own_agent', 'maintenance_agent') and sighting ->> 'boot_id' = a.boot) \
         from unnest($1::uuid[], $2::text[]) as a (machine, boot) \
         cross join lateral (select (select sighting ->> 'boot_id' from sightings where machine_id = a.machine \
             and sighting ->> 'kind' in ('own_agent', 'maintenance_agent') order by at desc, id desc limit 1) as boot) last \
         where last.boot is not null",
    )
    .bind(machines)
    .bind(boots)
    .fetch_all(&mut **tx)
    .await?;
    for (machine, boot, last, heard) in rows {
        let known = known.entry(machine).or_default();
        known.last_boot = last.map(BootId);
        if heard || known.last_boot.as_ref().is_some_and(|last| last.0 == boot) {
            known.heard.insert(BootId(boot));
        }
    }
    Ok(())
}

/// All that these sightings change.
#[derive(Default)]
struct Changes<'a> {
    facts: BTreeMap<(Uuid, &'a str), &'a Sighted>,
    /// What tells something new, in the order in which it came.
    story: Vec<(Uuid, Time, &'a Sighting)>,
    /// Machines whose open jobs may move.
    woken: BTreeMap<Uuid, Time>,
    /// Machines that pages show.
    shown: BTreeSet<Uuid>,
}

impl<'a> Changes<'a> {
    fn of(known: &'a HashMap<Uuid, Known>, verdicts: &[(&'a Seen, Option<Verdict>)]) -> Self {
        let mut changes = Self::default();
        for (seen, verdict) in verdicts {
            let (machine, kind) = (seen.machine.0, seen.sighting.fact());
            let Some(verdict) = verdict else { continue };
            let fact = known.get(&machine).and_then(|known| known.facts.get(kind));
            if let Some(fact) = fact.filter(|_| verdict.newest) {
                changes.facts.insert((machine, kind), fact);
            }
            if verdict.news {
                changes.story.push((machine, verdict.at, &seen.sighting));
            }
            if verdict.wakes {
                let at = changes.woken.entry(machine).or_insert(verdict.at);
                *at = verdict.at.max(*at);
            }
            if verdict.shown {
                changes.shown.insert(machine);
            }
        }
        changes
    }
}

/// One statement for all. A heartbeat that only renews a fact takes no lock, so the fact may be newer by now.
async fn write(tx: &mut PgTransaction<'_>, changes: &Changes<'_>) -> Result<()> {
    macro_rules! column {
        ($of:expr, |$row:pat_param| $value:expr) => {
            $of.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    sqlx::query(
        "with renewed as (insert into facts (machine_id, kind, at, since, sighting) \
             select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::jsonb[]) \
             on conflict (machine_id, kind) do update \
             set at = excluded.at, since = excluded.since, sighting = excluded.sighting where facts.at <= excluded.at), \
         told as (insert into sightings (machine_id, at, sighting) select machine, at, sighting \
             from unnest($6::uuid[], $7::timestamptz[], $8::jsonb[]) with ordinality as s (machine, at, sighting, n) \
             order by n), \
         woken as (update jobs j set wake_at = w.at from unnest($9::uuid[], $10::timestamptz[]) as w (machine, at) \
             where j.machine_id = w.machine and j.phase <> 'closed' returning 1) \
         select pg_notify('pitstop_wake', '') from (select from woken limit 1) as any_of_them \
         union all \
         select pg_notify('pitstop_changed', json_build_object('kind', kind, 'id', id, 'version', version)::text) from (\
             select 'job' as kind, id, version from jobs where machine_id = any($11) and phase not in ('queued', 'closed') \
             union all select 'machine', id, version from machines where id = any($11)) as shown",
    )
    .bind(column!(changes.facts, |((machine, _), _)| *machine))
    .bind(column!(changes.facts, |((_, kind), _)| *kind))
    .bind(column!(changes.facts, |(_, fact)| fact.at))
    .bind(column!(changes.facts, |(_, fact)| fact.since))
    .bind(column!(changes.facts, |(_, fact)| Json(&fact.sighting)))
    .bind(column!(changes.story, |(machine, ..)| *machine))
    .bind(column!(changes.story, |(_, at, _)| *at))
    .bind(column!(changes.story, |(.., sighting)| Json(*sighting)))
    .bind(column!(changes.woken, |(machine, _)| *machine))
    .bind(column!(changes.woken, |(_, at)| *at))
    .bind(column!(changes.shown, |machine| *machine))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
