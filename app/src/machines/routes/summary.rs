//! The ladder and the probe on the machine's own page, with the last answers.

use super::words::{can_be_tried, place_of};
use crate::jobs::story::call_words;
use crate::machines::api::MachinePage;
use crate::parts::Ago;
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::route::Route;

/// The panel.
#[component]
pub fn Ladder(page: MachinePage) -> AnyView {
    let rungs: Vec<_> =
        page.machine.routes.iter().enumerate().map(|(i, route)| rung(&page, i, route)).collect();
    let id = page.machine.id;
    let probe = page.machine.probe.as_ref().map_or("none is set".to_owned(), ToString::to_string);
    view! {
        <section class="panel" aria-labelledby="routes">
            <h2 id="routes">"Power routes"</h2>
            {if rungs.is_empty() {
                Either::Left(view! { <p class="muted">"None: it cannot be restarted from here. Add one before you run a function on it."</p> })
            } else {
                Either::Right(view! { <p class="muted">"Tried in this order:"</p> <ol class="ladder">{rungs}</ol> })
            }}
            <p><span class="muted">"Probe: "</span> {probe}</p>
            <a class="button" href=format!("/machines/{id}/routes")>"Change, try or add"</a>
        </section>
    }.into_any()
}

fn rung(page: &MachinePage, i: usize, route: &Route) -> impl IntoView + use<> {
    let asked_at = page.asked_at;
    let last = page.answers.iter().find(|answer| answer.route == *route).cloned();
    let last = match last {
        Some(answer) => Either::Left(
            view! { <span class="under">{call_words(answer.state)} " " <Ago at=answer.at asked_at/></span> },
        ),
        None => Either::Right(view! { <span class="under">"not asked yet"</span> }),
    };
    // Asks the board how the machine is, and changes nothing.
    let id = page.machine.id;
    let try_it = can_be_tried(route).then(|| {
        view! { " " <a class="try" rel="nofollow" href=format!("/machines/{id}/routes?try={i}#rung-{i}")>"Try it"</a> }
    });
    view! {
        <li>
            <span>{route.words()} {place_of(route).map(|place| view! { " " <span class="place">{place}</span> })} {try_it} {last}</span>
        </li>
    }
}
