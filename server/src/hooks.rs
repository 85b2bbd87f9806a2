//! Webhooks, for one person, from the store.

use crate::backend::{failure, failure_of};
use crate::people::{Deed, Gate, On};
use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::hooks::desk::{Act, Asked, Did, HookDesk};
use pitstop_domain::Time;
use pitstop_domain::hook::{Delivery, Hook, Standing, Written};
use pitstop_domain::id::HookId;
use pitstop_domain::people::Right;
use pitstop_domain::secret::Secret;
use pitstop_store::{Keys, Store};
use serde_json::json;
use uuid::Uuid;

/// Webhooks of one installation, before one person.
pub struct StoreHooks {
    gate: Gate,
    /// Make the secrets.
    keys: Keys,
}

type Result<T> = std::result::Result<T, Failure>;

impl StoreHooks {
    pub fn new(gate: Gate, keys: Keys) -> Self {
        Self { gate, keys }
    }

    async fn settings(&self) -> Result<&Store> {
        self.gate.read(Right::ChangeSettings, On::Installation).await.map_err(failure_of)
    }

    async fn found(&self, id: &str) -> Result<Standing> {
        let store = self.settings().await?;
        let id: HookId = id.parse().map_err(|_| Failure::not_found("webhook"))?;
        store.hook(id).await.map_err(failure)?.ok_or_else(|| Failure::not_found("webhook"))
    }

    /// Does it, written down first.
    async fn done<T, F>(&self, deed: Deed, work: impl FnOnce(Store) -> F + Send) -> Result<T>
    where
        F: Future<Output = pitstop_store::Result<T>> + Send,
    {
        self.gate.act(deed, |store| work(store.clone())).await.map_err(failure_of)
    }
}

fn deed(what: String) -> Deed {
    Deed::new(Right::ChangeSettings, On::Installation, what)
}

#[async_trait]
impl HookDesk for StoreHooks {
    async fn all(&self) -> Result<Vec<Standing>> {
        self.settings().await?.hooks().await.map_err(failure)
    }

    async fn one(&self, id: &str) -> Result<Standing> {
        self.found(id).await
    }

    async fn make(&self, written: &Written) -> Result<(Standing, Secret)> {
        self.settings().await?;
        let hook = Hook::of(HookId(Uuid::now_v7()), written).map_err(Failure::Refused)?;
        let id = hook.id.to_string();
        let deed = Deed { after: Some(json!(hook)), ..deed(format!("let {} be told of events", hook.name)) };
        let (by, keys) = (self.gate.who().to_string(), self.keys.clone());
        let work = |store: Store| async move { store.add_hook(&keys, &hook, &by, store.now()).await };
        let secret = self.done(deed, work).await?;
        Ok((self.found(&id).await?, secret))
    }

    async fn change(&self, id: &str, written: &Written) -> Result<()> {
        let before = self.found(id).await?.hook;
        let hook = Hook::of(before.id, written).map_err(Failure::Refused)?;
        let deed = deed(format!("changed the webhook {}", before.name)).changes(json!(before), json!(hook));
        let by = self.gate.who().to_string();
        self.done(deed, |store| async move { store.change_hook(&hook, &by, store.now()).await }).await
    }

    async fn act(&self, id: &str, act: Act) -> Result<Did> {
        let hook = self.found(id).await?.hook;
        let (id, name, by, keys) = (hook.id, hook.name, self.gate.who().to_string(), self.keys.clone());
        let what = match act {
            Act::Test => format!("sent a test to the webhook {name}"),
            Act::Rotate => format!("gave the webhook {name} another secret"),
            Act::Pause => format!("paused the webhook {name}"),
            Act::Resume => format!("resumed the webhook {name}"),
            Act::Remove => format!("removed the webhook {name}"),
            Act::Again { since } => {
                format!("sent again what the webhook {name} did not take since {}", since.format("%F %R UTC"))
            }
        };
        let work = |store: Store| async move {
            let now = store.now();
            Ok(match act {
                Act::Test => store.test_hook(id, &by, now).await.map(|()| Did::It)?,
                Act::Rotate => Did::Secret(store.rotate_hook(&keys, id, &by, now).await?),
                Act::Pause => store.pause_hook(id, &by, now).await.map(|()| Did::It)?,
                Act::Resume => store.resume_hook(id, now).await.map(|()| Did::It)?,
                Act::Remove => store.remove_hook(id, now).await.map(|()| Did::It)?,
                Act::Again { since } => Did::Again(store.send_failed_again(id, since, now).await?),
            })
        };
        self.done(deed(what), work).await
    }

    async fn deliveries(&self, id: &str, asked: &Asked) -> Result<Vec<Delivery>> {
        let hook = self.found(id).await?.hook.id;
        let store = self.settings().await?;
        let found = store.hook_deliveries(hook, asked.failed, asked.before, i64::from(asked.limit) + 1).await;
        found.map_err(failure)
    }

    async fn send_again(&self, id: &str, delivery: i64) -> Result<()> {
        let hook = self.found(id).await?.hook;
        let deed = deed(format!("sent a delivery to the webhook {} again", hook.name));
        self.done(deed, |store| async move { store.send_again(hook.id, delivery, store.now()).await }).await
    }

    fn now(&self) -> Time {
        self.gate.now()
    }
}
