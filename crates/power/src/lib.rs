//! The routes by which the worker itself restarts a machine.
//!
//! The agent fetches its orders and a person presses a button; both are rows that wait. What is left is asked
//! here, one file per route. A route answers what it was told, never that the machine restarted: only a
//! sighting says that.

mod qmp;
mod simulated;

use pitstop_domain::route::Route;
use std::time::Duration;

/// How long a route may take to answer. Real boards take up to a minute; past that nobody knows.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a route said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It took the request.
    Accepted(String),
    /// It did nothing, for this reason.
    Refused(String),
    /// It may or may not have taken the request: the machine will show.
    Unknown(String),
}

/// Asks a route to restart its machine, once.
pub async fn restart(route: &Route) -> Answer {
    let asked = async {
        match route {
            Route::VirtualMachine { qmp } => qmp::reset(qmp).await,
            Route::Simulated { url } => simulated::reset(url).await,
            _ => Answer::Refused("this route is not asked by the server".to_owned()),
        }
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| Answer::Unknown(format!("no answer within {} s", PATIENCE.as_secs())))
}
