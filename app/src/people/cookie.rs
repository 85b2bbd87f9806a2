//! The one cookie that says who somebody is, and the one of who is on the way to the identity provider.
//!
//! `HttpOnly`: no script reads it. `SameSite=Lax`: no other site's form or script sends it, links from tickets still lead
//! in. With TLS its name begins with `__Host-`, so that no other host of the domain can set it.

use axum::http::{HeaderMap, HeaderValue, header};
use pitstop_domain::secret::Secret;

/// Seconds that a browser keeps it: as long as a session lasts at most.
const LASTS: u32 = 7 * 24 * 3600;

fn name(secure: bool) -> &'static str {
    if secure { "__Host-pitstop" } else { "pitstop" }
}

/// What the browser holds. Of two with the same name the first is the one of the narrower path or the earlier, and
/// neither can be told: none is taken.
pub fn find(headers: &HeaderMap, secure: bool) -> Option<Secret> {
    one(headers, name(secure))
}

fn one(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let all = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = all.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let one = found.next().filter(|value| !value.is_empty())?;
    found.next().is_none().then(|| Secret::new(one))
}

/// The header that hands it out.
pub fn set(token: &Secret, secure: bool) -> Option<HeaderValue> {
    header(token.expose(), LASTS, secure)
}

/// The cookie of a browser that is on its way to the identity provider.
const UNDER_WAY: &str = "pitstop_sign_in";
/// Where it is sent: nowhere else.
const WAY: &str = "/auth/oidc/";

/// What a browser holds that comes back from the identity provider.
pub fn under_way(headers: &HeaderMap) -> Option<Secret> {
    one(headers, UNDER_WAY)
}

/// The header that hands that out, for so many seconds; 0 takes it away.
pub fn set_under_way(token: &str, lasts: u32, secure: bool) -> Option<HeaderValue> {
    write(UNDER_WAY, token, WAY, lasts, secure)
}

/// The header that takes it away.
pub fn unset(secure: bool) -> Option<HeaderValue> {
    header("", 0, secure)
}

fn header(value: &str, lasts: u32, secure: bool) -> Option<HeaderValue> {
    write(name(secure), value, "/", lasts, secure)
}

fn write(name: &str, value: &str, path: &str, lasts: u32, secure: bool) -> Option<HeaderValue> {
    let tls = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path={path}; Max-Age={lasts}; HttpOnly; SameSite=Lax{tls}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(cookie: &str, secure: bool) -> Option<String> {
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())]);
        find(&headers, secure).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn it_is_found_among_others_under_its_own_name_only() {
        assert_eq!(held("theme=dark; pitstop=abc", false).as_deref(), Some("abc"));
        assert_eq!(held("__Host-pitstop=abc", true).as_deref(), Some("abc"));
        assert_eq!(held("pitstop=abc", true), None, "a host without TLS could have set it");
        assert_eq!(held("xpitstop=abc; pitstop=", false), None);
    }

    #[test]
    fn one_that_somebody_put_beside_it_is_not_taken() {
        assert_eq!(held("pitstop=mine; pitstop=theirs", false), None);
    }

    #[test]
    fn it_is_out_of_reach_for_scripts_and_other_sites() {
        let text = |secure| set(&Secret::new("abc"), secure).unwrap().to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(text(false).contains(part) && text(true).contains(part), "{part}");
        }
        assert!(text(true).starts_with("__Host-") && text(true).contains("Secure"));
        assert!(!text(true).contains("Domain"));
        assert!(!format!("{:?}", set(&Secret::new("abc"), true)).contains("abc"), "nor in logs");
    }
}
