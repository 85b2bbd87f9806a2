//! Who vouches for a version, what is signed of it, and the form for another signature.

use super::image::{Refused, action};
use crate::Failure;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, when};
use axum::Extension;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use pitstop_domain::digest::Digest;
use pitstop_domain::image::{ImageVersion, Signature, Trust};
use pitstop_domain::statement::{FILE, Statement};

/// `GET /images/{image}/{digest}/statement`: the file to sign, byte by byte.
pub(super) async fn statement(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((name, digest)): Path<(String, Digest)>,
) -> Response {
    let versions = match entered.catalog.versions(&name).await {
        Ok(versions) => versions,
        Err(failure) => return frame.trouble(&failure),
    };
    let Some(version) = versions.iter().find(|version| version.image.digest == digest) else {
        return frame.trouble(&Failure::not_found("image version"));
    };
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{FILE}\"")),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    (headers, Statement::from(&version.image).to_string()).into_response()
}

/// By whom, with what they wrote beside it.
pub(super) fn by(trust: &Trust) -> AnyView {
    if trust.signatures.is_empty() {
        return view! { <span class="muted">"by nobody who is trusted here"</span> }.into_any();
    }
    let each: Vec<_> = trust.signatures.iter().map(one).collect();
    view! { <ul>{each}</ul> }.into_any()
}

fn one(signature: &Signature) -> impl IntoView + use<> {
    let Signature { key, name, comment, at, by } = signature.clone();
    let comment = (!comment.is_empty()).then(|| view! { ": " <q>{comment}</q> });
    view! {
        <li>{icon(Icon::Check)} " by " <strong>{name}</strong> " (" <code>{key}</code> ")" {comment} " "
        <span class="muted">"added " {when(at)} " by " {by}</span></li>
    }
}

/// Where one is demanded and there is none.
pub(super) fn missing(trust: &Trust) -> Option<AnyView> {
    trust.against().map(|_| {
        view! {
            <p class="why-not">{icon(Icon::Hand)} " No machine gets this version: no key that is trusted here has signed it, and this catalog demands that."</p>
        }
        .into_any()
    })
}

/// What is signed, how, and where the signature goes.
pub(super) fn sign(image: &ImageVersion, refused: Option<&Refused>) -> AnyView {
    let refused = refused.filter(|refused| refused.act == "sign");
    let typed = refused.and_then(|refused| refused.filled.get("signature")).cloned();
    let id = format!("sign-{}", image.digest.short());
    let (fold, label) = (format!("{id}-fold"), id.clone());
    let word = if image.standing.trust.signatures.is_empty() { "Sign it" } else { "Add another signature" };
    let command = format!("minisign -Sm {FILE}");
    view! {
        <details class="person-edit" id=fold open=refused.is_some()>
            <summary>{word}</summary>
            <p class="help">"What is signed is this text. It names each file by its SHA-256, and the command line: look that it is what you mean."</p>
            <pre class="statement"><code>{Statement::from(image).to_string()}</code></pre>
            <p class="help"><a href=action(image, "statement") download=FILE>"Fetch it as a file"</a>", sign it where your secret key is, with "<code>{command}</code>", and bring back what that writes beside it:"</p>
            <form method="post" action=action(image, "sign") class="stack-tight">
                <div class="field wide"><label for=label>{FILE} ".minisig, all four lines"</label>
                <textarea id=id name="signature" rows="4" required=true spellcheck="false" autocomplete="off">{typed}</textarea></div>
                <button type="submit" class="button primary">"Add the signature"</button>
            </form>
        </details>
    }
    .into_any()
}
