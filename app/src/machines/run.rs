//! Running a function: what is offered, what will happen in plain words, and the form.

use super::api::{MachinePage, Offer, StartJob};
use crate::Failure;
use crate::format;
use crate::jobs::api::ImageFacts;
use crate::parts::asked::asked;
use crate::parts::{Icon, Post, Posted, Refusal, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_not;
use chrono::TimeDelta;
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::function::Risk;
use pitstop_domain::parameter::Parameter;
use pitstop_domain::preflight::{Check, Finding, worth_saying};
use pitstop_domain::route::Route;
use pitstop_domain::route::form::Filled;

/// The functions that are offered for this machine.
#[component]
pub fn Functions(page: MachinePage) -> AnyView {
    let posted = Posted::<StartJob>::here();
    // Posted without JavaScript nobody remembers which form it was.
    let failed = refusal(&posted, |asked| asked.is_none());
    let offers: Vec<_> =
        page.functions.clone().into_iter().map(|offer| offered(&page, offer, posted.clone())).collect();
    view! {
        <section aria-labelledby="run">
            <h2 id="run">"Run a function"</h2>
            {failed}
            {if offers.is_empty() {
                Either::Left(view! { <p class="muted">"No function is set up on this server yet."</p> })
            } else {
                Either::Right(view! { <ul class="offers">{offers}</ul> })
            }}
        </section>
    }
    .into_any()
}

/// Called once by the page: what was asked for outlives what is rendered anew with each change.
pub fn provide_start() {
    Posted::<StartJob>::provide();
}

/// The refusal, where what was asked for is meant here.
fn refusal(
    posted: &Posted<StartJob>,
    here: impl Fn(Option<&StartJob>) -> bool + Send + Sync + 'static,
) -> AnyView {
    let posted = posted.clone();
    let said = move || posted.failure().filter(|_| posted.asked(&here));
    (move || said().map(|failure| view! { <Refusal failure/> })).into_any()
}

fn offered(page: &MachinePage, offer: Offer, posted: Posted<StartJob>) -> impl IntoView + use<> {
    let head = view! {
        <span class="offer-title">{offer.title.clone()}</span>
        <RiskChip risk=offer.risk/>
        {offer.usual_s.map(|s| view! { <span class="muted figure">"usually " {usual(s)}</span> })}
    };
    match offer.image.clone() {
        Err(why) => Either::Left(view! {
            <li class="offer refused">
                <div class="offer-head">{head}</div>
                <p>{offer.description}</p>
                <p class="why">{icon(Icon::Warning)} "Not possible here: " {format::sentence(&why)}</p>
            </li>
        }),
        Ok(image) => {
            let happens: Vec<_> = what_happens(page, &offer, &image)
                .into_iter()
                .map(|line| view! { <li>{line}</li> })
                .collect();
            let name = offer.name.clone();
            let failed = refusal(&posted, move |asked| asked.is_some_and(|asked| asked.function == name));
            let why = why_not(offer.right, &page.machine.site, &page.machine.labels);
            let (machine, fields) = (page.machine.id.to_string(), parameters(&offer, &posted));
            let press = format!("Run {} on {}", offer.title.to_lowercase(), page.machine.name);
            Either::Right(view! {
                <li class="offer">
                    <details>
                        <summary class="offer-head">{head}</summary>
                        <p>{offer.description}</p>
                        <h3>"What will happen"</h3>
                        <ol class="happens">{happens}</ol>
                        {before(&page.machine.id.to_string(), &offer.checks)}
                        <Allowed why=why><Post posted class="run-form">
                            <input type="hidden" name="machine" value=machine/>
                            <input type="hidden" name="function" value=offer.name/>
                            {fields}
                            <button type="submit" class="button primary">{press}</button>
                            {failed}
                        </Post></Allowed>
                    </details>
                </li>
            })
        }
    }
}

/// What was looked at and is worth saying; and where all of it stands.
fn before(machine: &str, checks: &[Check]) -> AnyView {
    let lines: Vec<_> = worth_saying(checks)
        .into_iter()
        .map(|check| {
            let (drawing, finding, word) = match check.finding {
                Finding::Stops => (Icon::Warning, "stops", "Stops"),
                _ => (Icon::Eye, "note", "Note"),
            };
            view! { <li data-finding=finding><span class="check-word">{icon(drawing)} {word}</span><span>{check.words.clone()}</span></li> }
        })
        .collect();
    let good = lines.is_empty().then(|| view! { <p>{icon(Icon::Check)} " Nothing speaks against it."</p> });
    view! {
        <h3>"Looked at before"</h3>
        {good}
        <ul class="checks">{lines}</ul>
        <p><a rel="external" href=format!("/machines/{machine}/images")>"All checks, and why this version"</a></p>
    }
    .into_any()
}

/// What is asked for. A form that was posted without JavaScript comes back with what was typed.
fn parameters(offer: &Offer, posted: &Posted<StartJob>) -> AnyView {
    if offer.parameters.is_empty() {
        return ().into_any();
    }
    let typed = match posted.failure_untracked() {
        Some(Failure::Fields { filled, .. }) => filled,
        _ => Filled::new(),
    };
    let field = |question: &Parameter| {
        let begins = typed.get(&question.name).cloned().unwrap_or_else(|| question.begins_with(&offer.task));
        asked(&offer.name, question, begins, posted)
    };
    let fields: Vec<_> = offer.parameters.iter().map(field).collect();
    view! { <div class="fields">{fields}</div> }.into_any()
}

/// A risk: shape and word.
#[component]
pub fn RiskChip(risk: Risk) -> impl IntoView {
    let (drawing, name) = match risk {
        Risk::ReadsOnly => (Icon::Eye, "reads"),
        Risk::Repairs => (Icon::Wrench, "repairs"),
        Risk::Destroys => (Icon::Warning, "destroys"),
    };
    view! { <span class="chip" data-risk=name>{icon(drawing)}{risk_words(risk)}</span> }
}

/// A risk in words.
pub fn risk_words(risk: Risk) -> &'static str {
    match risk {
        Risk::ReadsOnly => "reads only",
        Risk::Repairs => "repairs",
        Risk::Destroys => "destroys data",
    }
}

