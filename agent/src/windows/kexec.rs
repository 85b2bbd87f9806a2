//! No kernel is started from Windows.

use crate::client::Client;
use crate::host::Host;
use pitstop_domain::wire;

/// Why an order to start a kernel is refused.
pub const WHY: &str = "Windows starts no other kernel: this machine goes into maintenance by its boot order";

/// Refuses.
///
/// # Errors
/// Always.
pub fn load(
    _host: &dyn Host,
    _client: &Client,
    _kernel: &wire::File,
    _initrds: &[wire::File],
    _cmdline: &str,
) -> Result<String, String> {
    Err(WHY.to_owned())
}
