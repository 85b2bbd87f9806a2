//! The page at `/machines/{machine}/images`: which version each function would get there, why not the others, and what
//! is looked at before a job.

use super::desk::{Considered, Explained};
use super::parts::{channel, page_of};
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use pitstop_domain::id::MachineId;
use pitstop_domain::machine::Machine;
use pitstop_domain::preflight::{Check, Finding};

/// `GET /machines/{machine}/images`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(machine): Path<MachineId>,
) -> Response {
    match entered.catalog.on_machine(machine).await {
        Ok((machine, explained)) => html(StatusCode::OK, page(&frame, &machine, &explained)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, machine: &Machine, explained: &[Explained]) -> String {
    let title = format!("Images for {}", machine.name);
    let what: Vec<String> = [format!("{}, {}", machine.firmware, machine.arch)]
        .into_iter()
        .chain(machine.model().map(str::to_owned))
        .chain(machine.labels.iter().cloned())
        .collect();
    let each: Vec<_> = explained.iter().map(panel).collect();
    let none =
        each.is_empty().then(|| view! { <p class="muted">"No function is set up on this server yet."</p> });
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/">"Fleet"</a> " / " <a href=format!("/machines/{}", machine.id)>{machine.name.clone()}</a></p>
            <h1>{title.clone()}</h1>
            <p class="muted">{what.join(", ")}</p>
        </div>
        <p class="muted">"Which version of its image each function would get on this machine now, and what is looked at before it is started."</p>
        {none}
        <div class="people">{each}</div>
    };
    frame.live(&title, "image machine function", body)
}

fn panel(explained: &Explained) -> impl IntoView + use<> {
    let id =
        if explained.function.is_empty() { "own".to_owned() } else { format!("f-{}", explained.function) };
    let chosen = explained.versions.first().filter(|first| first.why_not.is_none());
    let verdict = match (&explained.missing, chosen) {
        (Some(why), _) => refused(why),
        (None, Some(chosen)) => {
            view! { <p>{icon(Icon::Check)} " It would get " {version(&explained.image, chosen)} " " {channel(chosen.channel)}</p> }
                .into_any()
        }
        (None, None) if explained.versions.is_empty() => {
            refused(&format!("there is no image {} in the catalog", explained.image))
        }
        (None, None) => refused(&format!("no version of {} suits this machine", explained.image)),
    };
    view! {
        <section class="panel person" aria-labelledby=id.clone()>
            <div class="person-head"><h2 id=id.clone()>{explained.title.clone()}</h2><a href=page_of(&explained.image)>{explained.image.clone()}</a></div>
            {verdict}
            {checklist(&explained.checks)}
            {others(explained, &id)}
        </section>
    }
}

fn refused(why: &str) -> AnyView {
    view! { <p class="why">{icon(Icon::Warning)} " Not possible here: " {format::sentence(why)}</p> }
        .into_any()
}

fn version(image: &str, considered: &Considered) -> impl IntoView + use<> {
    let short = considered.digest.short().to_owned();
    view! { {image.to_owned()} " " <strong class="figure">{considered.version.clone()}</strong> " (" <code title=considered.digest.to_string()>{short}</code> ")" }
}

fn others(explained: &Explained, id: &str) -> Option<AnyView> {
    let lines: Vec<_> = explained
        .versions
        .iter()
        .filter_map(|considered| {
            let why = format::sentence(considered.why_not.as_ref()?);
            Some(view! { <li><span>{version(&explained.image, considered)}</span><span>{why}</span></li> })
        })
        .collect();
    let n = lines.len() as u64;
    (n > 0).then(|| {
        view! {
            <details class="person-edit" id=format!("{id}-others")>
                <summary>"Why not " {format::counted(n, "other version", "other versions")}</summary>
                <ul class="lines">{lines}</ul>
            </details>
        }
        .into_any()
    })
}

/// What is looked at before a job: shape, word, sentence.
fn checklist(checks: &[Check]) -> Option<AnyView> {
    let line = |check: &Check| {
        let (drawing, finding, word) = match check.finding {
            Finding::Good => (Icon::Check, "good", "Good"),
            Finding::Note => (Icon::Eye, "note", "Note"),
            Finding::Stops => (Icon::Warning, "stops", "Stops"),
        };
        view! { <li data-finding=finding><span class="check-word">{icon(drawing)} {word}</span><span>{check.words.clone()}</span></li> }
    };
    let lines: Vec<_> = checks.iter().map(line).collect();
    (!lines.is_empty())
        .then(|| view! { <h3>"Before it starts"</h3> <ul class="checks">{lines}</ul> }.into_any())
}
