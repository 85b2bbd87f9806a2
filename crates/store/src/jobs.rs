//! Jobs as rows. Only [`crate::trip`] moves a phase; everybody else states an intent here.

use crate::text::{value, word};
use crate::{Error, Result, Store};
use pitstop_domain::Time;
use pitstop_domain::act::decisions;
use pitstop_domain::facts::{Decided, Seen};
use pitstop_domain::id::{BootId, JobId, MachineId, RunId};
use pitstop_domain::job::{EndedAs, Initiator, Job, Phase, Plan};
use pitstop_domain::people::Scope;
use pitstop_domain::step::Waiting;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{QueryBuilder, Row};
use std::collections::{BTreeSet, HashMap};

/// A job and what stands beside it.
#[derive(Clone, Debug)]
pub struct JobRow {
    pub job: Job,
    pub machine_name: String,
    pub initiator: Initiator,
    /// The run that started it.
    pub run: Option<RunId>,
    pub waiting: Option<Waiting>,
    pub cancel: Option<Seen<String>>,
    pub report: Option<serde_json::Value>,
    pub created_at: Time,
    pub closed_at: Option<Time>,
    pub version: i64,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    pub machine: Option<MachineId>,
    pub phase: Option<Phase>,
    /// Only jobs that are not closed (true), or only closed ones (false).
    pub open: Option<bool>,
    /// Only those that stand behind this one: jobs of one run are made at one moment, so their time alone would lose some.
    pub after: Option<JobId>,
    pub limit: i64,
    /// Only of machines within one of these scopes; `None`: of all.
    pub scopes: Option<Vec<Scope>>,
}

pub(crate) const COLUMNS: &str = "j.*, m.name as machine_name";

pub(crate) fn read_job(row: &PgRow) -> Result<Job> {
    let word_of = |column: &str| row.try_get::<Option<String>, _>(column);
    let phase: String = row.try_get("phase")?;
    let image: String = row.try_get("image")?;
    let ended = match word_of("outcome")? {
        None => None,
        Some(outcome) => Some(EndedAs {
            outcome: value(&outcome, "an outcome")?,
            because: word_of("because")?.unwrap_or_default(),
        }),
    };
    Ok(Job {
        id: JobId(row.try_get("id")?),
        machine: MachineId(row.try_get("machine_id")?),
        function: row.try_get("function")?,
        image: value(&image, "a digest")?,
        plan: row.try_get::<Json<Plan>, _>("plan")?.0,
        phase: value(&phase, "a phase")?,
        attempt: u32::try_from(row.try_get::<i32, _>("attempt")?).unwrap_or(0),
        phase_since: row.try_get("phase_since")?,
        attempt_since: row.try_get("attempt_since")?,
        switching_since: row.try_get("switching_since")?,
        boot_before: word_of("boot_before")?.map(BootId),
        boot_attempt: word_of("boot_attempt")?.map(BootId),
        boot_maintenance: word_of("boot_maintenance")?.map(BootId),
        was_off: row.try_get("was_off")?,
        ended,
        proof: word_of("proof")?.map(|word| value(&word, "a proof")).transpose()?,
    })
}

pub(crate) fn read(row: &PgRow) -> Result<JobRow> {
    Ok(JobRow {
        job: read_job(row)?,
        machine_name: row.try_get("machine_name")?,
        initiator: row.try_get::<Json<Initiator>, _>("initiator")?.0,
        run: row.try_get::<Option<_>, _>("run_id")?.map(RunId),
        waiting: json(row, "waiting")?,
        cancel: json(row, "cancel")?,
        report: row.try_get("report")?,
        created_at: row.try_get("created_at")?,
        closed_at: row.try_get("closed_at")?,
        version: row.try_get("version")?,
    })
}

pub(crate) fn json<T: serde::de::DeserializeOwned + Send + Unpin + 'static>(
    row: &PgRow,
    column: &str,
) -> Result<Option<T>> {
    Ok(row.try_get::<Option<Json<T>>, _>(column)?.map(|json| json.0))
}

impl Store {
    /// Adds a queued job and wakes the worker.
    pub async fn add_job(&self, job: &Job, initiator: &Initiator) -> Result<()> {
        insert(&mut *self.pool.acquire().await?, job, initiator, None).await
    }

