//! Functions: what maintenance does.

use crate::capture::meant::Meant;
use crate::ending::Ending;
use crate::parameter::Parameter;
use crate::people::{Right, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What maintenance does, as data: an image, a task, when it ends, and its limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Function {
    /// Short and stable, like `memory-test`: it stands in URLs.
    pub name: String,
    pub title: String,
    /// One or two sentences for the person who chooses it.
    pub description: String,
    /// Name of the boot image.
    pub image: String,
    pub task: Task,
    /// What is asked for before it starts.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// The smallest role that may start it; `None`: as its risk has it, which holds in any case.
    #[serde(default)]
    pub least_role: Option<Role>,
    /// What the server lacks for it, in words; no machine is restarted for it while that is so.
    #[serde(default)]
    pub missing: Option<String>,
    pub ending: Ending,
    pub limits: Limits,
    pub risk: Risk,
    /// What the person at the machine is told.
    pub told: String,
}

impl Function {
    /// What it takes to start it: as its risk has it, or the role that it is kept for where that is more.
    pub fn right(&self) -> Right {
        let by_risk = Right::Repair(self.risk);
        match self.least_role {
            Some(role) if role > Role::least_for(by_risk) => Right::KeptFor(role),
            _ => by_risk,
        }
    }

    /// Whether runs, schedules and rules of health may start it: what they start is the same on each machine.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn for_many(&self) -> Result<(), String> {
        match self.task {
            Task::Restore { .. } => Err("a disk is restored on one machine at a time, by a person or a program, and not by runs, \
                                         schedules or rules: start it from the machine's page, or the capture's"
                .to_owned()),
            _ => Ok(()),
        }
    }
}

/// What the agent in the maintenance image is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// The image needs no task: it does what it does (memtest86+).
    None,
    /// Report what is in the machine.
    Inventory,
    /// Write and read back patterns over free memory.
    MemoryTest {
        /// MiB to test; `None`: all that is free but a reserve for the system.
        mib: Option<u64>,
        /// Times the whole set of patterns is run.
        passes: u32,
    },
    /// Look at file systems without changing them, and repair those that are broken, where asked to.
    FileSystems {
        #[serde(default)]
        repair: bool,
        /// One device, like `/dev/sda2`; `None`: all.
        #[serde(default)]
        device: Option<String>,
    },
    /// What disks say of themselves (SMART), and whether they can be read.
    DiskHealth {
        #[serde(default)]
        surface: Surface,
        /// One disk, like `/dev/sda`; `None`: all.
        #[serde(default)]
        device: Option<String>,
    },
    /// Scan files for viruses, with signatures from the server.
    VirusScan {
        /// Move what is infected to `/pitstop-quarantine/JOB/` on its file system.
        #[serde(default)]
        quarantine: bool,
        #[serde(default)]
        device: Option<String>,
    },
    /// Put back what a scan moved to quarantine.
    VirusUndo {
        /// The id of the scan's job.
        job: String,
    },
    /// Measure processors and memory.
    Speed {
        /// For each measurement.
        #[serde(default = "speed_seconds")]
        seconds: u32,
    },
    /// Links of network cards, and how the server is reached.
    NetworkTest,
    /// Run a script of the person's own: it ends with 0 when all is well, with 1 when it found something.
    Script {
        #[serde(default)]
        script: String,
        /// Seconds after which it is ended.
        #[serde(default = "script_seconds")]
        limit_s: u32,
        /// What was asked for, by the names under which the script finds it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        variables: BTreeMap<String, String>,
    },
    /// Look whether the firmware (UEFI) has an entry for each system on the disks, and make those that are missing, where
    /// asked to.
    BootEntries {
        #[serde(default)]
        repair: bool,
    },
    /// Take the password of an account away, so that it signs in without one, once, and chooses another.
    PasswordReset {
        #[serde(default)]
        user: String,
        /// One device, like `/dev/sda2`; `None`: the one system that has the account.
        #[serde(default)]
        device: Option<String>,
    },
    /// Stay in maintenance until somebody says that it is enough.
    Hold,
    /// Keep what is on a disk: its partition table, what precedes the first partition, and what is in use of each.
    Capture {
        /// The disk, like `/dev/sda`; `None`: the only one.
        #[serde(default)]
        device: Option<String>,
    },
    /// Write to a disk what was kept of one. All that was on it is lost.
    Restore {
        /// The id of what was kept.
        #[serde(default)]
        capture: String,
        /// The disk, like `/dev/sda`, or its serial number: exactly one.
        #[serde(default)]
        device: String,
        /// The machine's name; without it nothing is done.
        #[serde(default)]
        confirm: String,
        /// The disk of that name as it is known when it is asked for: no other is written to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meant: Option<Meant>,
    },
    /// Make what is on a whole disk unreadable for good.
    Wipe {
        /// The machine's name; without it nothing is done.
        #[serde(default)]
        confirm: String,
        /// The disk, like `/dev/sda`, or its serial number: exactly one.
        #[serde(default)]
        device: String,
        #[serde(default)]
        method: Erasure,
        /// The disk of that name as it is known when it is asked for: no other is wiped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meant: Option<Meant>,
    },
}

