//! The form of a route, drawn from what its kind says of itself.

use super::api::SaveRoute;
use super::words::abilities;
use crate::Failure;
use crate::machines::api::MachinePage;
use crate::parts::field::{Input, error_of};
use crate::parts::{Post, Posted, Refusal};
use leptos::prelude::*;
use pitstop_domain::route::form::{Filled, Shown};
use pitstop_domain::route::kinds::{Field, RouteKind};

/// The form: for the rung that is changed, or for a new one.
#[component]
pub fn RouteForm(page: MachinePage, kind: &'static RouteKind, mark: String, rung: Option<usize>) -> AnyView {
    let posted = Posted::<SaveRoute>::here();
    let id = page.machine.id;
    let route = rung.and_then(|rung| page.machine.routes.get(rung));
    // What a browser without JavaScript posted and got back.
    let typed = match posted.failure_untracked() {
        Some(Failure::Fields { filled, .. }) => Some(filled),
        _ => None,
    };
    let shown = route.map(|route| route.shown()).unwrap_or_default();
    let fields: Vec<_> = kind
        .fields
        .iter()
        .map(|field| {
            let shown = shown.iter().find(|(other, _)| other.name == field.name).map(|(_, shown)| shown);
            let value = value_of(field, shown, typed.as_ref());
            let is_set = matches!(shown, Some(Shown::IsSet));
            let (error, name) = (posted.clone(), field.name);
            view! { <Input field value is_set error=move || error_of(&error, name)/> }
        })
        .collect();
    let about = rung.is_none().then(|| {
        let can: Vec<_> = abilities(kind.abilities).into_iter().map(|words| view! { <li>{words}</li> }).collect();
        view! { <h3>{kind.title}</h3> <p class="muted">{kind.description}</p> <ul class="abilities">{can}</ul> }
    });
    let failed = posted.clone();
    let refusal = move || failed.failure().map(|failure| view! { <Summary failure/> });
    let save = if rung.is_some() { "Save" } else { "Add it" };
    view! {
        {about}
        <Post posted class="route-form">
            <input type="hidden" name="machine" value=id.to_string()/>
            <input type="hidden" name="mark" value=mark/>
            <input type="hidden" name="rung" value=rung.map(|rung| rung.to_string()).unwrap_or_default()/>
            <input type="hidden" name="kind" value=kind.word/>
            {refusal}
            {fields}
            <div class="form-acts">
                <button type="submit" class="button primary">{save}</button>
                <a class="button" href=format!("/machines/{id}/routes")>"Leave it"</a>
            </div>
        </Post>
    }
    .into_any()
}

/// What a field begins with: what was typed, what is stored, or what is usual.
fn value_of(field: &Field, shown: Option<&Shown>, typed: Option<&Filled>) -> String {
    if let Some(typed) = typed {
        return typed.get(field.name).cloned().unwrap_or_default();
    }
    match shown {
        Some(Shown::Value(value)) => value.clone(),
        Some(Shown::IsSet | Shown::NotSet) => String::new(),
        None => field.default.to_owned(),
    }
}

/// That something is wrong; the fields say what. Other failures say it themselves.
#[component]
fn Summary(failure: Failure) -> AnyView {
    let Failure::Fields { errors, .. } = &failure else { return view! { <Refusal failure/> }.into_any() };
    let n = crate::format::counted(errors.len() as u64, "field needs", "fields need");
    view! {
        <p class="notice bad" role="alert">
            <span>"Not saved: " {n} " another value. What was typed is still there, but for passwords and keys."</span>
        </p>
    }
    .into_any()
}