    pub async fn job(&self, id: JobId) -> Result<Option<JobRow>> {
        let sql =
            format!("select {COLUMNS} from jobs j join machines m on m.id = j.machine_id where j.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Jobs, newest first.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<JobRow>> {
        // Only what is asked stands in it: a plan for all questions at once reads every job that there ever was.
        let mut sql = QueryBuilder::new(format!(
            "select {COLUMNS} from jobs j join machines m on m.id = j.machine_id where true"
        ));
        if let Some(machine) = filter.machine {
            sql.push(" and j.machine_id = ").push_bind(machine.0);
        }
        if let Some(phase) = filter.phase {
            sql.push(" and j.phase = ").push_bind(phase.name());
        }
        // An index knows those that are not closed, by these words.
        match filter.open.or(filter.phase.map(|phase| phase != Phase::Closed)) {
            Some(true) => drop(sql.push(" and j.phase <> 'closed'")),
            Some(false) => drop(sql.push(" and j.phase = 'closed'")),
            None => {}
        }
        if let Some(scopes) = &filter.scopes {
            sql.push(" and in_scope(m.site, m.labels, ").push_bind(Json(scopes.clone())).push(")");
        }
        if let Some(after) = filter.after {
            sql.push(" and (j.created_at, j.id) < (select created_at, id from jobs where id = ");
            sql.push_bind(after.0).push(")");
        }
        sql.push(" order by j.created_at desc, j.id desc limit ").push_bind(filter.limit);
        sql.build().fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// A person wants the job to stop. The first wish stands; what was taken is given back.
    pub async fn cancel_job(&self, id: JobId, reason: &str, now: Time) -> Result<()> {
        let wish = Json(Seen { at: now, what: reason.to_owned() });
        let sql = "update jobs set cancel = coalesce(cancel, $2), wake_at = $3, version = version + 1 \
                   where id = $1 and phase <> 'closed'";
        self.intent(id, sqlx::query(sql).bind(id.0).bind(wish).bind(now)).await
    }

    /// A person decides about a held job.
    ///
    /// # Errors
    /// [`Error::Refused`] when the job is not held any more, or cannot take this decision.
    pub async fn decide_job(&self, id: JobId, decision: Decided, now: Time) -> Result<()> {
        let row = self.job(id).await?.ok_or(Error::NotFound("job"))?;
        if !decisions(&row.job).contains(&decision.what) {
            return Err(Error::Refused(
                "this job has no such way home: choose one of those that its page offers".to_owned(),
            ));
        }
        let wish = Json(Seen { at: now, what: decision });
        let sql = "update jobs set decision = $2, wake_at = $3, version = version + 1 \
                   where id = $1 and phase = 'held'";
        self.intent(id, sqlx::query(sql).bind(id.0).bind(wish).bind(now)).await
    }

    async fn intent(
        &self,
        id: JobId,
        query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
    ) -> Result<()> {
        let mut tx = self.pool.begin().await?;
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::Refused("the job has moved on: look at it again".to_owned()));
        }
        sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut *tx).await?;
        changed(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// The report that the maintenance agent handed in.
    /// What the job before this one reported: the newest of the same function on the same machine that was over before this
    /// one was asked for, and when it was.
    pub async fn report_before(&self, job: &JobRow) -> Result<Option<(Time, serde_json::Value)>> {
        let sql = "select closed_at, report from jobs where machine_id = $1 and function = $2 and closed_at < $3 \
                   and report is not null order by closed_at desc limit 1";
        let query = sqlx::query_as(sql).bind(job.job.machine.0).bind(&job.job.function).bind(job.created_at);
        Ok(query.fetch_optional(&self.pool).await?)
    }

    pub async fn set_report(&self, id: JobId, report: &serde_json::Value) -> Result<()> {
        sqlx::query("update jobs set report = $2 where id = $1")
            .bind(id.0)
            .bind(report)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// The image was looked up a moment ago.
const GONE: &str = "the image that was chosen has just been removed, or lost its signature: try again, and another is chosen";

/// Adds a queued job, of a run or by itself, and wakes the worker when the transaction commits.
pub(crate) async fn insert(
    db: &mut sqlx::PgConnection,
    job: &Job,
    initiator: &Initiator,
    run: Option<RunId>,
) -> Result<()> {
    let made = sqlx::query(
        "with still as (select digest from images where digest = $4 and removed_at is null and may_be_served(digest) for share), \
         job as (insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, \
                 attempt_since, created_at, wake_at, run_id) \
             select $1, $2, $3, digest, $5, $6, $7, 0, $8, $8, $8, $8, $9 from still returning id, version), \
         line as (insert into job_history (job_id, at, \"from\", \"to\", attempt, reason) \
             select id, $8, 'asked', $7, 0, 'made' from job) \
         select pg_notify('pitstop_wake', ''), pg_notify('pitstop_changed', \
             json_build_object('kind', 'job', 'id', id, 'version', version)::text) from job",
    )
    .bind(job.id.0)
    .bind(job.machine.0)
    .bind(&job.function)
    .bind(job.image.as_str())
    .bind(Json(initiator))
    .bind(Json(&job.plan))
    .bind(word(&job.phase)?)
    .bind(job.phase_since)
    .bind(run.map(|id| id.0))
    .execute(db)
    .await?;
    if made.rows_affected() == 0 {
        return Err(Error::Refused(GONE.to_owned()));
    }
    Ok(())
}

/// Many of one run at once, as [`insert`] makes one: ten thousand are due at one moment, and a statement each takes
/// longer than all of them together.
pub(crate) async fn insert_all(
    tx: &mut sqlx::PgTransaction<'_>,
    jobs: &[&Job],
    initiator: &Initiator,
    run: RunId,
) -> Result<()> {
    hold_images(tx, &images_of(jobs.iter().copied())).await?;
    insert_all_unheld(tx, jobs, initiator, run).await
}

/// Their images, each once.
pub(crate) fn images_of<'a>(jobs: impl Iterator<Item = &'a Job>) -> BTreeSet<String> {
    jobs.map(|job| job.image.as_str().to_owned()).collect()
}

/// Until the transaction is over nobody takes one of these images out of the catalog.
///
/// # Errors
/// [`Error::Refused`] when one of them is out already, or may not be served.
pub(crate) async fn hold_images(tx: &mut sqlx::PgTransaction<'_>, images: &BTreeSet<String>) -> Result<()> {
    if images.is_empty() {
        return Ok(());
    }
    let sql = "select 1 from images where digest = any($1) and removed_at is null and may_be_served(digest) \
               order by digest for share";
    let digests: Vec<_> = images.iter().cloned().collect();
    let held = sqlx::query(sql).bind(digests).fetch_all(&mut **tx).await?;
    if held.len() == images.len() { Ok(()) } else { Err(Error::Refused(GONE.to_owned())) }
}

/// As [`insert_all`], of images that are [held](hold_images) before the transaction is over.
pub(crate) async fn insert_all_unheld(
    tx: &mut sqlx::PgTransaction<'_>,
    jobs: &[&Job],
    initiator: &Initiator,
    run: RunId,
) -> Result<()> {
    let each = |of: fn(&Job) -> uuid::Uuid| jobs.iter().map(|job| of(job)).collect::<Vec<_>>();
    let phases: Vec<_> = jobs.iter().map(|job| word(&job.phase)).collect::<Result<_>>()?;
    let (plans, plan_of) = plans(jobs)?;
    let sql = "with plans as materialized (\
                   select nth, plan::jsonb from unnest($5::text[]) with ordinality p (plan, nth)), \
               asked as (select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $6::bigint[], \
                   $7::text[], $8::timestamptz[]) a (id, machine_id, function, image, plan_of, phase, at)), \
               job as (insert into jobs (id, machine_id, function, image, initiator, plan, phase, attempt, phase_since, \
                       attempt_since, created_at, wake_at, run_id) \
                   select id, machine_id, function, image, $9, plan, phase, 0, at, at, at, at, $10 \
                   from asked join plans on plans.nth = asked.plan_of returning id, version, phase, created_at), \
               line as (insert into job_history (job_id, at, \"from\", \"to\", attempt, reason) \
                   select id, created_at, 'asked', phase, 0, 'made' from job) \
               select pg_notify('pitstop_changed', json_build_object('kind', 'job', 'id', id, 'version', version)::text) \
               from job";
    sqlx::query(sql)
        .bind(each(|job| job.id.0))
        .bind(each(|job| job.machine.0))
        .bind(jobs.iter().map(|job| job.function.clone()).collect::<Vec<_>>())
        .bind(jobs.iter().map(|job| job.image.as_str().to_owned()).collect::<Vec<_>>())
        .bind(plans)
        .bind(plan_of)
        .bind(phases)
        .bind(jobs.iter().map(|job| job.phase_since).collect::<Vec<_>>())
        .bind(Json(initiator))
        .bind(run.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query("select pg_notify('pitstop_wake', '')").execute(&mut **tx).await?;
    Ok(())
}

/// The plans of these jobs, each once, and which of them each job has, counted from 1. Machines of one kind have one plan: it
/// travels and is read once and not ten thousand times.
fn plans(jobs: &[&Job]) -> Result<(Vec<String>, Vec<i64>)> {
    let mut numbers: HashMap<String, i64> = HashMap::new();
    let mut plan_of = Vec::with_capacity(jobs.len());
    for job in jobs {
        let next = i64::try_from(numbers.len() + 1).unwrap_or(i64::MAX);
        plan_of.push(*numbers.entry(serde_json::to_string(&job.plan)?).or_insert(next));
    }
    let mut plans: Vec<_> = numbers.into_iter().collect();
    plans.sort_unstable_by_key(|(_, number)| *number);
    Ok((plans.into_iter().map(|(plan, _)| plan).collect(), plan_of))
}

/// Something about the job changed that a decision must know: what was decided without it is not stored.
pub(crate) async fn touch(tx: &mut sqlx::PgTransaction<'_>, id: JobId, now: Time) -> Result<()> {
    let sql = "update jobs set version = version + 1, wake_at = $2 where id = $1 and phase <> 'closed'";
    sqlx::query(sql).bind(id.0).bind(now).execute(&mut **tx).await?;
    changed(tx, id).await
}

/// Tells the dashboards, when the transaction commits.
pub(crate) async fn changed(tx: &mut sqlx::PgTransaction<'_>, id: JobId) -> Result<()> {
    sqlx::query(
        "select pg_notify('pitstop_changed', json_build_object('kind', 'job', 'id', id, 'version', version)::text) \
         from jobs where id = $1",
    )
    .bind(id.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
