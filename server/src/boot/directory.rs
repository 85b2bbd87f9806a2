//! What the boot services ask, answered from the store.

use async_trait::async_trait;
use chrono::Utc;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::machine::Machine;
use pitstop_domain::sighting::Sighting;
use pitstop_netboot::directory::{
    Assignment, Client, Directory, DirectoryError, Found, Known, PartError, PartFile,
};
use pitstop_store::{Keys, Result, Store};
use std::path::PathBuf;

/// The store, as the boot services see it.
pub struct StoreDirectory {
    store: Store,
    keys: Keys,
    images: PathBuf,
}

impl StoreDirectory {
    pub fn new(store: Store, keys: Keys, images: PathBuf) -> Self {
        Self { store, keys, images }
    }

    async fn look_up(&self, client: &Client) -> Result<Found> {
        let Some(machine) = self.store.find_machine(&client.macs, client.uuid).await? else {
            if let Some(mac) = client.macs.first() {
                self.store.saw_stranger(*mac, "network boot", Utc::now()).await?;
            }
            return Ok(Found::Unknown);
        };
        let assignment = self.assignment(&machine).await?.map(Box::new);
        Ok(Found::Known(Known { machine: machine.id, name: machine.name, assignment }))
    }

    async fn assignment(&self, machine: &Machine) -> Result<Option<Assignment>> {
        let Some(row) = self.store.offer(machine.id, Utc::now()).await? else { return Ok(None) };
        let (Some(image), Some(job)) = (self.store.image(&row.image).await?, self.store.job(row.job).await?)
        else {
            return Ok(None);
        };
        let function = self.store.function(&job.job.function).await?;
        let (title, told) = function.map(|f| (f.title, f.told)).unwrap_or_default();
        Ok(Some(Assignment {
            job: row.job,
            machine: machine.id,
            machine_name: machine.name.clone(),
            image,
            token: self.keys.job_token(row.job),
            title,
            told,
        }))
    }

    async fn find_part(&self, job: JobId, file: &str) -> Result<std::result::Result<PartFile, PartError>> {
        let Some(row) = self.store.job(job).await? else { return Ok(Err(PartError::Gone)) };
        if !row.job.phase.holds_machine() {
            return Ok(Err(PartError::Gone));
        }
        let image = self.store.image(&row.job.image).await?;
        let part = image.and_then(|image| image.parts.into_iter().find(|part| part.file == file));
        Ok(part.ok_or(PartError::NotFound).map(|part| PartFile {
            path: crate::catalog::path_of(&self.images, &part.digest),
            digest: part.digest,
            bytes: part.bytes,
            role: part.role,
            machine: row.job.machine,
        }))
    }
}

#[async_trait]
impl Directory for StoreDirectory {
    async fn find(&self, client: &Client) -> std::result::Result<Found, DirectoryError> {
        self.look_up(client).await.map_err(|error| DirectoryError(error.to_string()))
    }

    async fn saw(&self, machine: MachineId, sighting: Sighting) {
        if let Err(error) = self.store.saw(machine, &sighting, Utc::now()).await {
            tracing::warn!(%machine, fact = sighting.fact(), %error, "A sighting could not be stored and is lost.");
        }
    }

    async fn part(&self, job: JobId, token: &str, file: &str) -> std::result::Result<PartFile, PartError> {
        if !self.keys.is_job_token(job, token) {
            return Err(PartError::Forbidden);
        }
        self.find_part(job, file)
            .await
            .unwrap_or_else(|error| Err(PartError::Unavailable(DirectoryError(error.to_string()))))
    }
}
