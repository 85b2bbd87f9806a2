//! Functions, as the JSON that people edit.

use crate::{Error, Result, Store};
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
             version = functions.version + 1 \
             where functions.definition <> excluded.definition and not functions.own",
        )
        .bind(&function.name)
        .bind(Json(function))
        .bind(position)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Writes a function of people's own, behind all others.
    ///
    /// # Errors
    /// A refusal where there is one of that name already, or none.
    pub async fn keep_own_function(&self, function: &Function, is_new: bool) -> Result<()> {
        let sql = match is_new {
            true => {
                "insert into functions (name, definition, position, own) values ($1, $2, 1000, true) \
                 on conflict do nothing"
            }
            false => "update functions set definition = $2, version = version + 1 where name = $1 and own",
        };
        let done = sqlx::query(sql).bind(&function.name).bind(Json(function)).execute(&self.pool).await?;
        match done.rows_affected() {
            0 if is_new => Err(Error::Refused(format!(
                "there is a function `{}` already: take another name",
                function.name
            ))),
            0 => Err(Error::NotFound("function of your own")),
            _ => Ok(()),
        }
    }

    /// Removes a function of people's own.
    ///
    /// # Errors
    /// A refusal where jobs, runs or schedules name it; that there is none.
    pub async fn remove_own_function(&self, name: &str) -> Result<()> {
        let sql = "select exists (select from jobs where function = $1) \
                   or exists (select from runs where function = $1) \
                   or exists (select from schedules where function = $1)";
        let is_used: bool = sqlx::query_scalar(sql).bind(name).fetch_one(&self.pool).await?;
        if is_used {
            let why = "jobs, runs or schedules have used this function: it stays, for their pages";
            return Err(Error::Refused(why.to_owned()));
        }
        let sql = "delete from functions where name = $1 and own";
        match sqlx::query(sql).bind(name).execute(&self.pool).await?.rows_affected() {
            0 => Err(Error::NotFound("function of your own")),
            _ => Ok(()),
        }
    }
}
