//! What can be searched for: the sites, labels, models and rooms that there are.

use crate::{Result, Store};
use pitstop_domain::query::Scope;
use pitstop_domain::query::complete::Values;
use sqlx::types::Json;

/// Values of a kind that are offered; who looks for a rarer one types it.
const MOST: i64 = 100;

impl Store {
    /// The values within a scope, the most frequent first.
    pub async fn fleet_values(&self, scope: &Scope) -> Result<Values> {
        let (sites, labels, models, rooms) = tokio::try_join!(
            self.values_of("m.site", "", scope),
            self.values_of("l.label", "cross join lateral unnest(m.labels) as l (label)", scope),
            self.values_of("m.model", "", scope),
            self.values_of("m.room", "", scope),
        )?;
        Ok(Values { sites, labels, models, rooms })
    }

    async fn values_of(&self, column: &str, join: &str, scope: &Scope) -> Result<Vec<String>> {
        let sql = format!(
            "select {column} from machines m {join} where ($1::jsonb is null or in_scope(m.site, m.labels, $1)) \
             and {column} <> '' group by 1 order by count(*) desc, 1 limit {MOST}"
        );
        let asked = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(scope.parts().map(Json));
        Ok(asked.fetch_all(&self.pool).await?)
    }
}
