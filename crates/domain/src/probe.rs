//! Probes: questions that an own system answers when it is up, for machines that have no agent.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is asked of a machine to see whether its own system is up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Probe {
    /// A TCP connection is accepted. The surest of the three: the maintenance image accepts none.
    Tcp { host: String, port: u16 },
    /// `GET` is answered by a status below 400, without following redirects.
    Http { url: String },
    /// An ICMP echo request (RFC 792) is answered. The maintenance image answers it too: it proves a return only
    /// because the machine must have been silent first.
    Ping { host: String },
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "TCP port {port} of {host}"),
            Self::Http { url } => f.write_str(url),
            Self::Ping { host } => write!(f, "ping of {host}"),
        }
    }
}

/// A probe as people write it: `tcp://host:22`, `http://host/path`, `https://…`, `ping://host`.
///
/// # Errors
/// In words: what is wrong with it and how it is written.
pub fn parse(text: &str) -> Result<Probe, String> {
    const HOW: &str = "write tcp://HOST:PORT, http://HOST/PATH or ping://HOST";
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").ok_or_else(|| format!("`{text}` is not a probe: {HOW}"))?;
    let host_only = |rest: &str| -> Result<String, String> {
        let host = rest.trim_end_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(plain) {
            return Err(format!("`{host}` is not a host: {HOW}"));
        }
        Ok(host.to_owned())
    };
    match scheme {
        "tcp" => {
            let (host, port) = rest
                .trim_end_matches('/')
                .rsplit_once(':')
                .ok_or_else(|| format!("the port is missing: {HOW}"))?;
            let port = port.parse().ok().filter(|port| *port > 0);
            let port = port.ok_or_else(|| "the port is a number from 1 to 65535".to_owned())?;
            Ok(Probe::Tcp { host: host_only(host)?, port })
        }
        "http" | "https" => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if authority.contains('@') {
                return Err(
                    "a probe's address may not carry a name or password: it is shown on pages".to_owned()
                );
            }
            host_only(authority)?;
            Ok(Probe::Http { url: text.to_owned() })
        }
        "ping" => Ok(Probe::Ping { host: host_only(rest)? }),
        other => Err(format!("`{other}` is not a kind of probe: {HOW}")),
    }
}

/// As [`parse`] reads it.
pub fn written(probe: &Probe) -> String {
    match probe {
        Probe::Tcp { host, port } => format!("tcp://{host}:{port}"),
        Probe::Http { url } => url.clone(),
        Probe::Ping { host } => format!("ping://{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_written_again() {
        for text in
            ["tcp://10.0.0.7:22", "http://pc7/health?x=1", "https://[fe80::1]:8443/", "ping://pc-7.lan"]
        {
            assert_eq!(written(&parse(text).unwrap()), text);
        }
    }

    #[test]
    fn what_is_no_probe_is_refused_in_words_that_help() {
        for (text, says) in [
            ("pc7", "write tcp://"),
            ("tcp://pc7", "port is missing"),
            ("tcp://pc7:0", "1 to 65535"),
            ("ftp://pc7", "not a kind of probe"),
            ("http://user:word@pc7/", "may not carry"),
            ("ping://a b", "not a host"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
