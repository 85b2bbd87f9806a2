//! What the pages about boot images need. The server implements it over the store, for one person; what that person
//! may not do it refuses.

use crate::Failure;
use async_trait::async_trait;
use pitstop_domain::Time;
use pitstop_domain::digest::Digest;
use pitstop_domain::function::Risk;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::{Channel, ImageVersion};
use pitstop_domain::machine::Machine;
use pitstop_domain::preflight::Check;

/// How closed jobs went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    pub jobs: u64,
    /// Of these: the machine was seen to boot the image.
    pub booted: u64,
    /// Of these: the machine's return was proven.
    pub proved: u64,
}

/// A promotion, a roll-back or a removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub at: Time,
    /// `candidate`, `stable` or `removed`.
    pub to: String,
    pub by: String,
    pub why: String,
}

/// A version in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub image: ImageVersion,
    pub rate: Rate,
    pub last: Option<Moved>,
}

/// A version on its image's page.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub image: ImageVersion,
    /// It is not in the catalog any more.
    pub removed_at: Option<Time>,
    /// By model; empty: not known.
    pub models: Vec<(String, Rate)>,
    /// Newest first.
    pub moves: Vec<Moved>,
}

/// What became of a version, for one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    pub version: String,
    pub digest: Digest,
    pub channel: Channel,
    /// `None`: it is the one.
    pub why_not: Option<String>,
}

/// Which version a function would get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The function's name; empty: the machine's own system.
    pub function: String,
    pub title: String,
    pub risk: Option<Risk>,
    pub image: String,
    /// What the server lacks for it.
    pub missing: Option<String>,
    /// The chosen one first.
    pub versions: Vec<Considered>,
    /// What is looked at before a job; empty where no version is chosen.
    pub checks: Vec<Check>,
}

/// Boot images, for one person.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// All versions, by name, the newest first.
    async fn images(&self) -> Result<Vec<Listed>, Failure>;

    /// The versions of an image, the newest first, with those that were removed; none: there is no such image.
    async fn versions(&self, name: &str) -> Result<Vec<Version>, Failure>;

    async fn move_to(&self, digest: &Digest, to: Channel, why: &str) -> Result<(), Failure>;

    async fn remove(&self, digest: &Digest, why: &str) -> Result<(), Failure>;

    /// Writes notes in place of those that were seen.
    async fn note(&self, digest: &Digest, seen: &str, notes: &str) -> Result<(), Failure>;

    /// A machine, and which version each function would get there.
    async fn on_machine(&self, id: MachineId) -> Result<(Machine, Vec<Explained>), Failure>;
}
