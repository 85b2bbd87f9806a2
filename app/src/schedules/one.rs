//! `/schedules/{schedule}`: what it does, what comes, what was; pause, leave one out, move one.

use super::calendar::{HERE, entry_row};
use super::desk::{EntryLine, EntryState, Filled, SchedulePage};
use crate::Failure;
use crate::machines::fleet::address::encode;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

/// `GET /schedules/{schedule}`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>, Path(id): Path<String>) -> Response {
    found(&frame, &entered, &id, StatusCode::OK, None).await
}

/// `POST /schedules/{schedule}/{act}`
pub async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, act)): Path<(String, String)>,
    Form(filled): Form<Filled>,
) -> Response {
    match entered.timetable.act(&id, &act, &filled).await {
        Ok(()) if act == "remove" => Redirect::to(HERE).into_response(),
        Ok(()) => Redirect::to(&format!("{HERE}/{id}")).into_response(),
        Err(failure @ Failure::Refused(_)) => {
            found(&frame, &entered, &id, status_of(&failure), Some(&failure)).await
        }
        Err(failure) => frame.trouble(&failure),
    }
}

async fn found(
    frame: &Frame,
    entered: &Entered,
    id: &str,
    status: StatusCode,
    failure: Option<&Failure>,
) -> Response {
    match entered.timetable.page(id).await {
        Ok(page) => html(status, body(frame, page, failure)),
        Err(why) => frame.trouble(&why),
    }
}

fn body(frame: &Frame, page: SchedulePage, failure: Option<&Failure>) -> String {
    let at = format!("{HERE}/{}", page.id);
    let press = |act: &str, words: &'static str, class: &'static str| {
        view! { <form method="post" action=format!("{at}/{act}")><button type="submit" class=class>{words}</button></form> }
    };
    let machines = match &page.query {
        Some(query) => {
            view! { <a href=format!("/?q={}", encode(query))>{page.machines.clone()}</a> }.into_any()
        }
        None => page.machines.clone().into_any(),
    };
    let next: Vec<_> = page.next.iter().map(|entry| coming(entry, &at)).collect();
    let past: Vec<_> = page.past.iter().map(|entry| view! { <li>{entry_row(entry)}</li> }).collect();
    let paused = page.paused_at.map(|since| {
        view! { <p class="notice warn">"Paused since " {when(since)} ". Times that pass meanwhile are left out, and said so."</p> }
    });
    let nothing_next = next.is_empty().then(|| view! { <p class="muted">"Nothing comes any more."</p> });
    let nothing_past = past.is_empty().then(|| view! { <p class="muted">"Nothing yet."</p> });
    let title = page.name.clone();
    let view = view! {
        <div class="page-head">
            <p class="crumbs"><a href=HERE>"Timetable"</a></p>
            <h1>{page.name.clone()}</h1>
            <p class="muted">{page.words.clone()}</p>
        </div>
        {refusal(failure)}
        {paused}
        <div class="columns">
            <section class="panel" aria-labelledby="what">
                <h2 id="what">"What it does"</h2>
                <dl class="facts">
                    <div><dt>"Function"</dt><dd>{page.function.clone()}</dd></div>
                    <div><dt>"Machines"</dt><dd>{machines}</dd></div>
                    <div><dt>"Missed"</dt><dd>{page.on_miss.clone()}</dd></div>
                    <div><dt>"Rule"</dt><dd><code>{page.rule.clone()}</code></dd></div>
                    <div><dt>"Zone"</dt><dd>{page.zone.clone()}</dd></div>
                    <div><dt>"Changed"</dt><dd>{page.changed_by.clone()} ", " {when(page.changed_at)}</dd></div>
                </dl>
                <div class="schedule-acts">
                    <a class="button" href=format!("{at}/edit")>"Change"</a>
                    {match page.paused_at {
                        Some(_) => press("resume", "Go on", "button primary"),
                        None => press("pause", "Pause", "button"),
                    }}
                    {press("remove", "Delete", "button danger")}
                </div>
            </section>
            <section class="panel" aria-labelledby="next">
                <h2 id="next">"What comes"</h2>
                {nothing_next}
                <ol class="entries">{next}</ol>
            </section>
        </div>
        <section class="panel" aria-labelledby="past">
            <h2 id="past">"What was"</h2>
            {nothing_past}
            <ol class="entries">{past}</ol>
        </section>
    };
    frame.wide(&title, view)
}

/// One that comes, with what can be done about it.
fn coming(entry: &EntryLine, at: &str) -> AnyView {
    let id = entry.recurrence.clone();
    let press = |act: &str, words: &'static str| {
        view! {
            <form method="post" action=format!("{at}/{act}")>
                <input type="hidden" name="recurrence" value=id.clone()/>
                <button type="submit" class="button">{words}</button>
            </form>
        }
    };
    let field = format!("to-{}", entry.recurrence);
    let acts = if entry.state == EntryState::LeftOut {
        view! { <div class="schedule-acts">{press("unskip", "Do it after all")}</div> }.into_any()
    } else {
        view! {
            <details class="entry-acts">
                <summary>"Change this one"</summary>
                <div class="schedule-acts">
                    {press("skip", "Leave it out")}
                    <form method="post" action=format!("{at}/move") class="entry-move">
                        <input type="hidden" name="recurrence" value=id.clone()/>
                        <div class="field"><label for=field.clone()>"Move it to"</label><input id=field name="to" type="datetime-local" required/></div>
                        <button type="submit" class="button">"Move"</button>
                    </form>
                    {press("split", "From this one on, as a schedule of its own")}
                </div>
            </details>
        }
        .into_any()
    };
    view! { <li>{entry_row(entry)} {acts}</li> }.into_any()
}
