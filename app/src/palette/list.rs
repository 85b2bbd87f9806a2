//! The list, drawn: what is always there, or the machines that a search finds.

use super::entries::{Act, Entry, fixed, machine};
use crate::parts::icon;
use crate::people::door::Entered;
use axum::Extension;
use axum::extract::Query;
use axum::response::{Html, IntoResponse, Response};
use leptos::prelude::*;
use serde::Deserialize;

/// Machines that are shown beside pages and actions.
const MACHINES: usize = 8;

#[derive(Deserialize)]
pub struct Asked {
    /// Machines are looked for by these words; without them pages and actions are listed.
    q: Option<String>,
}

/// `GET /palette`: options for a list box, as HTML.
pub async fn show(Extension(entered): Extension<Entered>, Query(asked): Query<Asked>) -> Response {
    let entries = match asked.q {
        None => fixed(&entered.who),
        Some(q) => match crate::helpdesk::server::found(&*entered.backend, &q).await {
            Ok(list) => list.rows.iter().take(MACHINES).map(machine).collect(),
            Err(failure) => return (crate::serve::status_of(&failure), failure.to_string()).into_response(),
        },
    };
    let options: String = entries.into_iter().map(|entry| option(entry).to_html()).collect();
    Html(options).into_response()
}

/// `data-text`: what letters are compared with. One of `data-go`, `data-look` and `data-search` says what choosing it does.
fn option(entry: Entry) -> impl IntoView {
    let text = format!("{} {} {}", entry.words, entry.under, entry.group).to_lowercase();
    let keys: Vec<_> = entry.keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect();
    let (mut go, mut look, mut search) = (None, None, None);
    match entry.act {
        Act::Go(path) => go = Some(path),
        Act::Look(what, word) => look = Some(format!("{what} {word}")),
        Act::Search => search = Some(""),
    }
    view! {
        <li role="option" data-group=entry.group data-text=text data-go=go data-look=look data-search=search>
            {icon(entry.icon)}
            <span>{entry.words}</span>
            <span class="under">{entry.under}</span>
            <span class="keys" aria-hidden="true">{keys}</span>
        </li>
    }
}
