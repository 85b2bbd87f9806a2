//! One heartbeat, with whatever it needs and brings.

use super::config::Config;
use super::identity::Identity;
use crate::asking::{Asking, Link};
use crate::client::{CallError, Client};
use crate::console::say;
use crate::host::Host;
use crate::inventory;
use crate::orders::{Handled, Orders};
use pitstop_domain::machine::Inventory;
use pitstop_domain::wire::{Enrol, Enrolled, Heartbeat, HeartbeatReply, LONGEST_WAIT_S};
use std::time::{Duration, Instant};

/// Heartbeats begin at least this far apart, should a server answer at once that was asked to wait.
const CLOSEST: Duration = Duration::from_secs(1);
/// A server that asks for more quiet than this is mistaken: an order would lie for too long.
const LONGEST_QUIET_S: u32 = 300;

/// What follows a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next one, so much later.
    After(Duration),
    /// A restart is under way.
    Leaving,
}

/// The own system's agent between two heartbeats.
pub struct Own<'a> {
    host: &'a dyn Host,
    config: Config,
    client: Client,
    identity: Option<Identity>,
    orders: Orders,
    asking: Option<Asking>,
    /// What the server knows of this boot.
    told: Option<Inventory>,
    /// The heartbeat before this one brought news.
    brought_news: bool,
}

impl<'a> Own<'a> {
    pub fn new(host: &'a dyn Host, config: Config) -> Self {
        let orders = Orders::new(host.boot_id());
        Self::with_orders(host, config, orders)
    }

    /// With its own way of taking orders.
    pub fn with_orders(host: &'a dyn Host, config: Config, orders: Orders) -> Self {
        let client = Client::new(&config.server);
        let identity = Identity::load(&config.state, client.server());
        let asking = host.asker().map(Asking::new);
        Self { host, config, client, identity, orders, asking, told: None, brought_news: false }
    }

    /// Enrols if need be, says that the machine is up, and takes the order, if one comes.
    pub fn beat(&mut self) -> Result<Next, CallError> {
        let begun = Instant::now();
        let identity = self.identity()?;
        let client = self.client.with_token(&identity.token);
        let found = self.host.inventory();
        let news = (self.told.as_ref() != Some(&found)).then(|| found.clone());
        let heartbeat = Heartbeat {
            machine: identity.machine,
            boot_id: self.host.boot_id(),
            uptime_s: self.host.uptime_s(),
            // News are answered at once: a change must not wait for the end of a long poll to be known as stored.
            wait_s: if news.is_some() { 0 } else { LONGEST_WAIT_S },
            inventory: news,
            presence: Some(self.host.presence()),
        };
        let reply: HeartbeatReply = match client.post("/agent/v1/heartbeat", &heartbeat, heartbeat.wait_s) {
            Ok(reply) => reply,
            Err(error) => {
                if error.is_unauthorised() {
                    self.identity = None;
                    Identity::forget(&self.config.state);
                }
                return Err(error);
            }
        };
        self.told = Some(found);
        if let (Some(question), Some(asking)) = (reply.ask.clone(), &self.asking) {
            let boot_id = self.host.boot_id();
            asking.put(question, Link { client: client.clone(), machine: identity.machine, boot_id });
        }
        if let Some(order) = reply.order.as_ref().or(reply.shut_down.as_ref())
            && self.orders.handle(self.host, &client, order) == Handled::Leaving
        {
            return Ok(Next::Leaving);
        }
        // After news, the long poll in which orders come begins at once; news after news has to wait.
        let news = heartbeat.inventory.is_some();
        let closest = if news && !self.brought_news { Duration::ZERO } else { CLOSEST };
        self.brought_news = news;
        let quiet = Duration::from_secs(reply.next_in_s.min(LONGEST_QUIET_S).into());
        Ok(Next::After(quiet.max(closest.saturating_sub(begun.elapsed()))))
    }

    fn identity(&mut self) -> Result<Identity, CallError> {
        if let Some(identity) = &self.identity {
            return Ok(identity.clone());
        }
        let enrolled = self.enrol()?;
        say(format_args!("enrolled as {} ({}) at {}", enrolled.name, enrolled.machine, self.client.server()));
        let identity = Identity {
            server: self.client.server().to_owned(),
            machine: enrolled.machine,
            token: enrolled.token,
        };
        if let Err(error) = identity.save(&self.config.state) {
            let folder = self.config.state.display();
            say(format_args!(
                "the token cannot be kept in {folder}: {error}; it is asked for again after a restart"
            ));
        }
        self.told = None;
        self.identity = Some(identity.clone());
        Ok(identity)
    }

    fn enrol(&self) -> Result<Enrolled, CallError> {
        let inventory = self.host.inventory();
        let enrol = Enrol {
            key: self.config.enrol.clone(),
            hostname: inventory::hostname(),
            smbios_uuid: inventory::smbios_uuid(),
            macs: inventory.nics.iter().map(|nic| nic.mac).collect(),
            arch: inventory::arch(),
            inventory,
        };
        self.client.post("/agent/v1/enrol", &enrol, 0)
    }
}
