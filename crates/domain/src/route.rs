//! Power routes: the ways to restart or redirect a machine.

use serde::{Deserialize, Serialize};

/// One rung of a machine's power ladder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Route {
    /// The agent restarts the machine: UEFI BootNext where there is a network entry, else a plain restart.
    Agent,
    /// The agent loads the image itself and starts it with kexec: needs neither PXE nor DHCP.
    AgentKexec,
    /// A QEMU virtual machine, through its QMP socket (the lab).
    VirtualMachine { qmp: String },
    /// A simulated machine of the rig, restarted by a call to its management address.
    Simulated { url: String },
    /// Somebody walks there: the job waits and shows what to press.
    Person,
}

impl Route {
    /// The word used in history, logs and the call's row.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::AgentKexec => "agent-kexec",
            Self::VirtualMachine { .. } => "virtual-machine",
            Self::Simulated { .. } => "simulated",
            Self::Person => "person",
        }
    }

    /// In words, for people.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Agent => "restart by the agent",
            Self::AgentKexec => "start by the agent with kexec",
            Self::VirtualMachine { .. } => "reset of the virtual machine",
            Self::Simulated { .. } => "reset of the simulated machine",
            Self::Person => "restart by a person",
        }
    }

    /// Can it bring a machine that runs maintenance back to its own system?
    pub fn can_return(&self) -> bool {
        !matches!(self, Self::AgentKexec)
    }

    /// Does it need an agent that answers?
    pub fn needs_agent(&self) -> bool {
        matches!(self, Self::Agent | Self::AgentKexec)
    }
}

/// What a restart is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Maintenance,
    OwnSystem,
}
