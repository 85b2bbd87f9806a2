//! What every route promises.

use async_trait::async_trait;
use pitstop_domain::id::{CallId, JobId, MachineId, SecretId};
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use pitstop_domain::route::Target;
use pitstop_domain::secret::Secret;
use std::fmt;
use uuid::Uuid;

/// Which machine is meant, and what for.
#[derive(Clone, Debug)]
pub struct Subject {
    pub machine: MachineId,
    /// SMBIOS type 1 UUID. Where it and the board's are known, they must be the same.
    pub uuid: Option<Uuid>,
    pub macs: Vec<Mac>,
    pub firmware: Firmware,
    pub target: Target,
    pub job: JobId,
    /// Names the request, so that whoever is asked twice can tell.
    pub call: CallId,
}

/// Is the machine switched on?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerState {
    On,
    Off,
}

/// What a route sees of its machine. `None`: it cannot tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub power: Option<PowerState>,
    pub uuid: Option<Uuid>,
    /// For people.
    pub words: String,
}

/// May the machine have been touched?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// No: the request never left, or was refused.
    None,
    /// Nobody knows: the machine will show.
    Unknown,
}

/// A route did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What happened, what it means, what to do. Holds no secret.
    pub what: String,
    /// The same request may succeed later without anybody changing anything.
    pub worth_retrying: bool,
    pub effect: Effect,
    /// The board refused who asked. It locks the account out when it has to do that often.
    pub is_of_account: bool,
}

impl Fault {
    /// It will not work until somebody changes something. Nothing was touched.
    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self { what: what.into(), worth_retrying: false, effect: Effect::None, is_of_account: false }
    }

    /// It may work later. Nothing was touched.
    pub(crate) fn later(what: impl Into<String>) -> Self {
        Self { what: what.into(), worth_retrying: true, effect: Effect::None, is_of_account: false }
    }

    /// The request left, and no answer says what became of it.
    pub(crate) fn unknown(what: impl Into<String>) -> Self {
        Self { what: what.into(), worth_retrying: false, effect: Effect::Unknown, is_of_account: false }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

/// One machine behind one route. What it answers is for people; it is asked in this order.
#[async_trait]
pub trait Board: Send + Sync {
    /// What can be seen. Changes nothing.
    ///
    /// # Errors
    /// When the route does not answer, or refuses the credentials.
    async fn look(&mut self) -> Result<Look, Fault>;

    /// All that may be repeated without harm: log in, is it the right machine, boot device once, read back.
    ///
    /// # Errors
    /// When the restart would not lead where it should. The machine was not restarted.
    async fn prepare(&mut self) -> Result<String, Fault>;

    /// The one request that restarts the machine, or switches it on. Whoever calls sees to it that it is asked once.
    ///
    /// # Errors
    /// [`Fault::effect`] says whether the machine may have been touched.
    async fn restart(&mut self) -> Result<String, Fault>;
}

/// Opens secrets, at the moment in which a route needs them.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// # Errors
    /// When it is not there or does not open.
    async fn open(&self, id: SecretId) -> Result<Secret, Fault>;
}

/// For tests, and for tools that were given the secret by hand.
#[async_trait]
impl Secrets for std::collections::HashMap<SecretId, Secret> {
    async fn open(&self, id: SecretId) -> Result<Secret, Fault> {
        let missing =
            || Fault::refused(format!("the secret {id} is not there: set the password or key again"));
        self.get(&id).cloned().ok_or_else(missing)
    }
}
