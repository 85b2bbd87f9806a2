//! The document that the server sends.

use super::app::App;
use super::theme::{self, Theme};
use leptos::config::LeptosOptions;
#[cfg(feature = "ssr")]
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The whole document. The theme stands in it from the first byte, so nothing flashes.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    tell_policy();
    let css = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme::wanted().map(Theme::name)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=css/>
                <noscript><link rel="stylesheet" href="/no-script.css"/></noscript>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The policy carries the nonce of this page's scripts.
#[cfg(feature = "ssr")]
fn tell_policy() {
    use axum::http::{HeaderValue, header};
    let policy = crate::serve::content_security_policy(use_nonce().as_deref());
    let response = use_context::<leptos_axum::ResponseOptions>();
    if let (Some(response), Ok(policy)) = (response, HeaderValue::from_str(&policy)) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
