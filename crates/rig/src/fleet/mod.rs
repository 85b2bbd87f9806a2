//! A simulated fleet that speaks the real protocols to a real server, over loopback.
//!
//! - [`machine`]: what a machine does, as a pure function of events; [`Tally`] is the referee's book
//! - [`profile`], [`quirks`]: what machines are and how they misbehave, as data; [`dice`]: chance that can be repeated
//! - [`script`]: a boot script, read
//! - [`driver`]: the effects around a machine: [`boot`] ([`dhcp`], [`tftp`]) and [`talk`] (the agents), over [`http`]
//! - [`manage`]: the machines' management, which resets them and tells what happened; [`Status`]
//! - [`up`]: the fleet as a program of its own
//!
//! Nothing is shared with the server but the words of `pitstop_domain::wire`, so that the two sides cannot make
//! the same mistake.

mod boot;
mod dhcp;
pub mod dice;
mod driver;
mod http;
pub mod machine;
mod manage;
pub mod profile;
pub mod quirks;
pub mod script;
mod status;
mod talk;
mod tftp;
pub mod up;

pub use machine::{Entry, Tally};
pub use profile::Profile;
pub use quirks::{Mix, Quirk, Quirks};
pub use status::Status;

use dice::Dice;
use driver::{Driver, Press};
use machine::{Event, Machine};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What diskless machines run, by the name that a server's catalog has it under.
pub const OWN_IMAGE: &str = "simulated-system";

/// What a fleet is made of, and where its server is.
#[derive(Clone, Debug)]
pub struct FleetConfig {
    /// Base URL of the server's boot and agent service.
    pub server: String,
    pub dhcp: SocketAddr,
    pub tftp: SocketAddr,
    /// The enrolment key.
    pub enrol: String,
    /// Where the machines' management listens; port 0 takes a free one.
    pub manage: SocketAddr,
    /// Only the first and last bytes of image parts are fetched.
    pub light: bool,
    /// The machines are switched on one by one within this time.
    pub spread: Duration,
    /// Their names must differ.
    pub machines: Vec<Profile>,
}

/// What all machines of a fleet share.
#[derive(Debug)]
struct Settings {
    server: String,
    dhcp: SocketAddr,
    tftp: SocketAddr,
    enrol: String,
    light: bool,
}

/// A running fleet.
pub struct Fleet {
    manage: SocketAddr,
    machines: manage::Machines,
    profiles: Vec<Profile>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A running machine.
#[derive(Clone, Debug)]
pub struct Handle {
    shown: watch::Receiver<Status>,
    presses: mpsc::Sender<Press>,
    /// How late its management answers; the button is felt at once.
    board_late: Duration,
}

impl Fleet {
    /// Switches the machines on, one after the other, and serves their management.
    ///
    /// # Errors
    /// When the management's address cannot be listened on.
    pub async fn start(config: FleetConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.manage).await?;
        let manage = listener.local_addr()?;
        let FleetConfig { server, dhcp, tftp, enrol, light, spread, machines: profiles, .. } = config;
        let server = server.trim_end_matches('/').to_owned();
        let settings = Arc::new(Settings { server, dhcp, tftp, enrol, light });
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let salt = rand::random();
        let mut machines = BTreeMap::new();
        for profile in &profiles {
            let machine = Machine::new(profile.clone(), salt);
            let (shown, watched) = watch::channel(Status::of(&machine));
            let (presses, pressed) = mpsc::channel(8);
            let after = spread.mul_f64(Dice::new(profile.seed, 2).share());
            let driver = Driver::new(machine, settings.clone(), pressed, shown, stop.clone());
            tasks.spawn(driver.run(after));
            let board_late = profile.quirks.board_answers_late;
            machines.insert(profile.name.clone(), Handle { shown: watched, presses, board_late });
        }
        let machines = Arc::new(machines);
        tasks.spawn(manage::serve(listener, machines.clone(), stop.clone()));
        Ok(Self { manage, machines, profiles, tasks, stop })
    }

    /// A machine by its name.
    pub fn machine(&self, name: &str) -> Option<&Handle> {
        self.machines.get(name)
    }

    /// All machines, by name.
    pub fn machines(&self) -> impl Iterator<Item = (&str, &Handle)> {
        self.machines.iter().map(|(name, handle)| (name.as_str(), handle))
    }

    /// What they were made from, in the order given.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// Where a machine's management resets it.
    pub fn reset_url(&self, name: &str) -> String {
        format!("http://{}/machines/{name}/reset", self.manage)
    }

    /// A line that makes a machine known to a server (`pitstop-server --lab-machines`); null for a name that
    /// nobody has.
    pub fn describe(&self, name: &str) -> Value {
        let Some(profile) = self.profiles.iter().find(|profile| profile.name == name) else {
            return Value::Null;
        };
        json!({
            "name": profile.name,
            "uuid": profile.uuid,
            "mac": profile.mac,
            "firmware": profile.firmware,
            "agent": profile.agent,
            "model": profile.model.name,
            "site": profile.site,
            "labels": profile.labels,
            "simulated": self.reset_url(name),
            "own_image": profile.diskless.then_some(OWN_IMAGE),
        })
    }

    /// How many machines are in which state.
    pub fn states(&self) -> BTreeMap<&'static str, usize> {
        let mut states = BTreeMap::new();
        for handle in self.machines.values() {
            *states.entry(handle.shown.borrow().state).or_default() += 1;
        }
        states
    }

    /// Switches everything off and waits for it.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Handle {
    /// The machine now.
    pub fn status(&self) -> Status {
        self.shown.borrow().clone()
    }

    /// Waits until the machine is as described; `None` when the fleet was stopped before.
    pub async fn until(&self, is_so: impl FnMut(&Status) -> bool) -> Option<Status> {
        self.shown.clone().wait_for(is_so).await.ok().map(|status| status.clone())
    }

    /// Presses the reset button; returns when the machine has felt it.
    pub async fn reset(&self) {
        self.press(Event::Reset { call: None }).await;
    }

    /// Switches the machine on; one that stays dark is revived.
    pub async fn power_on(&self) {
        self.press(Event::PowerOn).await;
    }

    pub async fn power_off(&self) {
        self.press(Event::PowerOff).await;
    }

    async fn press(&self, event: Event) {
        let (felt, answer) = oneshot::channel();
        // A fleet that was stopped feels nothing.
        if self.presses.send(Press { event, felt }).await.is_ok() {
            let _ = answer.await;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
