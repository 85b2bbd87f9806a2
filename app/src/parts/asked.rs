//! A question of a function, as a field of a form.

use super::field::error_of;
use super::form::Posts;
use super::{Icon, Posted, icon};
use crate::format;
use leptos::prelude::*;
use pitstop_domain::parameter::{Answer, Parameter};

/// The field. `within`: what makes its id one of its page's; `value`: what it begins with.
pub fn asked<F: Posts>(within: &str, asked: &Parameter, value: String, posted: &Posted<F>) -> AnyView {
    let id = format!("{within}-{}", asked.name);
    let (help, wrong) = (format!("{id}-help"), format!("{id}-error"));
    let described = format!("{help} {wrong}");
    let error = {
        let (posted, name) = (posted.clone(), asked.name.clone());
        move || error_of(&posted, &name)
    };
    let control = control(asked, id.clone(), described, value, error.clone());
    let optional = (!asked.required
        && !matches!(asked.answer, Answer::Switch | Answer::Choice { .. } | Answer::Capture { .. }))
    .then_some(" (optional)");
    let said = move || {
        error().map(|words| {
            view! { <p class="field-error" id=wrong.clone()>{icon(Icon::Warning)} <span>{format::sentence(&words)}</span></p> }
        })
    };
    let words = match &asked.answer {
        Answer::Number { unit, .. } if !unit.is_empty() => format!("{}, {unit}", asked.label),
        _ => asked.label.clone(),
    };
    let wide = matches!(asked.answer, Answer::Text { lines: true, .. });
    view! {
        <div class="field" class:wide=wide>
            <label for=id>{words} <span class="muted">{optional}</span></label>
            {control}
            {said}
            {(!asked.help.is_empty()).then(|| view! { <p class="help" id=help>{asked.help.clone()}</p> })}
        </div>
    }
    .into_any()
}

fn control(
    asked: &Parameter,
    id: String,
    described: String,
    value: String,
    error: impl Fn() -> Option<String> + Clone + Send + Sync + 'static,
) -> AnyView {
    let name = format!("fields[{}]", asked.name);
    let invalid = move || error().map(|_| "true");
    let required = asked.required;
    match &asked.answer {
        Answer::Text { lines: true, .. } => view! {
            <textarea id=id name=name rows="8" spellcheck="false" required=required aria-describedby=described aria-invalid=invalid>{value}</textarea>
        }
        .into_any(),
        Answer::Choice { .. } | Answer::Switch | Answer::Capture { .. } => {
            let options: Vec<_> = choices(&asked.answer)
                .into_iter()
                .map(|(word, label)| view! { <option value=word.clone() selected=word == value>{label}</option> })
                .collect();
            view! {
                <select id=id name=name required=required aria-describedby=described aria-invalid=invalid>{options}</select>
            }
            .into_any()
        }
        Answer::Text { .. } | Answer::MachineName | Answer::Number { .. } => {
            let (kind, least, most) = match asked.answer {
                Answer::Number { least, most, .. } => ("number", Some(least), Some(most)),
                _ => ("text", None, None),
            };
            view! {
                <input
                    id=id name=name type=kind min=least max=most required=required value=value autocomplete="off"
                    spellcheck="false" aria-describedby=described aria-invalid=invalid
                />
            }
            .into_any()
        }
    }
}

fn choices(answer: &Answer) -> Vec<(String, String)> {
    match answer {
        Answer::Choice { choices } | Answer::Capture { choices } => {
            choices.iter().map(|choice| (choice.value.clone(), choice.label.clone())).collect()
        }
        _ => [("yes", "Yes"), ("no", "No")].map(|(word, label)| (word.to_owned(), label.to_owned())).to_vec(),
    }
}
