//! The machine's probe: what shows that its own system is up, where no agent can.

use super::api::SetProbe;
use crate::Failure;
use crate::machines::api::MachinePage;
use crate::parts::field::error_of;
use crate::parts::{Icon, Post, Posted, Refusal, icon};
use leptos::prelude::*;
use pitstop_domain::probe::written;

/// The panel with its one field.
#[component]
pub fn ProbeForm(page: MachinePage) -> AnyView {
    let posted = Posted::<SetProbe>::here();
    let stored = page.machine.probe.as_ref().map(written).unwrap_or_default();
    let value = match posted.failure_untracked() {
        Some(Failure::Fields { filled, .. }) => filled.get("probe").cloned().unwrap_or_default(),
        _ => stored,
    };
    let (error, wrong, failed) = (posted.clone(), posted.clone(), posted.clone());
    let said = move || {
        error_of(&error, "probe").map(|words| {
            view! { <p class="field-error" id="probe-error">{icon(Icon::Warning)} <span>{crate::format::sentence(&words)}</span></p> }
        })
    };
    let other = move || {
        failed
            .failure()
            .filter(|failure| !matches!(failure, Failure::Fields { .. }))
            .map(|failure| view! { <Refusal failure/> })
    };
    let use_of_it = if page.machine.has_agent {
        "This machine's agent proves its return better. The probe is shown beside it."
    } else {
        "This machine has no agent: when the probe answers again after it was silent, the machine counts as back."
    };
    view! {
        <section class="panel" aria-labelledby="probe-title">
            <h2 id="probe-title">"Probe"</h2>
            <p class="muted">"A question that its own system answers when it is up. " {use_of_it}</p>
            <Post posted class="route-form">
                <input type="hidden" name="machine" value=page.machine.id.to_string()/>
                {other}
                <div class="field wide">
                    <label for="probe">"Probe"</label>
                    <input
                        id="probe" name="probe" value=value autocomplete="off" spellcheck="false" placeholder="tcp://10.0.0.7:22"
                        aria-describedby="probe-help probe-error" aria-invalid=move || error_of(&wrong, "probe").map(|_| "true")
                    />
                    {said}
                    <p class="help" id="probe-help">"tcp://HOST:PORT, http://HOST/PATH or ping://HOST. Empty: none."</p>
                </div>
                <button type="submit" class="button">"Save"</button>
            </Post>
        </section>
    }.into_any()
}
