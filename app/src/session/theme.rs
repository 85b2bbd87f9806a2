//! Light or dark: by the system's wish, or by the reader's, kept in a cookie.

use crate::Failure;
use crate::parts::{Icon, icon};
use leptos::prelude::*;

/// What the reader chose; nothing chosen: as the system does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// The word in the cookie and on the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.name() == name)
    }
}

/// Keeps the choice. `system` forgets it.
#[server(prefix = "/api", endpoint = "set_theme")]
pub async fn set_theme(theme: String) -> Result<(), Failure> {
    let reply = crate::serve::Reply::here();
    reply.set_cookie("theme", Theme::parse(&theme).map_or("system", Theme::name));
    Ok(())
}

/// What the reader chose, from the cookie; in the browser from the document.
pub fn wanted() -> Option<Theme> {
    #[cfg(feature = "ssr")]
    {
        let parts = use_context::<axum::http::request::Parts>()?;
        let cookies = parts.headers.get(axum::http::header::COOKIE)?.to_str().ok()?;
        of_cookies(cookies)
    }
    #[cfg(not(feature = "ssr"))]
    {
        #[cfg(feature = "hydrate")]
        return document()
            .document_element()?
            .get_attribute("data-theme")
            .and_then(|name| Theme::parse(&name));
        #[cfg(not(feature = "hydrate"))]
        None
    }
}

#[cfg(any(feature = "ssr", test))]
pub(crate) fn of_cookies(cookies: &str) -> Option<Theme> {
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("theme=")).and_then(Theme::parse)
}

fn show(theme: Option<Theme>) {
    #[cfg(feature = "hydrate")]
    if let Some(root) = document().document_element() {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme.name()),
            None => root.remove_attribute("data-theme"),
        };
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = theme;
}

/// The switch: three buttons of one form, so that it works without JavaScript.
#[component]
pub fn ThemeSwitch() -> AnyView {
    let chosen = RwSignal::new(wanted());
    let action = ServerAction::<SetTheme>::new();
    let button = move |theme: Option<Theme>, words: &'static str, drawing: Icon| {
        let press = move |_| {
            show(theme);
            chosen.set(theme);
        };
        view! {
            <button
                type="submit" name="theme" value=theme.map_or("system", Theme::name) title=words on:click=press
                aria-pressed=move || if chosen.get() == theme { "true" } else { "false" }
            >
                {icon(drawing)}
                <span class="sr-only">{words}</span>
            </button>
        }
    };
    view! {
        <ActionForm action>
            <div class="theme-switch" role="group" aria-label="Theme">
                {button(Some(Theme::Light), "Light", Icon::Sun)}
                {button(None, "As the system", Icon::Screen)}
                {button(Some(Theme::Dark), "Dark", Icon::Moon)}
            </div>
        </ActionForm>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theme_is_found_among_other_cookies() {
        assert_eq!(of_cookies("a=b; theme=dark"), Some(Theme::Dark));
        assert_eq!(of_cookies("theme=system"), None);
        assert_eq!(of_cookies("mytheme=dark"), None);
    }
}
