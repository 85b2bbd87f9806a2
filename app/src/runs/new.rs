//! A new run: which machines, what, how carefully; and what would happen, before anything does. It is a form that
//! gets itself with its fields in the address, so it can be sent, and works without JavaScript.

use super::api::{RunOffer, StartRun};
use super::form::{ASKS, RunForm, UNASKED, WHEN_OFF};
use super::parts::machines;
use super::server::offer_run;
use super::would::WouldDo;
use crate::format;
use crate::live::document::drawn;
use crate::machines::fleet::address::FleetQuery;
use crate::machines::run::RiskChip;
use crate::parts::{Empty, Posted};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page at `/runs/new`.
#[component]
pub fn NewRunPage() -> impl IntoView {
    Posted::<StartRun>::provide();
    let form = use_query_map().with_untracked(|map| RunForm::read(|name| map.get(name)));
    view! {
        <Title text="New run"/>
        {drawn(offer_run(form.clone()), move |offer| view! { <Found form offer/> })}
    }
}

#[component]
fn Found(form: RunForm, offer: RunOffer) -> AnyView {
    let head = view! {
        <div class="page-head">
            <p class="crumbs"><a href="/runs">"Runs"</a></p>
            <h1>"New run"</h1>
        </div>
    };
    if offer.total == 0 {
        return view! {
            {head}
            <Empty title="No machine yet">
                <p>"A run needs machines. They appear in the fleet by themselves when their agents report."</p>
                <p><a class="button" href="/">"To the fleet"</a></p>
            </Empty>
        }
        .into_any();
    }
    view! {
        {head}
        <div class="columns new-run">
            <Fields form=form.clone() offer=offer.clone()/>
            <div class="stack"><WouldDo form offer/></div>
        </div>
    }
    .into_any()
}

#[component]
fn Fields(form: RunForm, offer: RunOffer) -> AnyView {
    let chosen = form.function.clone();
    let choices: Vec<_> = offer
        .functions
        .iter()
        .map(|choice| {
            let on = choice.name == chosen;
            view! {
                <label class="choice">
                    <input type="radio" name="function" value=choice.name.clone() checked=on required/>
                    <span class="choice-title">{choice.title.clone()} " " <RiskChip risk=choice.risk/></span>
                    <span class="muted">{choice.description.clone()}</span>
                </label>
            }
        })
        .collect();
    let fleet = FleetQuery::of(&form.q).href();
    let found = format!(
        "{} of {}",
        format::count(offer.matching),
        machines(u32::try_from(offer.total).unwrap_or(u32::MAX))
    );
    view! {
        <form method="get" action="/runs/new" class="panel run-fields">
            <h2>"Which machines"</h2>
            <div class="field grow">
                <label for="run-q">"Words of the fleet's search; empty is all of them"</label>
                <input id="run-q" name="q" type="search" value=form.q.clone() autocomplete="off" spellcheck="false" placeholder="site:berlin label:lab"/>
            </div>
            <p><a href=fleet>{found}</a> " match"</p>
            <fieldset>
                <legend>"What is done"</legend>
                {choices}
            </fieldset>
            <h2>"How carefully"</h2>
            <div class="fields">
                {field("canary", "Canary: machines first", &form.canary, "none", "They must all end before the rest starts")}
                {field("wave", "Wave: machines, or %", &form.wave, "all", "Each starts when the one before has ended")}
                {field("pause", "Pause between waves", &form.pause, "none", "Like 90s, 5m or 1h")}
                {field("stop_on", "Stop at failures, or %", &form.stop_on, "never", "Held jobs count as failed")}
                {field("at_once", "At once in all", &form.at_once, "no limit", "Machines away at the same time")}
                {field("per_site", "At once at a site", &form.per_site, "no limit", "Spares a site's line and its people")}
                {field("no_show", "No sign for", &form.no_show, "30m", "Then it holds up nobody else")}
            </div>
            <h2>"Whoever is at a machine"</h2>
            <div class="fields">
                {choice("ask", "Before it begins", &form.ask, &ASKS)}
                {field("countdown", "Countdown", &form.countdown, "5m", "It begins when the question is on the screen")}
                {field("snoozes", "Put off, times", &form.snoozes, "never", "Half an hour each")}
                {choice("unasked", "If they cannot be asked", &form.unasked, &UNASKED)}
            </div>
            <div class="fields">{choice("when_off", "A machine that is off", &form.when_off, &WHEN_OFF)}</div>
            <button type="submit" class="button primary">"Show what would happen"</button>
        </form>
    }
    .into_any()
}

fn choice(
    name: &'static str,
    label: &'static str,
    now: &str,
    options: &'static [(&'static str, &'static str)],
) -> impl IntoView + use<> {
    let id = format!("run-{name}");
    let options: Vec<_> = options
        .iter()
        .map(|(value, words)| view! { <option value=*value selected=*value == now>{*words}</option> })
        .collect();
    view! { <div class="field"><label for=id.clone()>{label}</label><select id=id name=name>{options}</select></div> }
}

fn field(
    name: &'static str,
    label: &'static str,
    value: &str,
    without: &'static str,
    hint: &'static str,
) -> impl IntoView + use<> {
    let (id, hint_id) = (format!("run-{name}"), format!("run-{name}-hint"));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input id=id name=name value=value.to_owned() placeholder=without autocomplete="off" aria-describedby=hint_id.clone()/>
            <span class="hint" id=hint_id>{hint}</span>
        </div>
    }
}
