//! Where a request came from.

use http::HeaderMap;
use std::net::IpAddr;

/// The peer; where that is a proxy that is trusted, whom it names: the last address of `X-Forwarded-For` that is not a
/// trusted proxy's. What stands before it anybody can write.
pub fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> String {
    let Some(peer) = peer else { return "unknown".to_owned() };
    let peer = peer.to_canonical();
    if !trusted.contains(&peer) {
        return peer.to_string();
    }
    let texts = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let named: Vec<IpAddr> =
        texts.flat_map(|text| text.split(',')).filter_map(|part| part.trim().parse().ok()).collect();
    let client = named
        .into_iter()
        .rev()
        .map(|address| address.to_canonical())
        .find(|address| !trusted.contains(address));
    client.unwrap_or(peer).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_proxy(peer: &str, forwarded: &str) -> String {
        let headers = HeaderMap::from_iter([(
            http::header::HeaderName::from_static("x-forwarded-for"),
            forwarded.parse().unwrap(),
        )]);
        of(Some(peer.parse().unwrap()), &headers, &["192.0.2.1".parse().unwrap()])
    }

    #[test]
    fn only_a_trusted_proxy_names_another() {
        assert_eq!(of_proxy("192.0.2.1", "203.0.113.9"), "203.0.113.9");
        assert_eq!(of_proxy("::ffff:192.0.2.1", "203.0.113.9"), "203.0.113.9");
        assert_eq!(of_proxy("192.0.2.2", "203.0.113.9"), "192.0.2.2");
    }

    #[test]
    fn what_a_client_wrote_itself_is_not_believed() {
        assert_eq!(of_proxy("192.0.2.1", "10.0.0.1, 203.0.113.9"), "203.0.113.9");
        assert_eq!(of_proxy("192.0.2.1", "nonsense"), "192.0.2.1");
    }
}
