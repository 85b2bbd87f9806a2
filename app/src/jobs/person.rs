//! The route is a person: what to press, the link for a phone at the machine, and buttons to say how it went.

use super::acts::refusal;
use super::api::{JobPage, PersonDid, PersonLink};
use super::press::{what_is_asked, what_to_press};
use crate::parts::{Copy, Icon, Post, Posted, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_not_at;
use leptos::prelude::*;
use pitstop_domain::people::Right;

/// Modules of silence around the picture (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// What to press, and what came of it.
#[component]
pub fn PersonRoute(page: JobPage) -> AnyView {
    let posted = Posted::<PersonDid>::here();
    let refusal = refusal(&posted);
    let why = why_not_at(Right::Press, &page.site);
    let Some(call) = page.person_call().cloned() else { return ().into_any() };
    let steps: Vec<_> = what_to_press(call.target, page.job.plan.firmware)
        .into_iter()
        .map(|step| view! { <li>{step}</li> })
        .collect();
    let contact = (!page.contact.is_empty())
        .then(|| view! { <p>"Who can go there: " <strong>{page.contact.clone()}</strong></p> });
    view! {
        <section class="panel asked" aria-labelledby="press">
            <h2 id="press">{icon(Icon::Hand)} {what_is_asked(call.target)} ", please"</h2>
            <div class="at-the-machine">
                <div class="stack-tight">
                    <p><strong>{page.machine_name.clone()}</strong> <span class="muted">", site " {page.site.clone()}</span></p>
                    {contact}
                    <ol class="happens">{steps}</ol>
                    <p class="muted">"When the machine is seen, the job goes on by itself. Say it here, or on a phone at the machine."</p>
                    {refusal}
                    <Allowed why=why><Post posted class="choices">
                        <input type="hidden" name="job" value=page.job.id.to_string()/>
                        <input type="hidden" name="call" value=call.id.to_string()/>
                        <button type="submit" name="did" value="done" class="button primary">
                            <strong>"Done"</strong> <span>"It restarts now"</span>
                        </button>
                        <button type="submit" name="did" value="not_done" class="button">
                            <strong>"I cannot"</strong> <span>"The next way is tried, or the job goes back"</span>
                        </button>
                    </Post></Allowed>
                </div>
                {page.link.map(|link| view! { <AtTheMachine link/> })}
            </div>
        </section>
    }.into_any()
}

/// The link and its picture. Dark on light in every theme: many phones read nothing else.
#[component]
fn AtTheMachine(link: PersonLink) -> AnyView {
    let PersonLink { url, side, path } = link;
    let picture = (!path.is_empty()).then(|| {
        let whole = side + 2 * QUIET;
        view! {
            <svg
                class="qr" viewBox=format!("-{QUIET} -{QUIET} {whole} {whole}") width="168" height="168" role="img"
                aria-label="QR code of the link for a phone at the machine" shape-rendering="crispEdges"
            >
                <rect x=format!("-{QUIET}") y=format!("-{QUIET}") width=whole.to_string() height=whole.to_string() fill="#fff"></rect>
                <path d=path fill="#000"></path>
            </svg>
        }
    });
    view! {
        <figure class="phone">
            {picture}
            <figcaption>
                <a href=url.clone()>"Link for a phone at the machine"</a>
                <Copy text=url what="link"/>
            </figcaption>
        </figure>
    }
    .into_any()
}
