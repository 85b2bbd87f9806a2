//! What a person can do to a job: cancel, decide, press the button that a route asks for.

use super::api::{CancelJob, Decide, JobPage, PersonDid};
use crate::parts::form::Posts;
use crate::parts::{Icon, Post, Posted, Refusal, icon};
use leptos::prelude::*;
use pitstop_domain::job::Phase;
use pitstop_domain::route::Target;

/// Called once by the page.
pub fn provide_acts() {
    Posted::<CancelJob>::provide();
    Posted::<Decide>::provide();
    Posted::<PersonDid>::provide();
}

/// Takes the job back; the trip back is made all the same.
#[component]
pub fn Cancel(page: JobPage) -> AnyView {
    let posted = Posted::<CancelJob>::here();
    let refusal = refusal(&posted);
    let waits = posted.clone();
    let pending = move || waits.pending();
    let possible =
        matches!(page.job.phase, Phase::Queued | Phase::Switching | Phase::Running) && page.cancel.is_none();
    let what = match page.job.phase {
        Phase::Queued => "The machine was not touched yet: the job is closed at once.",
        _ => "The work is stopped where it can be, and the machine is restarted into its own system.",
    };
    possible
        .then(|| {
            view! {
                <details class="panel cancel">
                    <summary>"Cancel this job"</summary>
                    <p>{what}</p>
                    {refusal}
                    <Post posted>
                        <input type="hidden" name="job" value=page.job.id.to_string()/>
                        <button type="submit" class="button danger" disabled=pending>"Cancel the job"</button>
                    </Post>
                </details>
            }
        })
        .into_any()
}

/// A held job waits for one of three decisions.
#[component]
pub fn Decisions(page: JobPage) -> AnyView {
    let posted = Posted::<Decide>::here();
    let refusal = refusal(&posted);
    let job = page.job.id.to_string();
    let name = page.machine_name;
    (page.job.phase == Phase::Held).then(|| {
        view! {
            <section class="panel held" aria-labelledby="decide">
                <h2 id="decide">{icon(Icon::Hand)} "Your decision"</h2>
                <p>
                    "It is not proven that " <strong>{name.clone()}</strong>
                    " runs its own system again. It stays reserved until you decide, or until it is seen."
                </p>
                {refusal}
                <Post posted class="choices">
                    <input type="hidden" name="job" value=job/>
                    <button type="submit" name="decision" value="try_again" class="button primary">
                        <strong>"Try again"</strong> <span>"Restart it by each of its routes once more"</span>
                    </button>
                    <button type="submit" name="decision" value="confirm_own_system" class="button">
                        <strong>"It runs its own system"</strong> <span>"I have seen it; recorded as confirmed by a person"</span>
                    </button>
                    <button type="submit" name="decision" value="give_up" class="button danger">
                        <strong>"Give up"</strong> <span>"Close the job with its return not proven"</span>
                    </button>
                </Post>
            </section>
        }
    }).into_any()
}

/// The route is a person: what to press, and a button to say that it was done.
#[component]
pub fn PersonRoute(page: JobPage) -> AnyView {
    let posted = Posted::<PersonDid>::here();
    let refusal = refusal(&posted);
    let Some(call) = page.person_call().cloned() else { return ().into_any() };
    let name = page.machine_name.clone();
    let what = match call.target {
        Target::Maintenance => {
            "Restart it and choose network boot: on most machines F12, on some F9, F11 or Esc, as the maker's sign appears."
        }
        Target::OwnSystem => {
            "Restart it and choose nothing: it must start as it always does, from its own disk, or from the network if it has none."
        }
    };
    view! {
        <section class="panel held" aria-labelledby="press">
            <h2 id="press">{icon(Icon::Hand)} "Please restart " {name}</h2>
            <p>{what}</p>
            <p class="muted">"Nothing else needs to be said: when the machine is seen, the job goes on by itself."</p>
            {refusal}
            <Post posted class="choices">
                <input type="hidden" name="job" value=page.job.id.to_string()/>
                <input type="hidden" name="call" value=call.id.to_string()/>
                <button type="submit" name="did" value="done" class="button primary"><strong>"I pressed it"</strong></button>
                <button type="submit" name="did" value="not_done" class="button"><strong>"I cannot"</strong> <span>"The next route is tried"</span></button>
            </Post>
        </section>
    }.into_any()
}

fn refusal<F: Posts>(posted: &Posted<F>) -> impl IntoView + use<F> {
    let posted = posted.clone();
    move || posted.failure().map(|failure| view! { <Refusal failure/> })
}
