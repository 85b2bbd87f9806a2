//! What the boot services ask of the rest. The server answers from the store, tests from memory.

use async_trait::async_trait;
use pitstop_domain::digest::Digest;
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::{ImageVersion, PartRole};
use pitstop_domain::machine::{Arch, Firmware};
use pitstop_domain::net::Mac;
use pitstop_domain::sighting::{Sighting, Told};
use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// How long a boot service waits for a sighting to be stored. A machine in its boot must not wait for a slow
/// disk; firmware gives up after a few seconds.
const LONGEST_NOTE: Duration = Duration::from_secs(1);

/// What the boot services ask of the rest.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// Who is this, and is there work for it?
    ///
    /// # Errors
    /// When nobody can say at the moment. The machine is then left to its own system.
    async fn find(&self, client: &Client) -> Result<Found, DirectoryError>;

    /// Something was seen of a machine. Returns soon; what cannot be stored is the directory's own affair.
    async fn saw(&self, machine: MachineId, sighting: Sighting);

    /// The file of a job's image, for a client that shows the job's token.
    ///
    /// # Errors
    /// See [`PartError`]: each has its own HTTP status.
    async fn part(&self, job: JobId, token: &str, file: &str) -> Result<PartFile, PartError>;

    /// A file of the image that is a machine's own system, in the version that its script named, for a client that
    /// shows the machine's own token.
    ///
    /// # Errors
    /// See [`PartError`]: each has its own HTTP status.
    async fn own_part(
        &self,
        machine: MachineId,
        token: &str,
        version: &Digest,
        file: &str,
    ) -> Result<PartFile, PartError>;
}

/// How a machine shows itself on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    pub macs: Vec<Mac>,
    /// SMBIOS UUID, in the byte order firmware and Linux show it; `None` where the firmware has none.
    pub uuid: Option<Uuid>,
    pub asked: Asked,
}

/// How a client asked, and what that tells of it: for those whom nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// In words; empty where nothing is known.
    pub by: &'static str,
    pub arch: Option<Arch>,
    pub firmware: Option<Firmware>,
    /// The network that it asked from: its relay's address, or its own.
    pub from: Option<Ipv4Addr>,
}

/// What the directory knows of a client.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Unknown,
    Known(Known),
}

/// A machine of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub machine: MachineId,
    pub name: String,
    /// What it is told at this boot; `None`: it is left to its own system.
    pub assignment: Option<Box<Assignment>>,
    pub own: Own,
}

/// Where a machine's own system comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Own {
    /// From the machine itself: silence leads to it.
    Local,
    /// From us: the machine is diskless and boots this.
    Image(Box<OwnImage>),
    /// From us, and it cannot be told at the moment: the image is not in the catalog, or does not suit.
    Missing { image: String, why: String },
}

impl Own {
    /// What a machine was told that was not answered. One with nothing else to boot was not sent anywhere.
    pub fn silence_tells(&self) -> Told {
        match self {
            Self::Local => Told::OwnSystem,
            Self::Image(_) | Self::Missing { .. } => Told::Nothing,
        }
    }

    /// There is nothing on the machine that it could start instead.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::Local)
    }
}

/// The image that is a machine's own system.
#[derive(Clone, PartialEq)]
pub struct OwnImage {
    pub machine: MachineId,
    pub machine_name: String,
    pub image: ImageVersion,
    /// The machine's own token: whoever shows it may fetch this image, and enrol this machine's agent.
    pub token: String,
}

/// The token enrols the machine, so it stays out of logs.
impl fmt::Debug for OwnImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnImage")
            .field("machine", &self.machine_name)
            .field("image", &self.image.digest)
            .finish_non_exhaustive()
    }
}

/// What a machine is told at its next network boot.
#[derive(Clone, PartialEq)]
pub struct Assignment {
    pub job: JobId,
    pub machine: MachineId,
    pub machine_name: String,
    pub image: ImageVersion,
    /// The job token: whoever shows it may fetch the job's files and report for it.
    pub token: String,
    /// The function's title.
    pub title: String,
    /// What the person at the machine is told.
    pub told: String,
}

/// The token opens the job's files, so it stays out of logs.
impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignment")
            .field("job", &self.job)
            .field("machine", &self.machine_name)
            .field("image", &self.image.digest)
            .finish_non_exhaustive()
    }
}

/// A file of an image, where it lies on this host.
#[derive(Clone, Debug, PartialEq)]
pub struct PartFile {
    pub path: PathBuf,
    pub digest: Digest,
    pub bytes: u64,
    pub role: PartRole,
    /// The machine that it goes to.
    pub machine: MachineId,
}

/// The directory cannot say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the directory of machines does not answer: {0}")]
pub struct DirectoryError(pub String);

/// Why a file is not given out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// The job is over, and its token with it.
    #[error("this job is over: restart the computer, it starts its own system")]
    Gone,
    /// The machine's own system is another image by now: its next script names that.
    #[error("this machine's own system is another image now: restart the computer")]
    Replaced,
    #[error("this token does not open this")]
    Forbidden,
    #[error("the image has no such file")]
    NotFound,
    /// Nobody can say at the moment; asking again makes sense.
    #[error("the file cannot be looked up at the moment: try again")]
    Unavailable(#[source] DirectoryError),
}

/// Stores a sighting, but lets no machine wait for it.
pub(crate) async fn note(directory: &dyn Directory, machine: MachineId, sighting: Sighting) {
    let fact = sighting.fact();
    if tokio::time::timeout(LONGEST_NOTE, directory.saw(machine, sighting)).await.is_err() {
        tracing::warn!(%machine, fact, "a sighting was not stored in time and is lost");
    }
}
