//! What the pages about boot images need. The server implements it over the store, for one person; what that person
//! may not do it refuses.

use crate::Failure;
use async_trait::async_trait;
use pitstop_domain::Time;
use pitstop_domain::catalog::Rules;
use pitstop_domain::digest::Digest;
use pitstop_domain::function::Risk;
use pitstop_domain::id::MachineId;
use pitstop_domain::image::{Channel, ImageKind, ImageVersion, PartRole};
use pitstop_domain::machine::{Arch, Firmware, Machine};
use pitstop_domain::preflight::Check;
use pitstop_domain::test_boot::TestBoot;
use uuid::Uuid;

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
    pub tests: Tests,
}

/// Test boots of a version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tests {
    /// Newest first.
    pub boots: Vec<TestBoot>,
    /// The time by the server.
    pub now: Option<Time>,
    /// From which firmware it cannot be tried, and why, in words.
    pub why_not: Vec<(Firmware, String)>,
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

/// An image that somebody adds.
#[derive(Clone, Debug, PartialEq)]
pub struct NewImage {
    pub name: String,
    pub version: String,
    pub title: String,
    pub kind: ImageKind,
    pub arch: Arch,
    pub firmware: Vec<Firmware>,
    /// As the interface for programs calls it: `iso`, `linux`, …
    pub format: String,
    pub cmdline: String,
    pub agent: bool,
    pub notes: String,
    /// What `minisign` wrote when its statement was signed, where it was.
    pub signature: Option<String>,
    pub parts: Vec<NewPart>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewPart {
    pub role: PartRole,
    pub file: String,
    pub source: Source,
}

/// Where a part's bytes are.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Bytes(Vec<u8>),
    Address { url: String, sha256: String },
}

/// What became of an image that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    There {
        name: String,
    },
    /// The server fetches it.
    Coming,
}

/// An image that the server fetches from addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    pub id: String,
    /// Name and version.
    pub called: String,
    /// The hosts that it comes from.
    pub from: String,
    pub by: String,
    pub since: Time,
    pub bytes: u64,
    /// `None`: not said yet.
    pub of: Option<u64>,
    /// Why it was given up, in words.
    pub failed: Option<String>,
}

/// A key whose signatures on versions are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    pub id: String,
    pub public_key: String,
    pub name: String,
    pub added_at: Time,
    pub added_by: String,
    /// Versions that it signed, by name and version.
    pub signed: Vec<String>,
    /// Of these: no other trusted key signed them.
    pub alone: Vec<String>,
}

/// Who is trusted, and whether that is demanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signing {
    pub demanded: bool,
    pub keys: Vec<TrustedKey>,
    /// Stable versions without a signature by one of them: name and version.
    pub unsigned: Vec<(String, String)>,
}

/// Where the bytes of images are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// On this server.
    pub folder: String,
    /// Bytes in it.
    pub used: u64,
    /// `None`: they are in the folder alone.
    pub bucket: Option<Bucketed>,
}

/// The bucket, of which the folder is a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucketed {
    /// Its name and where it is, in words.
    pub called: String,
    /// Bytes that the folder may hold.
    pub limit: u64,
    /// Why it cannot be reached, in words.
    pub away: Option<String>,
}

/// Boot images, for one person.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// All versions, by name, the newest first.
    async fn images(&self) -> Result<Vec<Listed>, Failure>;

    /// The versions of an image, the newest first, with those that were removed; none: there is no such image.
    async fn versions(&self, name: &str) -> Result<Vec<Version>, Failure>;

    async fn move_to(&self, digest: &Digest, to: Channel, why: &str) -> Result<(), Failure>;

    /// Starts a version in a throw-away virtual machine. `looks_for`: another text that shows that it runs.
    async fn test_boot(&self, digest: &Digest, firmware: Firmware, looks_for: &str) -> Result<(), Failure>;

    async fn stop_test_boot(&self, id: Uuid) -> Result<(), Failure>;

    /// This person saw on its screen that it runs.
    async fn saw_test_boot(&self, id: Uuid) -> Result<(), Failure>;

    /// The last picture of its screen (PNG).
    async fn test_boot_screen(&self, id: Uuid) -> Result<Vec<u8>, Failure>;

    /// What the catalog demands of versions.
    async fn rules(&self) -> Result<Rules, Failure>;

    /// Only what a test boot saw boot may become stable, or again anything.
    async fn demand_tests(&self, demanded: bool) -> Result<(), Failure>;

    /// Adds a signature, as `minisign` wrote it, to a version.
    async fn sign(&self, digest: &Digest, signature: &str) -> Result<(), Failure>;

    /// The keys that are trusted, for administrators.
    async fn signing(&self) -> Result<Signing, Failure>;

    /// Trusts a public key: `text` is what `minisign` wrote.
    async fn trust_key(&self, name: &str, text: &str) -> Result<(), Failure>;

    async fn distrust_key(&self, id: &str) -> Result<(), Failure>;

    /// Machines get only what is signed, or again anything.
    async fn demand_signatures(&self, demanded: bool) -> Result<(), Failure>;

    async fn remove(&self, digest: &Digest, why: &str) -> Result<(), Failure>;

    /// Writes notes in place of those that were seen.
    async fn note(&self, digest: &Digest, seen: &str, notes: &str) -> Result<(), Failure>;

    /// Adds an image; what it needs from addresses comes in the background.
    async fn add(&self, new: NewImage) -> Result<Added, Failure>;

    /// Images that are fetched from addresses, and those of which that failed.
    async fn coming(&self) -> Result<Vec<Coming>, Failure>;

    /// Where their bytes are.
    async fn kept(&self) -> Result<Kept, Failure>;

    /// Fetches again what failed.
    async fn fetch_again(&self, id: &str) -> Result<(), Failure>;

    /// Fetches it no further, and throws away what came.
    async fn give_up(&self, id: &str) -> Result<(), Failure>;

    /// A machine, and which version each function would get there.
    async fn on_machine(&self, id: MachineId) -> Result<(Machine, Vec<Explained>), Failure>;
}
