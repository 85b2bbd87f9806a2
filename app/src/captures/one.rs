//! `/captures/{capture}`: what it consists of; to be restored or deleted.

use super::HERE;
use super::desk::Restore;
use super::list::{state, who};
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
use pitstop_domain::capture::{Capture, Piece, State, Table, Way};
use pitstop_domain::id::CaptureId;

/// `GET /captures/{capture}`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
) -> Response {
    page(&frame, &entered, &id, None, &Restore::default()).await
}

/// `POST /captures/{capture}/restore`: to the job that does it.
pub(super) async fn restore(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
    Form(asked): Form<Restore>,
) -> Response {
    let done = async { entered.captures.restore(named(&id)?, &asked).await };
    match done.await {
        Ok(job) => Redirect::to(&format!("/jobs/{job}")).into_response(),
        Err(failure @ Failure::Refused(_)) => page(&frame, &entered, &id, Some(&failure), &asked).await,
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /captures/{capture}/delete`
pub(super) async fn delete(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
) -> Response {
    let done = async { entered.captures.delete(named(&id)?).await };
    match done.await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(failure @ Failure::Refused(_)) => {
            page(&frame, &entered, &id, Some(&failure), &Restore::default()).await
        }
        Err(failure) => frame.trouble(&failure),
    }
}

fn named(id: &str) -> Result<CaptureId, Failure> {
    id.parse().map_err(|_| Failure::not_found("capture"))
}

async fn page(
    frame: &Frame,
    entered: &Entered,
    id: &str,
    failure: Option<&Failure>,
    asked: &Restore,
) -> Response {
    let found = async { entered.captures.one(named(id)?).await };
    match found.await {
        Ok(capture) => {
            html(failure.map_or(StatusCode::OK, status_of), drawn(frame, &capture, failure, asked))
        }
        Err(failure) => frame.trouble(&failure),
    }
}

fn drawn(frame: &Frame, capture: &Capture, failure: Option<&Failure>, asked: &Restore) -> String {
    let source = &capture.source;
    let why = capture.why.clone().map(|why| {
        view! { <p>{icon(Icon::Warning)} " It cannot be restored: " {format::sentence(&why)}</p> }
    });
    let disk = [source.model.as_str(), source.serial.as_str()].join(" ").trim().to_owned();
    let table = match source.table {
        Table::Gpt => "GPT",
        Table::Mbr => "MBR",
        Table::None => "none",
    };
    let pieces: Vec<_> = source.pieces.iter().map(|one| piece(one, capture)).collect();
    let title = format!("Capture of {}", capture.machine_name);
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href=HERE>"Captures"</a></p>
            <h1>{title.clone()}</h1>
            {state(capture.state)}
        </div>
        {refusal(failure)}
        {why}
        <section class="panel" aria-labelledby="disk"><h2 id="disk">"The disk"</h2>
            <dl class="facts">
                <div><dt>"Machine"</dt><dd><a href=format!("/machines/{}", capture.machine)>{capture.machine_name.clone()}</a></dd></div>
                <div><dt>"Disk"</dt><dd>{source.device.clone()} " " <span class="muted">{disk}</span></dd></div>
                <div><dt>"Size"</dt><dd class="figure">{format::bytes(source.bytes)}</dd></div>
                <div><dt>"Stored of it"</dt><dd class="figure">{format::bytes(capture.stored)}</dd></div>
                <div><dt>"Fits on disks from"</dt><dd class="figure">{format::bytes(source.needs())}</dd></div>
                <div><dt>"Partition table"</dt><dd>{table}</dd></div>
                <div><dt>"Begun"</dt><dd>{when(capture.begun_at)} " by " {who(&capture.by)}</dd></div>
                <div><dt>"Job"</dt><dd><a href=format!("/jobs/{}", capture.job)>"The job that brought it"</a></dd></div>
            </dl>
            <table class="list">
                <caption class="sr-only">"What is kept of it"</caption>
                <thead><tr><th scope="col">"Piece"</th><th scope="col">"Kept"</th><th scope="col" class="number">"Size"</th></tr></thead>
                <tbody>{pieces}</tbody>
            </table>
            {what_is_in_use(capture)}
        </section>
        {(capture.state == State::Whole).then(|| restoring(capture, asked))}
        {deleting(capture)}
    };
    frame.live(&title, "job", body)
}

fn piece(piece: &Piece, capture: &Capture) -> impl IntoView + use<> {
    let kept = match (capture.way_of(piece), piece.way()) {
        (_, Way::Anew) => "nothing: it is made anew",
        (None, _) if capture.state == State::Arriving => "not here yet",
        (None, _) => "nothing",
        (Some(Way::Used), _) => "what is in use",
        (Some(_), Way::Used) => "all of it: its file system was not closed cleanly",
        (Some(_), _) => "all of it",
    };
    view! {
        <tr><th scope="row">{format::begin(&piece.about())}</th><td>{kept}</td><td class="number figure">{format::bytes(piece.bytes)}</td></tr>
    }
}

/// What the words in the table mean, for who will miss something.
fn what_is_in_use(capture: &Capture) -> Option<impl IntoView + use<>> {
    capture.kept.iter().any(|kept| kept.way == Way::Used).then(|| {
        view! {
            <p class="muted">"“In use” is what the file system itself counts as used: its files, folders and its own records. Deleted files and free space are not kept: nothing can be recovered from them later, and where it is restored, these places have what was on that disk before."</p>
        }
    })
}

fn restoring(capture: &Capture, asked: &Restore) -> impl IntoView + use<> {
    let text = |name: &'static str, label: &'static str, value: String, help: &'static str| {
        let (id, about) = (format!("restore-{name}"), format!("restore-{name}-help"));
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input id=id name=name type="text" required value=value autocomplete="off" spellcheck="false" aria-describedby=about.clone()/>
                <p class="help" id=about>{help}</p>
            </div>
        }
    };
    view! {
        <section class="panel run-fields" aria-labelledby="restore"><h2 id="restore">"Restore to a machine"</h2>
        <form method="post" action=format!("{HERE}/{}/restore", capture.id) class="stack-tight">
            {text("machine", "Machine", asked.machine.clone(), "Its name: the one that was captured, or another.")}
            {text("device", "Disk", asked.device.clone(), "Like /dev/sda, or its serial number. All that is on it is lost.")}
            {text("confirm", "The machine's name, to be sure", asked.confirm.clone(), "This cannot be undone.")}
            <button type="submit" class="button danger">"Restore the disk"</button>
        </form></section>
    }
}

fn deleting(capture: &Capture) -> impl IntoView + use<> {
    view! {
        <section class="panel" aria-labelledby="delete"><h2 id="delete">"Delete it"</h2>
        <p>"Its bytes are removed from the server, and it cannot be restored any more. While a job works with it, it stays."</p>
        <form method="post" action=format!("{HERE}/{}/delete", capture.id)>
            <button type="submit" class="button danger">"Delete this capture"</button>
        </form></section>
    }
}
