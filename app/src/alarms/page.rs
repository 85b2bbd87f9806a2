//! The list of open alarms.

use super::api::{AlarmLine, Alarms, SeeAlarm};
use super::server::alarms;
use crate::format;
use crate::live::document::{drawn, follow_all};
use crate::parts::{Ago, Empty, Post, Posted, Refusal, When};
use crate::people::me::why_nowhere;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use pitstop_domain::Time;
use pitstop_domain::event::Noun;
use pitstop_domain::people::Right;

/// The page at `/alarms`.
#[component]
pub fn AlarmsPage() -> impl IntoView {
    Posted::<SeeAlarm>::provide();
    view! {
        <Title text="Alarms"/>
        {follow_all(Noun::Alarm)}
        {drawn(alarms(), |alarms| view! { <Found alarms/> })}
    }
}

#[component]
fn Found(alarms: Alarms) -> AnyView {
    let posted = Posted::<SeeAlarm>::here();
    let failed = posted.clone();
    let refusal = move || failed.failure().map(|failure| view! { <Refusal failure/> });
    let hidden = alarms.open.saturating_sub(alarms.rows.len() as u64);
    let asked_at = alarms.asked_at;
    let empty = alarms.rows.is_empty();
    let lines: Vec<_> = alarms.rows.into_iter().map(|row| line(row, asked_at, posted.clone())).collect();
    view! {
        <div class="page-head">
            <h1>"Alarms"</h1>
            <p class="muted">{format::counted(alarms.open, "open", "open")}", oldest first"</p>
        </div>
        {refusal}
        {if empty {
            Either::Left(view! {
                <Empty title="No machine needs a person">
                    <p>"When a machine cannot be proven back in its own system, its job is held, and it stands here until somebody decides or the machine is seen."</p>
                </Empty>
            })
        } else {
            Either::Right(view! { <ul class="alarms">{lines}</ul> })
        }}
        {(hidden > 0).then(|| view! { <p class="muted">{format!("{} more are not shown: decide about these first.", format::count(hidden))}</p> })}
    }.into_any()
}

fn line(row: AlarmLine, asked_at: Time, posted: Posted<SeeAlarm>) -> impl IntoView {
    let id = row.id.to_string();
    let may_look_after = why_nowhere(Right::LookAfter).is_none();
    let who = match row.seen {
        Some((by, at)) => Either::Left(
            view! { <p class="looks-after">{by} " looks after it, since " <When at date=true/></p> },
        ),
        None => Either::Right(view! {
            {may_look_after.then(|| view! {
                <Post posted>
                    <input type="hidden" name="id" value=id/>
                    <button type="submit" class="button">"I look after it"</button>
                </Post>
            })}
        }),
    };
    view! {
        <li class="alarm">
            <div class="stack-tight">
                <h2><a href=format!("/machines/{}", row.machine)>{row.machine_name}</a></h2>
                <p>{format::sentence(&row.reason)}</p>
                <p class="muted">"Raised " <Ago at=row.raised_at asked_at/></p>
            </div>
            <div class="alarm-acts">
                {who}
                <a class="button primary" href=format!("/jobs/{}", row.job)>"Decide"</a>
            </div>
        </li>
    }
}
