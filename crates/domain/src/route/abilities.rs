//! What routes can do, as data: the ladder, the form and the page that explains a wait read the same table.

use super::Route;

/// Who makes the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// The machine's agent fetches it.
    Agent,
    /// The server's worker asks.
    Server,
    /// A person presses.
    Person,
}

/// What a route can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Abilities {
    pub who_asks: Asker,
    /// Restarts a machine that runs.
    pub restarts: bool,
    /// Starts a machine that is switched off.
    pub wakes: bool,
    /// Makes the next boot, and only that, one from the network.
    pub boots_network_once: bool,
    /// Can tell whether the machine is on.
    pub reads_power: bool,
    /// Can bring a machine that runs maintenance back to its own system.
    pub returns: bool,
}

impl Abilities {
    const fn of(who_asks: Asker) -> Self {
        Self {
            who_asks,
            restarts: true,
            wakes: false,
            boots_network_once: false,
            reads_power: false,
            returns: true,
        }
    }

    pub(super) const AGENT: Self = Self { boots_network_once: true, ..Self::of(Asker::Agent) };
    /// Maintenance has no kernel of the own system to start.
    pub(super) const KEXEC: Self = Self { returns: false, ..Self::AGENT };
    /// A virtual machine that is off has no process that could be asked.
    pub(super) const VIRTUAL_MACHINE: Self = Self { reads_power: true, ..Self::of(Asker::Server) };
    pub(super) const SIMULATED: Self = Self::of(Asker::Server);
    pub(super) const BOARD: Self =
        Self { wakes: true, boots_network_once: true, reads_power: true, ..Self::of(Asker::Server) };
    /// A machine in maintenance is on: a magic packet does nothing to it.
    pub(super) const WAKE: Self =
        Self { restarts: false, wakes: true, returns: false, ..Self::of(Asker::Server) };
    /// What stands behind the URL or command is the user's: it is told the target and does what it takes.
    pub(super) const USERS_OWN: Self =
        Self { wakes: true, boots_network_once: true, ..Self::of(Asker::Server) };
    pub(super) const PERSON: Self = Self { wakes: true, boots_network_once: true, ..Self::of(Asker::Person) };
}

impl Route {
    /// What it can do with its settings.
    pub fn abilities(&self) -> Abilities {
        match self {
            Self::Agent => Abilities::AGENT,
            Self::AgentKexec => Abilities::KEXEC,
            Self::VirtualMachine { .. } => Abilities::VIRTUAL_MACHINE,
            Self::Simulated { .. } => Abilities::SIMULATED,
            Self::Redfish(redfish) => with_boot(redfish.boot),
            Self::Ipmi(ipmi) => with_boot(ipmi.boot),
            Self::WakeOnLan(_) => Abilities::WAKE,
            Self::Webhook(_) => Abilities::USERS_OWN,
            Self::Ssh(ssh) => Abilities { returns: ssh.home.is_some(), ..Abilities::USERS_OWN },
            Self::Person => Abilities::PERSON,
        }
    }
}

fn with_boot(boot: super::BootOverride) -> Abilities {
    Abilities { boots_network_once: boot != super::BootOverride::Never, ..Abilities::BOARD }
}
