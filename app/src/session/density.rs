//! How much stands on a screen.

use super::look;
use crate::Failure;
use crate::parts::{Icon, icon};
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

/// The choice of whoever sends these cookies.
#[cfg(feature = "ssr")]
pub(crate) fn of_cookies(cookies: &str) -> Option<&'static str> {
    (look::of_cookies(cookies, "density").as_deref() == Some(COMPACT)).then_some(COMPACT)
}

/// The switch: two buttons of one form, so that it works without JavaScript; `public/frame.js` does it at once.
/// `chosen`: the word on the document.
pub fn density_switch(chosen: Option<&'static str>) -> AnyView {
    let button = move |density: Option<&'static str>, words: &'static str, drawing: Icon| {
        let pressed = if chosen == density { "true" } else { "false" };
        view! {
            <button type="submit" name="density" value=density.unwrap_or("comfortable") title=words aria-pressed=pressed>
                {icon(drawing)}
                <span class="sr-only">{words}</span>
            </button>
        }
    };
    view! {
        <form method="post" action="/api/set_density" data-look="density">
            <div class="switch density-switch" role="group" aria-label="Density">
                {button(None, "Comfortable", Icon::Roomy)}
                {button(Some(COMPACT), "Compact", Icon::Dense)}
            </div>
        </form>
    }
    .into_any()
}
