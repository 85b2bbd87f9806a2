//! `/settings/people`: who there is, invitations, roles, and locking out.

use super::frame::{Frame, html, refusal, when};
use super::grants;
use crate::Failure;
use crate::parts::{Icon, icon};
use crate::people::desk::{Desk, PersonLine};
use crate::people::door::Entered;
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::id::PersonId;
use pitstop_domain::people::{Role, name};
use pitstop_domain::secret::Secret;
use std::collections::HashMap;

const HERE: &str = "/settings/people";

type Filled = Form<HashMap<String, String>>;

/// `GET /settings/people`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &*entered.desk, StatusCode::OK, None).await
}

/// `POST /settings/people`: invites somebody. The link is shown once, in the answer.
pub async fn invite(frame: Frame, Extension(entered): Extension<Entered>, Form(filled): Filled) -> Response {
    let text = |key: &str| filled.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    let invited = async {
        let name = name::name(&text("name")).map_err(|why| Failure::Refused(format!("The name: {why}.")))?;
        let title = Some(text("title")).filter(|title| !title.is_empty()).unwrap_or_else(|| name.clone());
        let link = entered.desk.invite(&name, &title, &grants::read(&filled)?).await?;
        Ok((title, link))
    };
    match invited.await {
        Ok((title, link)) => html(StatusCode::OK, link_page(&frame, &title, &link)),
        Err(failure) => again(&frame, &*entered.desk, &failure).await,
    }
}

/// `POST /settings/people/{person}`: another title, other roles.
pub async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<PersonId>,
    Form(filled): Filled,
) -> Response {
    let title = filled.get("title").map(|title| title.trim().to_owned()).unwrap_or_default();
    let changed = match grants::read(&filled) {
        Ok(_) if title.is_empty() => Err(Failure::Refused("Write what others call this person.".to_owned())),
        Ok(grants) => entered.desk.change(id, &title, &grants).await,
        Err(failure) => Err(failure),
    };
    done(&frame, &*entered.desk, changed).await
}

/// `POST /settings/people/{person}/link`: another link, shown once.
pub async fn link(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<PersonId>,
) -> Response {
    let made = async {
        let people = entered.desk.people().await?;
        let person = people.into_iter().find(|person| person.id == id);
        let title = person.ok_or_else(|| Failure::not_found("person"))?.title;
        Ok((title, entered.desk.new_link(id).await?))
    };
    match made.await {
        Ok((title, link)) => html(StatusCode::OK, link_page(&frame, &title, &link)),
        Err(failure) => again(&frame, &*entered.desk, &failure).await,
    }
}

/// `POST /settings/people/{person}/{act}`: `lock`, `unlock`, or `sign_out`.
pub async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, act)): Path<(PersonId, String)>,
) -> Response {
    let desk = &*entered.desk;
    let acted = match act.as_str() {
        "lock" => desk.lock(id, true).await,
        "unlock" => desk.lock(id, false).await,
        "sign_out" => desk.sign_out_everywhere(id).await,
        _ => Err(Failure::not_found("act")),
    };
    done(&frame, desk, acted).await
}

async fn done(frame: &Frame, desk: &dyn Desk, acted: Result<(), Failure>) -> Response {
    match acted {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(failure) => again(frame, desk, &failure).await,
    }
}

async fn again(frame: &Frame, desk: &dyn Desk, failure: &Failure) -> Response {
    page(frame, desk, status_of(failure), Some(failure)).await
}

