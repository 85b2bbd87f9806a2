//! What the outside sees of a machine.

use super::machine::{Machine, Tally};
use super::profile::Firmware;
use pitstop_domain::id::BootId;
use pitstop_domain::net::Mac;
use serde::Serialize;
use uuid::Uuid;

/// A machine at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    pub name: String,
    pub uuid: Uuid,
    pub mac: Mac,
    pub firmware: Firmware,
    pub model: &'static str,
    pub agent: bool,
    /// `off`, `firmware`, `asking`, `loader`, `script`, `image`, `starting`, `maintenance`, `hung`, `program`,
    /// `own-system`, `dark`.
    pub state: &'static str,
    /// Of the newest system that was started.
    pub boot_id: BootId,
    #[serde(flatten)]
    pub tally: Tally,
}

impl Status {
    pub(super) fn of(machine: &Machine) -> Self {
        let profile = &machine.profile;
        Self {
            name: profile.name.clone(),
            uuid: profile.uuid,
            mac: profile.mac,
            firmware: profile.firmware,
            model: profile.model.name,
            agent: profile.agent,
            state: machine.state.name(),
            boot_id: machine.boot_id(),
            tally: machine.tally.clone(),
        }
    }
}
