//! A route in the editor: what it can do, what it last answered, and what can be done to it.

use super::api::{LastAnswer, Looked, MoveRoute, Tried};
use super::form::RouteForm;
use super::words::{abilities, can_be_tried, place_of};
use crate::Failure;
use crate::format;
use crate::jobs::story::call_words;
use crate::machines::api::MachinePage;
use crate::parts::{Ago, Icon, Post, Posted, Refusal, icon};
use chrono::TimeDelta;
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::route::Route;
use pitstop_domain::route::form::warnings;
use pitstop_domain::route::kinds::kind;

/// One rung of the ladder.
#[component]
pub fn Rung(
    page: MachinePage,
    at: usize,
    mark: String,
    tried: Option<Result<Tried, Failure>>,
    editing: bool,
) -> AnyView {
    let Some(route) = page.machine.routes.get(at).cloned() else { return ().into_any() };
    let Some(kind) = kind(route.kind_word()) else { return ().into_any() };
    let base = format!("/machines/{}/routes", page.machine.id);
    // People stay last, so they are not moved, and nothing is moved below them.
    let moves = |other: usize| {
        let one = page.machine.routes.get(other);
        one.is_some_and(|one| !matches!(one, Route::Person)) && !matches!(route, Route::Person)
    };
    let (up, down) = (at > 0 && moves(at - 1), moves(at + 1));
    let can: Vec<_> =
        abilities(route.abilities()).into_iter().map(|words| view! { <li>{words}</li> }).collect();
    let warned: Vec<_> = warnings(&route)
        .into_iter()
        .map(|words| view! { <p class="why">{icon(Icon::Warning)} <span>{words}</span></p> })
        .collect();
    let answer = page.answers.iter().find(|answer| answer.route == route).cloned();
    let title = kind.title;
    let buttons = view! {
        {up.then(|| view! { <MoveButton page=page.clone() mark=mark.clone() at how="up" words=format!("Move {title} up") drawing=Icon::Up/> })}
        {down.then(|| view! { <MoveButton page=page.clone() mark=mark.clone() at how="down" words=format!("Move {title} down") drawing=Icon::Down/> })}
    };
    view! {
        <li class="rung" id=format!("rung-{at}")>
            <div class="rung-head">
                <h2>{title} {place_of(&route).map(|place| view! { " " <span class="place">{place}</span> })}</h2>
                <div class="rung-acts">
                    {can_be_tried(&route).then(|| view! { <a class="button" href=format!("{base}?try={at}#rung-{at}") rel="nofollow">"Try it"</a> })}
                    {(!kind.fields.is_empty() && !editing).then(|| view! { <a class="button" href=format!("{base}?edit={at}#rung-{at}")>"Change"</a> })}
                    {buttons}
                </div>
            </div>
            <ul class="abilities">{can}</ul>
            {warned}
            <Answer answer asked_at=page.asked_at/>
            {tried.map(|tried| view! { <WhatItSays tried/> })}
            {editing.then(|| view! { <RouteForm page=page.clone() kind mark=mark.clone() rung=Some(at)/> })}
            <Remove page mark at/>
        </li>
    }
    .into_any()
}

#[component]
fn Answer(answer: Option<LastAnswer>, asked_at: Time) -> AnyView {
    match answer {
        None => view! { <p class="muted">"Not asked by any job yet."</p> }.into_any(),
        Some(answer) => view! {
            <p class="muted">
                "Last asked " <Ago at=answer.at asked_at/> " by " <a href=format!("/jobs/{}", answer.job)>"a job"</a> ": "
                {call_words(answer.state)} {answer.answer.map(|words| format!(" ({words})"))}
            </p>
        }.into_any(),
    }
}

#[component]
fn MoveButton(
    page: MachinePage,
    mark: String,
    at: usize,
    how: &'static str,
    words: String,
    drawing: Icon,
) -> AnyView {
    let (posted, title) = (Posted::<MoveRoute>::here(), words.clone());
    view! {
        <Post posted>
            <Which page mark at how/>
            <button type="submit" class="button square" title=title>{icon(drawing)} <span class="sr-only">{words}</span></button>
        </Post>
    }.into_any()
}

