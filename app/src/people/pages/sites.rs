//! `/settings/sites`: their clocks, who can go to a machine there, and how many machines fetch images at once.

use super::frame::{Frame, html, refusal};
use crate::people::desk::Desk;
use crate::people::door::Entered;
use crate::serve::status_of;
use crate::{Failure, format};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::site::{LONGEST_CONTACT, Site, with};
use serde::Deserialize;
use std::collections::BTreeMap;

const HERE: &str = "/settings/sites";

/// What the form of a site holds, as it was written.
#[derive(Clone, Default, Deserialize)]
pub struct Filled {
    #[serde(default)]
    zone: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    slots: String,
    #[serde(default)]
    line_mbit: String,
    /// The site as its form showed it.
    #[serde(default)]
    seen: String,
}

impl Filled {
    fn of(site: &Site) -> Self {
        let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
        Self {
            zone: site.zone.clone(),
            contact: site.contact.clone(),
            slots: number(site.slots),
            line_mbit: number(site.line_mbit),
            seen: written(site),
        }
    }

    fn read(&self, name: &str) -> Result<Site, Failure> {
        let text = |text: &str| text.trim().to_owned();
        Ok(Site {
            name: name.to_owned(),
            zone: text(&self.zone),
            contact: text(&self.contact),
            slots: number("Machines that fetch their images at once", &self.slots)?,
            line_mbit: number("What the line carries", &self.line_mbit)?,
        })
    }
}

/// A number from 1 on, or nothing.
fn number(what: &str, written: &str) -> Result<Option<u32>, Failure> {
    match written.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            Failure::Refused(format!(
                "{what}: a whole number from 1 on, or empty for no limit; “{text}” is neither."
            ))
        }),
    }
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
    match keep(desk, &name, &filled).await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(why) => page(&frame, desk, Some(Refused { name, filled, why })).await,
    }
}

/// What was written for a site, and why it was not taken.
struct Refused {
    name: String,
    filled: Filled,
    why: Failure,
}

async fn keep(desk: &dyn Desk, name: &str, filled: &Filled) -> Result<(), Failure> {
    let site = filled.read(name)?;
    let before = desk.sites().await?;
    // Who wrote over a page that is not what it was would take back what others did.
    if filled.seen != written(&of(&before, name)) {
        let why = "Somebody changed this site meanwhile. Look at it again, then change yours.";
        return Err(Failure::Refused(why.to_owned()));
    }
    desk.set_sites(&before, &with(&before, site), &format!("changed the site {name}")).await
}

fn of(sites: &[Site], name: &str) -> Site {
    let known = sites.iter().find(|site| site.name == name).cloned();
    known.unwrap_or_else(|| Site { name: name.to_owned(), ..Site::default() })
}

/// As it is compared when a form comes back.
fn written(site: &Site) -> String {
    serde_json::to_string(site).unwrap_or_default()
}

type Known = (Vec<Site>, Vec<String>, BTreeMap<String, u32>);

/// What is kept of sites, the sites that machines have, and how many are on their way into an image at each.
async fn known(desk: &dyn Desk) -> Result<Known, Failure> {
    Ok((desk.sites().await?, desk.places().await?.0, desk.places_taken().await?))
}

async fn page(frame: &Frame, desk: &dyn Desk, refused: Option<Refused>) -> Response {
    let (kept, mut names, taken) = match known(desk).await {
        Ok(known) => known,
        Err(why) => return frame.trouble(&why),
    };
    // One whose machines are gone keeps what is known of it until somebody empties it.
    names.extend(kept.iter().map(|site| site.name.clone()));
    names.extend(refused.iter().map(|refused| refused.name.clone()));
    names.sort();
    names.dedup();
    let status = refused.as_ref().map_or(StatusCode::OK, |refused| status_of(&refused.why));
    let each: Vec<_> = names
        .iter()
        .map(|name| {
            let refused = refused.as_ref().filter(|refused| refused.name == *name);
            line(&of(&kept, name), refused, taken.get(name).copied())
        })
        .collect();
    let empty = each.is_empty().then(|| {
        view! { <p class="muted">"No site yet. A machine has the site that its agent, its rule of adoption or a person gives it."</p> }
    });
    let body = view! {
        <div class="page-head"><h1>"Sites"</h1></div>
        <p class="muted">"What is known of each place where machines are. New schedules for a site begin with its clocks; whom to call is shown when somebody must press a button at a machine there; where many machines would fetch their images over one line, they take turns."</p>
        {empty}
        <ul class="people">{each}</ul>
    };
    html(status, frame.page("Sites", body))
}

fn line(site: &Site, refused: Option<&Refused>, taken: Option<u32>) -> AnyView {
    let shown = refused.map_or_else(|| Filled::of(site), |refused| refused.filled.clone());
    let name = site.name.clone();
    let id = |field: &str| format!("{field}-{name}");
    let action = format!("{HERE}/{}", crate::machines::fleet::address::encode(&name));
    let taken = taken.filter(|n| *n > 0).map(|n| {
        let words = format!(
            "{} on the way into an image now.",
            format::counted(n.into(), "machine is", "machines are")
        );
        view! { <p class="muted">{words}</p> }
    });
    view! {
        <li class="panel person">
            <div class="person-head"><h2>{name.clone()}</h2></div>
            {refusal(refused.map(|refused| &refused.why))}
            <form method="post" action=action class="stack-tight">
                <input type="hidden" name="seen" value=written(site)/>
                <div class="field">
                    <label for=id("zone")>"By the clocks of"</label>
                    <input id=id("zone") name="zone" value=shown.zone autocomplete="off" spellcheck="false" placeholder="Europe/Berlin" aria-describedby=id("zone-hint")/>
                    <span class="hint" id=id("zone-hint")>"A name of the time zone database; empty: not known"</span>
                </div>
                <div class="field wide">
                    <label for=id("contact")>"Who can go to a machine"</label>
                    <input id=id("contact") name="contact" value=shown.contact autocomplete="off" maxlength=LONGEST_CONTACT.to_string() placeholder="Caretaker, 0301 12345, 8 to 16 h"/>
                </div>
                {limit(
                    ("slots", id("slots"), shown.slots),
                    "Machines that fetch their images at once",
                    "At most so many are on their way into an image; further jobs wait for a place, untouched",
                )}
                {limit(
                    ("line_mbit", id("line"), shown.line_mbit),
                    "Its line to this server, in Mbit/s",
                    "No more images at once than it carries in two minutes, as firmware waits no longer",
                )}
                {taken}
                <button type="submit" class="button primary">"Save"</button>
            </form>
        </li>
    }
    .into_any()
}

/// A field for a number that may be missing: its name, its id, and what stands in it.
fn limit(
    (name, id, value): (&'static str, String, String),
    words: &'static str,
    hint: &'static str,
) -> AnyView {
    let described = format!("{id}-hint");
    view! {
        <div class="field">
            <label for=id.clone()>{words}</label>
            <input id=id name=name value=value autocomplete="off" inputmode="numeric" placeholder="no limit" aria-describedby=described.clone()/>
            <span class="hint" id=described>{hint}</span>
        </div>
    }
    .into_any()
}
