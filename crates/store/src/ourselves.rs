//! What Prometheus is told of Pitstop itself, counted.

use crate::{Result, Store};

/// Jobs that are over, of a function and an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub function: String,
    pub outcome: String,
    pub jobs: u64,
    /// From when machines were taken until they were back, all together.
    pub seconds: f64,
}

/// Counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ourselves {
    pub open_jobs: Vec<(String, u64)>,
    pub closed: Vec<Closed>,
    pub alarms: u64,
    pub alerts: Vec<(String, u64)>,
    pub trips: u64,
    /// By how well: `well`, `fair`, `poor`, `unknown`.
    pub health: Vec<(String, u64)>,
    pub rules_stopped: bool,
}

impl Store {
    pub async fn ourselves(&self) -> Result<Ourselves> {
        let closed = "select function, outcome, count(*), \
                      coalesce(sum(extract(epoch from closed_at - coalesce(switching_since, closed_at))), 0)::float8 \
                      from jobs where phase = 'closed' group by 1, 2 order by 1, 2";
        let closed: Vec<(String, String, i64, f64)> = sqlx::query_as(closed).fetch_all(&self.pool).await?;
        let read = |(function, outcome, jobs, seconds): (_, _, i64, f64)| Closed {
            function,
            outcome,
            jobs: jobs.unsigned_abs(),
            seconds,
        };
        let health = "select case when h.score is null then 'unknown' when h.score >= 80 then 'well' \
                      when h.score >= 50 then 'fair' else 'poor' end, count(*) \
                      from machines m left join machine_health h on h.machine_id = m.id group by 1 order by 1";
        let trips: i64 =
            sqlx::query_scalar("select count(*) from health_trips").fetch_one(&self.pool).await?;
        Ok(Ourselves {
            open_jobs: self
                .counted("select phase, count(*) from jobs where phase <> 'closed' group by 1 order by 1")
                .await?,
            closed: closed.into_iter().map(read).collect(),
            alarms: self.count_alarms().await?.0,
            alerts: self
                .counted("select state, count(*) from health_alerts where state <> 'resolved' group by 1 order by 1")
                .await?,
            trips: trips.unsigned_abs(),
            health: self.counted(health).await?,
            rules_stopped: self.health_guard().await?.stopped.is_some(),
        })
    }

    async fn counted(&self, sql: &'static str) -> Result<Vec<(String, u64)>> {
        let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(word, n)| (word, n.unsigned_abs())).collect())
    }
}
