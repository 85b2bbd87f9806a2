//! A management board over IPMI 2.0 (RMCP+), through the program `ipmitool`, with commands as bytes: their answers
//! have the same form whatever version it is. Why a program and no crate: docs/adr/0103-ipmi-by-ipmitool.md.
//!
//! - [`tool`]: one command, and what its failures mean
//! - [`chassis`]: the commands (IPMI 2.0, chapters 22 and 28)

mod chassis;
mod tool;

use crate::limit::within;
use crate::redfish::is_it;
use crate::{Board, Fault, Look, PowerState, Subject};
use async_trait::async_trait;
use chassis::{Control, Device};
use pitstop_domain::route::{BootOverride, Ipmi, Target};
use pitstop_domain::secret::Secret;
use std::time::Duration;
use tool::{Failed, Tool};
use uuid::Uuid;

/// Pauses before a boot device is set again that did not stay.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2)];

pub(crate) struct IpmiBoard {
    tool: Tool,
    subject: Subject,
    boot: BootOverride,
}

impl IpmiBoard {
    pub(crate) fn new(settings: &Ipmi, subject: &Subject, password: Secret) -> Self {
        Self { tool: Tool::new(settings, password), subject: subject.clone(), boot: settings.boot }
    }

    async fn power(&self) -> Result<PowerState, Fault> {
        let answer =
            self.tool.ask(&chassis::GET_STATUS).await.map_err(|failed| failed.harmless(&self.tool))?;
        chassis::power(&answer).ok_or_else(|| self.tool.nonsense())
    }

    /// All the ways in which boards write their UUID; empty where there is none.
    async fn uuids(&self) -> Result<Vec<Uuid>, Fault> {
        match self.tool.ask(&chassis::GET_SYSTEM_GUID).await {
            Ok(answer) => Ok(chassis::uuids(&answer)),
            Err(Failed::Refused(_)) => Ok(Vec::new()),
            Err(failed) => Err(failed.harmless(&self.tool)),
        }
    }

    async fn looked(&self) -> Result<Look, Fault> {
        let (power, uuids) = (self.power().await?, self.uuids().await?);
        // Of its ways to be read the one that is the machine's, where one is.
        let uuid = uuids.iter().find(|uuid| Some(**uuid) == self.subject.uuid).or(uuids.first()).copied();
        let word = if power == PowerState::On { "on" } else { "off" };
        Ok(Look { power: Some(power), uuid, words: format!("the board says that the machine is {word}") })
    }

    async fn prepared(&self) -> Result<String, Fault> {
        is_it(&self.subject, self.looked().await?.uuid)?;
        if self.boot == BootOverride::Never {
            return Ok("it is the right machine; its own boot order decides".to_owned());
        }
        let device = match self.subject.target {
            Target::Maintenance => Device::NetworkOnce(self.subject.firmware),
            Target::OwnSystem => Device::OwnOrder,
        };
        match self.set(device).await {
            Err(fault) if self.boot == BootOverride::Try && !fault.worth_retrying => {
                Ok(format!("its own boot order decides, since {fault}"))
            }
            set => set,
        }
    }

    async fn set(&self, device: Device) -> Result<String, Fault> {
        for pause in PAUSES {
            tokio::time::sleep(pause).await;
            let set = self.tool.ask(&chassis::set_boot(device)).await;
            set.map_err(|failed| failed.harmless(&self.tool))?;
            let read = self.tool.ask(&chassis::GET_BOOT_FLAGS).await;
            let read = read.map_err(|failed| failed.harmless(&self.tool))?;
            if chassis::is_kept(device, &read) {
                return Ok(device.words().to_owned());
            }
        }
        Err(Fault::refused(
            "the board takes the boot device and does not keep it. Nothing was restarted. Set the machine to boot from \
             the network first and the route's network boot to `never`, or use another route",
        ))
    }

    async fn restarted(&self) -> Result<String, Fault> {
        is_it(&self.subject, self.looked().await?.uuid)?;
        let kinds: &[Control] = match self.power().await? {
            PowerState::Off => &[Control::On],
            // Some boards know no reset, and cycle the power.
            PowerState::On => &[Control::Reset, Control::Cycle],
        };
        let mut refused = Failed::Refused(String::new());
        for kind in kinds {
            match self.tool.ask_once(&chassis::control(*kind)).await {
                Ok(_) => return Ok(format!("the board took the request ({})", kind.words())),
                Err(failed @ Failed::Refused(_)) => refused = failed,
                Err(failed) => return Err(failed.of_restart(&self.tool)),
            }
        }
        Err(refused.of_restart(&self.tool))
    }
}

#[async_trait]
impl Board for IpmiBoard {
    async fn look(&mut self) -> Result<Look, Fault> {
        within("the board", Fault::later, self.looked()).await
    }

    async fn prepare(&mut self) -> Result<String, Fault> {
        within("the board", Fault::later, self.prepared()).await
    }

    async fn restart(&mut self) -> Result<String, Fault> {
        within("the board", Fault::unknown, self.restarted()).await
    }
}
