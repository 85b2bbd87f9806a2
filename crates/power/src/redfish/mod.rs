//! A management board over Redfish (DMTF DSP0266, schema ComputerSystem in DSP2046).
//!
//! - [`asking`]: requests with a session, which is made anew once when the board forgot it
//! - [`refusal`]: what the board's refusals and silences mean
//! - [`system`]: which ComputerSystem, and what it says of itself
//! - [`boot`]: the boot device for once, read back, since boards answer 200 and revert
//! - [`reset`]: the kind of reset that this board allows
//! - [`sense`](mod@sense): what it measures, and what stands in its log

mod asking;
mod boot;
mod refusal;
mod reset;
pub(crate) mod sense;
mod system;

use crate::limit::within;
use crate::{Board, Fault, Look, Subject};
use asking::Asking;
use async_trait::async_trait;
use pitstop_domain::route::{BootOverride, Redfish, Target};
use pitstop_domain::secret::Secret;
use system::System;
use uuid::Uuid;

pub(crate) struct RedfishBoard {
    settings: Redfish,
    subject: Subject,
    asking: Asking,
    /// The path of its ComputerSystem, once found.
    path: Option<String>,
}

impl RedfishBoard {
    pub(crate) fn new(settings: &Redfish, subject: &Subject, password: Secret) -> Result<Self, Fault> {
        let asking = Asking::new(settings, password)?;
        Ok(Self { settings: settings.clone(), subject: subject.clone(), asking, path: None })
    }

    async fn system(&mut self) -> Result<System, Fault> {
        let path = match &self.path {
            Some(path) => path.clone(),
            None => system::find(&mut self.asking, self.settings.system.as_deref()).await?,
        };
        let system = System::read(&mut self.asking, &path).await?;
        self.path = Some(path);
        Ok(system)
    }

    /// The system, if it is the machine that is meant.
    async fn right_system(&mut self) -> Result<System, Fault> {
        let system = self.system().await?;
        is_it(&self.subject, system.uuid())?;
        Ok(system)
    }

    async fn prepared(&mut self) -> Result<String, Fault> {
        let system = self.right_system().await?;
        reset::kind(&mut self.asking, &system).await?;
        if self.settings.boot == BootOverride::Never {
            return Ok("it is the right machine; its own boot order decides".to_owned());
        }
        let set = match self.subject.target {
            Target::Maintenance => boot::network_once(&mut self.asking, &system, self.subject.firmware).await,
            Target::OwnSystem => boot::own_order(&mut self.asking, &system).await,
        };
        match set {
            Err(fault) if self.settings.boot == BootOverride::Try && !fault.worth_retrying => {
                Ok(format!("its own boot order decides, since {fault}"))
            }
            set => set,
        }
    }

    async fn restarted(&mut self) -> Result<String, Fault> {
        let system = self.right_system().await?;
        let kind = reset::kind(&mut self.asking, &system).await?;
        reset::press(&mut self.asking, &system, kind).await
    }
}

/// Refuses a board whose machine is another. Where one of both UUIDs is not known, nothing can be compared.
pub(crate) fn is_it(subject: &Subject, found: Option<Uuid>) -> Result<(), Fault> {
    is_uuid(subject.uuid, found)
}

fn is_uuid(meant: Option<Uuid>, found: Option<Uuid>) -> Result<(), Fault> {
    match (meant, found) {
        (Some(meant), Some(found)) if meant != found => Err(Fault::refused(format!(
            "this is another machine's board: its UUID is {found}, and the machine's is {meant}. Nothing was touched. \
             Correct the address of the route"
        ))),
        _ => Ok(()),
    }
}

#[async_trait]
impl Board for RedfishBoard {
    async fn look(&mut self) -> Result<Look, Fault> {
        within("the board", Fault::later, async { Ok(self.system().await?.look()) }).await
    }

    async fn prepare(&mut self) -> Result<String, Fault> {
        within("the board", Fault::later, self.prepared()).await
    }

    async fn restart(&mut self) -> Result<String, Fault> {
        within("the board", Fault::unknown, self.restarted()).await
    }
}
