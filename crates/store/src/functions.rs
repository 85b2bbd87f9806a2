//! Functions, as the JSON that people edit.

use crate::{Result, Store};
use pitstop_domain::function::Function;
use sqlx::types::Json;

impl Store {
    /// All functions in their order.
    pub async fn functions(&self) -> Result<Vec<Function>> {
        let sql = "select definition from functions order by position, name";
        let rows: Vec<Json<Function>> = sqlx::query_scalar(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|json| json.0).collect())
    }

    pub async fn function(&self, name: &str) -> Result<Option<Function>> {
        let sql = "select definition from functions where name = $1";
        let row: Option<Json<Function>> =
            sqlx::query_scalar(sql).bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(|json| json.0))
    }

    /// Writes a function; jobs under way keep the plan they were made with.
    pub async fn put_function(&self, function: &Function, position: i32) -> Result<()> {
        sqlx::query(
            "insert into functions (name, definition, position) values ($1, $2, $3) \
             on conflict (name) do update set definition = excluded.definition, position = excluded.position, \
             version = functions.version + 1 where functions.definition <> excluded.definition",
        )
        .bind(&function.name)
        .bind(Json(function))
        .bind(position)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
