//! What a machine is told at its next network boot. Rows change only with the phase of a job ([`crate::trip`]).

use crate::{Result, Store};
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