fn usual(seconds: u64) -> String {
    format::elapsed(TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1000)))
}

/// What pressing the button will do, in plain words and in order.
pub fn what_happens(page: &MachinePage, offer: &Offer, image: &ImageFacts) -> Vec<String> {
    let name = &page.machine.name;
    let mut lines = Vec::new();
    if let Some(current) = &page.current {
        lines.push(format!(
            "It waits until {} is done: one job holds a machine at a time.",
            current.title.to_lowercase()
        ));
    }
    lines.push(match page.machine.routes.first() {
        Some(Route::Person) => format!("Somebody is asked to restart {name} with network boot first."),
        Some(route) => format!("{name} is restarted {}. Work that is not saved there is lost.", by(route)),
        None => format!("{name} has no power route: the job will fail. Add one first."),
    });
    lines.push(format!(
        "It fetches {} {} over the network, {}.",
        image.name,
        image.version,
        format::bytes(image.bytes)
    ));
    let told = format::sentence(&offer.told);
    if !told.is_empty() {
        lines.push(format!("Its screen says: {told}"));
    }
    lines.push(
        match offer.risk {
            Risk::ReadsOnly => "It works there and only reads: nothing on its disks changes.",
            Risk::Repairs => "It works there and may change what is on its disks in order to repair it.",
            Risk::Destroys => "It works there and destroys data on the machine.",
        }
        .to_owned(),
    );
    let longest = usual(offer.run_s.into());
    lines.push(format!("The work is over when {}; after {longest} it is ended.", offer.ending.words()));
    lines.push(if page.machine.has_agent {
        "It is restarted into its own system, and the job ends when that system reports.".to_owned()
    } else {
        "It is restarted into its own system. It has no agent there: that it is back can be concluded, not seen.".to_owned()
    });
    lines
}

fn by(route: &Route) -> &'static str {
    match route {
        Route::Agent => "by its agent",
        Route::AgentKexec => "by its agent, straight into the image",
        Route::VirtualMachine { .. } => "by a reset of the virtual machine",
        Route::Simulated { .. } => "by a reset of the simulated machine",
        Route::Redfish(_) | Route::Ipmi(_) => "by its management board",
        Route::WakeOnLan(_) => "by waking it over the network",
        Route::Webhook(_) => "by a webhook",
        Route::Ssh(_) => "by a command over SSH",
        Route::Person => "by a person",
    }
}
