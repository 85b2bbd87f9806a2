//! Light or dark: by the system's wish, or by the reader's.

use super::look;
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

/// What the reader chose.
pub fn wanted() -> Option<Theme> {
    look::chosen("theme").as_deref().and_then(Theme::parse)
}

/// The choice of whoever sends these cookies.
#[cfg(feature = "ssr")]
pub(crate) fn of_cookies(cookies: &str) -> Option<Theme> {
    look::of_cookies(cookies, "theme").as_deref().and_then(Theme::parse)
}

/// The switch: three buttons of one form, so that it works without JavaScript; `public/frame.js` does it at once.
pub fn theme_switch(chosen: Option<Theme>) -> AnyView {
    let button = move |theme: Option<Theme>, words: &'static str, drawing: Icon| {
        let pressed = if chosen == theme { "true" } else { "false" };
        view! {
            <button type="submit" name="theme" value=theme.map_or("system", Theme::name) title=words aria-pressed=pressed>
                {icon(drawing)}
                <span class="sr-only">{words}</span>
            </button>
        }
    };
    view! {
        <form method="post" action="/api/set_theme" data-look="theme">
            <div class="switch theme-switch" role="group" aria-label="Theme">
                {button(Some(Theme::Light), "Light", Icon::Sun)}
                {button(None, "As the system", Icon::Screen)}
                {button(Some(Theme::Dark), "Dark", Icon::Moon)}
            </div>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_light_and_dark_are_themes() {
        assert_eq!(Theme::parse("dark"), Some(Theme::Dark));
        assert_eq!(Theme::parse("system"), None);
    }
}
