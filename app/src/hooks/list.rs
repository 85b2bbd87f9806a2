//! `/settings/webhooks`: programs outside that are told of events.

use super::desk::HookDesk;
use super::{HERE, form};
use crate::Failure;
use crate::format;
use crate::health::desk::Filled;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::hook::{Kind, Standing, Written};

/// `GET /settings/webhooks`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    page(&frame, &*entered.hooks, None, &Written::default()).await
}

/// `POST /settings/webhooks`: a new one; its secret is shown once, in the answer.
pub(super) async fn make(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    let written = form::read(&filled);
    match entered.hooks.make(&written).await {
        Ok((standing, secret)) => html(StatusCode::OK, secret_page(&frame, &standing, secret.expose())),
        Err(failure @ Failure::Refused(_)) => page(&frame, &*entered.hooks, Some(&failure), &written).await,
        Err(failure) => frame.trouble(&failure),
    }
}

async fn page(frame: &Frame, desk: &dyn HookDesk, failure: Option<&Failure>, written: &Written) -> Response {
    let hooks = match desk.all().await {
        Ok(hooks) => hooks,
        Err(why) => return frame.trouble(&why),
    };
    let none = hooks.is_empty().then(|| {
        view! { <section class="empty"><h2>"No program outside is told yet"</h2><p>"A webhook posts a small JSON to an address of yours when a job begins, is held or closed, when an alarm is raised, when an alert fires: signed, again and again until it is taken, with a log of all that was sent."</p></section> }
    });
    let lines: Vec<_> = hooks.iter().map(line).collect();
    let body = view! {
        <div class="page-head"><h1>"Webhooks"</h1></div>
        {refusal(failure)}
        {none}
        <ul class="people">{lines}</ul>
        <section class="panel run-fields" aria-labelledby="new-hook"><h2 id="new-hook">"New webhook"</h2>
        <form method="post" action=HERE class="stack-tight">
            {form::fields(written)}
            <button type="submit" class="button primary">"Make the webhook"</button>
        </form></section>
    };
    html(failure.map_or(StatusCode::OK, status_of), frame.following("Webhooks", "hook", body))
}

fn line(standing: &Standing) -> AnyView {
    let hook = &standing.hook;
    let kinds: Vec<_> = hook.kinds.iter().map(|kind| kind.name()).collect();
    let kinds = match kinds.len() == Kind::ALL.len() {
        true => "all events".to_owned(),
        false => kinds.join(", "),
    };
    let query = (!hook.query.is_empty()).then(|| view! { " of " <code>{hook.query.clone()}</code> });
    view! {
        <li class="panel">
            <div class="alert-head"><h2><a href=format!("{HERE}/{}", hook.id)>{hook.name.clone()}</a></h2> {state(standing)}</div>
            <p class="hook-url">{hook.url.origin().to_owned()} <span class="muted">" · " {kinds} {query}</span></p>
            {figures(standing)}
        </li>
    }
    .into_any()
}

/// How it does: shape and word.
pub(super) fn state(standing: &Standing) -> impl IntoView + use<> {
    let (hue, drawing, word) = match (&standing.paused, standing.failing_since, standing.delivered_at) {
        (Some(_), ..) => ("held", Icon::Pause, "paused"),
        (None, Some(_), _) => ("failed", Icon::Warning, "fails"),
        (None, None, Some(_)) => ("succeeded", Icon::Check, "delivers"),
        (None, None, None) => ("unknown", Icon::Dash, "nothing sent yet"),
    };
    view! { <span class="chip" data-state=hue>{icon(drawing)}{word}</span> }
}

pub(super) fn figures(standing: &Standing) -> impl IntoView + use<> {
    let last = standing.delivered_at.map(|at| view! { <span>"delivered last " {when(at)}</span> });
    let waiting = (standing.waiting > 0).then(|| {
        view! { <span>{format::counted(standing.waiting, "delivery waits", "deliveries wait")}</span> }
    });
    let given_up = (standing.given_up > 0).then(|| {
        let words = format::counted(standing.given_up, "was given up", "were given up");
        view! { <span>{icon(Icon::Warning)} " " {words}</span> }
    });
    let failing = standing.failing_since.map(|since| {
        view! { <span>"nothing was taken since " {when(since)}</span> }
    });
    view! { <p class="alert-head muted">{last} {waiting} {failing} {given_up}</p> }
}

/// The secret of a webhook, and how deliveries are verified.
pub(super) fn secret_page(frame: &Frame, standing: &Standing, secret: &str) -> String {
    let hook = &standing.hook;
    let former = standing.former_until.map(|until| {
        view! { <p>"Deliveries are signed with the former one, too, until " {when(until)} ": put the new one in place there before that."</p> }
    });
    let body = view! {
        <div class="page-head"><p class="crumbs"><a href=HERE>"Webhooks"</a></p><h1>{format!("The secret of {}", hook.name)}</h1></div>
        <section class="panel once">
            <p>"It is shown here and never again. A new one can be made at any time."</p>
            <p class="secret"><code>{secret.to_owned()}</code></p>
            {former}
            <p><a class="button" href=format!("{HERE}/{}", hook.id)>"To the webhook"</a></p>
        </section>
        {how()}
    };
    frame.page("A webhook's secret", body)
}

/// How a receiver knows that it is us.
pub(super) fn how() -> AnyView {
    let text = "from standardwebhooks import Webhook   # pip install standardwebhooks; there is one for most languages\n\n\
                event = Webhook(secret).verify(body, headers)   # raises, where it is not ours or older than five minutes\n\
                if headers[\"webhook-id\"] not in seen:           # what is sent again has the same name\n    \
                print(event[\"type\"], event[\"data\"])";
    view! {
        <section class="panel" aria-labelledby="how"><h2 id="how">"How a receiver knows that it is us"</h2>
            <p>"Each delivery is signed as the Standard Webhooks specification has it: HMAC-SHA-256 in " <code>"webhook-signature"</code> " over " <code>"webhook-id"</code> ", " <code>"webhook-timestamp"</code> " and the body. Answer 2xx within 15 seconds, and work on it afterwards. All else is tried again, for three days."</p>
            <pre class="told-how" tabindex="0"><code>{text}</code></pre></section>
    }
    .into_any()
}
