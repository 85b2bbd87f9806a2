//! What the pages about health share.

use super::desk::AlertLine;
use crate::parts::{Icon, icon};
use crate::people::pages::frame::when;
use leptos::prelude::*;
use pitstop_domain::health::rule::{Guard, Severity};
use pitstop_domain::health::spread::Class;
use pitstop_domain::health::{AlertState, Health};

pub(super) const HERE: &str = "/health";

/// The pages of this vertical, one beside the other.
pub(super) fn tabs(at: &'static str) -> AnyView {
    let tab = |href: &'static str, words: &'static str| {
        view! { <li><a href=href aria-current=(href == at).then_some("page")>{words}</a></li> }
    };
    view! {
        <nav class="tabs" aria-label="Health"><ul>
            {tab("/health", "Fleet")} {tab("/health/alerts", "Alerts")} {tab("/health/rules", "Rules")}
        </ul></nav>
    }
    .into_any()
}

fn drawing_of(class: Class) -> Icon {
    match class {
        Class::Unknown => Icon::Question,
        Class::Well => Icon::Check,
        Class::Fair => Icon::Dash,
        Class::Poor => Icon::Warning,
    }
}

/// A machine's health: figure, shape, word.
pub(super) fn score(health: &Health) -> AnyView {
    let class = Class::of(health.score);
    let figure = health.score.map(|score| view! { <strong class="figure">{score}</strong> });
    view! { <span class="chip health-score" data-health=class.name()>{icon(drawing_of(class))} {figure} " " {class.words()}</span> }
        .into_any()
}

/// What takes points, the worst first.
pub(super) fn reasons(health: &Health, most: usize) -> AnyView {
    let lines: Vec<_> = health
        .reasons
        .iter()
        .take(most)
        .map(|reason| {
            let points = (reason.points > 0)
                .then(|| view! { <span class="muted figure">{format!("−{}", reason.points)}</span> });
            view! { <li>{points} <span>{reason.words.clone()}</span></li> }
        })
        .collect();
    let more = health.reasons.len().saturating_sub(most);
    let more = (more > 0).then(|| view! { <li class="muted">{format!("and {more} more")}</li> });
    view! { <ul class="reasons">{lines}{more}</ul> }.into_any()
}

/// While all rules are stopped, each page says so.
pub(super) fn stopped(guard: &Guard) -> Option<AnyView> {
    let stopped = guard.stopped.as_ref()?;
    Some(
        view! {
            <div class="notice warn" role="status">{icon(Icon::Pause)}
            <p><strong>"All rules are stopped. "</strong> {stopped.by.clone()} ", " {when(stopped.at)} ": " {stopped.why.clone()}
            " Nothing is started until somebody lets them go on."</p></div>
        }
        .into_any(),
    )
}

pub(super) fn severity(severity: Severity) -> AnyView {
    let drawing = match severity {
        Severity::Notice => Icon::Eye,
        Severity::Warning => Icon::Warning,
        Severity::Critical => Icon::Cross,
    };
    view! { <span class="chip" data-severity=severity.name()>{icon(drawing)}{severity.name()}</span> }
        .into_any()
}

fn state(state: AlertState) -> AnyView {
    let (drawing, hue) = match state {
        AlertState::Pending => (Icon::Clock, "queued"),
        AlertState::Firing => (Icon::Bell, "held"),
        AlertState::Acknowledged => (Icon::Eye, "queued"),
        AlertState::Acting => (Icon::Wrench, "maintenance"),
        AlertState::Resolved => (Icon::Check, "succeeded"),
    };
    view! { <span class="chip" data-state=hue>{icon(drawing)}{state.name()}</span> }.into_any()
}

/// An alert: what, when it was noticed (its figures, which say for how long they have held, may be older), what was done; and
/// what can be done.
/// `why_not`: why this person decides nothing about alerts.
pub(super) fn alert(line: &AlertLine, with_machine: bool, why_not: Option<&str>) -> AnyView {
    let alert = &line.alert;
    let machine = with_machine.then(|| {
        let at = format!("/machines/{}/health", alert.machine);
        view! { <a class="alert-machine" href=at>{line.machine_name.clone()}</a> " " <span class="muted">{line.site.clone()}</span> }
    });
    let job = alert
        .job
        .map(|job| view! { <a href=format!("/jobs/{job}") rel="external">{line.function.clone()}</a> });
    let verdict = alert.verdict.as_ref().map(|verdict| {
        let drawing = if verdict.is_better() { Icon::Check } else { Icon::Warning };
        view! { <p class="verdict" data-better=verdict.is_better().to_string()>{icon(drawing)} <strong>{verdict.title()}</strong> ". " {verdict.words.clone()} "."</p> }
    });
    let seen = line.seen_by.clone().map(|by| view! { <span class="muted">{by}</span> });
    let person = alert
        .needs_person
        .then(|| view! { <span class="chip" data-state="held">{icon(Icon::Hand)}"needs a person"</span> });
    view! {
        <li class="alert" data-person=alert.needs_person.then_some("")>
            <p class="alert-head">{severity(line.severity)} {state(alert.state)} {person} {machine} <span>{line.rule_name.clone()}</span> {job} {seen}</p>
            <p>{alert.reason.clone()}</p>
            {verdict}
            <p class="muted">"noticed " {when(alert.since)} {alert.resolved_at.map(|at| view! { ", over " {when(at)} })} {(!alert.note.is_empty()).then(|| format!(": {}", alert.note))}</p>
            {acts(line, why_not)}
        </li>
    }
    .into_any()
}

fn acts(line: &AlertLine, why_not: Option<&str>) -> Option<AnyView> {
    let state = line.alert.state;
    let open = matches!(state, AlertState::Firing | AlertState::Acknowledged);
    if let Some(why) = why_not.filter(|_| open) {
        return Some(view! { <p class="muted">{why.to_owned()}</p> }.into_any());
    }
    let press = |act: &str, words: &'static str, class: &'static str| {
        let label = format!("{words}: {} on {}", line.rule_name, line.machine_name);
        view! { <form method="post" action=format!("{HERE}/alerts/{}/{act}", line.id)><button type="submit" class=class aria-label=label>{words}</button></form> }
    };
    let approve = line.alert.approved_by.is_none().then(|| press("approve", "Approve", "button primary"));
    let acknowledge =
        (state == AlertState::Firing).then(|| press("acknowledge", "I look after it", "button"));
    let dismiss = line.alert.dismissed_by.is_none().then(|| press("dismiss", "Dismiss", "button"));
    open.then(|| view! { <div class="alert-acts">{approve}{acknowledge}{dismiss}</div> }.into_any())
}
