//! A management board that speaks Redfish and misbehaves on demand, as real ones do: takes a boot device and
//! reverts, answers late or not at all, forgets sessions, is busy, loses the answer of what it did. It keeps a book,
//! so that a test can count how many resets took effect.
//!
//! - [`Board`]: starts, is told how to behave, shows its book
//! - [`quirks`]: how it misbehaves
//! - [`redfish`]: what it answers, as a pure function over its state
//! - [`sensing`]: what it measures, and its log
//! - [`wire`]: HTTP, and the quirks that are about time and connections

mod quirks;
mod redfish;
mod sensing;
mod wire;

pub use quirks::{Hang, Quirks};
pub use redfish::{Book, Press};
pub use sensing::{Logged, Sensing};

use redfish::State;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What a board is told at its birth.
#[derive(Clone, Debug)]
pub struct Settings {
    pub uuid: Uuid,
    pub user: String,
    pub password: String,
    pub on: bool,
    pub quirks: Quirks,
    /// `None`: it can restart its machine, and measures nothing.
    pub sensing: Option<Sensing>,
}

impl Settings {
    /// A board that behaves, of a machine that is on.
    pub fn new(uuid: Uuid, user: &str, password: &str) -> Self {
        let (user, password) = (user.to_owned(), password.to_owned());
        Self { uuid, user, password, on: true, quirks: Quirks::default(), sensing: None }
    }
}

/// A board on a port of loopback. Gone when dropped.
pub struct Board {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

struct Shared {
    state: Mutex<State>,
    /// The machine behind the board.
    machine: Box<dyn Fn(&Press) + Send + Sync>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    /// Starts a board; `machine` is told of every press that takes effect.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(
        settings: Settings,
        machine: impl Fn(&Press) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { state: Mutex::new(State::new(settings)), machine: Box::new(machine) });
        let stop = CancellationToken::new();
        tokio::spawn(wire::serve(listener, shared.clone(), stop.clone()));
        Ok(Self { address, shared, stop })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on.
    pub fn behave(&self, quirks: Quirks) {
        self.shared.state().settings.quirks = quirks;
    }

    /// From now on it measures this.
    pub fn sense(&self, sensing: Sensing) {
        self.shared.state().settings.sensing = Some(sensing);
    }

    /// Its log has one entry more.
    pub fn log(&self, severity: &'static str, message: &str) {
        if let Some(sensing) = &mut self.shared.state().settings.sensing {
            sensing.log(severity, message);
        }
    }

    /// As a board that restarted.
    pub fn forget_sessions(&self) {
        self.shared.state().sessions.clear();
    }

    pub fn set_power(&self, on: bool) {
        self.shared.state().settings.on = on;
    }

    /// What happened so far.
    pub fn book(&self) -> Book {
        self.shared.state().book.clone()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
