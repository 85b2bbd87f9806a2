//! Where somebody wanted to go before they had to sign in: only ever a page of ours.

use crate::machines::fleet::address::encode;

/// The path, where it is one of ours; else the fleet. `//host` and `/\host` are other hosts to a browser, and it leaves
/// out tabs and line ends before it looks.
pub(super) fn safe(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte > b' ' && byte < 0x7f && byte != b'\\');
    let path = next.starts_with('/') && !next.starts_with("//");
    // Neither pages, nor worth coming back to.
    let elsewhere =
        ["/login", "/logout", "/join/", "/auth/", "/api/"].iter().any(|start| next.starts_with(start));
    if plain && path && !elsewhere { next } else { "/" }
}

/// The page to sign in at, that leads there afterwards.
pub(super) fn sign_in_at(next: &str) -> String {
    match safe(next) {
        "/" => "/login".to_owned(),
        next => format!("/login?next={}", encode(next)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_ours_are_kept_with_their_query() {
        for path in ["/", "/jobs/7", "/?q=site:graz&page=2", "/machines/a%20b"] {
            assert_eq!(safe(path), path);
        }
        assert_eq!(sign_in_at("/?q=a+b"), "/login?next=%2F%3Fq%3Da%2Bb");
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for evil in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n//evil.example",
            "javascript:alert(1)",
            "",
            "evil",
            "/login?next=/x",
            "/logout",
            "/api/jobs",
            "/auth/oidc/start",
            "\u{2f}\u{200b}/evil",
        ] {
            assert_eq!(safe(evil), "/", "{evil:?}");
        }
    }
}
