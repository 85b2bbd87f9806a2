//! Where a machine's own system comes from, and the form that says so. Works without JavaScript.

use super::api::{MachinePage, SetOwnImage};
use crate::parts::{Icon, Post, Posted, Refusal, When, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_not;
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::people::Right;

/// Called once by the page: a refusal outlives what is rendered anew with each change.
pub fn provide_own() {
    Posted::<SetOwnImage>::provide();
}

/// The machine's own system: from the machine itself, or an image.
#[component]
pub fn OwnSystemPanel(page: MachinePage) -> AnyView {
    let posted = Posted::<SetOwnImage>::here();
    let refused = posted.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    let now = page.machine.own_image.clone();
    let from = match page.own.boots.clone() {
        None => Either::Left("From the machine itself. At boot it is left in silence."),
        Some(Ok(image)) => {
            Either::Right(Either::Left(format!("From the network: {} {}", image.name, image.version)))
        }
        Some(Err(why)) => Either::Right(Either::Right(view! {
            {icon(Icon::Warning)} {format!("From the network, and it cannot start: {why}")}
        })),
    };
    let told = page.own.told.clone().map(|told| {
        view! { <p class="muted">"Last told " {format!("{} {}, ", told.name, told.version)} <When at=told.at/></p> }
    });
    // What was chosen stays to be seen, also when it is gone from the catalog.
    let mut names = page.own.choices.clone();
    names.extend(now.clone().filter(|name| !page.own.choices.contains(name)));
    let changeable = !names.is_empty();
    let options: Vec<_> = names
        .into_iter()
        .map(|name| {
            let selected = now.as_ref() == Some(&name);
            view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
        })
        .collect();
    let none = now.is_none();
    let why = why_not(Right::EditMachines, &page.machine.site, &page.machine.labels);
    let form = changeable.then(|| {
        view! {
            <Allowed why=why><Post posted class="run-form">
                <input type="hidden" name="machine" value=page.machine.id.to_string()/>
                <div class="fields">
                    <div class="field">
                        <label for="own-image">"From its next boot on"</label>
                        <select id="own-image" name="image">
                            <option value="" selected=none>"what is on the machine"</option>
                            {options}
                        </select>
                    </div>
                </div>
                <button type="submit" class="button">"Save"</button>
            </Post></Allowed>
        }
    });
    view! {
        <section class="panel" aria-labelledby="own">
            <h2 id="own">"Own system"</h2>
            <p>{from}</p>
            {told}
            {refusal}
            {form}
        </section>
    }
    .into_any()
}
