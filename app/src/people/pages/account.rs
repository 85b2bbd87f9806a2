//! `/account`: one's own password and sessions.

use super::frame::{Frame, html, refusal, when};
use crate::Failure;
use crate::people::desk::SessionLine;
use crate::people::door::Entered;
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::id::SessionId;
use pitstop_domain::people::name::{SHORTEST_PASSWORD, password};
use pitstop_domain::secret::Secret;
use serde::Deserialize;

const HERE: &str = "/account";

/// What was filled in. It has no `Debug`: passwords are among it.
#[derive(Deserialize)]
pub struct Filled {
    #[serde(default)]
    old: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `GET /account`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &entered, StatusCode::OK, None).await
}

/// `POST /account/password`
pub async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let wrong = match password(&filled.new, &entered.who.name) {
        Err(why) => Some(format!("The new password: {why}.")),
        Ok(()) if filled.new != filled.again => Some("The two new passwords are not the same.".to_owned()),
        Ok(()) => None,
    };
    let changed = match wrong {
        Some(why) => Err(Failure::Refused(why)),
        None => entered.desk.change_password(&Secret::new(filled.old), &Secret::new(filled.new)).await,
    };
    done(&frame, &entered, changed).await
}

/// `POST /account/sessions/{session}/end`
pub async fn end(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<SessionId>,
) -> Response {
    let ended = entered.desk.end_session(id).await;
    done(&frame, &entered, ended).await
}

/// `POST /account/sessions/end`: all but this one.
pub async fn end_others(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    let ended = entered.desk.end_other_sessions().await;
    done(&frame, &entered, ended).await
}

async fn done(frame: &Frame, entered: &Entered, acted: Result<(), Failure>) -> Response {
    match acted {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(failure) => page(frame, entered, status_of(&failure), Some(&failure)).await,
    }
}

async fn page(frame: &Frame, entered: &Entered, status: StatusCode, failure: Option<&Failure>) -> Response {
    let sessions = match entered.desk.sessions().await {
        Ok(sessions) => sessions,
        Err(why) => return frame.trouble(&why),
    };
    let has_password = entered.desk.has_password().await.unwrap_or(true);
    let others = sessions.iter().any(|session| !session.is_this);
    let rows: Vec<_> = sessions.into_iter().map(row).collect();
    let who = &entered.who;
    let grants: Vec<_> = who.grants.iter().map(|grant| view! { <li>{grant.to_string()}</li> }).collect();
    let none = grants.is_empty().then(|| view! { <li>"No role yet: an administrator gives you one."</li> });
    let body = view! {
        <div class="page-head"><h1>{who.title.clone()}</h1><p class="muted">{who.name.clone()}</p></div>
        {refusal(failure)}
        <section class="panel" aria-labelledby="roles"><h2 id="roles">"Your roles"</h2><ul>{grants}{none}</ul></section>
        <section class="panel" aria-labelledby="sessions">
            <h2 id="sessions">"Where you are signed in"</h2>
            <table class="list">
                <caption class="sr-only">"Your sessions"</caption>
                <thead><tr><th scope="col">"Browser"</th><th scope="col">"From"</th><th scope="col" class="wide">"Since"</th><th scope="col">"Last seen"</th><th scope="col"><span class="sr-only">"End"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {others.then(|| view! { <form method="post" action="/account/sessions/end"><button type="submit" class="button">"Sign out everywhere else"</button></form> })}
        </section>
        {if has_password { password_form(&who.name).into_any() } else { no_password().into_any() }}
    };
    html(status, frame.page("Your account", body))
}

fn no_password() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="password">
            <h2 id="password">"Password"</h2>
            <p class="muted">"You sign in by your identity provider: your password and your roles are changed there. Roles hold from the next time that you sign in."</p>
        </section>
    }
}

fn row(session: SessionLine) -> impl IntoView {
    let act = if session.is_this {
        view! { <span class="tag">"this one"</span> }.into_any()
    } else {
        let action = format!("/account/sessions/{}/end", session.id);
        view! { <form method="post" action=action><button type="submit" class="button danger">"Sign out"</button></form> }
            .into_any()
    };
    view! {
        <tr>
            <th scope="row">{browser(&session.browser)}</th>
            <td>{session.came_from}</td>
            <td class="wide figure">{when(session.created_at)}</td>
            <td class="figure">{when(session.seen_at)}</td>
            <td class="number">{act}</td>
        </tr>
    }
}

/// A browser's name for itself, as people know it. All of them claim to be several others; the order tells them apart.
fn browser(text: &str) -> String {
    let has = |part: &&(&str, &str)| text.contains(part.0);
    let names = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    match (names.iter().find(has), systems.iter().find(has)) {
        (Some((_, name)), Some((_, system))) => format!("{name} on {system}"),
        (Some((_, name)), None) => (*name).to_owned(),
        _ if text.is_empty() => "unknown".to_owned(),
        _ => text.chars().take(40).collect(),
    }
}

fn password_form(name: &str) -> impl IntoView + use<> {
    let field = |id: &'static str, label: &'static str, complete: &'static str| {
        view! {
            <div class="field"><label for=id>{label}</label><input id=id name=id type="password" autocomplete=complete required/></div>
        }
    };
    view! {
        <section class="panel" aria-labelledby="password">
            <h2 id="password">"Another password"</h2>
            <p class="muted">{format!("{SHORTEST_PASSWORD} characters at least. All other sessions of yours end with it.")}</p>
            <form method="post" action="/account/password" class="stack-tight">
                <input type="hidden" name="username" value=name.to_owned() autocomplete="username"/>
                <div class="grant">
                    {field("old", "Password now", "current-password")}
                    {field("new", "New password", "new-password")}
                    {field("again", "Once more", "new-password")}
                </div>
                <button type="submit" class="button primary">"Change it"</button>
            </form>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_called_as_people_call_it() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(browser(edge), "Edge on Windows");
        assert_eq!(
            browser("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            "Firefox on Linux"
        );
        assert_eq!(browser("curl/8.0"), "curl/8.0");
    }
}
