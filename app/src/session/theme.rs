//! Light or dark: by the system's wish, or by the reader's.

use super::look;
use crate::Failure;
use crate::parts::{Icon, Post, Posted, icon};
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

/// The choice as the frame knows it. Counted by reference: read while a page is rendered.
#[derive(Clone)]
pub(crate) struct Chosen(ArcRwSignal<Option<Theme>>);

impl Chosen {
    /// Called once by the frame.
    pub fn provide() {
        provide_context(Self(ArcRwSignal::new(wanted())));
    }

    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(ArcRwSignal::new(wanted())))
    }

    /// Shows it now. Whoever calls this has it kept, too.
    pub fn show(&self, theme: Option<Theme>) {
        look::show("theme", theme.map(Theme::name));
        self.0.set(theme);
    }
}

/// The switch: three buttons of one form, so that it works without JavaScript.
#[component]
pub fn ThemeSwitch() -> AnyView {
    let posted = Posted::<SetTheme>::here();
    let chosen = Chosen::here();
    let button = move |theme: Option<Theme>, words: &'static str, drawing: Icon| {
        let (here, pressed) = (chosen.clone(), chosen.clone());
        view! {
            <button
                type="submit" name="theme" value=theme.map_or("system", Theme::name) title=words
                on:click=move |_| pressed.show(theme) aria-pressed=move || if here.0.get() == theme { "true" } else { "false" }
            >
                {icon(drawing)}
                <span class="sr-only">{words}</span>
            </button>
        }
    };
    view! {
        <Post posted>
            <div class="switch theme-switch" role="group" aria-label="Theme">
                {button(Some(Theme::Light), "Light", Icon::Sun)}
                {button(None, "As the system", Icon::Screen)}
                {button(Some(Theme::Dark), "Dark", Icon::Moon)}
            </div>
        </Post>
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
