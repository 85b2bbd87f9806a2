//! What the worker needs to act on rules, exactly once.
//!
//! A claim puts the next look at a rule off. The commit compares what was read: the rule as it was claimed, the guard, and
//! how many trips had begun. Commits of all rules queue at the guard's row, so brakes count what really began, however many
//! workers there are; and an alert and its job are written together. A worker that dies between has started nobody.

use super::changed;
use super::rules::{RuleRow, read};
use crate::jobs;
use crate::listeners;
use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::health::Alert;
use pitstop_domain::health::Guard;
use pitstop_domain::health::brake::Began;
use pitstop_domain::id::{JobId, MachineId, RuleId};
use pitstop_domain::job::{Initiator, Job};
use sqlx::types::Json;
use std::collections::HashMap;
use uuid::Uuid;

/// As for schedules: after this long a claim's worker is dead.
const CLAIMED_S: f64 = 30.0;

/// A trip that a rule began, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TripRow {
    pub began: Began,
    pub machine: MachineId,
}

/// An alert as it is to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub id: Uuid,
    pub alert: Alert,
    /// Somebody outside is to be told.
    pub tell: bool,
}

/// A job that an alert starts.
#[derive(Clone, Debug)]
pub struct Started {
    pub alert: Uuid,
    pub site: String,
    pub job: Job,
    pub initiator: Initiator,
}

/// What was decided about a rule.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    pub changed: Vec<Changed>,
    pub forgotten: Vec<Uuid>,
    pub started: Vec<Started>,
    pub question: Option<String>,
    /// What it was decided on.
    pub guard: Guard,
    /// How many trips had begun since this moment.
    pub trips_since: (Time, usize),
}

impl Store {
    /// Claims rules that are due. Those that were switched off are, too, until their last alert is over.
    pub async fn claim_due_health_rules(&self, limit: i64, now: Time) -> Result<Vec<RuleRow>> {
        let sql = "update health_rules set wake_at = $1 + make_interval(secs => $2) \
                   where id in (select id from health_rules r where wake_at <= $1 and (enabled or exists (\
                       select 1 from health_alerts a where a.rule_id = r.id and a.state <> 'resolved')) \
                       order by wake_at limit $3 for update skip locked) returning *";
        let rows = sqlx::query(sql).bind(now).bind(CLAIMED_S).bind(limit).fetch_all(&self.pool).await?;
        let row = |row| read(row).inspect_err(|error| tracing::warn!(%error, "A rule cannot be read.")).ok();
        Ok(rows.iter().filter_map(row).collect())
    }

    /// A decision could not be stored: the rule is looked at again soon, unless somebody woke it meanwhile.
    pub async fn look_again_at_health_rule(&self, claimed: &RuleRow, wake_at: Time) -> Result<()> {
        let sql = "update health_rules set wake_at = $2 where id = $1 and wake_at = $3";
        let query = sqlx::query(sql).bind(claimed.rule.id.0).bind(wake_at).bind(claimed.wake_at);
        query.execute(&self.pool).await?;
        Ok(())
    }

