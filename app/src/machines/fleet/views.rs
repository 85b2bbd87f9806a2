//! Searches that are kept, and how machines are shown.

use super::address::{FleetQuery, View};
use super::api::{DropView, KeepView, SavedView};
use crate::parts::{Icon, Post, Posted, Refusal, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_nowhere;
use leptos::prelude::*;
use pitstop_domain::people::Right;
use pitstop_domain::query::Group;

/// The searches that are kept, and the form that keeps this one.
#[component]
pub fn Views(query: FleetQuery, kept: Vec<SavedView>) -> AnyView {
    let keep = Posted::<KeepView>::here();
    let refused = keep.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    let here = FleetQuery { page: 0, ..query.clone() };
    let open = Posted::<KeepView>::here().failure_untracked().is_some();
    let links: Vec<_> = kept.into_iter().map(|view| link(view, &here)).collect();
    let group = query.group.name();
    view! {
        <div class="views">
            {(!links.is_empty()).then(|| view! { <ul class="view-links" aria-label="Saved views">{links}</ul> })}
            <details class="view-keep" open=open>
                <summary class="button quiet">"Save view"</summary>
                <div class="view-form">
                    {refusal}
                    <Allowed why=why_nowhere(Right::EditMachines)><Post posted=keep class="run-form">
                        <input type="hidden" name="q" value=query.q.clone()/>
                        <input type="hidden" name="sort" value=query.sort.word()/>
                        <input type="hidden" name="view" value=query.view.name()/>
                        <input type="hidden" name="group" value=group/>
                        <div class="field">
                            <label for="view-name">"Name of this view, for everybody"</label>
                            <input id="view-name" name="name" required maxlength="64" autocomplete="off"/>
                        </div>
                        <button type="submit" class="button primary">"Save"</button>
                    </Post></Allowed>
                </div>
            </details>
        </div>
    }
    .into_any()
}

fn link(view: SavedView, here: &FleetQuery) -> impl IntoView + use<> {
    let current = (view.query == *here).then_some("page");
    let label = format!("Remove the view {}", view.name);
    let posted = Posted::<DropView>::here();
    view! {
        <li>
            <a href=view.query.href() aria-current=current>{view.name}</a>
            {current.filter(|_| why_nowhere(Right::EditMachines).is_none()).map(|_| view! {
                <Post posted class="view-drop">
                    <input type="hidden" name="id" value=view.id.to_string()/>
                    <button type="submit" class="bare" aria-label=label.clone() title=label.clone()>{icon(Icon::Cross)}</button>
                </Post>
            })}
        </li>
    }
}

/// How machines are shown: drawn or listed, and put together by what.
#[component]
pub fn Shown(query: FleetQuery) -> AnyView {
    let views = View::ALL.into_iter().map(|view| {
        let href = FleetQuery { view, ..query.clone() }.href();
        choice(view.words(), href, query.view == view)
    });
    let groups = Group::ALL.into_iter().map(|group| {
        let href = FleetQuery { group, ..query.clone() }.href();
        choice(group.name(), href, query.group == group)
    });
    let groups = (query.view != View::Table).then(|| {
        view! { <ul class="segments" aria-label="Grid by"><li class="segments-words muted" aria-hidden="true">"by"</li>{groups.collect::<Vec<_>>()}</ul> }
    });
    view! {
        <div class="shown">
            <ul class="segments" aria-label="Shown as">{views.collect::<Vec<_>>()}</ul>
            {groups}
        </div>
    }
    .into_any()
}

fn choice(words: &'static str, href: String, here: bool) -> impl IntoView + use<> {
    view! { <li><a href=href aria-current=here.then_some("true")>{words}</a></li> }
}
