//! The page at `/functions/{function}`: what it does, what it asks, when it ends, who may start it, and from which image.

use super::desk::Known;
use super::list::{least, page_of};
use crate::format;
use crate::machines::run::RiskChip;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html};
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::TimeDelta;
use leptos::prelude::*;
use pitstop_domain::ending::{Criterion, OutcomeRule};
use pitstop_domain::function::Task;
use pitstop_domain::parameter::{Answer, Parameter};
use pitstop_domain::people::{Right, Subject};

/// `GET /functions/{function}`
pub(super) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(name): Path<String>,
) -> Response {
    let may = entered.who.may(Right::ChangeSettings, &Subject::Installation).is_ok();
    match entered.functions.one(&name).await {
        Ok(known) => html(StatusCode::OK, page(&frame, &known, may)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, known: &Known, may: bool) -> String {
    let function = &known.function;
    let missing = function.missing.as_ref().map(|why| {
        view! { <div class="notice warn">{icon(Icon::Warning)} <p>{format::sentence(why)}</p></div> }
    });
    let body = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/functions">"Functions"</a></p>
            <h1>{function.title.clone()}</h1>
            <p class="muted">{if known.own { "written by people here" } else { "comes with Pitstop" }}</p>
            {(may && known.own).then(|| view! { <a class="button head-act" href=format!("{}/edit", page_of(&function.name))>"Change it"</a> })}
        </div>
        {missing}
        <div class="people">
            <section class="panel" aria-labelledby="does"><h2 id="does">"What it does"</h2>{facts(known)}</section>
            {asks(&function.parameters)}
            {ends(known)}
            {script(&function.task)}
            {(may && known.own).then(|| remove(&function.name))}
        </div>
    };
    frame.live(&function.title, "image", body)
}

fn facts(known: &Known) -> impl IntoView + use<> {
    let function = &known.function;
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let image = crate::images::page_of(&function.image);
    let stands = match &known.versions[..] {
        [] => "no stable version: no machine can be taken into it".to_owned(),
        [only] => format!("version {only}"),
        [first, rest @ ..] => format!("version {first}; also stable: {}", rest.join(", ")),
    };
    view! {
        <p>{function.description.clone()}</p>
        <dl class="facts">
            {fact("Name", view! { <code>{function.name.clone()}</code> }.into_any())}
            {fact("Risk", view! { <RiskChip risk=function.risk/> }.into_any())}
            {fact("Started by", least(known).into_any())}
            {function.task.words().map(|words| fact("Asked to", words.into_any()))}
            {fact("Image", view! { <p><a href=image>{function.image.clone()}</a></p> <p>{stands}</p> <p class="muted">"Which version a machine gets, and why, stands on the page of its images."</p> }.into_any())}
            {fact("At the machine", function.told.clone().into_any())}
        </dl>
    }
}

fn asks(parameters: &[Parameter]) -> Option<AnyView> {
    if parameters.is_empty() {
        return None;
    }
    let row = |parameter: &Parameter| {
        let answer = match &parameter.answer {
            Answer::Number { least, most, unit } => {
                format!("a whole number from {} to {} {unit}", format::count(*least), format::count(*most))
            }
            Answer::Text { lines: false, .. } => "a line".to_owned(),
            Answer::Text { lines: true, .. } => "several lines".to_owned(),
            Answer::Choice { choices } => {
                choices.iter().map(|choice| choice.label.clone()).collect::<Vec<_>>().join("; ")
            }
            Answer::Capture { .. } => "one of the captures that are whole".to_owned(),
            Answer::Switch => "yes or no".to_owned(),
            Answer::MachineName => "the machine's name, typed".to_owned(),
        };
        let must = if parameter.required { "" } else { " (may be left empty)" };
        view! {
            <tr>
                <th scope="row">{parameter.label.clone()} <span class="under">{parameter.help.clone()}</span></th>
                <td>{answer} <span class="muted">{must}</span></td>
                <td class="wide"><code>{parameter.name.clone()}</code></td>
            </tr>
        }
    };
    let rows: Vec<_> = parameters.iter().map(row).collect();
    Some(
        view! {
            <section class="panel" aria-labelledby="asks">
                <h2 id="asks">"What it asks"</h2>
                <table class="list">
                    <caption class="sr-only">"What it asks"</caption>
                    <thead><tr><th scope="col">"Question"</th><th scope="col">"Answer"</th><th scope="col" class="wide">"Name"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
        .into_any(),
    )
}

fn ends(known: &Known) -> AnyView {
    let limits = known.function.limits;
    let line = |criterion: &Criterion| {
        let outcome = match criterion.outcome {
            OutcomeRule::AsReported => "the outcome is as reported",
            OutcomeRule::Succeeded => "it has succeeded",
            OutcomeRule::Found => "it has found something",
            OutcomeRule::Failed => "it has failed",
        };
        view! { <li>"When " {criterion.when.words()} ": " {outcome}</li> }
    };
    let lines: Vec<_> = known.function.ending.0.iter().map(line).collect();
    let time = |seconds: u32| format::elapsed(TimeDelta::seconds(seconds.into()));
    view! {
        <section class="panel" aria-labelledby="ends">
            <h2 id="ends">"When it ends"</h2>
            <ol class="endings">{lines}</ol>
            <p class="muted">"The first that holds counts. In any case after " {time(limits.run_s)} ", and by itself where the machine hears nothing of the server for " {time(limits.dead_man_s)} "."</p>
        </section>
    }
    .into_any()
}

fn script(task: &Task) -> Option<AnyView> {
    let Task::Script { script, .. } = task else { return None };
    if script.is_empty() {
        return None;
    }
    Some(
        view! { <section class="panel" aria-labelledby="script"><h2 id="script">"Script"</h2><pre><code>{script.clone()}</code></pre></section> }
            .into_any(),
    )
}

fn remove(name: &str) -> impl IntoView + use<> {
    let to = format!("{}/remove", page_of(name));
    view! {
        <details class="confirm">
            <summary>"Remove it"</summary>
            <form method="post" action=to><p class="help">"One that a job, a run or a schedule has used stays, for their pages."</p>
            <button type="submit" class="button danger">"Remove"</button></form>
        </details>
    }
}
