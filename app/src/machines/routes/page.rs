//! The page on which a machine's ways to restart are set. What is open stands in the address: `?edit=1`, `?add=redfish`,
//! `?try=0`; so it works without JavaScript, and can be sent.

use super::api::{MoveRoute, SaveRoute, SetProbe, Tried};
use super::edit::mark_of;
use super::form::RouteForm;
use super::probe::ProbeForm;
use super::rung::Rung;
use super::server::try_route;
use crate::Failure;
use crate::live::document::{drawn, follow};
use crate::machines::api::MachinePage;
use crate::machines::server::machine;
use crate::parts::{Posted, Refusal};
use crate::people::allowed::Allowed;
use crate::people::me::why_not;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use pitstop_domain::event::Noun;
use pitstop_domain::people::Right;
use pitstop_domain::route::Route;
use pitstop_domain::route::kinds::{KINDS, RouteKind, kind};

/// What is open on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Open {
    edit: Option<usize>,
    add: Option<String>,
    tried: Option<usize>,
}

/// The page at `/machines/{id}/routes`.
#[component]
pub fn RoutesPage() -> impl IntoView {
    Posted::<SaveRoute>::provide();
    Posted::<MoveRoute>::provide();
    Posted::<SetProbe>::provide();
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let open = use_query_map().with_untracked(|query| Open {
        edit: query.get("edit").and_then(|n| n.parse().ok()),
        add: query.get("add"),
        tried: query.get("try").and_then(|n| n.parse().ok()),
    });
    // While somebody fills in a form nothing is drawn anew; nor is a board asked again with each sign of life.
    let stays = open.edit.is_some() || open.add.is_some() || open.tried.is_some();
    drawn(read(id, open.clone()), move |(page, tried)| {
        let follows = (!stays).then(|| follow(Noun::Machine, page.machine.id));
        view! { {follows} <Found page tried open/> }
    })
}

type Found = (MachinePage, Option<Result<Tried, Failure>>);

/// The machine, and what its board says when it is to be tried.
///
/// # Errors
/// Whoever may not try a route is told so instead of the page: they were shown no button.
async fn read(id: String, open: Open) -> Result<Found, Failure> {
    let page = machine(&id).await?;
    let tried = match open.tried {
        None => None,
        Some(rung) => match try_route(&id, rung).await {
            Err(failure @ Failure::NotAllowed(_)) => return Err(failure),
            tried => Some(tried),
        },
    };
    Ok((page, tried))
}

#[component]
fn Found(page: MachinePage, tried: Option<Result<Tried, Failure>>, open: Open) -> AnyView {
    let (id, name) = (page.machine.id, page.machine.name.clone());
    let mark = mark_of(&page.machine.routes);
    let n = page.machine.routes.len();
    let rungs: Vec<_> = (0..n)
        .map(|at| {
            let tried = tried.clone().filter(|_| open.tried == Some(at));
            view! { <Rung page=page.clone() at mark=mark.clone() tried editing=open.edit == Some(at)/> }
        })
        .collect();
    let moved = Posted::<MoveRoute>::here();
    let refusal = move || moved.failure().map(|failure| view! { <Refusal failure/> });
    let why = why_not(Right::EditRoutes, &page.machine.site, &page.machine.labels);
    let probed = page.clone();
    let adding = open.add.as_deref().and_then(kind);
    view! {
        <Title text=format!("Power routes of {name}")/>
        <div class="page-head">
            <p class="crumbs"><a href="/">"Fleet"</a> " / " <a href=format!("/machines/{id}")>{name.clone()}</a></p>
            <h1>"Power routes of " {name}</h1>
        </div>
        <div class="columns">
            <div class="stack">
                <p class="lead">
                    "Ways to restart the machine, tried in this order until it is seen where it should be. Each job keeps the routes with which it was started."
                </p>
                {refusal}
                <Allowed why=why.clone()>
                {if n == 0 {
                    Either::Left(view! { <p class="notice">"None yet: it cannot be restarted from here. Add the first below."</p> })
                } else {
                    Either::Right(view! { <ol class="rungs">{rungs}</ol> })
                }}
                <section class="panel" aria-labelledby="add">
                    <h2 id="add">"Add a route"</h2>
                    {match adding {
                        Some(kind) => Either::Left(view! { <RouteForm page=page.clone() kind mark=mark.clone() rung=None/> }),
                        None => Either::Right(view! { <Kinds page=page.clone()/> }),
                    }}
                </section>
                </Allowed>
            </div>
            <div class="stack">
                <Allowed why><ProbeForm page=probed/></Allowed>
            </div>
        </div>
    }
    .into_any()
}

/// What can be added.
#[component]
fn Kinds(page: MachinePage) -> AnyView {
    let id = page.machine.id;
    let offered: Vec<_> = KINDS
        .iter()
        .filter(|kind| is_offered(kind, &page.machine.routes))
        .map(|kind| {
            view! {
                <li>
                    <a href=format!("/machines/{id}/routes?add={}#add", kind.word)>
                        <strong>{kind.title}</strong> <span>{kind.description}</span>
                    </a>
                </li>
            }
        })
        .collect();
    view! { <ul class="kinds">{offered}</ul> }.into_any()
}

/// What has no settings is there once; what is of the lab is offered to machines of the lab.
fn is_offered(kind: &RouteKind, routes: &[Route]) -> bool {
    let there = routes.iter().any(|route| route.kind_word() == kind.word);
    if kind.of_the_lab { there } else { !(there && kind.fields.is_empty()) }
}
