//! The stepper, drawn.

use super::api::JobPage;
use super::stepper::{Line, State, Step, steps};
use crate::format;
use crate::parts::{Bar, Elapsed, Icon, When, icon};
use leptos::either::EitherOf3;
use leptos::prelude::*;
use pitstop_domain::Time;

/// The steps of the trip.
#[component]
pub fn Stepper(page: JobPage) -> AnyView {
    view! { <StepList label="The trip" steps=steps(&page) asked_at=page.asked_at/> }.into_any()
}

/// Steps, whoever made them. What is under way, or was last, is read out when it changes.
#[component]
pub fn StepList(label: &'static str, steps: Vec<Step>, asked_at: Time) -> AnyView {
    let now = steps.iter().rev().find(|step| step.state == State::Now).or_else(|| {
        steps.iter().rev().find(|step| matches!(step.state, State::Done | State::Failed | State::Held))
    });
    let spoken = now.map(|step| format!("{}: {}", step.title, step.state.words()));
    let items: Vec<_> = steps.into_iter().map(|step| item(step, asked_at)).collect();
    view! {
        <section aria-label=label>
            <p class="sr-only" aria-live="polite">{spoken}</p>
            <ol class="stepper">{items}</ol>
        </section>
    }
    .into_any()
}

fn item(step: Step, asked_at: Time) -> impl IntoView {
    let lines: Vec<_> = step.lines.into_iter().map(line).collect();
    let measured = matches!(step.state, State::Now | State::Done | State::Failed);
    let bar = step.measure.filter(|_| measured).map(|m| {
        view! { <Bar label=step.title done=m.done total=m.total/> }
    });
    let lasted = match (step.took, step.at) {
        (Some(took), _) => EitherOf3::A(view! { <span class="figure">{format::duration(took)}</span> }),
        (None, Some(since)) if step.state == State::Now => EitherOf3::B(view! { <Elapsed since asked_at/> }),
        _ => EitherOf3::C(()),
    };
    view! {
        <li class="step" data-state=step.state.name() aria-current=(step.state == State::Now).then_some("step")>
            <span class="step-mark">{icon(mark(step.state))}</span>
            <div class="step-body">
                <p class="step-title">{step.title} <span class="sr-only">", " {step.state.words()}</span></p>
                <p class="step-when">
                    {step.at.map(|at| view! { <When at/> " " })}
                    {lasted}
                    {worded(step.state)}
                </p>
                {bar}
                <ul class="step-lines">{lines}</ul>
            </div>
        </li>
    }
}

fn line(line: Line) -> impl IntoView {
    view! { <li>{line.text} {line.at.map(|at| view! { " " <When at/> })}</li> }
}

/// States that are not plain from the mark are said in words.
fn worded(state: State) -> Option<impl IntoView> {
    let say = matches!(state, State::Failed | State::Held | State::Skipped | State::Unseen);
    say.then(|| view! { " " <span class="step-word">{state.words()}</span> })
}

fn mark(state: State) -> Icon {
    match state {
        State::Done => Icon::Check,
        State::Now => Icon::Dot,
        State::Ahead => Icon::Ring,
        State::Failed => Icon::Cross,
        State::Held => Icon::Hand,
        State::Skipped => Icon::Dash,
        State::Unseen => Icon::Question,
    }
}
