//! The agent: our program on the machines.
//!
//! - [`own`]: in the machine's own system it says that the machine is up, and restarts it when ordered to.
//! - [`telemetry`]: beside that, how the machine does, once a minute.
//! - [`maintenance`]: in the maintenance image it does the job's task, reports it, and goes home.
//!
//! Both take [`orders`] the same way: answered first, carried out afterwards, and once. What touches the machine
//! stands behind [`host::Host`], so that tests play the machine; [`machine`] is the real one.
//!
//! Maintenance is Linux alone. For Windows there is the own system's part: what asks the system for something stands in
//! `windows`, under the names that it has on Linux, so that nobody else knows on which of them it runs.

pub mod asking;
pub mod backoff;
pub mod calm;
pub mod client;
pub mod console;
pub mod fetch;
pub mod host;
pub mod orders;
pub mod own;
pub mod telemetry;

#[cfg(target_os = "linux")]
pub mod efi;
#[cfg(target_os = "linux")]
pub mod inventory;
#[cfg(target_os = "linux")]
pub mod kexec;
#[cfg(target_os = "linux")]
pub mod machine;
#[cfg(target_os = "linux")]
pub mod maintenance;
#[cfg(target_os = "linux")]
pub mod presence;
#[cfg(target_os = "linux")]
mod private;
#[cfg(target_os = "linux")]
mod sys;
#[cfg(target_os = "linux")]
pub mod tasks;
#[cfg(target_os = "linux")]
pub mod verbs;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{inventory, kexec, machine, verbs};
#[cfg(windows)]
use windows::{private, sys};
