//! `/settings/signatures`: whose signatures on images are trusted, and whether machines get anything else.

use super::desk::{Catalog, Signing, TrustedKey};
use super::parts::page_of;
use crate::Failure;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use std::collections::HashMap;

const HERE: &str = "/settings/signatures";

type Filled = HashMap<String, String>;

/// `GET /settings/signatures`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &*entered.catalog, None).await
}

/// `POST /settings/signatures`: another key.
pub(super) async fn trust(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let text = |name: &str| filled.get(name).map(|value| value.trim()).unwrap_or_default();
    let done = entered.catalog.trust_key(text("name"), text("key")).await;
    back(&frame, &*entered.catalog, done, &filled).await
}

/// `POST /settings/signatures/{signing_key}/remove`
pub(super) async fn distrust(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(key): Path<String>,
) -> Response {
    let done = entered.catalog.distrust_key(&key).await;
    back(&frame, &*entered.catalog, done, &Filled::new()).await
}

/// `POST /settings/signatures/demand`
pub(super) async fn demand(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let demanded = filled.get("signed").is_some_and(|word| word == "true");
    let done = entered.catalog.demand_signatures(demanded).await;
    back(&frame, &*entered.catalog, done, &Filled::new()).await
}

async fn back(frame: &Frame, catalog: &dyn Catalog, done: Result<(), Failure>, filled: &Filled) -> Response {
    match done {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(why) => page(frame, catalog, Some((filled, why))).await,
    }
}

async fn page(frame: &Frame, catalog: &dyn Catalog, refused: Option<(&Filled, Failure)>) -> Response {
    let signing = match catalog.signing().await {
        Ok(signing) => signing,
        Err(why) => return frame.trouble(&why),
    };
    let each: Vec<_> = signing.keys.iter().map(|key| line(key, signing.demanded)).collect();
    let none = each.is_empty().then(|| {
        view! { <p class="muted">"No key is trusted yet: whatever is signed counts as unsigned."</p> }
    });
    let (filled, why) = refused.as_ref().map(|(filled, why)| (*filled, why)).unzip();
    let body = view! {
        <div class="page-head"><h1>"Signatures"</h1></div>
        <p class="muted">"Whoever makes images signs them with minisign; here stands whose signatures are trusted. A signature covers all of a version: kernel, initial RAM disks and command line, its name and its number."</p>
        {refusal(why)}
        {demands(&signing)}
        <h2>"Trusted keys"</h2>
        {none}
        <ul class="people">{each}</ul>
        {another(filled)}
    };
    let status = why.map_or(StatusCode::OK, status_of);
    html(status, frame.following("Signatures", "image", body))
}

fn demands(signing: &Signing) -> impl IntoView + use<> {
    let (says, word, class) = if signing.demanded {
        (
            "Signatures are demanded. Machines get only what a trusted key has signed, and nothing else becomes stable. Jobs that were under way when this began go on.",
            "Demand no signatures",
            "button",
        )
    } else {
        (
            "Signatures are shown, and not demanded. Where they are, machines get only what a trusted key has signed, and nothing else becomes stable; jobs under way go on.",
            "Demand signatures",
            "button primary",
        )
    };
    let next = (!signing.demanded).to_string();
    let drawing = if signing.demanded { Icon::Check } else { Icon::Eye };
    view! {
        <section class="panel" aria-labelledby="demand">
            <h2 id="demand">"What the catalog demands"</h2>
            <p>{icon(drawing)} " " {says}</p>
            {unsigned(signing)}
            <form method="post" action=format!("{HERE}/demand")>
                <input type="hidden" name="signed" value=next/>
                <button type="submit" class=class>{word}</button>
            </form>
        </section>
    }
}

/// What machines are without, or would be.
fn unsigned(signing: &Signing) -> Option<AnyView> {
    if signing.unsigned.is_empty() {
        let says = "Every stable version is signed by a trusted key.";
        return Some(view! { <p>{says}</p> }.into_any());
    }
    let n = format::counted(signing.unsigned.len() as u64, "stable version", "stable versions");
    let says = if signing.demanded {
        "without such a signature: no machine gets them."
    } else {
        "without such a signature. Machines would not get them any more, nor start from them, until they are signed:"
    };
    let each: Vec<_> = signing
        .unsigned
        .iter()
        .map(|(name, version)| view! { <li><a href=page_of(name)>{name.clone()}</a> " " {version.clone()}</li> })
        .collect();
    Some(view! { <p>{n} " " {says}</p> <ul>{each}</ul> }.into_any())
}

fn line(key: &TrustedKey, demanded: bool) -> AnyView {
    let TrustedKey { id, public_key, name, added_at, added_by, signed, alone } = key.clone();
    let (remove, fold) = (format!("{HERE}/{id}/remove"), format!("remove-{id}"));
    let count = match signed.len() as u64 {
        0 => "it signed no version in the catalog".to_owned(),
        n => format!("it signed {} in the catalog", format::counted(n, "version", "versions")),
    };
    view! {
        <li class="panel person">
            <div class="person-head"><h2>{name}</h2> <span class="muted">{count}</span></div>
            <dl class="facts">
                <div><dt>"Key id"</dt><dd><code>{id}</code></dd></div>
                <div><dt>"Public key"</dt><dd><code class="digest">{public_key}</code></dd></div>
                <div><dt>"Added"</dt><dd>{when(added_at)} " by " {added_by}</dd></div>
            </dl>
            <details class="person-edit" id=fold>
                <summary>"Remove"</summary>
                {loses(&alone, demanded)}
                <form method="post" action=remove><button type="submit" class="button danger">"Trust it no longer"</button></form>
            </details>
        </li>
    }
    .into_any()
}

/// What becomes unsigned with it.
fn loses(alone: &[String], demanded: bool) -> AnyView {
    if alone.is_empty() {
        return view! { <p class="help">"No version loses its signature: another trusted key signed them, too, or it signed none."</p> }.into_any();
    }
    let then = if demanded { ", and no machine gets them any more" } else { "" };
    let each: Vec<_> = alone.iter().map(|called| view! { <li>{called.clone()}</li> }).collect();
    view! {
        <p class="help">"These are unsigned then" {then} ". Where the key is added again, they are signed again."</p>
        <ul>{each}</ul>
    }
    .into_any()
}

fn another(filled: Option<&Filled>) -> impl IntoView + use<> {
    let value = |name: &str| filled.and_then(|filled| filled.get(name)).cloned();
    view! {
        <section class="panel" aria-labelledby="another">
            <h2 id="another">"Trust another key"</h2>
            <form method="post" action=HERE class="stack-tight">
                <div class="field"><label for="key-name">"Whose it is"</label>
                <input id="key-name" name="name" required=true autocomplete="off" maxlength="100" value=value("name")/></div>
                <div class="field wide"><label for="key-text">"Their public key: all of minisign.pub, or its second line"</label>
                <textarea id="key-text" name="key" rows="2" required=true spellcheck="false" autocomplete="off" aria-describedby="key-help">{value("key")}</textarea>
                <span class="hint" id="key-help">"Have it from them by a way that nobody else can write to, and compare the key id"</span></div>
                <button type="submit" class="button primary">"Trust it"</button>
            </form>
        </section>
    }
}
