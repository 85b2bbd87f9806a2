//! What people read of a job: its history and its log.

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::id::{BootId, JobId};
use pitstop_domain::wire::LogLine;
use sqlx::FromRow;

/// The job moved, and why.
#[derive(Clone, Debug, FromRow)]
pub struct HistoryRow {
    pub at: Time,
    pub from: String,
    pub to: String,
    pub attempt: i32,
    pub reason: String,
}

/// A line that the machine said.
#[derive(Clone, Debug, FromRow)]
pub struct LogRow {
    pub at: Time,
    pub seq: i64,
    pub text: String,
}

impl Store {
    /// How the job moved, oldest first.
    pub async fn history(&self, job: JobId) -> Result<Vec<HistoryRow>> {
        let sql =
            "select at, \"from\", \"to\", attempt, reason from job_history where job_id = $1 order by id";
        Ok(sqlx::query_as(sql).bind(job.0).fetch_all(&self.pool).await?)
    }

    /// The newest lines of the job's log, oldest of them first.
    pub async fn log(&self, job: JobId, limit: i64) -> Result<Vec<LogRow>> {
        let sql = "select * from (select at, seq, text from job_log where job_id = $1 order by at desc, seq desc limit $2) \
                   as newest order by at, seq";
        Ok(sqlx::query_as(sql).bind(job.0).bind(limit).fetch_all(&self.pool).await?)
    }

    /// How many lines the job's log has.
    pub async fn log_length(&self, job: JobId) -> Result<u64> {
        let sql = "select count(*) from job_log where job_id = $1";
        let lines: i64 = sqlx::query_scalar(sql).bind(job.0).fetch_one(&self.pool).await?;
        Ok(lines.unsigned_abs())
    }

    /// Stores lines; those that are there stay as they are. Gives the highest line of this boot that is stored.
    pub async fn add_log(&self, job: JobId, boot: &BootId, lines: &[LogLine], now: Time) -> Result<u64> {
        let (seqs, texts): (Vec<i64>, Vec<&str>) = lines
            .iter()
            .map(|line| (i64::try_from(line.seq).unwrap_or(i64::MAX), line.text.as_str()))
            .unzip();
        if !lines.is_empty() {
            sqlx::query(
                "insert into job_log (job_id, boot_id, seq, at, text) \
                 select $1, $2, seq, $3, text from unnest($4::bigint[], $5::text[]) as line (seq, text) \
                 on conflict do nothing",
            )
            .bind(job.0)
            .bind(&boot.0)
            .bind(now)
            .bind(seqs)
            .bind(texts)
            .execute(&self.pool)
            .await?;
        }
        let highest: Option<i64> =
            sqlx::query_scalar("select max(seq) from job_log where job_id = $1 and boot_id = $2")
                .bind(job.0)
                .bind(&boot.0)
                .fetch_one(&self.pool)
                .await?;
        Ok(highest.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0))
    }
}
