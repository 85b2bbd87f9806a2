//! All that the decision about a job may look at, for many jobs at once.

use super::Claimed;
use crate::sightings::Sighted;
use crate::text::value;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::ask::Question;
use pitstop_domain::facts::{CallFact, Decided, Facts, InMaintenance, PowerFact, Said, Seen};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::job::{Job, Phase};
use pitstop_domain::presence::Presence;
use pitstop_domain::sighting::{Sighting, Told};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A job whose facts are asked for, with what stands in its own row.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub job: &'a Job,
    pub cancel: &'a Option<Seen<String>>,
    pub decision: &'a Option<Seen<Decided>>,
}

impl Store {
    /// All that the decision about a claimed job may look at.
    pub async fn load_facts(&self, claimed: &Claimed, now: Time) -> Result<Facts> {
        let mut one = self.load_facts_of(std::slice::from_ref(claimed), now).await?;
        one.pop().unwrap_or(Err(Error::NotFound("job")))
    }

    /// The facts of several claimed jobs, in their order. A fact that cannot be read holds up its own job only.
    pub async fn load_facts_of(&self, claimed: &[Claimed], now: Time) -> Result<Vec<Result<Facts>>> {
        let asked: Vec<_> = claimed
            .iter()
            .map(|one| Asked { job: &one.job, cancel: &one.cancel, decision: &one.decision })
            .collect();
        let mut connection = self.pool.acquire().await?;
        facts_for(&mut connection, &asked, now).await
    }
}

/// Three queries, whatever the number of jobs; another for the places of sites where jobs are queued, two more where people are
/// asked, another where machines are shut down again, and another where a criterion looks into the log.
pub(crate) async fn facts_for(
    db: &mut PgConnection,
    asked: &[Asked<'_>],
    now: Time,
) -> Result<Vec<Result<Facts>>> {
    let seen = newest_sightings(db, asked).await?;
    let calls = calls_of_phase(db, asked).await?;
    let standing = standing(db, asked).await?;
    let (present, questions) = manners(db, asked).await?;
    let to_be_off = to_be_off(db, asked).await?;
    let ready = |one: &&Asked<'_>| {
        let free = standing.get(&one.job.id.0).is_some_and(|(_, free)| *free);
        one.job.phase == Phase::Queued && free && one.cancel.is_none() && !questions.contains_key(&one.job.id)
    };
    let ready: Vec<Uuid> = asked.iter().filter(ready).map(|one| one.job.id.0).collect();
    let mut wanting = crate::places::wanting(db, &ready, now).await?;
    let mut all = Vec::with_capacity(asked.len());
    for one in asked {
        let mut facts =
            Facts { cancel: one.cancel.clone(), decision: one.decision.clone(), ..Facts::default() };
        let (touched, free) = standing.get(&one.job.id.0).copied().unwrap_or((false, false));
        (facts.touched, facts.machine_free) = (touched, free);
        facts.presence = present.get(&one.job.machine).cloned();
        facts.question = questions.get(&one.job.id).cloned();
        facts.no_place = wanting.remove(&one.job.id.0);
        facts.to_be_off = to_be_off.contains(&one.job.machine);
        let read = read_into(&mut facts, one.job, seen.get(&one.job.machine.0), calls.get(&one.job.id.0));
        if read.is_ok() {
            facts.log_hits = log_hits(db, one.job).await?;
        }
        all.push(read.map(|()| facts));
    }
    Ok(all)
}

type Present = HashMap<MachineId, Seen<Presence>>;

