//! How much stands on a screen.

use super::look;
use crate::Failure;
use crate::parts::{Icon, Post, Posted, icon};
use leptos::prelude::*;

const COMPACT: &str = "compact";

/// Keeps the choice: `compact`, all else is comfortable.
#[server(prefix = "/api", endpoint = "set_density")]
pub async fn set_density(density: String) -> Result<(), Failure> {
    let reply = crate::serve::Reply::here();
    reply.set_cookie("density", if density == COMPACT { COMPACT } else { "comfortable" });
    Ok(())
}

/// The word on the document; `None`: comfortable.
pub fn wanted() -> Option<&'static str> {
    (look::chosen("density").as_deref() == Some(COMPACT)).then_some(COMPACT)
}

/// The choice as the frame knows it: is it compact? Counted by reference: read while a page is rendered.
#[derive(Clone)]
pub(crate) struct Compact(ArcRwSignal<bool>);

impl Compact {
    /// Called once by the frame.
    pub fn provide() {
        provide_context(Self(ArcRwSignal::new(wanted().is_some())));
    }

    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(ArcRwSignal::new(wanted().is_some())))
    }

    /// Is it, now?
    pub fn now(&self) -> bool {
        self.0.get_untracked()
    }

    /// Shows it now. Whoever calls this has it kept, too.
    pub fn show(&self, compact: bool) {
        look::show("density", compact.then_some(COMPACT));
        self.0.set(compact);
    }
}

/// The switch: two buttons of one form, so that it works without JavaScript.
#[component]
pub fn DensitySwitch() -> AnyView {
    let posted = Posted::<SetDensity>::here();
    let chosen = Compact::here();
    let button = move |compact: bool, words: &'static str, drawing: Icon| {
        let (here, pressed) = (chosen.clone(), chosen.clone());
        view! {
            <button
                type="submit" name="density" value=if compact { COMPACT } else { "comfortable" } title=words
                on:click=move |_| pressed.show(compact) aria-pressed=move || if here.0.get() == compact { "true" } else { "false" }
            >
                {icon(drawing)}
                <span class="sr-only">{words}</span>
            </button>
        }
    };
    view! {
        <Post posted>
            <div class="switch density-switch" role="group" aria-label="Density">
                {button(false, "Comfortable", Icon::Roomy)}
                {button(true, "Compact", Icon::Dense)}
            </div>
        </Post>
    }
    .into_any()
}
