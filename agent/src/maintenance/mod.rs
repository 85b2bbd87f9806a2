//! In the maintenance image: do the job's task, report it, take orders, and never stay for ever.
//!
//! Three threads speak of one [`board::Board`]: the task writes on it, the reporter sends what is new, the listener
//! holds a long poll open so that orders come at once. A fourth, [`dead_man`], needs none of them. A fifth,
//! [`terminal`], comes when somebody sits at the console.

pub mod board;
pub mod cmdline;
pub mod dead_man;
mod session;
pub mod terminal;

pub use session::{Left, Session, Tempo};

use crate::console::{self, say};
use crate::host::Host;
use nix::sys::mman::{MlockAllFlags, mlockall};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs until the machine restarts. Ending with success tells the image's init to go home.
pub fn main(host: Arc<dyn Host>) -> ExitCode {
    console::use_all();
    let text = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let parameters = match cmdline::parse(&text) {
        Ok(parameters) => parameters,
        Err(error) => {
            say(error);
            return ExitCode::SUCCESS;
        }
    };
    // What is locked needs no memory later, when there may be none: the dead man must not wait for a page.
    let _ = mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE);
    let contact = Arc::new(dead_man::Contact::new());
    if let Err(error) = dead_man::watch(&contact) {
        say(format_args!("the dead-man timer could not be started: {error}"));
        return ExitCode::FAILURE;
    }
    say(format_args!("agent {} in maintenance, server {}", env!("CARGO_PKG_VERSION"), parameters.server));
    match Session::new(host, parameters, contact, Tempo::default()).run() {
        Left::Restarting => ExitCode::SUCCESS,
        Left::Stuck => ExitCode::FAILURE,
    }
}
