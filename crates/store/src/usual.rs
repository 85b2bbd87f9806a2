//! How long trips usually take.

use crate::{Result, Store};
use pitstop_domain::job::Phase;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryAs;
use std::collections::HashMap;

/// A question whose answers are a name and seconds.
type Named<'q> = QueryAs<'q, Postgres, (String, Option<f64>), PgArguments>;

/// Trips that are looked at where many models are asked for at once; on a model that is not among them nothing is known.
const MOST: i64 = 2000;

/// Machines of the model `$2`; `$2` is used where there is none, too. By a plan for both every trip would be read.
fn of_model(model: Option<&str>) -> &'static str {
    if model.is_some() { "m.model = $2" } else { "$2::text is null" }
}

impl Store {
    /// How long such a trip usually takes: the median of the last fifty that succeeded, in seconds.
    pub async fn usual_seconds(&self, function: &str, model: Option<&str>) -> Result<Option<f64>> {
        let sql = format!(
            "select percentile_cont(0.5) within group (order by s) from (\
             select extract(epoch from j.closed_at - j.switching_since)::float8 as s \
             from jobs j join machines m on m.id = j.machine_id \
             where j.function = $1 and j.phase = 'closed' and j.outcome in ('succeeded', 'found') and {} \
             order by j.closed_at desc limit 50) as last_trips",
            of_model(model)
        );
        let asked = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(function).bind(model);
        Ok(asked.fetch_one(&self.pool).await?)
    }

    /// How long such a trip usually takes on each of these models: the median of the last fifty on each that succeeded, in
    /// seconds. A model on which none has succeeded of late is not among them.
    pub async fn usual_seconds_by_model(
        &self,
        function: &str,
        models: &[&str],
    ) -> Result<HashMap<String, f64>> {
        let sql = "select model, percentile_cont(0.5) within group (order by s) from (\
                   select m.model, extract(epoch from j.closed_at - j.switching_since)::float8 as s, \
                          row_number() over (partition by m.model order by j.closed_at desc) as nth \
                   from (select machine_id, closed_at, switching_since from jobs \
                         where function = $1 and phase = 'closed' and outcome in ('succeeded', 'found') \
                         order by closed_at desc limit $3) j join machines m on m.id = j.machine_id \
                   where m.model = any($2)) as trips \
                   where nth <= 50 group by model";
        self.named_seconds(sqlx::query_as(sql).bind(function).bind(models).bind(MOST)).await
    }

    /// How long a trip for each of these functions usually takes on a model (`None`: on any), as [`Self::usual_seconds`] has it.
    /// A function that has not succeeded there is not among them.
    pub async fn usual_seconds_by_function(
        &self,
        functions: &[&str],
        model: Option<&str>,
    ) -> Result<HashMap<String, f64>> {
        let sql = format!(
            "select f.function, (select percentile_cont(0.5) within group (order by s) from (\
             select extract(epoch from j.closed_at - j.switching_since)::float8 as s \
             from jobs j join machines m on m.id = j.machine_id \
             where j.function = f.function and j.phase = 'closed' and j.outcome in ('succeeded', 'found') and {} \
             order by j.closed_at desc limit 50) as last_trips) from unnest($1::text[]) f (function)",
            of_model(model)
        );
        self.named_seconds(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(functions).bind(model)).await
    }

    /// How long such a trip is usually in one phase, all attempts together: the median of the last fifty that
    /// succeeded, in seconds.
    pub async fn usual_phase_seconds(
        &self,
        function: &str,
        model: Option<&str>,
        phase: Phase,
    ) -> Result<Option<f64>> {
        let sql = format!(
            "with trips as (\
                 select j.id from jobs j join machines m on m.id = j.machine_id \
                 where j.function = $1 and j.phase = 'closed' and j.outcome in ('succeeded', 'found') and {} \
                 order by j.closed_at desc limit 50), \
             visits as (\
                 select h.at, \"from\", \"to\", lead(h.at) over (partition by h.job_id order by h.id) as until, h.job_id \
                 from job_history h join trips on trips.id = h.job_id) \
             select percentile_cont(0.5) within group (order by s) from (\
                 select extract(epoch from sum(until - at))::float8 as s from visits \
                 where \"to\" = $3 and until is not null group by job_id) as each_trip",
            of_model(model)
        );
        let asked =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(function).bind(model).bind(phase.name());
        Ok(asked.fetch_one(&self.pool).await?)
    }

    async fn named_seconds(&self, asked: Named<'_>) -> Result<HashMap<String, f64>> {
        let rows = asked.fetch_all(&self.pool).await?;
        Ok(rows.into_iter().filter_map(|(name, seconds)| Some((name, seconds?))).collect())
    }
}
