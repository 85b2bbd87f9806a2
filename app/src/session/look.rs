//! How the dashboard looks for this reader: kept in cookies, so that pages come right from the first byte.

use leptos::prelude::*;

/// The reader's choice under this name, from the cookie; in the browser from the document.
pub(super) fn chosen(name: &str) -> Option<String> {
    #[cfg(feature = "ssr")]
    {
        let parts = use_context::<axum::http::request::Parts>()?;
        let cookies = parts.headers.get(axum::http::header::COOKIE)?.to_str().ok()?;
        of_cookies(cookies, name)
    }
    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    {
        document().document_element()?.get_attribute(&format!("data-{name}"))
    }
    #[cfg(not(any(feature = "hydrate", feature = "ssr")))]
    {
        let _ = name;
        None
    }
}

#[cfg(any(feature = "ssr", test))]
pub(super) fn of_cookies(cookies: &str, name: &str) -> Option<String> {
    let of = |cookie: &str| cookie.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
    cookies.split(';').find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_found_among_other_cookies() {
        assert_eq!(of_cookies("a=b; theme=dark", "theme").as_deref(), Some("dark"));
        assert_eq!(of_cookies("mytheme=dark", "theme"), None);
        assert_eq!(of_cookies("density=compact; theme=dark", "density").as_deref(), Some("compact"));
    }
}
