//! The machines of a run, one by one.

use super::NewMember;
use super::admission::Started;
use crate::text::value;
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{JobId, MachineId, RunId};
use pitstop_domain::job::{EndedAs, Outcome};
use pitstop_domain::run::{JobSeen, Member, MemberState};
use sqlx::Row;
use sqlx::postgres::PgRow;
use std::collections::HashMap;

/// A member and what people read beside it.
#[derive(Clone, Debug)]
pub struct MemberRow {
    pub member: Member,
    pub name: String,
    /// What its job waits for, in words.
    pub awaits: Option<String>,
    /// How its job ended.
    pub ended: Option<EndedAs>,
    pub started_at: Option<Time>,
    pub closed_at: Option<Time>,
}

/// What a decision looks at; the sign is wanted only where silence means something. `proven`: proven back, or never
/// touched.
pub(super) const COLUMNS: &str = "rm.machine_id, rm.wave, rm.state, rm.why, rm.forgiven, m.site, m.name, \
     j.id as job_id, j.phase, j.outcome, j.because, j.phase_since, j.created_at as started_at, j.closed_at, \
     j.waiting ->> 'awaits' as awaits, \
     coalesce((j.waiting ->> 'for_others')::boolean, false) as for_others, (j.proof is not null or j.switching_since is null) as proven, \
     case when j.phase in ('switching', 'restoring') then \
         (select max(f.at) from facts f where f.machine_id = rm.machine_id and f.at >= j.created_at) end as sign \
     from run_members rm join machines m on m.id = rm.machine_id left join jobs j on j.id = rm.job_id";

impl Store {
    /// The members of a run, in the order in which they go.
    pub async fn run_members(&self, run: RunId) -> Result<Vec<MemberRow>> {
        let sql = format!("select {COLUMNS} where rm.run_id = $1 order by rm.position");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(run.0).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The models of the members of a run, of those that say theirs.
    pub async fn run_models(&self, run: RunId) -> Result<HashMap<MachineId, String>> {
        let sql = "select m.id, m.inventory ->> 'model' from run_members rm join machines m on m.id = rm.machine_id \
                   where rm.run_id = $1 and coalesce(m.inventory ->> 'model', '') <> ''";
        let rows: Vec<(uuid::Uuid, String)> = sqlx::query_as(sql).bind(run.0).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(id, model)| (MachineId(id), model)).collect())
    }
}

/// The members of a new run, those that are started at once with their jobs.
pub(super) async fn insert(
    tx: &mut sqlx::PgTransaction<'_>,
    run: RunId,
    members: &[NewMember],
    started: &[Started],
) -> Result<()> {
    let started: HashMap<MachineId, &Started> = started.iter().map(|one| (one.machine, one)).collect();
    let machines: Vec<_> = members.iter().map(|member| member.machine.0).collect();
    let waves: Vec<_> = members.iter().map(|member| i32::try_from(member.wave).unwrap_or(i32::MAX)).collect();
    let (mut jobs, mut refused) = (vec![], vec![]);
    for member in members {
        let job = started.get(&member.machine).map(|started| &started.job);
        jobs.push(job.and_then(|job| job.as_ref().ok()).map(|job| job.id.0));
        refused.push(member.refused.clone().or(job.and_then(|job| job.as_ref().err().cloned())));
    }
    sqlx::query(
        "insert into run_members (run_id, machine_id, position, wave, state, job_id, why) \
         select $1, machine, position, wave, \
             case when job is not null then 'job' when why is null then 'waiting' else 'refused' end, job, why \
         from unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[]) with ordinality \
             as member (machine, wave, job, why, position)",
    )
    .bind(run.0)
    .bind(machines)
    .bind(waves)
    .bind(jobs)
    .bind(refused)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) fn read(row: &PgRow) -> Result<MemberRow> {
    let outcome = row.try_get::<Option<String>, _>("outcome")?;
    let outcome = outcome.map(|word| value::<Outcome>(&word, "an outcome")).transpose()?;
    let because = row.try_get::<Option<String>, _>("because")?.unwrap_or_default();
    let closed_at: Option<Time> = row.try_get("closed_at")?;
    let wave: i32 = row.try_get("wave")?;
    Ok(MemberRow {
        member: Member {
            machine: MachineId(row.try_get("machine_id")?),
            site: row.try_get("site")?,
            wave: u32::try_from(wave).unwrap_or(0),
            state: state(row)?,
            forgiven: row.try_get("forgiven")?,
        },
        name: row.try_get("name")?,
        awaits: row.try_get("awaits")?,
        ended: outcome.map(|outcome| EndedAs { outcome, because }).filter(|_| closed_at.is_some()),
        started_at: row.try_get("started_at")?,
        closed_at,
    })
}

fn state(row: &PgRow) -> Result<MemberState> {
    let word: String = row.try_get("state")?;
    Ok(match word.as_str() {
        "waiting" => MemberState::Waiting,
        "refused" => MemberState::Refused { why: row.try_get::<Option<_>, _>("why")?.unwrap_or_default() },
        "skipped" => MemberState::Skipped,
        "job" => MemberState::Job(seen(row)?),
        _ => return Err(Error::Unreadable { value: word, expected: "a state of members" }),
    })
}

fn seen(row: &PgRow) -> Result<JobSeen> {
    let phase: String = row.try_get("phase")?;
    let outcome = row.try_get::<Option<String>, _>("outcome")?;
    Ok(JobSeen {
        job: JobId(row.try_get("job_id")?),
        phase: value(&phase, "a phase")?,
        outcome: outcome.map(|word| value(&word, "an outcome")).transpose()?,
        proven: row.try_get("proven")?,
        since: row.try_get("phase_since")?,
        sign: row.try_get("sign")?,
        for_others: row.try_get("for_others")?,
    })
}
