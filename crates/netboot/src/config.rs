//! What the boot services are told about themselves.

use crate::loaders::LoaderFolder;
use std::net::Ipv4Addr;

/// Configuration of a boot server.
#[derive(Clone, Debug)]
pub struct BootServer {
    /// The address that machines are told to come to; `None`: the one at which their request arrived.
    pub advertise: Option<Ipv4Addr>,
    /// Port of the HTTP service, told together with the address.
    pub http_port: u16,
    /// Base URL to tell instead of address and port, like `http://boot.example:8080`, without a slash at the end.
    pub http_url: Option<String>,
    pub loaders: LoaderFolder,
}

/// What a single answer is made from: the server, as seen by the machine that asks.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// Where the machine reaches us: next server and server identifier.
    pub address: Ipv4Addr,
    /// Base URL of the HTTP service, without a slash at the end.
    pub http: String,
    pub loaders: LoaderFolder,
}

impl BootServer {
    /// The facts for a machine whose request arrived at `local`; `None` when no address is known to tell.
    pub fn facts(&self, local: Ipv4Addr) -> Option<ServerFacts> {
        let address = self.advertise.unwrap_or(local);
        if address.is_unspecified() || address.is_broadcast() {
            return None;
        }
        let http = match &self.http_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{address}:{}", self.http_port),
        };
        Some(ServerFacts { address, http, loaders: self.loaders.clone() })
    }

    /// The base URL that scripts name, for a machine that came to `host` (a `Host` header).
    ///
    /// What was configured wins. A machine that found its script by way of a proxy or a name has shown that it
    /// reaches us as `host`, so that comes next.
    pub(crate) fn base_url(&self, host: Option<&str>) -> Option<String> {
        if let Some(url) = &self.http_url {
            return Some(url.trim_end_matches('/').to_owned());
        }
        if let Some(address) = self.advertise {
            return Some(format!("http://{address}:{}", self.http_port));
        }
        host.filter(|host| is_host(host)).map(|host| format!("http://{host}"))
    }
}

/// Host and port as they may stand in a URL: nothing that ends a word or a line of a script.
fn is_host(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    !text.is_empty() && text.len() <= 255 && text.chars().all(allowed)
}
