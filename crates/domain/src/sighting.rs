//! Sightings: something seen of a machine. The store adds when the server saw it.

use crate::digest::Digest;
use crate::id::{BootId, JobId};
use crate::job::Outcome;
use serde::{Deserialize, Serialize};

/// Something seen of a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Sighting {
    /// The own system's agent reported.
    OwnAgent { boot_id: BootId },
    /// The agent in the maintenance image reported, and repeated its job's id.
    MaintenanceAgent { job: JobId, boot_id: BootId },
    /// A machine ran maintenance that it had no business in (an old script, a job that is over or held, another
    /// machine's), and was told to go home. No evidence for any job: it is told for people.
    OutsideJob { job: JobId, boot_id: Option<BootId>, why: String },
    /// The firmware or loader asked how to boot.
    AskedToBoot { by: String, told: Told },
    /// A machine whose own system is a boot image was told to boot this version of it.
    ToldOwnImage { name: String, version: String, digest: Digest },
    /// Bytes of a boot file went to the machine, for maintenance.
    Fetched(Fetched),
    /// Bytes of its own system's image went to the machine. Apart from [`Sighting::Fetched`], so that nobody takes
    /// it for evidence of maintenance.
    FetchedOwn(Fetched),
    /// The agent reports how far its task is.
    Progress { job: JobId, permille: u16, text: String },
    /// The agent reports that its task ended.
    Reported { job: JobId, outcome: Outcome, summary: String },
    /// A board, asked by this route, said whether the machine is switched on.
    Power { on: bool, route: String },
    /// The machine's probe was asked. `what` it was, in words.
    Probed { answered: bool, what: String },
    /// The own system's agent said that it shuts the machine down, as this job's plan has it.
    ShutDown { job: JobId },
    /// The job's own URL was called.
    UrlCalled { job: JobId, outcome: Outcome, summary: String },
}

/// What a machine that asked was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Boot maintenance: there is an assignment.
    Maintenance,
    /// Silence, or "go on with your own system", which may be a boot image of its own.
    OwnSystem,
    /// Its own system comes from us and could not be told: there is nothing else that it could start. So it was not
    /// sent home.
    Nothing,
}

/// A boot file on its way to a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fetched {
    /// `None` while nobody knows for which job: a loader fetched by TFTP, say.
    pub job: Option<JobId>,
    pub step: FetchStep,
    /// What was fetched, as people know it: `snponly.efi`, `vmlinuz`.
    pub name: String,
    /// Bytes that reached the machine (by acknowledged TFTP block, or written to the connection).
    pub bytes: u64,
    pub total: Option<u64>,
    /// The last byte went out.
    pub done: bool,
    /// The digest of the image's part, where it is one.
    pub digest: Option<Digest>,
}

/// Which step of the boot a file belongs to, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FetchStep {
    Loader,
    Script,
    Kernel,
    Initrd,
    Program,
    /// Something that the system fetches when it runs.
    File,
}

impl Sighting {
    /// The name of the fact that this sighting renews: one row a machine and kind.
    pub fn fact(&self) -> &'static str {
        match self {
            Self::OwnAgent { .. } => "own_agent",
            Self::MaintenanceAgent { .. } => "maintenance_agent",
            Self::OutsideJob { .. } => "outside_job",
            Self::AskedToBoot { told: Told::Maintenance, .. } => "asked_to_boot",
            Self::AskedToBoot { told: Told::OwnSystem, .. } => "sent_home",
            Self::AskedToBoot { told: Told::Nothing, .. } => "asked_in_vain",
            Self::ToldOwnImage { .. } => "told_own_image",
            Self::FetchedOwn(fetched) => match fetched.step {
                FetchStep::Loader => "fetched_own_loader",
                FetchStep::Script => "fetched_own_script",
                FetchStep::Kernel => "fetched_own_kernel",
                FetchStep::Initrd => "fetched_own_initrd",
                FetchStep::Program => "fetched_own_program",
                FetchStep::File => "fetched_own_file",
            },
            Self::Fetched(fetched) => match fetched.step {
                FetchStep::Loader => "fetched_loader",
                FetchStep::Script => "fetched_script",
                FetchStep::Kernel => "fetched_kernel",
                FetchStep::Initrd => "fetched_initrd",
                FetchStep::Program => "fetched_program",
                FetchStep::File => "fetched_file",
            },
            Self::Progress { .. } => "progress",
            Self::Reported { .. } => "reported",
            Self::Power { .. } => "power",
            Self::Probed { answered: true, .. } => "probe_answered",
            Self::Probed { answered: false, .. } => "probe_silent",
            Self::ShutDown { .. } => "shut_down",
            Self::UrlCalled { .. } => "url_called",
        }
    }

    /// Is it asked for again and again, so that only another answer than the last is worth telling?
    pub fn polled(&self) -> bool {
        matches!(self, Self::Power { .. } | Self::Probed { .. })
    }

    /// Can this sighting move a job, or does it only tell people how far it is? What is [polled](Self::polled) moves
    /// one only when it changed.
    pub fn wakes(&self) -> bool {
        match self {
            Self::Progress { .. }
            | Self::OutsideJob { .. }
            | Self::ToldOwnImage { .. }
            | Self::ShutDown { .. }
            | Self::FetchedOwn(_) => false,
            Self::Fetched(fetched) => fetched.done,
            _ => true,
        }
    }

    /// The boot whose agent said it.
    pub fn boot(&self) -> Option<&BootId> {
        match self {
            Self::OwnAgent { boot_id } | Self::MaintenanceAgent { boot_id, .. } => Some(boot_id),
            _ => None,
        }
    }

    /// The job that the sighting names.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::MaintenanceAgent { job, .. }
            | Self::Progress { job, .. }
            | Self::Reported { job, .. }
            | Self::ShutDown { job }
            | Self::UrlCalled { job, .. } => Some(*job),
            Self::Fetched(fetched) => fetched.job,
            _ => None,
        }
    }
}
