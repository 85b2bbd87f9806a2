//! What Prometheus is told of Pitstop itself, counted.

use crate::hops::HopCount;
use crate::{Result, Store};
use pitstop_domain::health::spread::Class;

/// Jobs that are over, of a function and an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub function: String,
    pub outcome: String,
    pub jobs: u64,
    /// From when machines were taken until they were back, all together.
    pub seconds: f64,
    /// How many of them took no longer than each of [`TOOK`], and longer than the one before; the last: longer than all.
    pub took: Vec<u64>,
}

/// Seconds that are told apart: a restart is minutes, a memory test hours.
pub const TOOK: [f64; 11] =
    [60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 86_400.0];

/// Counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ourselves {
    pub open_jobs: Vec<(String, u64)>,
    pub closed: Vec<Closed>,
    pub hops: Vec<HopCount>,
    pub alarms: u64,
    pub alerts: Vec<(String, u64)>,
    pub trips: u64,
    /// By how well: `well`, `fair`, `poor`, `unknown`.
    pub health: Vec<(String, u64)>,
    pub rules_stopped: bool,
}

impl Store {
    pub async fn ourselves(&self) -> Result<Ourselves> {
        // What took just as long as a limit counts below it, as Prometheus has it.
        let closed = "select function, outcome, (select count(*) from unnest($1::float8[]) as b where b < s)::int, \
                      count(*), sum(s) from (select function, outcome, \
                      extract(epoch from closed_at - coalesce(switching_since, closed_at))::float8 as s \
                      from jobs where phase = 'closed') as j group by 1, 2, 3 order by 1, 2, 3";
        let rows: Vec<(String, String, i32, i64, f64)> =
            sqlx::query_as(closed).bind(&TOOK[..]).fetch_all(&self.pool).await?;
        let closed = gathered(rows);
        let counted = self.health_counts(None, self.now()).await?;
        let of = |class: Class| counted.sites.values().map(|here| here.of(class)).sum::<u64>();
        let trips: i64 =
            sqlx::query_scalar("select count(*) from health_trips").fetch_one(&self.pool).await?;
        Ok(Ourselves {
            open_jobs: self
                .counted("select phase, count(*) from jobs where phase <> 'closed' group by 1 order by 1")
                .await?,
            closed,
            hops: self.hop_counts().await?,
            alarms: self.count_alarms().await?.0,
            alerts: self
                .counted("select state, count(*) from health_alerts where state <> 'resolved' group by 1 order by 1")
                .await?,
            trips: trips.unsigned_abs(),
            health: Class::ALL.map(|class| (class.name().to_owned(), of(class))).into(),
            rules_stopped: self.health_guard().await?.stopped.is_some(),
        })
    }

    async fn counted(&self, sql: &'static str) -> Result<Vec<(String, u64)>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(word, n)| (word, n.unsigned_abs())).collect())
    }
}

fn gathered(rows: Vec<(String, String, i32, i64, f64)>) -> Vec<Closed> {
    let mut all: Vec<Closed> = Vec::new();
    for (function, outcome, place, jobs, seconds) in rows {
        if all.last().is_none_or(|last| (&last.function, &last.outcome) != (&function, &outcome)) {
            let took = vec![0; TOOK.len() + 1];
            all.push(Closed { function, outcome, jobs: 0, seconds: 0.0, took });
        }
        let Some(last) = all.last_mut() else { continue };
        let jobs = jobs.unsigned_abs();
        last.jobs += jobs;
        last.seconds += seconds;
        if let Some(took) = usize::try_from(place).ok().and_then(|place| last.took.get_mut(place)) {
            *took += jobs;
        }
    }
    all
}
