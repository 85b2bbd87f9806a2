//! The page at `/audit`.

use super::filter::Filter;
use crate::Failure;
use crate::people::desk::AuditLine;
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, when};
use axum::Extension;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use serde_json::Value;

/// Rows of a page.
const PAGE: usize = 100;

/// `GET /audit`
pub(crate) async fn show(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Query(filter): Query<Filter>,
) -> Response {
    let found = async {
        let lines = entered.desk.audit(&filter.query(), PAGE).await?;
        Ok::<_, Failure>((lines, entered.desk.audited_acts().await?))
    };
    match found.await {
        Ok(((lines, more), acts)) => html(StatusCode::OK, page(&frame, &filter, lines, more, acts)),
        Err(failure) => frame.trouble(&failure),
    }
}

fn page(frame: &Frame, filter: &Filter, lines: Vec<AuditLine>, more: bool, acts: Vec<String>) -> String {
    let older =
        lines.last().filter(|_| more).map(|line| filter.href("/audit", &[("before", &line.id.to_string())]));
    let empty = lines.is_empty();
    let rows: Vec<_> = lines.into_iter().map(row).collect();
    let (csv, json) = (
        filter.href("/audit/export", &[("format", "csv")]),
        filter.href("/audit/export", &[("format", "jsonl")]),
    );
    let body = view! {
        <div class="page-head">
            <h1>"Audit"</h1>
            <p class="muted">"Who did what, newest first. Rows are added and never changed."</p>
        </div>
        {form(filter, acts)}
        {if empty {
            view! { <section class="empty"><h2>"Nothing was done"</h2><p>"No act is found. Ask for another time, or leave fields empty."</p></section> }.into_any()
        } else {
            view! {
                <table class="list audit">
                    <caption class="sr-only">"Acts"</caption>
                    <thead><tr><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"Machine"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            }.into_any()
        }}
        <div class="pages">
            <a class="button" href=csv>"Export as CSV"</a>
            <a class="button" href=json>"Export as JSON lines"</a>
            {older.map(|href| view! { <a class="button" href=href>"Older"</a> })}
        </div>
    };
    frame.page("Audit", body)
}

fn form(filter: &Filter, acts: Vec<String>) -> impl IntoView + use<> {
    let options: Vec<_> = acts
        .into_iter()
        .map(|act| {
            let (chosen, words) = (act == filter.act, act.replace('_', " "));
            view! { <option value=act selected=chosen>{words}</option> }
        })
        .collect();
    let field = |name: &'static str, label: &'static str, kind: &'static str, value: &str| {
        view! { <div class="field"><label for=name>{label}</label><input id=name name=name type=kind value=value.to_owned()/></div> }
    };
    view! {
        <form method="get" action="/audit" class="panel">
            <div class="grant">
                {field("who", "Person", "text", &filter.who)}
                {field("machine", "Machine", "text", &filter.machine)}
                <div class="field"><label for="act">"Act"</label><select id="act" name="act"><option value="">"any"</option>{options}</select></div>
                {field("since", "From (UTC)", "date", &filter.since)}
                {field("until", "To (UTC)", "date", &filter.until)}
                <button type="submit" class="button primary">"Show"</button>
            </div>
        </form>
    }
}

fn row(line: AuditLine) -> impl IntoView {
    let machine = match (line.machine_id, line.machine) {
        (Some(id), Some(name)) => view! { <a href=format!("/machines/{id}")>{name}</a> }.into_any(),
        _ => ().into_any(),
    };
    let change = (line.before.is_some() || line.after.is_some()).then(|| {
        view! {
            <details><summary>"Before and after"</summary>
                <dl class="facts"><div><dt>"Before"</dt><dd><code>{text(line.before)}</code></dd></div><div><dt>"After"</dt><dd><code>{text(line.after)}</code></dd></div></dl>
            </details>
        }
    });
    let why_not = line.why_not.map(|why| view! { <p class="not-done">"Not done: " {why}</p> });
    view! {
        <tr>
            <td class="figure">{when(line.at)}</td>
            <th scope="row">{line.who} <span class="under">{line.came_from}</span></th>
            <td><span class="tag">{line.act.replace('_', " ")}</span> {line.what} {why_not} {change}</td>
            <td>{machine}</td>
        </tr>
    }
}

fn text(value: Option<Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}
