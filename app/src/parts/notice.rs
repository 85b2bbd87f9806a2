//! Empty pages that teach, and failures in words.

use super::{Icon, icon};
use crate::Failure;
use leptos::prelude::*;
use leptos_meta::Title;

/// What this page is for, and the one thing to do next.
#[component]
pub fn Empty(title: &'static str, children: Children) -> AnyView {
    view! {
        <section class="empty">
            <h2>{title}</h2>
            {children()}
        </section>
    }
    .into_any()
}

/// A page that could not be had. It answers with the status that says so.
#[component]
pub fn Trouble(failure: Failure) -> AnyView {
    answer_with(&failure);
    view! {
        <Title text=failure.title()/>
        <section class="trouble">
            <h1>{failure.title()}</h1>
            <p>{failure.to_string()}</p>
            {way_on(&failure)}
        </section>
    }
    .into_any()
}

fn way_on(failure: &Failure) -> impl IntoView + use<> {
    let (href, words) = match failure {
        Failure::SignedOut(_) => ("/login", "Sign in"),
        _ => ("/", "To the fleet"),
    };
    view! { <p><a class="button" href=href>{words}</a></p> }
}

/// Something that was asked for and not done.
#[component]
pub fn Refusal(failure: Failure) -> AnyView {
    view! {
        <div class="notice bad" role="alert">
            {icon(Icon::Warning)}
            <div><strong>{failure.title()}</strong><p>{failure.to_string()}</p></div>
        </div>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
fn answer_with(failure: &Failure) {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(crate::serve::status_of(failure));
    }
}

#[cfg(not(feature = "ssr"))]
fn answer_with(_failure: &Failure) {}
