//! Places: URLs and hosts, as far as a route may name one.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The text names no place a route could ask; the words say why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAPlace(String);

fn wrong<T>(words: impl Into<String>) -> Result<T, NotAPlace> {
    Err(NotAPlace(words.into()))
}

/// An `http` or `https` URL without credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpUrl(String);

impl HttpUrl {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Scheme, host and port: what errors and logs may show. Paths of webhooks are sometimes as good as passwords.
    pub fn origin(&self) -> &str {
        let (_, rest) = split_scheme(&self.0);
        &self.0[..self.0.len() - rest.len() + authority(rest).len()]
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        split_port(authority(split_scheme(&self.0).1)).0.trim_matches(['[', ']'])
    }

    /// The port, or the scheme's usual one.
    pub fn port(&self) -> u16 {
        let written = split_port(authority(split_scheme(&self.0).1)).1;
        written.and_then(|port| port.parse().ok()).unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Path and query, beginning with `/`.
    pub fn path(&self) -> String {
        let rest = split_scheme(&self.0).1;
        match &rest[authority(rest).len()..] {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        }
    }
}

fn split_scheme(url: &str) -> (&str, &str) {
    url.split_once("://").unwrap_or(("", url))
}

fn authority(rest: &str) -> &str {
    rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end])
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

impl FromStr for HttpUrl {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return wrong("this is not a URL: write it in full, like https://bmc.example");
        };
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "https" && scheme != "http" {
            return wrong("only https:// and http:// can be called");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
            return wrong("a URL has no spaces and no letters beyond ASCII: write such bytes as %20");
        }
        let authority = authority(rest);
        if authority.contains('@') {
            return wrong(
                "a URL must not hold a user or password: it is stored and shown as it is. Use the fields for them",
            );
        }
        if rest.contains('#') {
            return wrong("leave out the part behind #: a server is never sent it");
        }
        let (host, port) = split_port(authority);
        if port.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
            return wrong("the port behind the host must be a number from 1 to 65535");
        }
        Host::from_str(host)?;
        Ok(Self(format!("{scheme}://{rest}")))
    }
}

/// A host name or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(String);

impl Host {
    /// The limited broadcast address (RFC 919).
    pub fn everywhere() -> Self {
        Self("255.255.255.255".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Host {
    type Err = NotAPlace;

    /// IPv6 with or without brackets; kept without.
    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let text = text.trim();
        let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
        if bare.parse::<Ipv6Addr>().is_ok() {
            return Ok(Self(bare.to_owned()));
        }
        if text.is_empty() {
            return wrong("a host is missing: a name like bmc.example, or an address");
        }
        // A name that begins with a hyphen would be an option to programs that are given it.
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        // RFC 1035 §2.3.4 allows 255 bytes.
        if text.len() > 255 || !text.trim_end_matches('.').split('.').all(label) {
            return wrong(format!("`{text}` is neither a host name nor an IP address"));
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAPlace;
            fn try_from(text: String) -> Result<Self, NotAPlace> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(place: $name) -> Self {
                place.0
            }
        }
    };
}

as_text!(HttpUrl);
as_text!(Host);

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<HttpUrl, NotAPlace> {
        text.parse()
    }

    #[test]
    fn the_parts_of_a_url_are_told_apart() {
        let url = url("HTTPS://[fd00::1]:8443/a/b?c=d").unwrap();
        assert_eq!((url.host(), url.port(), url.path().as_str()), ("fd00::1", 8443, "/a/b?c=d"));
        assert_eq!(url.origin(), "https://[fd00::1]:8443");
        let plain = super::HttpUrl::from_str("http://bmc").unwrap();
        assert_eq!((plain.host(), plain.port(), plain.path().as_str()), ("bmc", 80, "/"));
    }

    #[test]
    fn urls_that_hold_credentials_or_are_not_http_are_refused_with_words() {
        for (text, words) in [
            ("https://admin:secret@bmc", "user or password"),
            ("https://admin@bmc/x", "user or password"),
            ("ftp://bmc", "only https"),
            ("file:///etc/passwd", "only https"),
            ("bmc.example", "in full"),
            ("https://", "host is missing"),
            ("https://bmc:0", "port"),
            ("https://bmc:99999", "port"),
            ("https://bmc/ /", "spaces"),
            ("https://bmc/#x", "#"),
            ("https://b%6dc/", "neither"),
        ] {
            let error = url(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn hosts_that_a_program_would_take_for_an_option_are_refused() {
        assert!("-oProxyCommand=x".parse::<Host>().is_err());
        assert!("a..b".parse::<Host>().is_err());
        assert!("bmc_1.example".parse::<Host>().is_ok());
        assert_eq!("[::1]".parse::<Host>().unwrap().as_str(), "::1");
    }
}
