//! `/settings/tokens`: what programs sign in with.

use super::frame::{Frame, html, refusal, when};
use crate::Failure;
use crate::people::desk::{Desk, TokenLine};
use crate::people::door::Entered;
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::id::TokenId;
use pitstop_domain::people::{Role, Who};
use pitstop_domain::secret::Secret;
use serde::Deserialize;

const HERE: &str = "/settings/tokens";
/// Days that can be chosen. None lasts for ever: nobody would know any more what it is for.
const LAST: [(u32, &str); 4] = [(7, "a week"), (30, "a month"), (90, "three months"), (365, "a year")];

/// What was filled in.
#[derive(Deserialize)]
pub struct Filled {
    #[serde(default)]
    name: String,
    role: String,
    days: u32,
}

/// `GET /settings/tokens`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &entered, StatusCode::OK, None).await
}

/// `POST /settings/tokens`: a new token, shown once, in the answer.
pub async fn make(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    match made(&*entered.desk, &filled).await {
        Ok(token) => html(StatusCode::OK, token_page(&frame, &filled.name, &token)),
        Err(failure) => page(&frame, &entered, status_of(&failure), Some(&failure)).await,
    }
}

async fn made(desk: &dyn Desk, filled: &Filled) -> Result<Secret, Failure> {
    let name = filled.name.trim();
    if name.is_empty() || name.len() > 80 {
        return Err(Failure::Refused("Write what the token is for, in 80 letters at most.".to_owned()));
    }
    if !LAST.iter().any(|(days, _)| *days == filled.days) {
        return Err(Failure::Refused("Choose how long the token is to hold.".to_owned()));
    }
    let role = filled.role.parse().map_err(|_| Failure::Refused("Choose a role.".to_owned()))?;
    desk.add_token(name, role, filled.days).await
}

/// `POST /settings/tokens/{token}/end`
pub async fn end(frame: Frame, Extension(entered): Extension<Entered>, Path(id): Path<TokenId>) -> Response {
    match entered.desk.end_token(id).await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(failure) => page(&frame, &entered, status_of(&failure), Some(&failure)).await,
    }
}

async fn page(frame: &Frame, entered: &Entered, status: StatusCode, failure: Option<&Failure>) -> Response {
    let tokens = match entered.desk.tokens().await {
        Ok(tokens) => tokens,
        Err(why) => return frame.trouble(&why),
    };
    let empty = tokens.is_empty();
    let rows: Vec<_> = tokens.into_iter().map(row).collect();
    let list = if empty {
        view! {
            <section class="empty"><h2>"No token yet"</h2>
            <p>"A program signs in with a token: the " <code>"pitstop"</code> " command line, a monitoring system, a script. It may what you may, and no more than the role you give it."</p></section>
        }
        .into_any()
    } else {
        view! {
            <table class="list">
                <caption class="sr-only">"Tokens that hold"</caption>
                <thead><tr>
                    <th scope="col">"For"</th><th scope="col">"Begins with"</th><th scope="col">"At most"</th>
                    <th scope="col" class="wide">"Owner"</th><th scope="col" class="wide">"Last used"</th><th scope="col">"Holds until"</th><th scope="col"><span class="sr-only">"End"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    let body = view! {
        <div class="page-head"><h1>"Tokens for programs"</h1></div>
        {refusal(failure)}
        {list}
        {form(&entered.who)}
    };
    html(status, frame.page("Tokens", body))
}

fn row(token: TokenLine) -> impl IntoView {
    let used = match token.used {
        Some((at, from)) => view! { {when(at)} <span class="under">{from}</span> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{token.name}</th>
            <td><code>{token.prefix} "…"</code></td>
            <td>{token.role.words()}</td>
            <td class="wide">{token.owner}</td>
            <td class="wide figure">{used}</td>
            <td class="figure">{when(token.expires_at)}</td>
            <td class="number"><form method="post" action=format!("{HERE}/{}/end", token.id)><button type="submit" class="button danger">"End"</button></form></td>
        </tr>
    }
}

fn form(who: &Who) -> AnyView {
    let highest = who.grants.iter().map(|grant| grant.role).max();
    let Some(highest) = highest else {
        return view! { <p class="muted">"You have no role yet, so a token of yours could do nothing."</p> }
            .into_any();
    };
    let roles: Vec<_> = Role::ALL
        .into_iter()
        .filter(|role| *role <= highest)
        .map(|role| view! { <option value=role.name()>{role.words()}</option> })
        .collect();
    let days: Vec<_> = LAST
        .into_iter()
        .map(|(days, words)| view! { <option value=days.to_string() selected=days == 90>{words}</option> })
        .collect();
    view! {
        <section class="panel" aria-labelledby="new-token">
            <h2 id="new-token">"New token"</h2>
            <form method="post" action=HERE class="stack-tight">
                <div class="grant">
                    <div class="field"><label for="name">"What it is for"</label><input id="name" name="name" maxlength="80" autocomplete="off" required/></div>
                    <div class="field"><label for="role">"It may at most"</label><select id="role" name="role">{roles}</select></div>
                    <div class="field"><label for="days">"It holds for"</label><select id="days" name="days">{days}</select></div>
                </div>
                <button type="submit" class="button primary">"Make the token"</button>
            </form>
        </section>
    }
    .into_any()
}

fn token_page(frame: &Frame, name: &str, token: &Secret) -> String {
    let body = view! {
        <div class="page-head"><h1>"Token for " {name.trim().to_owned()}</h1></div>
        <section class="panel once">
            <p>"Copy it now: it is not shown again. Whoever holds it acts in your name."</p>
            <p class="secret"><code>{token.expose().to_owned()}</code></p>
            <p class="muted">"Programs send it with each request: " <code>"Authorization: Bearer …"</code> ". The command line takes it by " <code>"pitstop login"</code> " or " <code>"PITSTOP_TOKEN"</code> "."</p>
            <p><a class="button" href=HERE>"Back to tokens"</a></p>
        </section>
    };
    frame.page("Token", body)
}
