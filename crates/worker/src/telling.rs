//! Tells people outside by mail and in chats: of alerts of health, and of machines that are not proven back. What belongs together
//! is one message, not more than one a minute; it is tried again until it is taken.

use pitstop_domain::Time;
use pitstop_domain::health::listener::{Line, Listener, Message, Way};
use pitstop_domain::health::rule::Severity;
use pitstop_domain::health::{Alert, AlertState};
use pitstop_domain::hook::Standing;
use pitstop_domain::route::HttpUrl;
use pitstop_power::outward::{mail, post_chat};
use pitstop_store::health::alerts::AlertRow;
use pitstop_store::listeners::{Held, Telling};
use pitstop_store::{Keys, Result, Store};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(2);

/// Tells until cancelled. `dashboard`: where people find the pages.
pub(crate) async fn run(store: Store, keys: Keys, dashboard: String, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(tell_one(&store, &keys, &dashboard)).await {
            Some(Ok(true)) => continue,
            Some(Err(error)) => tracing::debug!(%error, "Nobody can be told for now."),
            _ => {}
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Tells what is due, of one group to one listener; false where nothing is.
pub async fn tell_one(store: &Store, keys: &Keys, dashboard: &str) -> Result<bool> {
    let Some(telling) = store.take_telling(store.now()).await? else { return Ok(false) };
    let message = message(&telling, dashboard.trim_end_matches('/'));
    let done = match message.lines.is_empty() {
        // What it was about is gone.
        true => Ok(()),
        false => send(store, keys, &telling.listener, &message).await,
    };
    if let Err(why) = &done {
        tracing::warn!(
            listener = telling.listener.name,
            why,
            "Somebody could not be told; it is tried again."
        );
    }
    store.listener_told(&telling, done.as_ref().copied().map_err(String::as_str), store.now()).await?;
    Ok(true)
}

/// Sends a message to a listener.
///
/// # Errors
/// In words, when it was not taken.
pub async fn send(
    store: &Store,
    keys: &Keys,
    listener: &Listener,
    message: &Message,
) -> std::result::Result<(), String> {
    let secret = store.listener_secret(keys, listener.id).await.map_err(|error| error.to_string())?;
    if let (Way::Mail, Some(settings)) = (listener.way, &listener.mail) {
        return mail::send(settings, secret.expose(), &message.subject(), &message.text()).await;
    }
    let url: HttpUrl = secret.expose().parse().map_err(|error| format!("its address: {error}"))?;
    match post_chat(&url, message.chat(listener.way).to_string()).await? {
        (200..300, _) => Ok(()),
        (status, said) => Err(format!("it answered {status}: {said}")),
    }
}

fn message(telling: &Telling, dashboard: &str) -> Message {
    let alerts = telling.alerts.iter().map(|row| of_alert(row, dashboard));
    let held = telling.held.iter().map(|held| of_held(held, dashboard));
    let hooks = telling.hooks.iter().map(|hook| of_hook(hook, dashboard));
    let (title, page) = match (telling.alerts.first(), telling.hooks.first()) {
        (Some(row), _) => (row.rule.name.clone(), format!("{dashboard}/health/alerts")),
        (None, Some(_)) => ("Webhooks".to_owned(), format!("{dashboard}/settings/webhooks")),
        (None, None) => ("Not proven back".to_owned(), format!("{dashboard}/alarms")),
    };
    Message { title, lines: alerts.chain(held).chain(hooks).collect(), page }
}

fn of_alert(row: &AlertRow, dashboard: &str) -> Line {
    let alert = &row.alert;
    let state = match (alert.needs_person, alert.state) {
        (true, _) => "needs a person",
        (false, state) => state.name(),
    };
    let done = match (alert.job, alert.note.as_str()) {
        (Some(job), note) => format!("{} was started ({dashboard}/jobs/{job}). {note}", row.rule.function),
        (None, "") => "nothing yet".to_owned(),
        (None, note) => note.to_owned(),
    };
    Line {
        severity: row.rule.severity,
        state: state.to_owned(),
        machine: row.machine_name.clone(),
        site: row.site.clone(),
        since: alert.since,
        reason: alert.reason.clone(),
        sure: sure(alert, row),
        done,
        page: format!("{dashboard}/machines/{}/health", alert.machine),
    }
}

/// What it stands on.
fn sure(alert: &Alert, row: &AlertRow) -> String {
    if let Some(verdict) = &alert.verdict {
        return format!("{}: {}", verdict.title(), verdict.words);
    }
    let condition = &row.rule.condition;
    let held = pitstop_domain::health::rule::long(condition.for_s);
    let by = match (condition.terms.is_empty(), condition.heard.is_empty()) {
        (true, _) => "told by somebody else's monitoring",
        (_, true) => "measured on the machine itself",
        _ => "measured on the machine itself, and told by somebody else's monitoring",
    };
    match alert.state {
        AlertState::Resolved => format!("{by}; over by the same"),
        _ => format!("{by}; it held for {held}"),
    }
}

fn of_hook(standing: &Standing, dashboard: &str) -> Line {
    let paused = standing.paused.as_ref();
    Line {
        severity: Severity::Warning,
        state: "paused".to_owned(),
        machine: standing.hook.name.clone(),
        site: String::new(),
        since: paused.map_or(standing.changed_at, |paused| paused.at),
        reason: paused.map(|paused| paused.why.clone()).unwrap_or_default(),
        sure: "by its own answers, or since none came".to_owned(),
        done: "what happens waits until somebody resumes it".to_owned(),
        page: format!("{dashboard}/settings/webhooks/{}", standing.hook.id),
    }
}

fn of_held(held: &Held, dashboard: &str) -> Line {
    let done = match &held.seen_by {
        Some(by) => format!("{by} looks after it"),
        None => "the machine is reserved, and awaited; nobody looks after it yet".to_owned(),
    };
    Line {
        severity: Severity::Critical,
        state: "needs a person".to_owned(),
        machine: held.machine_name.clone(),
        site: held.site.clone(),
        since: held.raised_at as Time,
        reason: held.reason.clone(),
        sure: "nothing was seen of its own system since it was sent home".to_owned(),
        done,
        page: format!("{dashboard}/jobs/{}", held.job),
    }
}
