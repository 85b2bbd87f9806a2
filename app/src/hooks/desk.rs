//! What the pages about webhooks need. The server implements it over the store, for one person; what that person may not do
//! it refuses.

use crate::Failure;
use async_trait::async_trait;
use pitstop_domain::Time;
use pitstop_domain::hook::{Delivery, Standing, Written};
use pitstop_domain::secret::Secret;

/// Which deliveries are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Those that were not taken.
    pub failed: bool,
    /// Only those older than this one.
    pub before: Option<i64>,
    pub limit: u32,
}

/// What is done to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends something to see whether it comes.
    Test,
    /// Gives it another secret.
    Rotate,
    Pause,
    Resume,
    Remove,
    /// Sends again what was given up, of events since then.
    Again {
        since: Time,
    },
}

impl Act {
    /// Those that have a name alone.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "test" => Self::Test,
            "rotate" => Self::Rotate,
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "remove" => Self::Remove,
            _ => return None,
        })
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    It,
    /// Its new secret, which is shown once.
    Secret(Secret),
    /// So many deliveries are sent again.
    Again(u64),
}

/// Webhooks, for one person.
#[async_trait]
pub trait HookDesk: Send + Sync {
    async fn all(&self) -> Result<Vec<Standing>, Failure>;

    async fn one(&self, id: &str) -> Result<Standing, Failure>;

    /// Keeps a new one, and gives its secret.
    async fn make(&self, written: &Written) -> Result<(Standing, Secret), Failure>;

    async fn change(&self, id: &str, written: &Written) -> Result<(), Failure>;

    async fn act(&self, id: &str, act: Act) -> Result<Did, Failure>;

    /// What was delivered, the newest first; one more than is asked for where there are more.
    async fn deliveries(&self, id: &str, asked: &Asked) -> Result<Vec<Delivery>, Failure>;

    /// Sends a delivery again.
    async fn send_again(&self, id: &str, delivery: i64) -> Result<(), Failure>;

    /// What time it is.
    fn now(&self) -> Time;
}
