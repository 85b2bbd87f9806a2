//! Where a machine stands, whose it is, and its labels: shown, and changed by a form that works without JavaScript.

use super::api::{KeepMachine, MachinePage};
use crate::parts::{Post, Posted, Refusal};
use crate::people::allowed::Allowed;
use crate::people::me::why_not;
use leptos::prelude::*;
use pitstop_domain::people::Right;

/// Called once by the page: a refusal outlives what is rendered anew with each change.
pub fn provide_keep() {
    Posted::<KeepMachine>::provide();
}

#[component]
pub fn KeptPanel(page: MachinePage) -> AnyView {
    let posted = Posted::<KeepMachine>::here();
    let open = posted.failure_untracked().is_some();
    let refused = posted.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    let machine = page.machine;
    let why = why_not(Right::EditMachines, &machine.site, &machine.labels);
    let labels: Vec<_> =
        machine.labels.iter().map(|label| view! { <span class="tag">{label.clone()}</span> }).collect();
    let none = labels.is_empty().then_some("none");
    let desk = machine.desk.clone();
    let row = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
    };
    let field = |name: &'static str, label: &'static str, value: String| {
        let id = format!("keep-{name}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input id=id name=name value=value autocomplete="off"/>
            </div>
        }
    };
    view! {
        <section class="panel kept" aria-labelledby="kept">
            <h2 id="kept">"Where it stands"</h2>
            {refusal}
            <dl class="facts">
                {row("Site", machine.site.clone())}
                {row("Room", desk.room.clone())}
                {row("Used by", desk.used_by.clone())}
                {row("Asset tag", desk.asset_tag.clone())}
                <div><dt>"Labels"</dt><dd>{labels}{none}</dd></div>
            </dl>
            <details open=open>
                <summary class="button">"Change"</summary>
                <Allowed why=why><Post posted class="run-form">
                    <input type="hidden" name="machine" value=machine.id.to_string()/>
                    <input type="hidden" name="version" value=machine.version.to_string()/>
                    <div class="fields">
                        {field("site", "Site", machine.site)}
                        {field("room", "Room", desk.room)}
                        {field("used_by", "Used by", desk.used_by)}
                        {field("asset_tag", "Asset tag", desk.asset_tag)}
                        {field("labels", "Labels, by commas", machine.labels.join(", "))}
                    </div>
                    <button type="submit" class="button primary">"Save"</button>
                </Post></Allowed>
            </details>
        </section>
    }
    .into_any()
}