/// Removing a route forgets its password, so it takes two presses.
#[component]
fn Remove(page: MachinePage, mark: String, at: usize) -> AnyView {
    let posted = Posted::<MoveRoute>::here();
    let secret = page.machine.routes.get(at).is_some_and(|route| !route.secrets().is_empty());
    let what = if secret {
        "Its password or key is forgotten once no open job needs it."
    } else {
        "It can be added again."
    };
    view! {
        <details class="sure">
            <summary>"Remove"</summary>
            <Post posted class="stack-tight">
                <Which page mark at how="remove"/>
                <p>{what}</p>
                <button type="submit" class="button danger">"Remove this route"</button>
            </Post>
        </details>
    }
    .into_any()
}

/// Which rung of which ladder is meant.
#[component]
fn Which(page: MachinePage, mark: String, at: usize, how: &'static str) -> AnyView {
    view! {
        <input type="hidden" name="machine" value=page.machine.id.to_string()/>
        <input type="hidden" name="mark" value=mark/>
        <input type="hidden" name="rung" value=at.to_string()/>
        <input type="hidden" name="how" value=how/>
    }
    .into_any()
}

/// What the board said when it was tried.
#[component]
fn WhatItSays(tried: Result<Tried, Failure>) -> AnyView {
    let tried = match tried {
        Ok(tried) => tried,
        Err(failure) => return view! { <Refusal failure/> }.into_any(),
    };
    let took = format::duration(TimeDelta::milliseconds(i64::try_from(tried.took_ms).unwrap_or(i64::MAX)));
    match tried.found {
        Ok(looked) => {
            let (good, lines) = said(&looked);
            let lines: Vec<_> = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect();
            let (state, drawing) = if good { ("own", Icon::Check) } else { ("held", Icon::Warning) };
            let head =
                if good { "It answers, and is the right machine's" } else { "It answers; look at this" };
            view! {
                <div class="said" data-state=state role="status">
                    <p>{icon(drawing)} <strong>{head}</strong> <span class="muted figure">" in " {took} ". Nothing was changed."</span></p>
                    <ul>{lines}</ul>
                </div>
            }.into_any()
        }
        Err(fault) => {
            let next = if fault.worth_retrying {
                "A job would try it again for a while, then take the next route."
            } else {
                "A job would take the next route at once. Change the settings, then try it again."
            };
            view! {
                <div class="said" data-state="failed" role="alert">
                    <p>{icon(Icon::Cross)} <strong>"It cannot be used now"</strong> <span class="muted figure">" after " {took} ". Nothing was changed."</span></p>
                    <ul><li>{format::sentence(&fault.what)}</li><li>{next}</li></ul>
                </div>
            }.into_any()
        }
    }
}

/// Is all well, and what the board said.
fn said(looked: &Looked) -> (bool, Vec<String>) {
    let mut lines = Vec::new();
    lines.push(match looked.on {
        Some(true) => "The machine is switched on.".to_owned(),
        Some(false) => "The machine is switched off.".to_owned(),
        None => "It cannot tell whether the machine is switched on.".to_owned(),
    });
    let mut good = true;
    match (looked.uuid, looked.expected) {
        (Some(uuid), Some(expected)) if uuid == expected => {
            lines.push(format!("Its UUID is this machine's: {uuid}."))
        }
        (Some(uuid), Some(expected)) => {
            good = false;
            lines.push(format!(
                "It is another machine's board: its UUID is {uuid}, this machine's is {expected}. No job would use it."
            ));
        }
        (Some(uuid), None) => {
            lines.push(format!("Its UUID is {uuid}; this machine's is not known, so nobody can tell whether it is the right one."));
        }
        (None, _) => lines.push("It does not say whose board it is.".to_owned()),
    }
    if !looked.words.trim().is_empty() {
        lines.push(format::sentence(&looked.words));
    }
    (good, lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_board_of_another_machine_is_told_in_words() {
        let looked = |uuid| Looked {
            on: Some(true),
            uuid: Some(Uuid::from_u128(uuid)),
            expected: Some(Uuid::from_u128(1)),
            words: String::new(),
        };
        assert!(said(&looked(1)).0);
        let (good, lines) = said(&looked(2));
        assert!(!good && lines[1].contains("another machine's board"), "{lines:?}");
    }
}
