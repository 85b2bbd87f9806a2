//! Who did what. Rows are added and never changed: a trigger refuses everything else.
//!
//! What is done is written down before it is done ([`Store::record`]); what was then not done has a second row that says
//! why ([`Store::record_not_done`]). So whatever was done is there, wherever the process died.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{MachineId, PersonId};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::{PgTransaction, Row};

/// What is written down about an act.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    pub person: Option<PersonId>,
    pub who: String,
    /// The address.
    pub came_from: String,
    /// A word to filter by.
    pub act: String,
    /// In words.
    pub what: String,
    pub machine: Option<(MachineId, String)>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// A row, with its end.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    pub id: i64,
    pub at: Time,
    pub entry: Entry,
    /// It was not done, and why.
    pub why_not: Option<String>,
}

/// Which rows are wanted, newest first.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// A part of who it was.
    pub who: Option<String>,
    /// A machine's name, or its id.
    pub machine: Option<String>,
    pub act: Option<String>,
    pub since: Option<Time>,
    pub until: Option<Time>,
    /// Rows before this one.
    pub before: Option<i64>,
    pub limit: i64,
}

impl Store {
    /// Writes down what is about to be done; gives its row.
    pub async fn record(&self, entry: &Entry) -> Result<i64> {
        let mut tx = self.pool.begin().await?;
        let id = insert(&mut tx, entry, self.now()).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// What was written down was not done.
    pub async fn record_not_done(&self, of: i64, why: &str) -> Result<()> {
        sqlx::query(
            "insert into audit (at, person_id, who, came_from, act, what, machine_id, machine_name, of, why_not) \
             select $2, person_id, who, came_from, act, what, machine_id, machine_name, id, $3 from audit where id = $1",
        )
        .bind(of)
        .bind(self.now())
        .bind(why)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>> {
        let sql = "select a.*, e.why_not as end_why from audit a left join audit e on e.of = a.id \
                   where a.of is null and ($1::text is null or a.who ilike '%' || $1 || '%') \
                   and ($2::text is null or a.machine_name = $2 or a.machine_id::text = $2) \
                   and ($3::text is null or a.act = $3) and ($4::timestamptz is null or a.at >= $4) \
                   and ($5::timestamptz is null or a.at < $5) and ($6::bigint is null or a.id < $6) \
                   order by a.id desc limit $7";
        let rows = sqlx::query(sql)
            .bind(filter.who.as_deref().map(like))
            .bind(&filter.machine)
            .bind(&filter.act)
            .bind(filter.since)
            .bind(filter.until)
            .bind(filter.before)
            .bind(filter.limit)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The acts that there are, to filter by.
    pub async fn audited_acts(&self) -> Result<Vec<String>> {
        let sql = "select distinct act from audit order by act";
        Ok(sqlx::query_scalar(sql).fetch_all(&self.pool).await?)
    }
}

/// `%` and `_` are letters here.
fn like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

pub(super) async fn insert(tx: &mut PgTransaction<'_>, entry: &Entry, now: Time) -> Result<i64> {
    let sql = "insert into audit (at, person_id, who, came_from, act, what, machine_id, machine_name, before, after) \
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id";
    let id = sqlx::query_scalar(sql)
        .bind(now)
        .bind(entry.person.map(|id| id.0))
        .bind(&entry.who)
        .bind(&entry.came_from)
        .bind(&entry.act)
        .bind(&entry.what)
        .bind(entry.machine.as_ref().map(|(id, _)| id.0))
        .bind(entry.machine.as_ref().map(|(_, name)| name))
        .bind(&entry.before)
        .bind(&entry.after)
        .fetch_one(&mut **tx)
        .await?;
    Ok(id)
}

fn read(row: &PgRow) -> Result<AuditRow> {
    let machine: Option<uuid::Uuid> = row.try_get("machine_id")?;
    let name: Option<String> = row.try_get("machine_name")?;
    Ok(AuditRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        entry: Entry {
            person: row.try_get::<Option<_>, _>("person_id")?.map(PersonId),
            who: row.try_get("who")?,
            came_from: row.try_get("came_from")?,
            act: row.try_get("act")?,
            what: row.try_get("what")?,
            machine: machine.map(|id| (MachineId(id), name.unwrap_or_default())),
            before: row.try_get("before")?,
            after: row.try_get("after")?,
        },
        why_not: row.try_get::<Option<String>, _>("end_why")?,
    })
}
