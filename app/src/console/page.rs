//! `/jobs/{job}/console`: the terminal, and the recordings of those before.

use super::api::{ConsolePage, RecordingLine};
use crate::Failure;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, when};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::id::JobId;

/// `GET /jobs/{job}/console`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>, Path(job): Path<JobId>) -> Response {
    match entered.backend.console(job).await {
        Ok(Some(page)) => frame.with_terminal(StatusCode::OK, &title(&page), body(&page)),
        Ok(None) => frame.trouble(&Failure::not_found("job")),
        Err(failure) => frame.trouble(&failure),
    }
}

pub(super) fn title(page: &ConsolePage) -> String {
    format!("Console of {}", page.machine_name)
}

pub(super) fn head(page: &ConsolePage) -> impl IntoView + use<> {
    let job = format!("/jobs/{}", page.job);
    view! {
        <div class="page-head">
            <p class="crumbs"><a href="/jobs">"Jobs"</a> " / " <a href=job>{page.title.clone()} " on " {page.machine_name.clone()}</a></p>
            <h1>{title(page)}</h1>
        </div>
    }
}

fn body(page: &ConsolePage) -> impl IntoView + use<> {
    let terminal = match page.cannot.clone() {
        None => terminal(page).into_any(),
        Some(why) => view! {
            <div class="notice">{icon(Icon::Hand)}<div><strong>"No console now"</strong><p>{format::sentence(&why)}</p></div></div>
        }
        .into_any(),
    };
    view! {
        {head(page)}
        {terminal}
        {recordings(page)}
    }
}

/// The script takes it from here: it connects, and says how it stands.
fn terminal(page: &ConsolePage) -> impl IntoView + use<> {
    view! {
        <section class="console" aria-label="Console" data-socket=format!("/jobs/{}/console/socket", page.job)>
            <div class="console-bar">
                <p class="console-state" role="status"><noscript>"The console needs JavaScript."</noscript></p>
                <p class="console-people muted"></p>
                <button type="button" class="button quiet" data-act="reader" aria-pressed="false">"For screen readers"</button>
            </div>
            <div class="console-screen" tabindex="-1"></div>
            <p class="muted">"What is shown here is recorded; what is typed is not, but for what the machine shows of it. Everybody at this console sees the same. Ctrl-Shift-C and Ctrl-Shift-V copy and paste; Tab belongs to the machine: Ctrl-Shift-Esc leaves the terminal."</p>
        </section>
    }
}

fn recordings(page: &ConsolePage) -> impl IntoView + use<> {
    let rows: Vec<_> = page.recordings.iter().map(|line| row(page.job, line)).collect();
    let table = (!rows.is_empty()).then(|| {
        view! {
            <table class="list">
                <caption class="sr-only">"Consoles of this job"</caption>
                <thead><tr><th scope="col">"Opened"</th><th scope="col">"Who sat there"</th><th scope="col" class="wide">"Lasted"</th><th scope="col" class="wide">"Size"</th><th scope="col">"Recording"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    let none = table.is_none().then(|| {
        view! { <p class="muted">"None yet: what is shown at a console of this job will stand here, to be played."</p> }
    });
    view! {
        <section class="panel" aria-labelledby="recordings">
            <h2 id="recordings">"Recordings"</h2>
            {table}
            {none}
        </section>
    }
}

fn row(job: JobId, line: &RecordingLine) -> impl IntoView + use<> {
    let at = format!("/jobs/{job}/console/{}", line.id);
    let lasted = match line.closed_at {
        Some(closed) => format::duration(closed - line.opened_at),
        None => "open".to_owned(),
    };
    let size = line.closed_at.map(|_| format::bytes(line.bytes));
    view! {
        <tr>
            <td>{when(line.opened_at)}</td>
            <td>{line.people.join(", ")}</td>
            <td class="wide">{lasted}</td>
            <td class="wide">{size}</td>
            <td><a href=at.clone()>"Play"</a> " " <a href=format!("{at}/cast") download="">"Download"</a></td>
        </tr>
    }
}
