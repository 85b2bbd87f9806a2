//! What is done with many machines: a run, labels, another site. They are named by the words of a search, or were ticked
//! in the list; how many they are is told before, and where they are another number by then nothing is done.

use super::address::FleetQuery;
use super::api::{ChangeMachines, Fleet, fleet};
use super::search::Misread;
use crate::format;
use crate::live::document::drawn;
use crate::parts::{Empty, Icon, Post, Posted, Refusal, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_nowhere;
use crate::runs::form::RunForm;
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::people::Right;

/// The page at `/act`.
#[component]
pub fn ActPage() -> impl IntoView {
    Posted::<ChangeMachines>::provide();
    let (q, nobody, changed) = use_query_map().with_untracked(|map| {
        let picked = map.get_all("pick").unwrap_or_default();
        // No box was ticked: that is nobody, not everybody.
        let nobody = picked.is_empty() && map.get("chosen").is_some();
        let q = match picked.is_empty() {
            true => map.get("q").unwrap_or_default(),
            false => FleetQuery::named(picked.iter().map(String::as_str)),
        };
        (q, nobody, map.get("changed").and_then(|n| n.parse::<u64>().ok()))
    });
    view! {
        <Title text="Change machines"/>
        {drawn(fleet(FleetQuery::of(&q)), move |fleet| view! { <Found q nobody changed fleet/> })}
    }
}

#[component]
fn Found(q: String, nobody: bool, changed: Option<u64>, fleet: Fleet) -> AnyView {
    let query = FleetQuery::of(&q);
    let fleet = if nobody { Fleet::default() } else { fleet };
    let count = format::counted(fleet.matching, "machine", "machines");
    let done = changed.map(|n| {
        let words = match n {
            0 => "They were so already: nothing was changed.".to_owned(),
            n => format!("{} changed.", format::counted(n, "machine was", "machines were")),
        };
        view! { <div class="notice" role="status">{icon(Icon::Check)} <p>{words}</p></div> }
    });
    let body = if !fleet.errors.is_empty() {
        EitherOf3::A(view! { <Misread query=query.clone() errors=fleet.errors.clone()/> })
    } else if fleet.matching == 0 {
        EitherOf3::B(view! {
            <Empty title="No machine is meant">
                <p>"Choose machines in the fleet's list, or search for them there."</p>
                <p><a class="button" href="/">"To the fleet"</a></p>
            </Empty>
        })
    } else {
        EitherOf3::C(view! { <Changes q=q.clone() fleet=fleet.clone()/> })
    };
    view! {
        <div class="page-head">
            <p class="crumbs"><a href=query.href()>"Fleet"</a></p>
            <h1>"Change " {count}</h1>
        </div>
        {done}
        {body}
    }
    .into_any()
}

/// Names that are listed; the rest is counted.
const NAMED: usize = 24;

#[component]
fn Changes(q: String, fleet: Fleet) -> AnyView {
    let posted = Posted::<ChangeMachines>::here();
    let refused = posted.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    let n = fleet.matching;
    let more = n.saturating_sub(fleet.rows.len().min(NAMED) as u64);
    let names: Vec<_> = fleet
        .rows
        .iter()
        .take(NAMED)
        .map(|row| view! { <li><a href=format!("/machines/{}", row.id)>{row.name.clone()}</a></li> })
        .collect();
    let labels: Vec<_> =
        fleet.values.labels.iter().map(|label| view! { <option value=label.clone()></option> }).collect();
    let sites: Vec<_> =
        fleet.values.sites.iter().map(|site| view! { <option value=site.clone()></option> }).collect();
    let these = format::counted(n, "machine", "machines");
    let form = |what: &'static str, label: &'static str, list: &'static str, press: String| {
        view! { <ChangeForm posted=posted.clone() q=q.clone() n what label list press/> }
    };
    let add = form("add_label", "Label to add", "labels", format!("Add to {these}"));
    let take_away = form("remove_label", "Label to take away", "labels", format!("Take away from {these}"));
    let move_to = form("move_to", "Site that they are at", "sites", format!("Move {these}"));
    view! {
        {refusal}
        <datalist id="labels">{labels}</datalist>
        <datalist id="sites">{sites}</datalist>
        <div class="columns">
            <div class="stack">
                <section class="panel" aria-labelledby="act-run">
                    <h2 id="act-run">"Run a function"</h2>
                    <p class="muted">"What would happen, and how carefully, is told before anything does."</p>
                    {match why_nowhere(Right::StartRuns) {
                        None => Either::Left(view! { <a class="button primary" href=RunForm::for_machines(&q)>"Run a function on " {these.clone()}</a> }),
                        Some(why) => Either::Right(view! { <p class="why-not">{icon(Icon::Hand)} <span>{why}</span></p> }),
                    }}
                </section>
                <section class="panel" aria-labelledby="act-labels">
                    <h2 id="act-labels">"Labels"</h2>
                    <Allowed why=why_nowhere(Right::EditMachines)>
                        {add}
                        {take_away}
                    </Allowed>
                </section>
                <section class="panel" aria-labelledby="act-site">
                    <h2 id="act-site">"Site"</h2>
                    <Allowed why=why_nowhere(Right::EditMachines)>
                        {move_to}
                    </Allowed>
                </section>
            </div>
            <section class="panel" aria-labelledby="act-meant">
                <h2 id="act-meant">"Machines that are meant"</h2>
                <ul class="names">{names}</ul>
                {(more > 0).then(|| view! { <p class="muted">{format!("and {} more", format::count(more))}</p> })}
                <p><a href=FleetQuery::of(&q).href()>"See them in the fleet"</a></p>
            </section>
        </div>
    }
    .into_any()
}

#[component]
fn ChangeForm(
    posted: Posted<ChangeMachines>,
    q: String,
    n: u64,
    what: &'static str,
    label: &'static str,
    list: &'static str,
    press: String,
) -> AnyView {
    let id = format!("act-{what}");
    view! {
        <Post posted class="act-form">
            <input type="hidden" name="q" value=q/>
            <input type="hidden" name="what" value=what/>
            <input type="hidden" name="expect" value=n.to_string()/>
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input id=id name="value" required maxlength="64" list=list autocomplete="off"/>
            </div>
            <button type="submit" class="button">{press}</button>
        </Post>
    }
    .into_any()
}
