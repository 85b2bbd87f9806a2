//! Where a task stands: the board it writes on, the machine, and the server for what it has to fetch.

use crate::client::Client;
use crate::host::Host;
use crate::maintenance::board::Board;
use pitstop_domain::id::JobId;

/// What a task may use.
pub struct Ground<'a> {
    pub board: &'a Board,
    pub host: &'a dyn Host,
    /// With the job's token.
    pub client: &'a Client,
    pub job: JobId,
    /// What destroys has to name it.
    pub machine_name: &'a str,
}
