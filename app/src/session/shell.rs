//! The document that the server sends.

use super::app::App;
use super::density;
use super::theme::{self, Theme};
use crate::people::me;
use leptos::config::LeptosOptions;
#[cfg(feature = "ssr")]
use leptos::nonce::{provide_nonce, use_nonce};
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The whole document. Theme and density stand in it from the first byte, so nothing flashes.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    // Before anything asks for the nonce.
    let (policy, frame) = (policy(), frame());
    let css = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-theme=theme::wanted().map(Theme::name)
            data-density=density::wanted()
            data-me=me::written()
        >
            <head>
                <meta charset="utf-8"/>
                {policy}
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="preload" href="/fonts/inter-4.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <link rel="stylesheet" href=css/>
                <noscript><link rel="stylesheet" href="/no-script.css"/></noscript>
                {frame}
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The policy of this page, in the page itself: it belongs to these scripts, whatever becomes of headers on the way.
#[cfg(feature = "ssr")]
fn policy() -> impl IntoView {
    if use_nonce().is_none() {
        provide_nonce();
    }
    let policy = crate::serve::policy_of_page(use_nonce().as_deref());
    view! { <meta http-equiv="Content-Security-Policy" content=policy/> }
}

/// What every page has: the palette, keys, switches.
#[cfg(feature = "ssr")]
fn frame() -> impl IntoView {
    view! { <script src="/frame.js" defer nonce=use_nonce()></script> }
}

/// The document is never made in the browser.
#[cfg(not(feature = "ssr"))]
fn policy() -> impl IntoView {}

#[cfg(not(feature = "ssr"))]
fn frame() -> impl IntoView {}
