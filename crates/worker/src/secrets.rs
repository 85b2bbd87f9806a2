//! Opens a machine's secrets at the moment in which one of its routes needs them.

use async_trait::async_trait;
use pitstop_domain::id::{MachineId, SecretId};
use pitstop_domain::secret::Secret;
use pitstop_power::{Effect, Fault, Secrets};
use pitstop_store::{Error, Keys, Store};

/// The secrets of one machine, and of no other.
pub(crate) struct OfMachine<'a> {
    pub store: &'a Store,
    pub keys: &'a Keys,
    pub machine: MachineId,
}

#[async_trait]
impl Secrets for OfMachine<'_> {
    async fn open(&self, id: SecretId) -> Result<Secret, Fault> {
        self.store.open_secret(self.keys, self.machine, id).await.map_err(|error| Fault {
            worth_retrying: matches!(error, Error::Database(_)),
            is_of_account: false,
            what: match error {
                Error::NotFound(_) => {
                    "its password or key is not there: set it again in the machine's routes".to_owned()
                }
                error => error.to_string(),
            },
            effect: Effect::None,
        })
    }
}
