//! What the server functions for alarms need of the backend.

use super::api::{AlarmCount, Alarms};
use crate::Failure;
use crate::backend::backend;
use crate::serve::Reply;

pub async fn alarms() -> Result<Alarms, Failure> {
    let backend = backend()?;
    let rows = backend.alarms().await?;
    let open = backend.count_alarms().await?.open;
    Ok(Alarms { asked_at: chrono::Utc::now(), open, rows })
}

pub async fn count_alarms() -> Result<AlarmCount, Failure> {
    backend()?.count_alarms().await
}

pub async fn see_alarm(id: i64) -> Result<(), Failure> {
    let (backend, reply) = (backend()?, Reply::here());
    backend.see_alarm(id).await?;
    reply.back_to("/alarms");
    Ok(())
}
