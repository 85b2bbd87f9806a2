//! `/settings/programs`: what the interface for programs takes and answers, to be read and tried.
//!
//! - here: the page, drawn from the description that programs read; [`example`]: bodies that would be taken

mod example;

use super::frame::{Frame, html};
use crate::people::door::Entered;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::*;
use serde_json::Value;

/// As OpenAPI names them, in the order in which people look for them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// `GET /settings/programs`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    let document = entered.desk.interface();
    let operations = operations(&document);
    let mut tags: Vec<&str> = Vec::new();
    for operation in &operations {
        if !tags.contains(&operation.tag) {
            tags.push(operation.tag);
        }
    }
    let groups: Vec<_> = tags
        .into_iter()
        .map(|tag| {
            let of_tag = operations.iter().filter(|operation| operation.tag == tag);
            let each: Vec<_> = of_tag.map(|operation| shown(operation, &document, frame.base())).collect();
            view! { <section aria-labelledby=format!("tag-{tag}")><h2 id=format!("tag-{tag}")>{capital(tag)}</h2> {each}</section> }
        })
        .collect();
    let body = view! {
        <div class="page-head"><h1>"For programs"</h1></div>
        <p class="lead">
            "Whatever can be done here, a program can do by HTTP and JSON, with a " <a href="/settings/tokens">"token"</a> ". The same, for generators of clients, is "
            <a href="/api/v1/openapi.json" rel="external">"openapi.json"</a> " (OpenAPI 3.1)."
        </p>
        <div class="interface">{groups}</div>
    };
    html(StatusCode::OK, frame.page("For programs", body))
}

/// One thing that can be asked.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    tag: &'a str,
    said: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            METHODS.into_iter().filter_map(move |method| {
                let said = item.get(method)?;
                let tag = said["tags"][0].as_str().unwrap_or("more");
                Some(Operation { method, path, tag, said })
            })
        })
        .collect()
}

fn shown(operation: &Operation, document: &Value, base: &str) -> AnyView {
    let Operation { method, path, said, .. } = operation;
    let body = example::of_body(said, document);
    let more = said["description"].as_str().filter(|words| !words.is_empty()).map(str::to_owned);
    view! {
        <details class="operation">
            <summary><span class="chip" data-method=*method>{method.to_uppercase()}</span> <code>{(*path).to_owned()}</code> <span class="operation-words">{marked(&text(&said["summary"]))}</span></summary>
            <div class="operation-body">
                {more.map(|words| view! { <p>{marked(&words)}</p> })}
                {parameters(said)}
                <pre class="operation-curl"><code>{curl(operation, body.as_ref(), base)}</code></pre>
                {answers(said)}
                {trial(operation)}
            </div>
        </details>
    }
    .into_any()
}

fn parameters(said: &Value) -> Option<AnyView> {
    let all = said["parameters"].as_array().filter(|all| !all.is_empty())?;
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            let (place, needed) = (text(&one["in"]), one["required"] == true);
            view! { <tr><th scope="row"><code>{text(&one["name"])}</code></th><td>{place} {needed.then_some(", needed")}</td><td>{marked(&text(&one["description"]))}</td></tr> }
        })
        .collect();
    let table = view! {
        <table class="list"><caption class="sr-only">"What it is told"</caption>
            <thead><tr><th scope="col">"Name"</th><th scope="col">"Where"</th><th scope="col">"What it is"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    };
    Some(table.into_any())
}

fn answers(said: &Value) -> AnyView {
    let all = said["responses"].as_object().into_iter().flatten();
    let lines: Vec<_> = all
        .map(|(status, answer)| view! { <li><code>{status.clone()}</code> " " {marked(&text(&answer["description"]))}</li> })
        .collect();
    view! { <details><summary>"Answers"</summary><ul class="operation-answers">{lines}</ul></details> }
        .into_any()
}

/// What only reads, and names nothing in its path, can be asked from here: the session of the browser counts.
fn trial(operation: &Operation) -> Option<AnyView> {
    if operation.method != "get" || operation.path.contains('{') {
        return None;
    }
    let path = operation.path.to_owned();
    let all = operation.said["parameters"].as_array();
    let fields: Vec<_> = all
        .into_iter()
        .flatten()
        .filter(|one| one["in"] == "query")
        .map(|one| {
            let name = text(&one["name"]);
            let id = format!("{}-{name}", path.trim_matches('/').replace('/', "-"));
            view! { <div class="field"><label for=id.clone()>{name.clone()}</label><input id=id name=name autocomplete="off"/></div> }
        })
        .collect();
    let form = view! {
        <form method="get" action=path target="_blank" class="operation-trial">
            {fields}
            <button type="submit" class="button">"Ask"</button>
        </form>
    };
    Some(form.into_any())
}

fn curl(operation: &Operation, body: Option<&example::Body>, base: &str) -> String {
    let path = named(operation.path);
    let mut line = format!("curl -s -H \"authorization: Bearer $PITSTOP_TOKEN\" {base}{path}");
    if operation.method != "get" && (operation.method != "post" || body.is_none()) {
        line += &format!(" -X {}", operation.method.to_uppercase());
    }
    match body {
        Some(example::Body::Json(value)) => {
            let words = serde_json::to_string_pretty(value).unwrap_or_default();
            line += &format!(" \\\n  -H 'content-type: application/json' -d '{words}'");
        }
        Some(example::Body::Bytes(kind)) => {
            line += &format!(" \\\n  -H 'content-type: {kind}' --data-binary @FILE")
        }
        None => {}
    }
    line
}

/// `/jobs/{job}` as `/jobs/JOB`.
fn named(path: &str) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => name.to_uppercase(),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Words with code between backticks.
fn marked(words: &str) -> Vec<AnyView> {
    let part = |(nth, part): (usize, &str)| match nth % 2 {
        0 => part.to_owned().into_any(),
        _ => view! { <code>{part.to_owned()}</code> }.into_any(),
    };
    words.split('`').enumerate().map(part).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
