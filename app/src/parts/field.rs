//! A field of a form, drawn from what it says of itself, with its error beside it.

use super::form::Posts;
use super::{Icon, Posted, icon};
use crate::{Failure, format};
use leptos::either::EitherOf3;
use leptos::prelude::*;
use pitstop_domain::route::kinds::{Choice, Field, FieldKind};

/// What is wrong with a field, after the form was posted.
pub fn error_of<F: Posts>(posted: &Posted<F>, name: &str) -> Option<String> {
    match posted.failure()? {
        Failure::Fields { errors, .. } => {
            errors.into_iter().find(|error| error.field == name).map(|error| error.words)
        }
        _ => None,
    }
}

/// The field. `is_set`: a secret that is there and stays when nothing is typed.
#[component]
pub fn Input(
    field: &'static Field,
    value: String,
    is_set: bool,
    error: impl Fn() -> Option<String> + Clone + Send + Sync + 'static,
) -> AnyView {
    let id = format!("field-{}", field.name);
    let (help, wrong) = (format!("{id}-help"), format!("{id}-error"));
    let control = control(field, id.clone(), value, is_set, error.clone());
    let said = {
        let wrong = wrong.clone();
        move || {
            error().map(|words| {
                view! { <p class="field-error" id=wrong.clone()>{icon(Icon::Warning)} <span>{format::sentence(&words)}</span></p> }
            })
        }
    };
    let optional = (!field.required && field.default.is_empty()).then_some(" (optional)");
    let stays = is_set.then(|| view! { <span class="tag">"is set"</span> });
    view! {
        <div class="field wide">
            <label for=id>{field.label} <span class="muted">{optional}</span> " " {stays}</label>
            {control}
            {said}
            <p class="help" id=help>{field.help}</p>
        </div>
    }
    .into_any()
}

fn control(
    field: &'static Field,
    id: String,
    value: String,
    is_set: bool,
    error: impl Fn() -> Option<String> + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let name = format!("fields[{}]", field.name);
    let described = format!("{id}-help {id}-error");
    let invalid = move || error().map(|_| "true");
    let unchanged = is_set.then_some("unchanged, unless something is typed here");
    match field.kind {
        FieldKind::Choice(choices) => {
            let options: Vec<_> = choices.iter().map(|choice| option(choice, &value)).collect();
            EitherOf3::A(
                view! { <select id=id name=name aria-describedby=described aria-invalid=invalid>{options}</select> },
            )
        }
        FieldKind::Secret { lines: true } => EitherOf3::B(view! {
            <textarea
                id=id name=name rows="5" autocomplete="off" spellcheck="false" placeholder=unchanged
                aria-describedby=described aria-invalid=invalid
            ></textarea>
        }),
        kind => {
            let (type_, mode) = match kind {
                FieldKind::Secret { .. } => ("password", None),
                FieldKind::Port => ("text", Some("numeric")),
                FieldKind::Url => ("text", Some("url")),
                _ => ("text", None),
            };
            // A browser's password keeper would fill in the password of this dashboard.
            let autocomplete = if type_ == "password" { "new-password" } else { "off" };
            EitherOf3::C(view! {
                <input
                    id=id name=name type=type_ inputmode=mode value=value autocomplete=autocomplete spellcheck="false"
                    placeholder=unchanged aria-describedby=described aria-invalid=invalid
                />
            })
        }
    }
}

fn option(choice: &Choice, value: &str) -> impl IntoView + use<> {
    view! { <option value=choice.value selected=choice.value == value>{choice.label}</option> }
}
