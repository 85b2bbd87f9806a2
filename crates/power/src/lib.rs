//! The routes by which the server itself restarts a machine.
//!
//! The agent fetches its orders and a person presses a button; both are rows that wait. What is left is asked
//! here through one trait, [`Board`]: look, prepare, restart. A route answers what it was told, never that the
//! machine restarted: only a sighting says that.
//!
//! ```text
//! contract      Subject, Look, Fault, Board, Secrets
//! factory       from a Route to its Board
//! redfish/      a management board over HTTPS             ipmi/         one over RMCP+
//! webhook       a URL of the user's                       ssh           a command on a host
//! wake_on_lan   a magic packet                            qmp, simulated   machines of the lab
//! http          one request, and whether it left          limit         how long things may take
//! line          a request to a bucket, in streams
//! outward       requests that are not for a board         fetch         a file from an address that a person wrote
//! ```

mod contract;
mod factory;
pub mod fetch;
mod http;
mod ipmi;
mod limit;
pub mod line;
pub mod outward;
mod qmp;
mod redfish;
mod simulated;
mod ssh;
mod wake_on_lan;
mod webhook;

pub use contract::{Board, Effect, Fault, Look, PowerState, Secrets, Subject};
pub use factory::board;
pub use limit::PATIENCE;
pub use redfish::sense::{Places, sense};