async fn page(frame: &Frame, desk: &dyn Desk, status: StatusCode, failure: Option<&Failure>) -> Response {
    let (people, places) = match (desk.people().await, desk.places().await) {
        (Ok(people), Ok(places)) => (people, places),
        (Err(why), _) | (_, Err(why)) => return frame.trouble(&why),
    };
    let rows: Vec<_> = people.into_iter().map(person).collect();
    let roles: Vec<_> = Role::ALL
        .into_iter()
        .map(|role| view! { <div><dt>{role.words()}</dt><dd>{role.meaning()}</dd></div> })
        .collect();
    let body = view! {
        <div class="page-head"><h1>"People"</h1></div>
        {refusal(failure)}
        {grants::lists(places)}
        <ul class="people">{rows}</ul>
        <section class="panel" aria-labelledby="invite">
            <h2 id="invite">"Invite somebody"</h2>
            <p class="muted">"They are given a link, by which they choose their password."</p>
            <form method="post" action=HERE class="stack-tight">
                <div class="grant">
                    <div class="field"><label for="name">"Name to sign in with"</label><input id="name" name="name" autocapitalize="none" autocomplete="off" spellcheck="false" required/></div>
                    <div class="field"><label for="title">"What others call them"</label><input id="title" name="title" autocomplete="off"/></div>
                </div>
                {grants::rows("new", &[])}
                <button type="submit" class="button primary">"Invite"</button>
            </form>
        </section>
        <section class="panel" aria-labelledby="roles">
            <h2 id="roles">"What the roles may do"</h2>
            <dl class="facts">{roles}</dl>
            <p class="muted">"A role can be limited to sites and labels: all else is then out of sight. Managing people, images and settings takes a role without limits. Several sites or labels are parted by commas."</p>
        </section>
    };
    html(status, frame.following("People", "person", body))
}

fn person(person: PersonLine) -> impl IntoView {
    let at = format!("{HERE}/{}", person.id);
    let state = match (&person.locked_at, person.has_joined) {
        (Some(since), _) => view! { <span class="chip" data-state="failed">{icon(Icon::Cross)} "locked out"</span> <span class="muted">" since " {when(*since)}</span> }.into_any(),
        (None, false) => view! { <span class="chip" data-state="held">{icon(Icon::Clock)} "invited"</span> }.into_any(),
        (None, true) => match person.seen_at {
            Some(at) => view! { <span class="muted">"last seen " {when(at)}</span> }.into_any(),
            None => view! { <span class="muted">"not seen yet"</span> }.into_any(),
        },
    };
    let press = |act: &str, words: &'static str, class: &'static str| {
        view! { <form method="post" action=format!("{at}/{act}")><button type="submit" class=class>{words}</button></form> }
    };
    let roles = grants::words(&person);
    let provider = person.provider.clone().map(|issuer| {
        view! { <p class="muted">"Comes from " {issuer} ", which says their roles at each sign-in."</p> }
    });
    let ours = provider.is_none();
    view! {
        <li class="panel person" id=person.name.clone()>
            <div class="person-head">
                <h2>{person.title.clone()} <span class="muted">{person.name.clone()}</span></h2>
                <p>{state}</p>
            </div>
            <p>{roles}</p>
            {provider}
            <details class="person-edit">
                <summary>"Change"</summary>
                {ours.then(|| view! { <form method="post" action=at.clone() class="stack-tight">
                    <div class="field"><label for=format!("title-{}", person.id)>"What others call them"</label>
                    <input id=format!("title-{}", person.id) name="title" value=person.title.clone() required/></div>
                    {grants::rows(&person.id.to_string(), &person.grants)}
                    <button type="submit" class="button primary">"Save"</button>
                </form> })}
                <div class="person-acts">
                    {ours.then(|| press("link", "New link for a password", "button"))}
                    {(person.sessions > 0).then(|| press("sign_out", "Sign out everywhere", "button"))}
                    {match person.locked_at {
                        Some(_) => press("unlock", "Let in again", "button"),
                        None => press("lock", "Lock out", "button danger"),
                    }}
                </div>
            </details>
        </li>
    }
}

fn link_page(frame: &Frame, title: &str, link: &Secret) -> String {
    let address = format!("{}/join/{}", frame.base(), link.expose());
    let body = view! {
        <div class="page-head"><h1>"A link for " {title.to_owned()}</h1></div>
        <section class="panel once">
            <p>"Send them this link, by a way that only they read. It works once, for three days, and is not shown again."</p>
            <p class="secret">{address}</p>
            <p><a class="button" href=HERE>"Back to people"</a></p>
        </section>
    };
    frame.page("A link", body)
}
