//! What a machine is told at its next network boot. Rows change only with the phase of a job ([`crate::trip`]).

use crate::{Result, Store};
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::{JobId, MachineId};
use sqlx::Row;

/// The machine boots this image for this job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentRow {
    pub job: JobId,
    pub image: Digest,
}

impl Store {
    /// What the machine is told now. That it is told is recorded before it is: a job that is cancelled in the same
    /// moment must know that its machine may be on its way into maintenance.
    pub async fn offer(&self, machine: MachineId, now: Time) -> Result<Option<AssignmentRow>> {
        let Some(row) = self.assignment(machine).await? else { return Ok(None) };
        let mut tx = self.pool.begin().await?;
        crate::machines::lock(&mut tx, machine).await?;
        let sql = "select exists (select 1 from assignments where machine_id = $1 and job_id = $2)";
        let lasts: bool = sqlx::query_scalar(sql).bind(machine.0).bind(row.job.0).fetch_one(&mut *tx).await?;
        if !lasts {
            return Ok(None);
        }
        let sql = "update jobs set offered_at = $2 where id = $1 and offered_at is null";
        if sqlx::query(sql).bind(row.job.0).bind(now).execute(&mut *tx).await?.rows_affected() > 0 {
            crate::jobs::touch(&mut tx, row.job, now).await?;
        }
        tx.commit().await?;
        Ok(Some(row))
    }

    pub async fn assignment(&self, machine: MachineId) -> Result<Option<AssignmentRow>> {
        let sql = "select job_id, image from assignments where machine_id = $1";
        let Some(row) = sqlx::query(sql).bind(machine.0).fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let image: String = row.try_get("image")?;
        Ok(Some(AssignmentRow {
            job: JobId(row.try_get("job_id")?),
            image: crate::text::value(&image, "a digest")?,
        }))
    }
}
