//! Power routes: the ways to restart or redirect a machine.
//!
//! - [`Route`]: one rung of a machine's ladder; its [`settings`], and what it can do ([`abilities`])
//! - [`address`]: what a setting that names a place may be
//! - [`kinds`]: routes that describe themselves, so that a form is drawn from them
//! - [`form`]: a filled form becomes a route, or helpful words; and back
//!
//! A route names its secrets ([`SecretId`]) and never holds them: it is shown in browsers and stands in plans.

pub mod abilities;
pub mod address;
pub mod form;
pub mod kinds;
pub mod settings;

#[cfg(test)]
mod tests;

pub use crate::id::SecretId;
pub use abilities::{Abilities, Asker};
pub use address::{Host, HttpUrl};
pub use settings::{BootOverride, Ipmi, Privilege, Redfish, Ssh, Trust, WakeOnLan, Webhook};

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
    /// A management board that speaks Redfish (DMTF DSP0266).
    Redfish(Redfish),
    /// A management board that speaks IPMI 2.0 over the network (RMCP+).
    Ipmi(Ipmi),
    /// A magic packet, for a machine that is switched off.
    WakeOnLan(WakeOnLan),
    /// A URL of the user's, called with a signature.
    Webhook(Webhook),
    /// A command on a host that is reached by SSH.
    Ssh(Ssh),
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
            Self::Redfish(_) => "redfish",
            Self::Ipmi(_) => "ipmi",
            Self::WakeOnLan(_) => "wake-on-lan",
            Self::Webhook(_) => "webhook",
            Self::Ssh(_) => "ssh",
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
            Self::Redfish(_) => "restart by the board over Redfish",
            Self::Ipmi(_) => "restart by the board over IPMI",
            Self::WakeOnLan(_) => "waking over the network",
            Self::Webhook(_) => "restart by the webhook",
            Self::Ssh(_) => "restart by a command over SSH",
            Self::Person => "restart by a person",
        }
    }

    /// Can it bring a machine that runs maintenance back to its own system?
    pub fn can_return(&self) -> bool {
        self.abilities().returns
    }

    /// Does it need an agent that answers?
    pub fn needs_agent(&self) -> bool {
        self.abilities().who_asks == Asker::Agent
    }

    /// The secrets it needs, which lie sealed in the store.
    pub fn secrets(&self) -> Vec<SecretId> {
        match self {
            Self::Redfish(redfish) => vec![redfish.password],
            Self::Ipmi(ipmi) => vec![ipmi.password],
            Self::WakeOnLan(wake) => wake.secure_on.into_iter().collect(),
            Self::Webhook(webhook) => vec![webhook.signing_secret],
            Self::Ssh(ssh) => vec![ssh.private_key],
            Self::Agent
            | Self::AgentKexec
            | Self::VirtualMachine { .. }
            | Self::Simulated { .. }
            | Self::Person => Vec::new(),
        }
    }
}

/// What a restart is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Maintenance,
    OwnSystem,
}
