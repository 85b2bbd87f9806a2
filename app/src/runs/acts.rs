//! What a person can do to a run, with words that say what it touches.

use super::api::{RunPage, WishRun};
use super::parts::machines;
use crate::format;
use crate::parts::{Icon, Post, Posted, Refusal, icon};
use crate::people::allowed::Allowed;
use crate::people::me::why_nowhere;
use leptos::prelude::*;
use pitstop_domain::people::Right;
use pitstop_domain::run::{RunState, Wish};

/// Called once by the page.
pub fn provide_wishes() {
    Posted::<WishRun>::provide();
}

/// Pause, resume, cancel, as far as they mean something now.
#[component]
pub fn Wishes(page: RunPage) -> AnyView {
    if page.run.is_over() {
        return ().into_any();
    }
    let posted = Posted::<WishRun>::here();
    let said = posted.clone();
    let refusal = move || said.failure().map(|failure| view! { <Refusal failure/> });
    let wished = page.wish.as_ref().map(|wish| view! { <p class="notice">{wish_words(wish.what)}</p> });
    let why = why_nowhere(Right::StartRuns);
    let (id, same_id) = (page.run.id.to_string(), page.run.id.to_string());
    let (go_on, may_cancel) = (go_on(&page), page.run.state != RunState::Cancelled);
    let (under_way, waiting) = (page.tally.under_way + page.tally.no_show, page.tally.waiting);
    view! {
        <section class="panel wishes" aria-labelledby="wishes">
            <h2 id="wishes">"What you can do"</h2>
            {refusal}
            {wished}
            <Allowed why=why>
            <Post posted=posted.clone() class="wish-form">
                <input type="hidden" name="run" value=id/>
                {go_on}
            </Post>
            <details class="cancel">
                <summary>"Cancel this run"</summary>
                <Post posted class="choices">
                    <input type="hidden" name="run" value=same_id/>
                    {may_cancel.then(|| view! {
                        <button type="submit" name="wish" value="cancel" class="button danger">
                            <strong>"Start nobody any more"</strong>
                            <span>{format!("{} left as they are. {} to their end.", machines(waiting), go_on_words(under_way))}</span>
                        </button>
                    })}
                    <button type="submit" name="wish" value="cancel_all" class="button danger">
                        <strong>"And take back the jobs under way"</strong>
                        <span>{format!("The work of {} is stopped where it can be; each is restarted into its own system.", jobs(under_way))}</span>
                    </button>
                </Post>
            </details>
            </Allowed>
        </section>
    }
    .into_any()
}

/// The button that holds it, or lets it go on.
fn go_on(page: &RunPage) -> AnyView {
    let tally = page.tally;
    match page.run.state {
        RunState::Running => view! {
            <button type="submit" name="wish" value="pause" class="button">{icon(Icon::Pause)} "Pause"</button>
            <p class="muted">
                {format!("Nobody new is started. {}.", go_on_words(tally.under_way + tally.no_show))}
            </p>
        }
        .into_any(),
        RunState::Paused | RunState::Stopped => {
            let failed = tally.failed + tally.held;
            let counts = if failed > 0 {
                " What failed until now no longer counts; the next failures stop it again."
            } else {
                ""
            };
            view! {
                <button type="submit" name="wish" value="resume" class="button primary">{icon(Icon::Right)} "Resume"</button>
                <p class="muted">
                    {format!("{} not started yet have their turn, as the plan allows.{counts}", machines(tally.waiting))}
                </p>
            }
            .into_any()
        }
        RunState::Cancelled | RunState::Closed => ().into_any(),
    }
}

fn jobs(n: u32) -> String {
    format::counted(u64::from(n), "job", "jobs")
}

fn go_on_words(under_way: u32) -> String {
    match under_way {
        0 => "No job is under way".to_owned(),
        1 => "The 1 job under way goes on".to_owned(),
        n => format!("The {} jobs under way go on", format::count(u64::from(n))),
    }
}

fn wish_words(wish: Wish) -> &'static str {
    match wish {
        Wish::Pause => "It is being paused.",
        Wish::Resume => "It is being resumed.",
        Wish::Cancel | Wish::CancelAll => "It is being cancelled.",
    }
}