    pub async fn next_health_wake(&self) -> Result<Option<Time>> {
        let sql = "select min(wake_at) from health_rules where enabled";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    /// Alerts of a rule that are not over.
    pub async fn open_health_alerts(&self, rule: RuleId) -> Result<Vec<(Uuid, Alert)>> {
        let sql = "select id, alert from health_alerts where rule_id = $1 and state <> 'resolved'";
        let rows: Vec<(Uuid, Json<Alert>)> = sqlx::query_as(sql).bind(rule.0).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(id, alert)| (id, alert.0)).collect())
    }

    /// Machines on which a rule fired since then.
    pub async fn fired_since(&self, rule: RuleId, since: Time) -> Result<Vec<MachineId>> {
        let sql = "select distinct machine_id from health_alerts where rule_id = $1 and fired_at >= $2";
        let rows: Vec<Uuid> = sqlx::query_scalar(sql).bind(rule.0).bind(since).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(MachineId).collect())
    }

    /// Trips that rules began since then.
    pub async fn health_trips_since(&self, since: Time) -> Result<Vec<TripRow>> {
        let sql = "select rule_id, machine_id, site, at from health_trips where at > $1 order by at";
        let rows: Vec<(Uuid, Uuid, String, Time)> =
            sqlx::query_as(sql).bind(since).fetch_all(&self.pool).await?;
        let read = |(rule, machine, site, at)| TripRow {
            began: Began { at, rule: RuleId(rule), site },
            machine: MachineId(machine),
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Is a question about this rule open, or was one dismissed since then?
    pub async fn health_is_held_back(&self, rule: RuleId, since: Time) -> Result<bool> {
        let sql = "select exists (select 1 from health_questions where rule_id = $1 \
                   and (answer is null or (answer = 'dismissed' and answered_at > $2)))";
        Ok(sqlx::query_scalar(sql).bind(rule.0).bind(since).fetch_one(&self.pool).await?)
    }

    /// When these jobs were over; those under way have no such moment.
    pub async fn closings_of(&self, jobs: &[JobId]) -> Result<HashMap<JobId, Option<Time>>> {
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
        let sql = "select id, closed_at from jobs where id = any($1)";
        let rows: Vec<(Uuid, Option<Time>)> = sqlx::query_as(sql).bind(ids).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(job, closed)| (JobId(job), closed)).collect())
    }

    /// How many machines there are at each site.
    pub async fn machines_by_site(&self) -> Result<std::collections::BTreeMap<String, usize>> {
        let sql = "select site, count(*) from machines group by site";
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(site, n)| (site, usize::try_from(n).unwrap_or_default())).collect())
    }

    /// Stores what was decided about a rule, with the jobs that it starts; all or nothing. False when what it was decided on
    /// is so no longer: then nothing was stored, and it is to be decided anew.
    pub async fn commit_health(
        &self,
        claimed: &RuleRow,
        decided: &Decided,
        wake_at: Time,
        now: Time,
    ) -> Result<bool> {
        let rule = &claimed.rule;
        let mut tx = self.pool.begin().await?;
        let sql = "select value from settings where name = 'health' for update";
        let guard: Option<Json<Guard>> = sqlx::query_scalar(sql).fetch_optional(&mut *tx).await?;
        if guard.map(|json| json.0).unwrap_or_default() != decided.guard {
            return Ok(false);
        }
        let (since, seen) = decided.trips_since;
        let sql = "select count(*) from health_trips where at > $1";
        let began: i64 = sqlx::query_scalar(sql).bind(since).fetch_one(&mut *tx).await?;
        if usize::try_from(began).unwrap_or_default() != seen {
            return Ok(false);
        }
        let sql = "update health_rules set wake_at = $3 where id = $1 and version = $2 and wake_at = $4";
        let query =
            sqlx::query(sql).bind(rule.id.0).bind(claimed.version).bind(wake_at).bind(claimed.wake_at);
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        for started in &decided.started {
            jobs::insert(&mut tx, &started.job, &started.initiator, None).await?;
        }
        put(&mut tx, rule.id, &decided.changed, now).await?;
        let tell = decided.changed.iter().filter(|one| one.tell).map(|one| format!("alert:{}", one.id));
        let tell: Vec<_> = tell.collect();
        listeners::queue(&mut tx, &format!("rule:{}", rule.id), &tell, rule.severity, now).await?;
        crate::hooks::events::of_alerts(&mut tx, rule, &decided.changed, now).await?;
        trips(&mut tx, rule.id, &decided.started, now).await?;
        let sql = "delete from health_alerts where id = any($1) and state = 'pending'";
        sqlx::query(sql).bind(&decided.forgotten).execute(&mut *tx).await?;
        if let Some(words) = &decided.question {
            let sql = "insert into health_questions (id, rule_id, words, asked_at) values ($1, $2, $3, $4) \
                       on conflict do nothing";
            sqlx::query(sql)
                .bind(Uuid::now_v7())
                .bind(rule.id.0)
                .bind(words)
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        if !decided.changed.is_empty() || !decided.forgotten.is_empty() || decided.question.is_some() {
            changed(&mut tx, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

async fn put(tx: &mut sqlx::PgTransaction<'_>, rule: RuleId, all: &[Changed], now: Time) -> Result<()> {
    let of = |what: fn(&Alert) -> Option<Time>| all.iter().map(|one| what(&one.alert)).collect::<Vec<_>>();
    sqlx::query(
        "insert into health_alerts (id, rule_id, machine_id, state, alert, since, fired_at, needs_person, job_id, \
             resolved_at, tell_at) \
         select id, $1, machine, state, alert, since, fired_at, needs_person, job, resolved_at, \
             case when tell then $11 end \
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::timestamptz[], $8::bool[], \
             $9::uuid[], $10::timestamptz[], $12::bool[]) \
             as s (id, machine, state, alert, since, fired_at, needs_person, job, resolved_at, tell) \
         on conflict (id) do update set state = excluded.state, alert = excluded.alert, fired_at = excluded.fired_at, \
             needs_person = excluded.needs_person, job_id = excluded.job_id, resolved_at = excluded.resolved_at, \
             tell_at = coalesce(excluded.tell_at, health_alerts.tell_at), \
             tries = case when excluded.tell_at is null then health_alerts.tries else 0 end",
    )
    .bind(rule.0)
    .bind(all.iter().map(|one| one.id).collect::<Vec<_>>())
    .bind(all.iter().map(|one| one.alert.machine.0).collect::<Vec<_>>())
    .bind(all.iter().map(|one| one.alert.state.name()).collect::<Vec<_>>())
    .bind(all.iter().map(|one| Json(&one.alert)).collect::<Vec<_>>())
    .bind(of(|alert| Some(alert.since)))
    .bind(of(|alert| alert.fired_at))
    .bind(all.iter().map(|one| one.alert.needs_person).collect::<Vec<_>>())
    .bind(all.iter().map(|one| one.alert.job.map(|job| job.0)).collect::<Vec<_>>())
    .bind(of(|alert| alert.resolved_at))
    .bind(now)
    .bind(all.iter().map(|one| one.tell).collect::<Vec<_>>())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn trips(tx: &mut sqlx::PgTransaction<'_>, rule: RuleId, all: &[Started], now: Time) -> Result<()> {
    let sql = "insert into health_trips (job_id, alert_id, rule_id, machine_id, site, at) \
               select job, alert, $4, machine, site, $5 \
               from unnest($1::uuid[], $2::uuid[], $3::uuid[], $6::text[]) as s (job, alert, machine, site)";
    sqlx::query(sql)
        .bind(all.iter().map(|one| one.job.id.0).collect::<Vec<_>>())
        .bind(all.iter().map(|one| one.alert).collect::<Vec<_>>())
        .bind(all.iter().map(|one| one.job.machine.0).collect::<Vec<_>>())
        .bind(rule.0)
        .bind(now)
        .bind(all.iter().map(|one| one.site.as_str()).collect::<Vec<_>>())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
