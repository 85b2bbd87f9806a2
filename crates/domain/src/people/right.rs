//! What can be allowed.

use super::Role;
use crate::function::Risk;
use serde::{Deserialize, Serialize};

/// Something that a person may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Look at machines, jobs, runs, alarms and images.
    See,
    /// Say that a restart by hand was made, or cannot be.
    Press,
    /// Say that one looks after an alarm.
    LookAfter,
    /// Start a function of this risk on a machine.
    Repair(Risk),
    /// Open a console on a machine in maintenance, and look at what was recorded of one.
    UseConsole,
    /// Take a job back.
    Cancel,
    /// Decide about a held job.
    Decide,
    /// Start a function that is kept for this role and those above it.
    KeptFor(Role),
    /// Start jobs on many machines at once, pause and cancel that.
    StartRuns,
    /// Ask a machine's board how it is.
    TryRoutes,
    /// Name, label and adopt machines, and say what their own system is.
    EditMachines,
    /// Change power routes, their passwords, and probes.
    EditRoutes,
    /// Add, promote and remove boot images and functions.
    EditImages,
    /// Invite people, lock them out, give roles.
    ManagePeople,
    /// Change what holds for the whole installation.
    ChangeSettings,
    /// Read who did what.
    ReadAudit,
}

impl Right {
    /// All of them, but for those that follow from a role.
    pub const ALL: [Self; 17] = [
        Self::See,
        Self::Press,
        Self::LookAfter,
        Self::Repair(Risk::ReadsOnly),
        Self::Repair(Risk::Repairs),
        Self::Repair(Risk::Destroys),
        Self::UseConsole,
        Self::Cancel,
        Self::Decide,
        Self::StartRuns,
        Self::TryRoutes,
        Self::EditMachines,
        Self::EditRoutes,
        Self::EditImages,
        Self::ManagePeople,
        Self::ChangeSettings,
        Self::ReadAudit,
    ];

    /// As in "you may not …".
    pub fn words(self) -> &'static str {
        match self {
            Self::See => "look at this",
            Self::Press => "answer for a machine that is to be restarted by hand",
            Self::LookAfter => "take over alarms",
            Self::Repair(Risk::ReadsOnly) => "start functions that only look",
            Self::Repair(Risk::Repairs) => "start functions that change what is on a machine",
            Self::Repair(Risk::Destroys) => "start functions that destroy what is on a machine",
            Self::KeptFor(Role::Viewer | Role::HelpDesk) => "start functions that are kept for the help desk",
            Self::KeptFor(Role::Operator) => "start functions that are kept for operators",
            Self::KeptFor(Role::Administrator) => "start functions that are kept for administrators",
            Self::UseConsole => "use consoles of machines in maintenance",
            Self::Cancel => "take jobs back",
            Self::Decide => "decide about held jobs",
            Self::StartRuns => "start jobs on many machines at once, or hold such a run",
            Self::TryRoutes => "ask power routes how a machine is",
            Self::EditMachines => "change machines",
            Self::EditRoutes => "change power routes and probes",
            Self::EditImages => "change boot images and functions",
            Self::ManagePeople => "manage people",
            Self::ChangeSettings => "change settings of the whole installation",
            Self::ReadAudit => "read the audit",
        }
    }

    /// The word in the audit, in URLs and in classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Press => "press",
            Self::LookAfter => "look_after",
            Self::Repair(_) | Self::KeptFor(_) => "repair",
            Self::UseConsole => "console",
            Self::Cancel => "cancel",
            Self::Decide => "decide",
            Self::StartRuns => "runs",
            Self::TryRoutes => "try_routes",
            Self::EditMachines => "edit_machines",
            Self::EditRoutes => "edit_routes",
            Self::EditImages => "edit_images",
            Self::ManagePeople => "people",
            Self::ChangeSettings => "settings",
            Self::ReadAudit => "audit",
        }
    }
}
