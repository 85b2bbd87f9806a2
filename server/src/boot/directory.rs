//! What the boot services ask, answered from the store.

use super::adopt;
use crate::pulse::Pulse;
use crate::shelf::Shelf;
use async_trait::async_trait;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::{ImageKind, ImageVersion, own_system_of};
use pitstop_domain::job::Phase;
use pitstop_domain::machine::Machine;
use pitstop_domain::sighting::Sighting;
use pitstop_netboot::directory::{
    Assignment, Client, Directory, DirectoryError, Found, Known, Own, OwnImage, PartError, PartFile,
};
use pitstop_store::{Keys, Result, Store};

/// The store, as the boot services see it.
pub struct StoreDirectory {
    store: Store,
    keys: Keys,
    shelf: Shelf,
    pulse: Pulse,
}

impl StoreDirectory {
    pub fn new(store: Store, keys: Keys, shelf: Shelf, pulse: Pulse) -> Self {
        Self { store, keys, shelf, pulse }
    }

    async fn look_up(&self, client: &Client) -> Result<Found> {
        let machine = match self.store.find_machine(&client.macs, client.uuid).await? {
            Some(machine) => machine,
            None => match adopt::meet(&self.store, client).await? {
                Some(machine) => machine,
                None => return Ok(Found::Unknown),
            },
        };
        let assignment = self.assignment(&machine).await?.map(Box::new);
        let own = self.own(&machine).await?;
        Ok(Found::Known(Known { machine: machine.id, name: machine.name, assignment, own }))
    }

    async fn own(&self, machine: &Machine) -> Result<Own> {
        let Some(name) = &machine.own_image else { return Ok(Own::Local) };
        let generation = self.store.token_generation(machine.id).await?;
        let images = self.store.images().await?;
        Ok(match (own_system_of(machine, name, &images), generation) {
            (Ok(image), Some(generation)) => Own::Image(Box::new(OwnImage {
                machine: machine.id,
                machine_name: machine.name.clone(),
                image: image.clone(),
                token: self.keys.own_token(machine.id, generation),
            })),
            (Ok(_), None) => Own::Missing { image: name.clone(), why: "the machine was removed".to_owned() },
            (Err(why), _) => Own::Missing { image: name.clone(), why },
        })
    }

    async fn assignment(&self, machine: &Machine) -> Result<Option<Assignment>> {
        let Some(row) = self.store.offer(machine.id, self.store.now()).await? else { return Ok(None) };
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
        // A script that is older than the job's state leads home, not into maintenance.
        if !matches!(row.job.phase, Phase::Switching | Phase::Running) {
            return Ok(Err(PartError::Gone));
        }
        let image = self.store.image(&row.job.image).await?;
        Ok(self.file(image, file, row.job.machine).await)
    }

    /// Any version of the image that the machine's own system is: newer ones may have come since its script was made.
    async fn find_own_part(
        &self,
        machine: MachineId,
        token: &str,
        version: &Digest,
        file: &str,
    ) -> Result<std::result::Result<PartFile, PartError>> {
        let generation = self.store.token_generation(machine).await?;
        if !generation.is_some_and(|generation| self.keys.is_own_token(machine, generation, token)) {
            return Ok(Err(PartError::Forbidden));
        }
        let own = self.store.machine(machine).await?.and_then(|machine| machine.own_image);
        let image = self.store.image(version).await?;
        let image = image.filter(|image| {
            image.kind == ImageKind::Operational
                && own.as_ref() == Some(&image.name)
                && image.standing.trust.against().is_none()
        });
        Ok(if image.is_some() { self.file(image, file, machine).await } else { Err(PartError::Replaced) })
    }

    /// A part that is in the bucket alone comes now: the machine waits, and asks again where that fails.
    async fn file(
        &self,
        image: Option<ImageVersion>,
        file: &str,
        machine: MachineId,
    ) -> std::result::Result<PartFile, PartError> {
        let part = image.and_then(|image| image.parts.into_iter().find(|part| part.file == file));
        let part = part.ok_or(PartError::NotFound)?;
        let brought = self.shelf.bring(std::slice::from_ref(&part)).await;
        brought.map_err(|why| PartError::Unavailable(DirectoryError(why)))?;
        Ok(PartFile {
            path: self.shelf.path_of(&part.digest),
            digest: part.digest,
            bytes: part.bytes,
            role: part.role,
            machine,
        })
    }
}

#[async_trait]
impl Directory for StoreDirectory {
    async fn find(&self, client: &Client) -> std::result::Result<Found, DirectoryError> {
        if self.pulse.is_late() {
            return Err(DirectoryError("the server stood still: the question may be an old one".to_owned()));
        }
        self.look_up(client).await.map_err(|error| DirectoryError(error.to_string()))
    }

    async fn saw(&self, machine: MachineId, sighting: Sighting) {
        // It stood still since the machine asked: another server may have sent it elsewhere.
        if self.pulse.is_late() {
            return;
        }
        if let Err(error) = self.store.saw(machine, &sighting, self.store.now()).await {
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

    async fn own_part(
        &self,
        machine: MachineId,
        token: &str,
        version: &Digest,
        file: &str,
    ) -> std::result::Result<PartFile, PartError> {
        self.find_own_part(machine, token, version, file)
            .await
            .unwrap_or_else(|error| Err(PartError::Unavailable(DirectoryError(error.to_string()))))
    }
}
