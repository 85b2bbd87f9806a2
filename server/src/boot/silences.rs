//! What the boot services were asked and did not answer, and why: of this process, since its start.

use pitstop_netboot::{dhcp, http};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The counts of all three. One that does not run has counted nothing.
#[derive(Clone, Debug, Default)]
pub struct Silences {
    /// None: nobody listens for DHCP.
    pub dhcp: Option<Arc<dhcp::Counters>>,
    pub tftp: Arc<tftp_server::Counters>,
    pub http: Arc<http::Counters>,
}

/// One service.
pub struct Counted {
    pub service: &'static str,
    pub answered: u64,
    /// By reason.
    pub silent: BTreeMap<&'static str, u64>,
}

impl Silences {
    /// All of it, as it is now.
    pub fn counted(&self) -> [Counted; 3] {
        let of = |service, mut counts: BTreeMap<&'static str, u64>, answered: &str| {
            // What came in is not why something was not answered.
            counts.remove("received");
            let answered = counts.remove(answered).unwrap_or(0);
            Counted { service, answered, silent: counts }
        };
        [
            of("dhcp", self.dhcp.clone().unwrap_or_default().snapshot(), "answered"),
            of("tftp", self.tftp.snapshot(), "started"),
            of("http", self.http.snapshot(), "answered"),
        ]
    }
}
