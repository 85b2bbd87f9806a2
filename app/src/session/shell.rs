//! The document that the server sends: the frame, and within it the program or a page of its own. [`around`] is the frame of
//! the pages that are drawn without leptos' router, too (`people::pages::frame`).

use super::app::App;
use super::bar::top_bar;
use super::density;
use super::documents::Documents;
use super::news::corner;
use super::theme::{self, Theme};
use crate::alarms::bar::alarm_bar;
use crate::people::me;
use crate::serve::policy_of_page;
use leptos::config::LeptosOptions;
use leptos::nonce::{provide_nonce, use_nonce};
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// Scripts of every page. Moments are written before they are drawn, all else may come later.
pub(crate) const SCRIPTS: [&str; 4] = ["/times.js", "/frame.js", "/stream.js", "/news.js"];
/// What answers on the fleet's page before the program is there.
const OF_THE_PROGRAM: &str = "/map.js";
/// Scripts that keep a document as it is by now.
pub(crate) const OF_DOCUMENTS: [&str; 2] = ["/idiomorph/idiomorph.js", "/live.js"];

/// The page with the program in it.
pub fn program(options: LeptosOptions) -> impl IntoView {
    let scripts = {
        let options = options.clone();
        move || view! { {script(OF_THE_PROGRAM)} <HydrationScripts options/> }.into_any()
    };
    shell(&options, true, scripts, || view! { <App/> }.into_any())
}

/// A page that is a document.
pub fn document(options: LeptosOptions) -> impl IntoView {
    // Nothing in it is taken over by a program: nothing of what was fetched goes along.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    let scripts = || OF_DOCUMENTS.map(script).collect_view().into_any();
    shell(&options, false, scripts, || view! { <Documents/> }.into_any())
}

/// Theme and density stand in it from the first byte, so nothing flashes.
fn shell(
    options: &LeptosOptions,
    with_program: bool,
    scripts: impl FnOnce() -> AnyView,
    page: impl FnOnce() -> AnyView,
) -> AnyView {
    // Before anything asks for the nonce.
    let policy = policy(with_program);
    // What the fleet counts may be a moment old: it asks again in any case.
    let at = me::place().filter(|_| !with_program);
    let main = view! { <main id="main" tabindex="-1" data-at=at data-reader=me::reader()>{page()}</main> };
    let css = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-theme=theme::wanted().map(Theme::name)
            data-density=density::wanted()
            data-me=with_program.then(me::written)
            data-program=with_program
        >
            <head>
                <meta charset="utf-8"/>
                {policy}
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="preload" href="/fonts/inter-4.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                // Before the style sheet: behind it the page is not read on before that is there.
                {SCRIPTS.map(script).collect_view()}
                <link rel="stylesheet" href=css/>
                <noscript><link rel="stylesheet" href="/no-script.css"/></noscript>
                {scripts()}
                <MetaTags/>
            </head>
            <body>
                {around(top_bar(), alarm_bar(), main.into_any())}
            </body>
        </html>
    }
    .into_any()
}

/// What stands around every page: the bar, the alarms, and the corner where news are said.
pub(crate) fn around(bar: AnyView, alarms: AnyView, main: AnyView) -> AnyView {
    view! {
        <a class="skip" href="#main">"Skip to the page"</a>
        {bar}
        <div id="alarm-bar">{alarms}</div>
        {main}
        {corner()}
    }
    .into_any()
}

/// The policy of this page, in the page itself: it belongs to these scripts, whatever becomes of headers on the way.
fn policy(with_program: bool) -> impl IntoView {
    if use_nonce().is_none() {
        provide_nonce();
    }
    let policy = policy_of_page(use_nonce().as_deref(), with_program);
    view! { <meta http-equiv="Content-Security-Policy" content=policy/> }
}

fn script(src: &'static str) -> impl IntoView {
    view! { <script src=src defer=src != "/times.js" nonce=use_nonce()></script> }
}
