//! One machine of somebody who rings: what is wrong with it, and the one confirmation before it is looked after.

use super::api::{Desk, Remedy, Repair};
use super::server::desk;
use super::symptoms::drawing;
use super::words;
use crate::live::document::{drawn, follow};
use crate::machines::parts::StateChip;
use crate::parts::{Ago, Icon, Post, Posted, Refusal, icon};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use pitstop_domain::event::Noun;
use pitstop_domain::symptom::Symptom;

/// The page at `/helpdesk/{machine}`; with `?symptom=` its confirmation.
#[component]
pub fn DeskPage() -> impl IntoView {
    Posted::<Repair>::provide();
    let id = use_params_map().with_untracked(|params| params.get("machine").unwrap_or_default());
    let chosen = use_query_map().with_untracked(|map| map.get("symptom").unwrap_or_default());
    drawn(
        async move { desk(&id).await },
        move |desk| view! { {follow(Noun::Machine, desk.id)} <Found desk chosen/> },
    )
}

#[component]
fn Found(desk: Desk, chosen: String) -> AnyView {
    let seen = desk
        .last_seen
        .map(|at| view! { <span class="muted">"seen " <Ago at asked_at=desk.asked_at/></span> });
    let what: Vec<String> = [Some(desk.site.clone())]
        .into_iter()
        .chain(desk.labels.iter().cloned().map(Some))
        .chain([desk.model.clone(), desk.serial.as_ref().map(|serial| format!("serial {serial}"))])
        .flatten()
        .collect();
    let chosen = desk.symptoms.iter().find(|(symptom, _)| symptom.name == chosen).cloned();
    let asks = match (chosen, &desk.current) {
        (_, Some((job, title))) => under_way(&job.to_string(), title),
        (Some((symptom, Ok(remedy))), None) => {
            view! { <Confirm desk=desk.clone() symptom remedy/> }.into_any()
        }
        _ => view! { <Symptoms desk=desk.clone()/> }.into_any(),
    };
    view! {
        <Title text=format!("{} · {}", desk.name, words::TITLE)/>
        <div class="desk">
            <div class="page-head">
                <p class="crumbs"><a href="/helpdesk">{words::TITLE}</a></p>
                <h1>{desk.name.clone()}</h1>
                <StateChip state=desk.state/>
                {seen}
            </div>
            <p class="muted">{what.join(", ")}</p>
            {asks}
        </div>
    }
    .into_any()
}

fn under_way(job: &str, title: &str) -> AnyView {
    view! {
        <section class="panel" aria-labelledby="under-way">
            <h2 id="under-way">{icon(Icon::Wrench)} {words::UNDER_WAY}</h2>
            <p>{title.to_owned()}</p>
            <a class="button primary large" href=format!("/helpdesk/repair/{job}")>{words::FOLLOW}</a>
        </section>
    }
    .into_any()
}

#[component]
fn Symptoms(desk: Desk) -> AnyView {
    let here = format!("/helpdesk/{}", desk.id);
    let each: Vec<_> = desk
        .symptoms
        .into_iter()
        .map(|(symptom, remedy)| {
            let inside = view! {
                {icon(drawing(symptom.sign))}
                <strong>{symptom.words}</strong>
                <span class="under">{symptom.also}</span>
            };
            match remedy {
                Ok(_) => Either::Left(view! { <li><a class="symptom" href=format!("{here}?symptom={}", symptom.name)>{inside}</a></li> }),
                Err(why) => Either::Right(view! {
                    <li>
                        <div class="symptom" aria-disabled="true">
                            {inside}
                            <span class="why">{words::not_here(&why)}</span>
                        </div>
                    </li>
                }),
            }
        })
        .collect();
    view! {
        <section aria-labelledby="symptoms">
            <h2 id="symptoms" tabindex="-1">{words::WHAT_IS_WRONG}</h2>
            <ul class="symptoms">{each}</ul>
        </section>
        <p><a href="/helpdesk">{words::OTHER_MACHINE}</a></p>
    }
    .into_any()
}

#[component]
fn Confirm(desk: Desk, symptom: Symptom, remedy: Remedy) -> AnyView {
    let posted = Posted::<Repair>::here();
    let failed = posted.clone();
    let happens: Vec<_> =
        what_happens(&desk, &symptom, &remedy).into_iter().map(|line| view! { <li>{line}</li> }).collect();
    let before = (!remedy.before.is_empty()).then(|| {
        let lines: Vec<_> = remedy.before.iter().map(|line| view! { <li>{line.clone()}</li> }).collect();
        view! { <h3>{words::BEFORE}</h3> <ul class="happens-list">{lines}</ul> }
    });
    let at_the_machine = words::at_the_machine(&remedy.told);
    view! {
        <section class="panel confirm" aria-labelledby="confirm">
            <h2 id="confirm" tabindex="-1">{icon(drawing(symptom.sign))} {symptom.words} ": " {remedy.title.clone()}</h2>
            <h3>{words::WHAT_HAPPENS}</h3>
            <ol class="happens">{happens}</ol>
            <h3>{words::AT_THE_MACHINE}</h3>
            <p>{at_the_machine}</p>
            {before}
            {move || failed.failure().map(|failure| view! { <Refusal failure/> })}
            <Post posted class="desk-acts">
                <input type="hidden" name="machine" value=desk.id.to_string()/>
                <input type="hidden" name="symptom" value=symptom.name/>
                <button type="submit" class="button primary large">{words::press(&desk.name)}</button>
                <a class="button large" href=format!("/helpdesk/{}", desk.id)>{words::NO}</a>
            </Post>
        </section>
    }
    .into_any()
}

/// What pressing the button does, in plain words and in order.
pub fn what_happens(desk: &Desk, symptom: &Symptom, remedy: &Remedy) -> Vec<String> {
    let name = &desk.name;
    let mut lines = vec![match desk.by_hand {
        true => format!("Somebody at {name} is asked to restart it; the next page says how."),
        false => format!("{name} restarts, at once and by itself. Work that is not saved there is lost."),
    }];
    lines.push(format!("{} {}", symptom.looks, words::touches(remedy.risk)));
    lines.push(match desk.has_agent {
        true => "Then it starts as usual, and says that it is back.".to_owned(),
        false => "Then it starts as usual.".to_owned(),
    });
    lines.push(words::lasts(remedy.usual_s));
    lines
}