fn speed_seconds() -> u32 {
    3
}

fn script_seconds() -> u32 {
    600
}

/// How a disk is wiped, in the words of NIST SP 800-88 Rev. 1, section 2.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Erasure {
    /// Purge where the disk can, else clear.
    Best,
    /// Overwritten once, and all of it read back. Reaches what the disk shows of itself.
    #[default]
    Clear,
    /// By the disk's own command, which reaches what it does not show, too; nothing is done where it has none.
    Purge,
}

/// How much of a disk is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    None,
    /// A few hundred places, spread over the whole.
    Sample,
    #[default]
    Whole,
}

impl Task {
    /// What it does, to be read behind "It is asked to"; nothing when it is asked for nothing.
    pub fn words(&self) -> Option<String> {
        let of = |device: &Option<String>, all: &str| device.clone().unwrap_or_else(|| all.to_owned());
        Some(match self {
            Self::None => return None,
            Self::Inventory => "report what is in the machine".to_owned(),
            Self::MemoryTest { mib, passes } => {
                let memory = mib.map_or("all free memory".to_owned(), |mib| format!("{mib} MiB"));
                format!("test {memory}, passes: {passes}")
            }
            Self::FileSystems { repair, device } => {
                let verb = if *repair { "check and repair" } else { "check" };
                format!("{verb} {}", of(device, "all file systems"))
            }
            Self::DiskHealth { surface, device } => {
                let read = match surface {
                    Surface::None => "",
                    Surface::Sample => ", and read samples of it",
                    Surface::Whole => ", and read it all",
                };
                format!("look at the health of {}{read}", of(device, "all disks"))
            }
            Self::VirusScan { quarantine, device } => {
                let then = if *quarantine { ", and put what is infected into quarantine" } else { "" };
                format!("scan {} for viruses{then}", of(device, "all file systems"))
            }
            Self::VirusUndo { job } => format!("put back what job {job} moved to quarantine"),
            Self::Speed { seconds } => format!("measure processors and memory, {seconds} s each"),
            Self::NetworkTest => "test the network".to_owned(),
            Self::Script { limit_s, .. } => format!("run a script, for {limit_s} s at most"),
            Self::BootEntries { repair } => {
                let verb = if *repair { "check and repair" } else { "check" };
                format!("{verb} the firmware's boot entries")
            }
            Self::PasswordReset { user, device } => {
                format!("take away the password of {user} on {}", of(device, "the system that has it"))
            }
            Self::Hold => "stay in maintenance until it is stopped".to_owned(),
            Self::Capture { device } => format!("keep what is on {}", of(device, "its only disk")),
            Self::Restore { capture, device, .. } => format!("write capture {capture} to {device}"),
            Self::Wipe { device, method: Erasure::Best, .. } => format!("wipe {device}"),
            Self::Wipe { device, method: Erasure::Clear, .. } => format!("overwrite {device}"),
            Self::Wipe { device, method: Erasure::Purge, .. } => format!("let {device} erase itself"),
        })
    }
}

/// What a function may do to what is on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    ReadsOnly,
    Repairs,
    Destroys,
}

/// How long each phase may take, in seconds, before something is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Limits {
    /// From a route's call to the machine being seen in maintenance.
    pub switch_s: u32,
    /// From being seen in maintenance to the ending criteria being met.
    pub run_s: u32,
    /// From the call that restarts into the own system to its proof.
    pub restore_s: u32,
    /// How long the agent may take to fetch an order before the next route is tried.
    pub pickup_s: u32,
    /// Without contact to the server for this long the maintenance image restarts the machine itself.
    pub dead_man_s: u32,
    /// Handoff proof: how long the machine must not ask to boot again.
    pub handoff_quiet_s: u32,
}

impl Default for Limits {
    /// A slow server board takes up to eight minutes through its power-on self test, and firmware walks
    /// PXE over IPv6 for 70 s before the disk: limits are several times what healthy machines need.
    fn default() -> Self {
        Self {
            switch_s: 15 * 60,
            run_s: 4 * 3600,
            restore_s: 15 * 60,
            pickup_s: 90,
            dead_man_s: 10 * 60,
            handoff_quiet_s: 3 * 60,
        }
    }
}
