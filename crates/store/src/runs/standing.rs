//! How far the machines of a run are, counted by the database, and a window of them: a run of ten thousand is shown without
//! reading each.
//!
//! The database only tells apart, by a *mark* of what it knows of a member; what a mark means, [`Kind`] says.

use super::members::{COLUMNS, MemberRow, read};
use crate::{Error, Result, Store};
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::id::{JobId, RunId};
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::people::Scope;
use pitstop_domain::run::tally::{Kind, Tally};
use pitstop_domain::run::{JobSeen, Run};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// How far a run is, by its waves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub waves: BTreeMap<u32, Tally>,
}

/// As it is kept with a run that is over.
#[derive(Serialize)]
struct Kept<'a> {
    all: Tally,
    #[serde(flatten)]
    standing: &'a Standing,
}

impl Standing {
    /// All waves together.
    pub fn tally(&self) -> Tally {
        let mut all = Tally::default();
        for tally in self.waves.values() {
            Kind::ALL.into_iter().for_each(|kind| all.add(kind, tally.count(kind)));
        }
        all
    }
}

/// Which members are listed.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    pub run: &'a Run,
    /// Only machines within one of these; `None`: all.
    pub scopes: Option<&'a [Scope]>,
    pub now: Time,
}

impl Store {
    /// How far a run is. Of one that is over nothing changes any more: whoever counts all of it first keeps that.
    pub async fn run_standing(&self, members: Members<'_>) -> Result<Standing> {
        let id = members.run.id;
        if members.run.over_at.is_some() && members.scopes.is_none() {
            return Ok(self.run_standings(&[id]).await?.remove(&id).unwrap_or_default());
        }
        let mut counted = self.count_standings(&[id.0], members.scopes, members.missing_since()).await?;
        Ok(counted.remove(&id).unwrap_or_default())
    }

    /// How far these runs are. Who shows no sign is not told apart from who is under way: lists need not know.
    pub async fn run_tallies(&self, runs: &[RunId]) -> Result<HashMap<RunId, Tally>> {
        let ids: Vec<_> = runs.iter().map(|run| run.0).collect();
        // Of a run in waves of one, the waves are many.
        let sql = "select id, tally -> 'all' from runs where id = any($1) and tally ? 'all'";
        let kept: Vec<(Uuid, Json<Tally>)> = sqlx::query_as(sql).bind(ids).fetch_all(&self.pool).await?;
        let mut tallies: HashMap<_, _> = kept.into_iter().map(|(run, tally)| (RunId(run), tally.0)).collect();
        let others: Vec<_> = runs.iter().filter(|run| !tallies.contains_key(run)).copied().collect();
        if !others.is_empty() {
            let standings = self.run_standings(&others).await?.into_iter();
            tallies.extend(standings.map(|(run, standing)| (run, standing.tally())));
        }
        Ok(tallies)
    }

