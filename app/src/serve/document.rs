//! A document that needs no program in the browser: for whoever is not in, for a phone, and for pages about people.

use crate::session::theme::Theme;
use leptos::prelude::*;

/// How the reader wants it: theme (`None`: as their system has it) and density (`None`: comfortable).
type Look = (Option<Theme>, Option<&'static str>);

/// `scripts`: files of ours that do a little more. `nonce`: of a terminal in it; its script and its styles come along.
pub(crate) fn document(
    title: &str,
    look: Look,
    scripts: &[&'static str],
    nonce: Option<String>,
    body: impl IntoView,
) -> String {
    let (theme, density) = look;
    let terminal = nonce.is_some().then(|| {
        view! {
            <link rel="stylesheet" href="/xterm/xterm.css"/>
            <script type="module" src="/console.mjs"></script>
        }
    });
    // Moments are written before they are drawn, all else may come later.
    let script = |src: &&'static str| view! { <script src=*src defer=*src != "/times.js"></script> };
    let scripts: Vec<_> = scripts.iter().map(script).collect();
    let title = format!("{title} \u{b7} Pitstop");
    let page = view! {
        <html lang="en" data-theme=theme.map(Theme::name) data-density=density data-style-nonce=nonce>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <title>{title}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="preload" href="/fonts/inter-4.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                // Before the style sheet: behind it the page is not read on before that is there.
                {scripts}
                <link rel="stylesheet" href="/pkg/pitstop.css"/>
                <noscript><link rel="stylesheet" href="/no-script.css"/></noscript>
                {terminal}
            </head>
            <body>{body}</body>
        </html>
    };
    format!("<!DOCTYPE html>{}", page.to_html())
}
