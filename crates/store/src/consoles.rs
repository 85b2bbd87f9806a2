//! Consoles that were opened, and their recordings.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::JobId;
use sqlx::FromRow;
use uuid::Uuid;

/// A console, open or over.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ConsoleRow {
    pub id: Uuid,
    pub opened_at: Time,
    pub closed_at: Option<Time>,
    /// Who sat there, in the order in which they came.
    pub people: Vec<String>,
    /// Of the recording.
    pub bytes: i64,
}

impl Store {
    /// A console is opened into the job's machine.
    pub async fn open_console(&self, job: JobId, who: &str) -> Result<Uuid> {
        let id = Uuid::now_v7();
        let sql = "insert into consoles (id, job_id, opened_at, people) values ($1, $2, $3, array[$4])";
        sqlx::query(sql).bind(id).bind(job.0).bind(self.now()).bind(who).execute(&self.pool).await?;
        Ok(id)
    }

    /// Somebody comes to it, too.
    pub async fn join_console(&self, id: Uuid, who: &str) -> Result<()> {
        let sql = "update consoles set people = people || $2 where id = $1 and not ($2 = any (people))";
        sqlx::query(sql).bind(id).bind(who).execute(&self.pool).await?;
        Ok(())
    }

    /// It is over; its recording has so many bytes.
    pub async fn close_console(&self, id: Uuid, bytes: u64) -> Result<()> {
        let sql = "update consoles set closed_at = $2, bytes = $3 where id = $1 and closed_at is null";
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        sqlx::query(sql).bind(id).bind(self.now()).bind(bytes).execute(&self.pool).await?;
        Ok(())
    }

    /// All consoles of a job, newest first.
    pub async fn consoles_of(&self, job: JobId) -> Result<Vec<ConsoleRow>> {
        let sql = "select id, opened_at, closed_at, people, bytes from consoles where job_id = $1 order by opened_at desc";
        Ok(sqlx::query_as(sql).bind(job.0).fetch_all(&self.pool).await?)
    }
}
