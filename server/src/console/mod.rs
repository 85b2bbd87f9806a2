//! Consoles: a terminal in the browser into a machine in maintenance.
//!
//! The agent comes to the server ([`machine`]), people come by the dashboard ([`viewer`]), and they meet in a [`room`], one
//! a job, where all that is said is recorded ([`recording`], removed by [`sweep`]). [`routes`]: what the dashboard's address answers.
//! docs/adr/0025-the-machine-comes-to-its-console.md

pub mod machine;
pub mod recording;
pub mod room;
pub mod routes;
pub mod sweep;
pub mod viewer;

use pitstop_domain::id::JobId;
use pitstop_domain::job::{Job, Phase};
use pitstop_store::{Error, Result, Store};
use recording::Recording;
use room::Room;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// How often it is looked whether the job still has the machine. Its agent hangs up long before, as a rule.
const LOOK: Duration = Duration::from_secs(2);

/// All consoles that are open in this process.
pub struct Consoles {
    store: Store,
    /// Where recordings lie.
    folder: PathBuf,
    rooms: Mutex<HashMap<JobId, Arc<Room>>>,
    /// Somebody came to a room in which no machine is.
    wanted: Notify,
}

impl Consoles {
    pub fn new(store: Store, folder: PathBuf) -> Arc<Self> {
        Arc::new(Self { store, folder, rooms: Mutex::default(), wanted: Notify::new() })
    }

    /// The job's room, if somebody has opened it.
    pub fn room(&self, job: JobId) -> Option<Arc<Room>> {
        self.rooms().get(&job).cloned()
    }

    /// The job's room, opened where it is not.
    ///
    /// # Errors
    /// A refusal in words: the machine is not in maintenance, or its image has no agent of ours.
    pub async fn enter(self: &Arc<Self>, job: JobId, who: &str) -> Result<Arc<Room>> {
        let row = self.store.job(job).await?.ok_or(Error::NotFound("job"))?;
        can_open(&row.job).map_err(Error::Refused)?;
        if let Some(room) = self.room(job) {
            self.store.join_console(room.id, who).await?;
            return Ok(room);
        }
        let id = self.store.open_console(job, who).await?;
        let title = format!("{} on {}", row.job.function, row.machine_name);
        let recording = Recording::begin(&self.path(id), &title, self.store.now()).map_err(|error| {
            Error::Refused(format!(
                "consoles are recorded, and the recording cannot be written to {}: {error}",
                self.folder.display()
            ))
        })?;
        let room = self.rooms().entry(job).or_insert_with(|| Arc::new(Room::new(id, recording))).clone();
        if room.id == id {
            tokio::spawn(Arc::clone(self).keep(job, room.clone()));
        } else {
            // Somebody was quicker.
            self.store.join_console(room.id, who).await?;
            self.store.close_console(id, 0).await?;
        }
        self.wanted.notify_waiters();
        Ok(room)
    }

    /// Is somebody there, and the machine is not?
    pub fn is_wanted(&self, job: JobId) -> bool {
        self.room(job).is_some_and(|room| !room.has_machine())
    }

    /// Until somebody is there, and the machine is not.
    pub async fn until_wanted(&self, job: JobId) {
        loop {
            let wanted = self.wanted.notified();
            if self.is_wanted(job) {
                return;
            }
            wanted.await;
        }
    }

    /// Where a recording lies.
    pub fn path(&self, id: Uuid) -> PathBuf {
        path(&self.folder, id)
    }

    /// Until the machine leaves.
    async fn keep(self: Arc<Self>, job: JobId, room: Arc<Room>) {
        loop {
            tokio::time::sleep(LOOK).await;
            room.flush();
            match self.store.job(job).await {
                Ok(Some(row)) if row.job.phase == Phase::Running => {}
                // Nobody knows; who is there stays.
                Err(_) => {}
                Ok(_) => break,
            }
        }
        self.rooms().remove(&job);
        let bytes = room.end("The machine is on its way back to its own system.");
        if let Err(error) = self.store.close_console(room.id, bytes).await {
            tracing::warn!(%job, %error, "That a console is over could not be stored.");
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<JobId, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.cast"))
}

/// Why there can be no console.
///
/// # Errors
/// In words.
pub fn can_open(job: &Job) -> std::result::Result<(), String> {
    if !job.plan.image_agent {
        return Err("this image is not ours and has no agent that could open a console".to_owned());
    }
    match job.phase {
        Phase::Running => Ok(()),
        Phase::Queued | Phase::Switching => {
            Err("the machine is not in maintenance yet: the console opens when it is".to_owned())
        }
        Phase::Restoring | Phase::Held | Phase::Closed => {
            Err("the machine is not in maintenance any more".to_owned())
        }
    }
}