    /// A part of the members, in the order in which they go: of one kind, or of all.
    pub async fn run_window(
        &self,
        members: Members<'_>,
        kind: Option<Kind>,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<MemberRow>> {
        let mut sql =
            QueryBuilder::new("with listed as materialized (select rm.machine_id from run_members rm ");
        if kind.is_some() {
            sql.push("left join jobs j on j.id = rm.job_id ");
        }
        sql.push("where rm.run_id = ").push_bind(members.run.id.0);
        push_scopes(&mut sql, members.scopes);
        if let Some(kind) = kind {
            let marks = marks().filter(|(_, of)| *of == kind).map(|(mark, _)| mark);
            sql.push(" and ");
            push_mark(&mut sql, members.missing_since());
            sql.push(" = any(").push_bind(Vec::from_iter(marks)).push(")");
        }
        sql.push(" order by rm.position limit ").push_bind(number(limit));
        sql.push(" offset ").push_bind(number(offset)).push(") select ").push(COLUMNS);
        sql.push(" where rm.run_id = ").push_bind(members.run.id.0);
        sql.push(" and rm.machine_id in (select machine_id from listed) order by rm.position");
        sql.build().fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    async fn run_standings(&self, runs: &[RunId]) -> Result<HashMap<RunId, Standing>> {
        let ids: Vec<_> = runs.iter().map(|run| run.0).collect();
        let sql = "select id, tally, over_at is not null from runs where id = any($1)";
        let rows: Vec<(Uuid, Option<serde_json::Value>, bool)> =
            sqlx::query_as(sql).bind(ids).fetch_all(&self.pool).await?;
        let mut standings = HashMap::new();
        let (mut open, mut over) = (Vec::new(), Vec::new());
        for (id, kept, is_over) in rows {
            // What another version counted in other words is counted anew.
            match kept.and_then(|kept| serde_json::from_value(kept).ok()) {
                Some(kept) => drop(standings.insert(RunId(id), kept)),
                None if is_over => over.push(id),
                None => open.push(id),
            }
        }
        if !over.is_empty() {
            let counted = self.count_standings(&over, None, None).await?;
            self.keep_standings(&counted).await?;
            standings.extend(counted);
        }
        if !open.is_empty() {
            standings.extend(self.count_standings(&open, None, None).await?);
        }
        Ok(standings)
    }

    async fn count_standings(
        &self,
        runs: &[Uuid],
        scopes: Option<&[Scope]>,
        missing_since: Option<Time>,
    ) -> Result<HashMap<RunId, Standing>> {
        let mut sql = QueryBuilder::new("select rm.run_id, rm.wave, ");
        push_mark(&mut sql, missing_since);
        sql.push(
            " as mark, count(*) from run_members rm left join jobs j on j.id = rm.job_id where rm.run_id = any(",
        );
        sql.push_bind(runs.to_vec()).push(")");
        push_scopes(&mut sql, scopes);
        sql.push(" group by 1, 2, 3");
        let rows: Vec<(Uuid, i32, String, i64)> = sql.build_query_as().fetch_all(&self.pool).await?;
        let kinds: HashMap<String, Kind> = marks().collect();
        let mut standings: HashMap<RunId, Standing> = HashMap::new();
        for (run, wave, mark, n) in rows {
            let Some(kind) = kinds.get(&mark) else {
                return Err(Error::Unreadable { value: mark, expected: "how far a member is" });
            };
            let waves = &mut standings.entry(RunId(run)).or_default().waves;
            let tally = waves.entry(u32::try_from(wave).unwrap_or(0)).or_default();
            tally.add(*kind, u32::try_from(n).unwrap_or(u32::MAX));
        }
        Ok(standings)
    }

    /// A row that somebody else has in hand is kept by whoever counts it the next time.
    async fn keep_standings(&self, counted: &HashMap<RunId, Standing>) -> Result<()> {
        let kept = |standing: &Standing| {
            serde_json::to_value(Kept { all: standing.tally(), standing }).map_err(Error::from)
        };
        let kept = counted.values().map(kept).collect::<Result<Vec<_>>>()?;
        let ids: Vec<_> = counted.keys().map(|run| run.0).collect();
        let sql = "with free as (select id from runs where id = any($1) and over_at is not null \
                                 and (tally is null or not tally ? 'all') order by id for no key update skip locked) \
                   update runs r set tally = c.tally from free, unnest($1::uuid[], $2::jsonb[]) c (id, tally) \
                   where r.id = free.id and r.id = c.id";
        sqlx::query(sql).bind(ids).bind(kept).execute(&self.pool).await?;
        Ok(())
    }
}

impl Members<'_> {
    /// Whose last sign is not after this shows no sign.
    fn missing_since(&self) -> Option<Time> {
        self.now.checked_sub_signed(TimeDelta::seconds(i64::from(self.run.plan.no_show_s)))
    }
}

fn push_scopes(sql: &mut QueryBuilder<Postgres>, scopes: Option<&[Scope]>) {
    if let Some(scopes) = scopes {
        sql.push(
            " and exists (select from machines m where m.id = rm.machine_id and in_scope(m.site, m.labels, ",
        );
        sql.push_bind(Json(scopes.to_vec())).push("))");
    }
}

/// The mark of a member: all that its [`Kind`] is made from, in a word. When its machine is missing, see
/// [`JobSeen::missing_from`]; without a time, nobody is.
fn push_mark(sql: &mut QueryBuilder<Postgres>, missing_since: Option<Time>) {
    sql.push(
        "case when rm.state <> 'job' then rm.state else concat_ws(' ', j.phase, coalesce(j.outcome, '-'), \
         case when j.proof is not null or j.switching_since is null then 'proven' else '-' end, case when case \
         when j.phase = 'queued' then not coalesce((j.waiting ->> 'for_others')::boolean, false) and j.phase_since <= ",
    );
    sql.push_bind(missing_since);
    sql.push(
        " when j.phase in ('switching', 'restoring') then greatest(j.phase_since, \
         (select max(f.at) from facts f where f.machine_id = rm.machine_id and f.at >= j.created_at)) <= ",
    );
    sql.push_bind(missing_since).push(" end then 'missing' else '-' end) end");
}

/// All marks that there can be, and what they mean.
fn marks() -> impl Iterator<Item = (String, Kind)> {
    const PHASES: [Phase; 6] =
        [Phase::Queued, Phase::Switching, Phase::Running, Phase::Restoring, Phase::Held, Phase::Closed];
    let outcomes = [Outcome::Succeeded, Outcome::Found, Outcome::Failed, Outcome::Cancelled];
    let outcomes: Vec<_> = outcomes.into_iter().map(Some).chain([None]).collect();
    let mut marks = vec![
        ("waiting".to_owned(), Kind::Waiting),
        ("refused".to_owned(), Kind::Refused),
        ("skipped".to_owned(), Kind::Skipped),
    ];
    for phase in PHASES {
        for outcome in &outcomes {
            for (proven, missing) in [(false, false), (false, true), (true, false), (true, true)] {
                marks.push((mark(phase, *outcome, proven, missing), meant(phase, *outcome, proven, missing)));
            }
        }
    }
    marks.into_iter()
}

fn mark(phase: Phase, outcome: Option<Outcome>, proven: bool, missing: bool) -> String {
    let outcome = outcome.map_or("-", Outcome::name);
    let (proven, missing) = (if proven { "proven" } else { "-" }, if missing { "missing" } else { "-" });
    format!("{} {outcome} {proven} {missing}", phase.name())
}

/// A job of which that is known, as [`Kind`] takes it.
fn meant(phase: Phase, outcome: Option<Outcome>, proven: bool, missing: bool) -> Kind {
    let (long_ago, now) = (Time::UNIX_EPOCH, Time::UNIX_EPOCH + TimeDelta::hours(1));
    let since = if missing { long_ago } else { now };
    let job = JobId(Uuid::nil());
    let job = JobSeen { job, phase, outcome, proven, since, sign: None, for_others: false };
    Kind::of_job(&job, 60, now)
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
