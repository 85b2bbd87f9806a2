//! Images that the server fetches from addresses: above the list while they come, and until somebody has seen that one did
//! not.

use super::desk::Coming;
use crate::Failure;
use crate::format;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, when};
use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use pitstop_domain::people::{Right, Subject};

/// `POST /images/coming/{coming}/{act}`: `again`, or `give-up`.
pub(super) async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, act)): Path<(String, String)>,
) -> Response {
    let done = match act.as_str() {
        "again" => entered.catalog.fetch_again(&id).await,
        "give-up" => entered.catalog.give_up(&id).await,
        // As everything here: who may not do it is told that first.
        _ => match entered.who.may(Right::EditImages, &Subject::Installation) {
            Ok(()) => Err(Failure::not_found("act")),
            Err(refusal) => Err(Failure::NotAllowed(refusal.to_string())),
        },
    };
    match done {
        Ok(()) => Redirect::to("/images").into_response(),
        Err(failure) => frame.trouble(&failure),
    }
}

pub(super) fn under_way(coming: &[Coming], may: bool) -> Option<AnyView> {
    if coming.is_empty() {
        return None;
    }
    let each: Vec<_> = coming.iter().map(|coming| line(coming, may)).collect();
    Some(
        view! {
            <section class="panel" aria-labelledby="coming">
                <h2 id="coming">"Coming in"</h2>
                <ul class="coming">{each}</ul>
            </section>
        }
        .into_any(),
    )
}

fn line(coming: &Coming, may: bool) -> AnyView {
    let far = match coming.of {
        Some(of) => format!("{} of {}", format::bytes(coming.bytes), format::bytes(of)),
        None => format::bytes(coming.bytes),
    };
    let bar = match (&coming.failed, coming.of) {
        (None, Some(of)) => {
            let (value, max) = (coming.bytes.to_string(), of.max(1).to_string());
            Some(view! { <progress value=value max=max aria-label="How far it is"></progress> })
        }
        _ => None,
    };
    let why = coming.failed.as_ref().map(|why| {
        view! { <p class="coming-failed"><strong>"It was given up: "</strong> {why.clone()}</p> }
    });
    let press = |act: &'static str, words: &'static str, class: &'static str| {
        let to = format!("/images/coming/{}/{act}", coming.id);
        view! { <form method="post" action=to><button type="submit" class=class>{words}</button></form> }
    };
    let again = coming.failed.is_some().then(|| press("again", "Fetch it again", "button"));
    let acts = may.then(
        || view! { <div class="person-acts">{again} {press("give-up", "Give it up", "button quiet")}</div> },
    );
    view! {
        <li>
            <p><strong>{coming.called.clone()}</strong> " " <span class="figure">{far}</span> " "
            <span class="muted">"from " {coming.from.clone()} ", by " {coming.by.clone()} " since " {when(coming.since)}</span></p>
            {bar}
            {why}
            {acts}
        </li>
    }
    .into_any()
}
