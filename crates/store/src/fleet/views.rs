//! Searches that are kept, with how they are shown. Shared by all.

use crate::{Error, Result, Store};
use pitstop_domain::Time;
use sqlx::FromRow;

/// Views that are kept at most: more than a person looks through is a list to search in.
const MOST: i64 = 100;

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ViewRow {
    pub id: i64,
    pub name: String,
    pub q: String,
    pub sort: String,
    pub view: String,
    pub grouped: String,
}

impl Store {
    /// All views, by name.
    pub async fn views(&self) -> Result<Vec<ViewRow>> {
        let sql =
            "select id, name, q, sort, view, grouped from saved_views order by lower(name), id limit $1";
        Ok(sqlx::query_as(sql).bind(MOST).fetch_all(&self.pool).await?)
    }

    /// Keeps a view. One of the same name is replaced.
    ///
    /// # Errors
    /// Refused when there are too many.
    pub async fn keep_view(&self, view: &ViewRow, now: Time) -> Result<()> {
        let sql = "insert into saved_views (name, q, sort, view, grouped, created_at) \
                   select $1, $2, $3, $4, $5, $6 where exists (select 1 from saved_views where name = $1) \
                   or (select count(*) from saved_views) < $7 \
                   on conflict (name) do update set q = excluded.q, sort = excluded.sort, view = excluded.view, \
                   grouped = excluded.grouped";
        let done = sqlx::query(sql)
            .bind(&view.name)
            .bind(&view.q)
            .bind(&view.sort)
            .bind(&view.view)
            .bind(&view.grouped)
            .bind(now)
            .bind(MOST)
            .execute(&self.pool)
            .await?;
        match done.rows_affected() {
            0 => Err(Error::Refused(format!(
                "there are {MOST} saved views: remove one that nobody needs first"
            ))),
            _ => Ok(()),
        }
    }

    /// Forgets a view; one that is gone already is no error.
    pub async fn drop_view(&self, id: i64) -> Result<()> {
        sqlx::query("delete from saved_views where id = $1").bind(id).execute(&self.pool).await?;
        Ok(())
    }
}
