//! `/schedules/times`: maintenance windows and blackouts.

use super::calendar::HERE as TIMETABLE;
use super::calendars;
use super::desk::{Filled, TimesLine};
use crate::Failure;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

pub(super) const HERE: &str = "/schedules/times";

/// `GET /schedules/times`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &entered, None, &Filled::new()).await
}

/// `POST /schedules/times`
pub async fn add(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let done = entered.timetable.add_times(&filled).await;
    after(&frame, &entered, done, &filled).await
}

/// `POST /schedules/times/import`: blackouts from an iCalendar text.
pub async fn import(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let done = entered.timetable.import_times(&filled).await;
    after(&frame, &entered, done.map(drop), &filled).await
}

/// `POST /schedules/times/{times}/remove`
pub async fn remove(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
) -> Response {
    let done = entered.timetable.remove_times(&id).await;
    after(&frame, &entered, done, &Filled::new()).await
}

/// `POST /schedules/times/{times}/stretch`: it ends on another day.
pub async fn stretch(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
    Form(filled): Form<Filled>,
) -> Response {
    let done = entered.timetable.stretch_times(&id, &filled).await;
    after(&frame, &entered, done, &Filled::new()).await
}

pub(super) async fn after(
    frame: &Frame,
    entered: &Entered,
    done: Result<(), Failure>,
    filled: &Filled,
) -> Response {
    match done {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(failure @ Failure::Refused(_)) => page(frame, entered, Some(&failure), filled).await,
        Err(failure) => frame.trouble(&failure),
    }
}

async fn page(frame: &Frame, entered: &Entered, failure: Option<&Failure>, filled: &Filled) -> Response {
    let lines = match entered.timetable.times().await {
        Ok(lines) => lines,
        Err(why) => return frame.trouble(&why),
    };
    let calendars = match entered.timetable.calendars().await {
        Ok(calendars) => calendars,
        Err(why) => return frame.trouble(&why),
    };
    let (windows, blackouts): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.is_window);
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href=TIMETABLE>"Timetable"</a></p>
            <h1>"Windows and blackouts"</h1>
            <p class="muted">"Where machines have windows, schedules take them only then, and only if a trip usually fits into what is left. In a blackout no schedule takes them."</p>
        </div>
        {refusal(failure)}
        {list("Maintenance windows", "No window: machines may be taken at any time.", windows)}
        {list("Blackouts", "No blackout.", blackouts)}
        {form(filled)}
        {calendars::list(calendars)}
        {calendars::forms(filled)}
    };
    let status = failure.map_or(StatusCode::OK, status_of);
    html(status, frame.wide("Windows and blackouts", body))
}

fn list(title: &'static str, none: &'static str, lines: Vec<TimesLine>) -> AnyView {
    let empty = lines.is_empty().then(|| view! { <p class="muted">{none}</p> });
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    view! {
        <section class="panel"><h2>{title}</h2>{empty}<ul class="times">{rows}</ul></section>
    }
    .into_any()
}

fn row(line: TimesLine) -> AnyView {
    let machines = if line.query.is_empty() { "all machines".to_owned() } else { line.query.clone() };
    let next = line.next.map(|at| view! { <span class="muted">"next " {when(at)}</span> });
    let source =
        line.source.as_ref().map(|source| view! { <span class="tag">"from " {source.clone()}</span> });
    let label = format!("Take away {}", line.title);
    let ends = line.ends.map(|day| {
        let (id, label) = (format!("ends-{}", line.id), format!("Last day of {}", line.title));
        view! {
            <form method="post" action=format!("{HERE}/{}/stretch", line.id) class="times-ends">
                <label class="sr-only" for=id.clone()>{label}</label>
                <input id=id type="date" name="until" value=day.to_string() required/>
                <button type="submit" class="button">"Let it end then"</button>
            </form>
        }
    });
    view! {
        <li>
            <strong>{line.title.clone()}</strong> <span>{line.words.clone()}</span> <code>{machines}</code> {next} {source} {ends}
            <form method="post" action=format!("{HERE}/{}/remove", line.id)><button type="submit" class="button danger" aria-label=label>"Take away"</button></form>
        </li>
    }
    .into_any()
}

fn form(filled: &Filled) -> AnyView {
    let value = |name: &str| filled.get(name).cloned().unwrap_or_default();
    let field = |name: &'static str, label: &'static str, kind: &'static str, hint: &'static str| {
        let id = format!("times-{name}");
        let hint_id = format!("{id}-hint");
        view! {
            <div class="field"><label for=id.clone()>{label}</label>
            <input id=id name=name type=kind value=value(name) autocomplete="off" aria-describedby=hint_id.clone()/>
            <span class="hint" id=hint_id>{hint}</span></div>
        }
    };
    let kind = value("kind");
    view! {
        <section class="panel run-fields" aria-labelledby="add-times">
            <h2 id="add-times">"Add one"</h2>
            <form method="post" action=HERE class="stack-tight">
                <div class="fields">
                    <div class="field"><label for="times-kind">"Kind"</label><select id="times-kind" name="kind">
                        <option value="window" selected=kind == "window">"Maintenance window"</option>
                        <option value="blackout" selected=kind == "blackout">"Blackout"</option>
                    </select></div>
                    {field("title", "Name", "text", "Nights, exams, Christmas")}
                    {field("query", "For machines", "text", "Words of the fleet's search; empty is all")}
                    {field("date", "First on", "date", "")}
                    {field("from", "From", "time", "")}
                    {field("to", "To", "time", "Not after From: on the next day")}
                    {field("days", "Days more", "text", "For what lasts longer than a day")}
                    {field("zone", "By the clocks of", "text", "Like Europe/Berlin")}
                    {field("rule", "Again, by a rule of iCalendar", "text", "FREQ=WEEKLY;BYDAY=TU,TH or FREQ=MONTHLY;BYDAY=2SA; empty is once")}
                </div>
                <button type="submit" class="button primary">"Add"</button>
            </form>
        </section>
    }
    .into_any()
}
