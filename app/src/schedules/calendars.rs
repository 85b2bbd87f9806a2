//! Blackouts from calendars of others: a file, a text, or an address that is read again and again.

use super::desk::{CalendarLine, Filled};
use super::times::{HERE, after};
use crate::Failure;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, when};
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, Path};
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Form, Router};
use leptos::prelude::*;
use pitstop_domain::people::{Right, Subject};

/// As long as the server reads, and what stands around the file in the form.
const LONGEST: usize = (2 << 20) + (64 << 10);

pub(super) fn closed() -> Router {
    Router::new()
        .route("/schedules/times/import/file", post(file))
        .layer(DefaultBodyLimit::max(LONGEST))
        .route("/schedules/calendars", post(keep))
        .route("/schedules/calendars/{act}", post(act))
}

/// Blackouts from an iCalendar file.
async fn file(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let mut filled = Filled::new();
    let done = async {
        // The desk decides; nobody sends 2 MB for that.
        let may = entered.who.may(Right::StartRuns, &Subject::Installation);
        may.map_err(|refusal| Failure::NotAllowed(refusal.to_string()))?;
        let form = form.map_err(|_| Failure::Refused("This is no form with a file.".to_owned()))?;
        filled = fields(form).await?;
        entered.timetable.import_times(&filled).await
    }
    .await;
    // A file is not shown as if it had been pasted.
    filled.remove("text");
    after(&frame, &entered, done.map(drop), &filled).await
}

async fn fields(mut form: Multipart) -> Result<Filled, Failure> {
    let mut filled = Filled::new();
    while let Some(field) = form.next_field().await.map_err(unread)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(unread)?;
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| Failure::Refused("The file is no text in UTF-8.".to_owned()))?;
        filled.insert(name, text);
    }
    match filled.get("text").is_some_and(|text| !text.is_empty()) {
        true => Ok(filled),
        false => Err(Failure::Refused("Choose a file that is not empty.".to_owned())),
    }
}

fn unread(error: MultipartError) -> Failure {
    match error.status().as_u16() {
        413 => Failure::Refused("The calendar has more than 2 MB: divide it.".to_owned()),
        _ => Failure::Refused(format!("The file did not arrive whole ({error}). Send it again.")),
    }
}

/// `POST /schedules/calendars`: an address that is read from now on.
async fn keep(frame: Frame, Extension(entered): Extension<Entered>, Form(filled): Form<Filled>) -> Response {
    let done = entered.timetable.keep_calendar(&filled).await;
    after(&frame, &entered, done, &filled).await
}

/// `POST /schedules/calendars/{act}`: `read` one now, or `remove` it.
async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(act): Path<String>,
    Form(filled): Form<Filled>,
) -> Response {
    let done = entered.timetable.act_calendar(&act, &filled).await;
    after(&frame, &entered, done, &Filled::new()).await
}

/// Calendars that are read again and again, with how that went.
pub(super) fn list(calendars: Vec<CalendarLine>) -> AnyView {
    let rows: Vec<_> = calendars.into_iter().map(row).collect();
    let none = rows.is_empty().then(|| view! { <p class="muted">"No calendar is read by itself."</p> });
    view! {
        <section class="panel"><h2>"Calendars that are read every six hours"</h2>{none}<ul class="times">{rows}</ul></section>
    }
    .into_any()
}

fn row(line: CalendarLine) -> AnyView {
    let machines = if line.query.is_empty() { "all machines".to_owned() } else { line.query.clone() };
    let read = match line.read_at {
        Some(at) => {
            view! { <span class="muted">{line.blackouts} " blackouts, read " {when(at)}</span> }.into_any()
        }
        None => view! { <span class="muted">"not read yet"</span> }.into_any(),
    };
    let trouble = line.trouble.clone().map(|why| {
        let kept = line.read_at.is_some().then_some(" What it gave before still holds.");
        let asked = line.asked_at.map(|at| view! { " Asked " {when(at)} "." });
        view! { <p class="entry-note">{icon(Icon::Warning)} " It could not be read: " {why} "." {asked} {kept}</p> }
    });
    let press = |act: &str, words: &'static str, class: &'static str| {
        let label = format!("{words}: {}", line.name);
        view! {
            <form method="post" action=format!("/schedules/calendars/{act}")>
                <input type="hidden" name="source" value=line.name.clone()/>
                <button type="submit" class=class aria-label=label>{words}</button>
            </form>
        }
    };
    view! {
        <li>
            <strong>{line.name.clone()}</strong> <span class="calendar-url">{line.url.clone()}</span> <code>{machines}</code> {read} {trouble}
            {press("read", "Read it now", "button")}
            {press("remove", "Take away", "button danger")}
        </li>
    }
    .into_any()
}

/// The three ways in.
pub(super) fn forms(filled: &Filled) -> AnyView {
    let value = |name: &str| filled.get(name).cloned().unwrap_or_default();
    let common = |way: &'static str| {
        let field = |name: &'static str, label: &'static str, hint: &'static str| {
            let id = format!("{way}-{name}");
            view! { <div class="field"><label for=id.clone()>{label}</label><input id=id name=name value=value(name) placeholder=hint autocomplete="off"/></div> }
        };
        view! {
            {field("source", "Name of the calendar", "")}
            {field("query", "For machines", "")}
            {field("zone", "Times without a zone are of", "Europe/Berlin")}
        }
    };
    view! {
        <section class="panel run-fields" aria-labelledby="import-times">
            <h2 id="import-times">"Read blackouts from a calendar"</h2>
            <p class="muted">"Holidays, exams, a room's timetable, as iCalendar (.ics). A calendar that is read again under the same name replaces what it gave before."</p>
            <h3>"From an address, every six hours"</h3>
            <form method="post" action="/schedules/calendars" class="stack-tight">
                <div class="fields">
                    <div class="field"><label for="calendar-url">"Address"</label><input id="calendar-url" name="url" type="text" inputmode="url" value=value("url") placeholder="https://" autocomplete="off"/></div>
                    {common("calendar")}
                </div>
                <button type="submit" class="button primary">"Read it from now on"</button>
            </form>
            <h3>"From a file, once"</h3>
            <form method="post" action=format!("{HERE}/import/file") enctype="multipart/form-data" class="stack-tight">
                <div class="fields">
                    {common("file")}
                    <div class="field"><label for="file-text">"File"</label><input id="file-text" name="text" type="file" accept=".ics,text/calendar"/></div>
                </div>
                <button type="submit" class="button">"Send the file"</button>
            </form>
            <details>
                <summary>"Paste its text instead"</summary>
                <form method="post" action=format!("{HERE}/import") class="stack-tight">
                    <div class="fields">{common("import")}</div>
                    <div class="field"><label for="import-text">"Text of the file"</label><textarea id="import-text" name="text" rows="8" spellcheck="false">{value("text")}</textarea></div>
                    <button type="submit" class="button">"Read it"</button>
                </form>
            </details>
        </section>
    }
    .into_any()
}