/// Who is at the machines whose people are asked, and what became of their questions. Most jobs ask nobody.
async fn manners(db: &mut PgConnection, asked: &[Asked<'_>]) -> Result<(Present, HashMap<JobId, Question>)> {
    let asking = || asked.iter().filter(|one| one.job.phase == Phase::Queued && one.job.plan.ask.is_some());
    if asking().next().is_none() {
        return Ok(Default::default());
    }
    let machines: Vec<_> = asking().map(|one| one.job.machine).collect();
    let jobs: Vec<_> = asking().map(|one| one.job.id).collect();
    let present = crate::presences::of(&mut *db, &machines).await?.into_iter();
    let present = present.map(|(id, (what, at))| (id, Seen { at, what })).collect();
    Ok((present, crate::questions::of_jobs(db, &jobs).await?))
}

/// Machines that the jobs before were about to shut down, where the plan has it too.
async fn to_be_off(db: &mut PgConnection, asked: &[Asked<'_>]) -> Result<HashSet<MachineId>> {
    let wants = |one: &&Asked<'_>| one.job.phase == Phase::Queued && one.job.plan.off_again;
    let machines: Vec<_> = asked.iter().filter(wants).map(|one| one.job.machine).collect();
    if machines.is_empty() { Ok(HashSet::new()) } else { crate::shut_downs::to_be_off(db, &machines).await }
}

type RawSighting = (Time, Time, serde_json::Value);

async fn newest_sightings(
    db: &mut PgConnection,
    asked: &[Asked<'_>],
) -> Result<HashMap<Uuid, Vec<RawSighting>>> {
    let machines: Vec<Uuid> = asked.iter().map(|one| one.job.machine.0).collect();
    let rows: Vec<(Uuid, Time, Time, serde_json::Value)> = sqlx::query_as(
        "select machine_id, at, since, sighting from facts where machine_id = any($1) order by at",
    )
    .bind(machines)
    .fetch_all(db)
    .await?;
    let mut by_machine: HashMap<Uuid, Vec<RawSighting>> = HashMap::new();
    for (machine, at, since, sighting) in rows {
        by_machine.entry(machine).or_default().push((at, since, sighting));
    }
    Ok(by_machine)
}

async fn calls_of_phase(db: &mut PgConnection, asked: &[Asked<'_>]) -> Result<HashMap<Uuid, Vec<PgRow>>> {
    let ids: Vec<Uuid> = asked.iter().map(|one| one.job.id.0).collect();
    let since: Vec<Time> = asked.iter().map(|one| one.job.phase_since).collect();
    let phases: Vec<&str> = asked.iter().map(|one| one.job.phase.name()).collect();
    let rows = sqlx::query(
        "select c.* from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as a (id, since, phase) \
         join calls c on c.job_id = a.id and c.phase_since = a.since and c.phase = a.phase",
    )
    .bind(ids)
    .bind(since)
    .bind(phases)
    .fetch_all(db)
    .await?;
    let mut by_job: HashMap<Uuid, Vec<PgRow>> = HashMap::new();
    for row in rows {
        by_job.entry(row.try_get("job_id")?).or_default().push(row);
    }
    Ok(by_job)
}

/// Whether a job's machine may have been touched, and whether it is free for this job. What a worker only prepared has
/// touched nothing, an agent acts only when it knows that its answer is stored, and a machine that somebody else
/// restarts is touched when it is told of its assignment.
async fn standing(db: &mut PgConnection, asked: &[Asked<'_>]) -> Result<HashMap<Uuid, (bool, bool)>> {
    let ids: Vec<Uuid> = asked.iter().map(|one| one.job.id.0).collect();
    let rows: Vec<(Uuid, bool, bool)> = sqlx::query_as(
        "select j.id, j.offered_at is not null or exists (select 1 from calls c where c.job_id = j.id and c.phase = 'switching' \
             and c.state in ('pressed', 'accepted')), \
         j.phase <> 'queued' or not exists (select 1 from jobs o where o.machine_id = j.machine_id and o.id <> j.id \
             and (o.phase in ('switching', 'running', 'restoring', 'held') \
                  or (o.phase = 'queued' and (o.created_at, o.id) < (j.created_at, j.id)))) \
         from jobs j where j.id = any($1)",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(id, touched, free)| (id, (touched, free))).collect())
}

fn read_into(
    facts: &mut Facts,
    job: &Job,
    seen: Option<&Vec<RawSighting>>,
    calls: Option<&Vec<PgRow>>,
) -> Result<()> {
    for (at, since, sighting) in seen.into_iter().flatten() {
        let sighting = serde_json::from_value(sighting.clone())?;
        put(facts, job, Sighted { at: *at, since: *since, sighting });
    }
    facts.calls = calls.into_iter().flatten().map(read_call).collect::<Result<_>>()?;
    Ok(())
}

fn read_call(row: &PgRow) -> Result<CallFact> {
    let (phase, state): (String, String) = (row.try_get("phase")?, row.try_get("state")?);
    Ok(CallFact {
        boot: row.try_get::<Option<String>, _>("boot_id")?.map(pitstop_domain::id::BootId),
        phase: value(&phase, "a phase")?,
        attempt: u32::try_from(row.try_get::<i32, _>("attempt")?).unwrap_or(0),
        state: value(&state, "a state of calls")?,
        since: row.try_get("changed_at")?,
        answer: row.try_get("answer")?,
        found_off: row
            .try_get::<Option<String>, _>("found_off")?
            .map(|word| value(&word, "what shows that a machine is off"))
            .transpose()?,
    })
}

/// Puts a sighting where the decision looks for it. Fetches count only for the job they were for; a loader
/// comes by TFTP, which names no job.
fn put(facts: &mut Facts, job: &Job, seen: Sighted) {
    let Sighted { at, since, sighting } = seen;
    match sighting {
        Sighting::OwnAgent { boot_id } => {
            facts.own_agent = Some(Seen { at, what: boot_id });
            facts.own_first_heard = Some(since);
        }
        Sighting::MaintenanceAgent { job, boot_id } => {
            facts.maintenance_agent = Some(Seen { at, what: InMaintenance { job, boot_id } });
        }
        Sighting::AskedToBoot { told: Told::Maintenance, .. } => {
            facts.asked_to_boot = Some(Seen { at, what: () });
        }
        Sighting::AskedToBoot { told: Told::OwnSystem, .. } => facts.sent_home = Some(Seen { at, what: () }),
        Sighting::Fetched(fetched) => {
            if fetched.done && fetched.job.is_none_or(|id| id == job.id) {
                facts.fetched.push(Seen { at, what: fetched.step });
            }
        }
        Sighting::AskedToBoot { told: Told::Nothing, .. } => {}
        // Of the own system's image: no evidence of anything but its own boot, which its agent proves better.
        Sighting::ToldOwnImage { .. } | Sighting::FetchedOwn(_) => {}
        Sighting::Progress { .. } | Sighting::OutsideJob { .. } | Sighting::ShutDown { .. } => {}
        Sighting::Reported { job, outcome, summary } => {
            facts.reported = Some(Seen { at, what: Said { job, outcome, summary } });
        }
        Sighting::UrlCalled { job, outcome, summary } => {
            facts.url_called = Some(Seen { at, what: Said { job, outcome, summary } });
        }
        Sighting::Power { on, .. } => facts.power = Some(PowerFact { on, at, since }),
        Sighting::Probed { answered: true, .. } => facts.probe_answered = Some(Seen { at, what: () }),
        Sighting::Probed { answered: false, .. } => facts.probe_silent = Some(Seen { at, what: () }),
    }
}

/// Lines of the job's log that one of its criteria looks for.
async fn log_hits(db: &mut PgConnection, job: &Job) -> Result<Vec<String>> {
    let wanted = wanted_lines(job);
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    let sql = "select text from job_log l where job_id = $1 \
               and exists (select 1 from unnest($2::text[]) w where strpos(l.text, w) > 0) limit 100";
    Ok(sqlx::query_scalar(sql).bind(job.id.0).bind(wanted).fetch_all(db).await?)
}

/// Texts that the job's criteria look for in its log.
fn wanted_lines(job: &Job) -> Vec<String> {
    use pitstop_domain::ending::Condition::{self, All, Any, LogContains};
    fn collect(condition: &Condition, into: &mut Vec<String>) {
        match condition {
            Any(parts) | All(parts) => parts.iter().for_each(|part| collect(part, into)),
            LogContains(text) => into.push(text.clone()),
            _ => {}
        }
    }
    let mut wanted = Vec::new();
    job.plan.ending.0.iter().for_each(|criterion| collect(&criterion.when, &mut wanted));
    wanted
}
