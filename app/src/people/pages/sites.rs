//! `/settings/sites`: their clocks, and who can go to a machine there.

use super::frame::{Frame, html, refusal};
use crate::Failure;
use crate::people::desk::Desk;
use crate::people::door::Entered;
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::site::{LONGEST_CONTACT, Site, with};
use serde::Deserialize;

const HERE: &str = "/settings/sites";

/// What the form of a site holds.
#[derive(Deserialize)]
pub struct Filled {
    #[serde(default)]
    zone: String,
    #[serde(default)]
    contact: String,
    /// The site as its form showed it.
    #[serde(default)]
    seen: String,
}

/// `GET /settings/sites`
pub async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &*entered.desk, None).await
}

/// `POST /settings/sites/{site}`
pub async fn change(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(name): Path<String>,
    Form(filled): Form<Filled>,
) -> Response {
    let desk = &*entered.desk;
    let text = |text: &str| text.trim().to_owned();
    let site = Site { name, zone: text(&filled.zone), contact: text(&filled.contact) };
    match keep(desk, &site, &filled.seen).await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(why) => page(&frame, desk, Some((site, why))).await,
    }
}

async fn keep(desk: &dyn Desk, site: &Site, seen: &str) -> Result<(), Failure> {
    let before = desk.sites().await?;
    // Who wrote over a page that is not what it was would take back what others did.
    if seen != written(&of(&before, &site.name)) {
        let why = "Somebody changed this site meanwhile. Look at it again, then change yours.";
        return Err(Failure::Refused(why.to_owned()));
    }
    desk.set_sites(&before, &with(&before, site.clone()), &format!("changed the site {}", site.name)).await
}

fn of(sites: &[Site], name: &str) -> Site {
    let known = sites.iter().find(|site| site.name == name).cloned();
    known.unwrap_or_else(|| Site { name: name.to_owned(), ..Site::default() })
}

/// As it is compared when a form comes back.
fn written(site: &Site) -> String {
    serde_json::to_string(site).unwrap_or_default()
}

async fn page(frame: &Frame, desk: &dyn Desk, refused: Option<(Site, Failure)>) -> Response {
    let (kept, mut names) = match (desk.sites().await, desk.places().await) {
        (Ok(kept), Ok((names, _))) => (kept, names),
        (Err(why), _) | (_, Err(why)) => return frame.trouble(&why),
    };
    // One whose machines are gone keeps what is known of it until somebody empties it.
    names.extend(kept.iter().chain(refused.iter().map(|(site, _)| site)).map(|site| site.name.clone()));
    names.sort();
    names.dedup();
    let status = refused.as_ref().map_or(StatusCode::OK, |(_, why)| status_of(why));
    let each: Vec<_> = names
        .iter()
        .map(|name| {
            let refused = refused.as_ref().filter(|(site, _)| site.name == *name);
            line(&of(&kept, name), refused.map(|(site, _)| site), refused.map(|(_, why)| why))
        })
        .collect();
    let empty = each.is_empty().then(|| {
        view! { <p class="muted">"No site yet. A machine has the site that its agent, its rule of adoption or a person gives it."</p> }
    });
    let body = view! {
        <div class="page-head"><h1>"Sites"</h1></div>
        <p class="muted">"What is known of each place where machines are. New schedules for a site begin with its clocks; whom to call is shown when somebody must press a button at a machine there."</p>
        {empty}
        <ul class="people">{each}</ul>
    };
    html(status, frame.page("Sites", body))
}

/// `shown`: what was filled in and not taken.
fn line(site: &Site, shown: Option<&Site>, why: Option<&Failure>) -> AnyView {
    let Site { name, zone, contact } = shown.unwrap_or(site).clone();
    let (zone_id, contact_id) = (format!("zone-{name}"), format!("contact-{name}"));
    let hint = format!("{zone_id}-hint");
    let action = format!("{HERE}/{}", crate::machines::fleet::address::encode(&name));
    view! {
        <li class="panel person">
            <div class="person-head"><h2>{name}</h2></div>
            {refusal(why)}
            <form method="post" action=action class="stack-tight">
                <input type="hidden" name="seen" value=written(site)/>
                <div class="field">
                    <label for=zone_id.clone()>"By the clocks of"</label>
                    <input id=zone_id name="zone" value=zone autocomplete="off" spellcheck="false" placeholder="Europe/Berlin" aria-describedby=hint.clone()/>
                    <span class="hint" id=hint>"A name of the time zone database; empty: not known"</span>
                </div>
                <div class="field wide">
                    <label for=contact_id.clone()>"Who can go to a machine"</label>
                    <input id=contact_id name="contact" value=contact autocomplete="off" maxlength=LONGEST_CONTACT.to_string() placeholder="Caretaker, 0301 12345, 8 to 16 h"/>
                </div>
                <button type="submit" class="button primary">"Save"</button>
            </form>
        </li>
    }
    .into_any()
}
