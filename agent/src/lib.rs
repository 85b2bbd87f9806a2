//! The agent: our program on the machines.
//!
//! - [`own`]: in the machine's own system it says that the machine is up, and restarts it when ordered to.
//! - [`telemetry`]: beside that, how the machine does, once a minute.
//! - [`maintenance`]: in the maintenance image it does the job's task, reports it, and goes home.
//!
//! Both take [`orders`] the same way: answered first, carried out afterwards, and once. What touches the machine
//! stands behind [`host::Host`], so that tests play the machine; [`machine`] is the real one.

pub mod asking;
pub mod backoff;
pub mod calm;
pub mod client;
pub mod console;
pub mod efi;
pub mod fetch;
pub mod host;
pub mod inventory;
pub mod kexec;
pub mod machine;
pub mod maintenance;
pub mod orders;
pub mod own;
pub mod presence;
mod sys;
pub mod tasks;
pub mod telemetry;
