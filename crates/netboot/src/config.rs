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

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> BootServer {
        BootServer { advertise: None, http_port: 8080, http_url: None, loaders: LoaderFolder::empty() }
    }

    const LOCAL: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
    const ADVERTISED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);

    #[test]
    fn a_machine_is_told_the_address_at_which_it_asked_unless_another_is_configured() {
        let facts = server().facts(LOCAL).unwrap();
        assert_eq!((facts.address, facts.http.as_str()), (LOCAL, "http://10.77.0.2:8080"));
        let advertised = BootServer { advertise: Some(ADVERTISED), ..server() };
        assert_eq!(advertised.facts(LOCAL).unwrap().http, "http://192.0.2.9:8080");
        let named = BootServer { http_url: Some("http://boot.example/".into()), ..advertised };
        let facts = named.facts(LOCAL).unwrap();
        assert_eq!((facts.address, facts.http.as_str()), (ADVERTISED, "http://boot.example"));
        assert!(server().facts(Ipv4Addr::UNSPECIFIED).is_none());
    }

    #[test]
    fn scripts_name_the_host_that_the_machine_came_to_if_it_can_stand_in_a_script() {
        assert_eq!(server().base_url(Some("boot:8080")).as_deref(), Some("http://boot:8080"));
        assert_eq!(server().base_url(Some("[fd10:77::2]:8080")).as_deref(), Some("http://[fd10:77::2]:8080"));
        for host in [None, Some(""), Some("x y"), Some("x\nexit"), Some("x${y}")] {
            assert_eq!(server().base_url(host), None, "{host:?}");
        }
        let advertised = BootServer { advertise: Some(ADVERTISED), ..server() };
        assert_eq!(advertised.base_url(Some("boot")).as_deref(), Some("http://192.0.2.9:8080"));
    }
}
