//! A document that needs no program in the browser: for whoever is not in, for a phone, and for pages about people.

use crate::session::theme::Theme;
use leptos::prelude::*;

/// `theme`: as the reader chose it; `None`: as their system has it. `script`: a file of ours that does a little more.
pub(crate) fn document(
    title: &str,
    theme: Option<Theme>,
    script: Option<&'static str>,
    body: impl IntoView,
) -> String {
    let title = format!("{title} \u{b7} Pitstop");
    let page = view! {
        <html lang="en" data-theme=theme.map(Theme::name)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <title>{title}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href="/pkg/pitstop.css"/>
                {script.map(|script| view! { <script src=script defer></script> })}
            </head>
            <body>{body}</body>
        </html>
    };
    format!("<!DOCTYPE html>{}", page.to_html())
}
