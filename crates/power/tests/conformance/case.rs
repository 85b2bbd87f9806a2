//! A route and what stands on its other side.

use pitstop_domain::id::{CallId, JobId, MachineId, SecretId};
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use pitstop_domain::route::{Route, Target};
use pitstop_domain::secret::Secret;
use pitstop_power::{Board, Fault, Subject, board};
use std::any::Any;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};
use uuid::Uuid;

pub type Secrets = HashMap<SecretId, Secret>;

pub const SECRET: SecretId = SecretId(Uuid::from_u128(1));

pub struct Case {
    pub route: Route,
    pub secrets: Secrets,
    /// Other ones, that the counterpart does not take.
    pub wrong: Option<Secrets>,
    /// The same route to where nobody is.
    pub unreachable: Option<Route>,
    /// The UUID that the counterpart shows.
    pub uuid: Option<Uuid>,
    /// How many restarts took effect.
    pub restarts: Box<dyn Fn() -> usize>,
    /// What else the counterpart would remember of a change.
    pub changes: Box<dyn Fn() -> String>,
    /// From now on it takes questions and answers none.
    pub hang: Option<Box<dyn Fn()>>,
    /// From now on it takes the restart and does not answer it.
    pub hang_at_restart: Option<Box<dyn Fn()>>,
    /// What must live as long as the counterpart.
    #[expect(dead_code, reason = "held, not read")]
    pub world: Box<dyn Any>,
}

impl Case {
    pub fn subject(&self, target: Target) -> Subject {
        Subject {
            machine: MachineId(Uuid::from_u128(7)),
            uuid: self.uuid,
            macs: vec![Mac([2, 0, 0, 0, 0, 7])],
            firmware: Firmware::Uefi,
            target,
            job: JobId(Uuid::from_u128(8)),
            call: CallId(Uuid::from_u128(9)),
        }
    }

    pub async fn board(&self, target: Target) -> Box<dyn Board> {
        board(&self.route, &self.subject(target), &self.secrets).await.unwrap()
    }

    pub fn restarts(&self) -> usize {
        (self.restarts)()
    }

    /// Everything that a secret could be recognised by, longest lines first.
    pub fn secret_texts(&self) -> Vec<String> {
        let all = self.secrets.values().chain(self.wrong.iter().flat_map(HashMap::values));
        all.flat_map(|secret| secret.expose().lines().map(str::to_owned).collect::<Vec<_>>())
            .filter(|line| line.len() >= 6 && !line.starts_with("-----"))
            .collect()
    }
}

/// All that a worker does with a route, up to the first fault.
pub async fn all(route: &Route, subject: &Subject, secrets: &Secrets) -> Result<Vec<String>, Fault> {
    let mut board = board(route, subject, secrets).await?;
    let look = board.look().await?;
    Ok(vec![look.words, board.prepare().await?, board.restart().await?])
}

/// All that is logged by this process, at every level.
pub fn logged() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

pub fn log_everything() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber =
            tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        subscriber.with_ansi(false).with_writer(|| Log).init();
    });
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
