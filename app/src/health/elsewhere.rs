//! `/settings/sources`: who elsewhere may tell of machines, what they told, and how they are told to.

use super::desk::{Filled, SourceLine, SourcePage, Told};
use crate::Failure;
use crate::format;
use crate::parts::{Icon, icon};
use crate::people::door::Entered;
use crate::people::pages::frame::{Frame, html, refusal, when};
use crate::serve::status_of;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;
use pitstop_domain::health::elsewhere::{BELIEVED_S, LABELS, Source, Speaks};

pub(super) const HERE: &str = "/settings/sources";

/// `GET /settings/sources`
pub(super) async fn show(frame: Frame, Extension(entered): Extension<Entered>) -> Response {
    list(&frame, &entered, None, &Filled::new()).await
}

/// `POST /settings/sources`: a new source; its secret is shown once, in the answer.
pub(super) async fn make(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Form(filled): Form<Filled>,
) -> Response {
    match entered.health.make_source(&filled).await {
        Ok((source, secret)) => html(StatusCode::OK, secret_page(&frame, &source, secret.expose())),
        Err(failure @ Failure::Refused(_)) => list(&frame, &entered, Some(&failure), &filled).await,
        Err(failure) => frame.trouble(&failure),
    }
}

/// `GET /settings/sources/{source}`
pub(super) async fn one(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path(id): Path<String>,
) -> Response {
    match entered.health.source(&id).await {
        Ok(page) => html(StatusCode::OK, source_page(&frame, &page)),
        Err(failure) => frame.trouble(&failure),
    }
}

/// `POST /settings/sources/{source}/{act}`: `rotate` gives another secret, `revoke` takes it away.
pub(super) async fn act(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Path((id, act)): Path<(String, String)>,
    Form(filled): Form<Filled>,
) -> Response {
    match entered.health.act_source(&id, &act, &filled).await {
        Ok(Some((source, secret))) => html(StatusCode::OK, secret_page(&frame, &source, secret.expose())),
        Ok(None) => Redirect::to(HERE).into_response(),
        Err(failure) => frame.trouble(&failure),
    }
}

async fn list(frame: &Frame, entered: &Entered, failure: Option<&Failure>, filled: &Filled) -> Response {
    let lines = match entered.health.sources().await {
        Ok(lines) => lines,
        Err(why) => return frame.trouble(&why),
    };
    let none = lines.is_empty().then(|| {
        view! { <section class="empty"><h2>"Nobody elsewhere tells yet"</h2><p>"Keep the monitoring that you have: what it finds on a machine can start the right maintenance here, under the same brakes as all that Pitstop measures itself."</p></section> }
    });
    let lines: Vec<_> = lines.iter().map(line).collect();
    let body = view! {
        <div class="page-head"><h1>"Alerts from elsewhere"</h1></div>
        {refusal(failure)}
        {none}
        <ul class="people">{lines}</ul>
        {form(filled)}
    };
    html(failure.map_or(StatusCode::OK, status_of), frame.following("Alerts from elsewhere", "health", body))
}

fn line(line: &SourceLine) -> AnyView {
    let revoked = line.revoked.as_ref().map(|(by, at)| {
        view! { <p class="muted">{icon(Icon::Cross)} " Revoked by " {by.clone()} ", " {when(*at)} ": what it told is not believed."</p> }
    });
    let unmatched = (line.unmatched > 0).then(|| {
        view! { <span>{icon(Icon::Question)} " " {format::counted(line.unmatched, "alert names no machine", "alerts name no machine")}</span> }
    });
    let told = match line.delivered_at {
        Some(at) => view! { <span class="muted">"told last " {when(at)}</span> }.into_any(),
        None => view! { <span class="muted">"has told nothing yet"</span> }.into_any(),
    };
    view! {
        <li class="panel">
            <div class="alert-head"><h2><a href=format!("{HERE}/{}", line.source.id)>{line.source.name.clone()}</a></h2> <span class="tag">{line.source.speaks.title()}</span></div>
            <p class="alert-head"><span>{format::counted(line.firing, "alert fires", "alerts fire")}</span> {unmatched} {told}</p>
            {refused(line)}
            {revoked}
        </li>
    }
    .into_any()
}

fn refused(line: &SourceLine) -> Option<AnyView> {
    let (times, at, why) = line.refused.clone()?;
    Some(view! { <div class="notice warn">{icon(Icon::Warning)} <p>{format::counted(times, "delivery was", "deliveries were")} " turned away since the last that was taken; the newest " {when(at)} ": " {why} "."</p></div> }.into_any())
}

fn form(filled: &Filled) -> AnyView {
    let value = |name: &str, first: &str| filled.get(name).cloned().unwrap_or_else(|| first.to_owned());
    let chosen = value("speaks", Speaks::Alertmanager.name());
    let kinds: Vec<_> = Speaks::ALL
        .into_iter()
        .map(
            |kind| view! { <option value=kind.name() selected=kind.name() == chosen>{kind.title()}</option> },
        )
        .collect();
    view! {
        <section class="panel" aria-labelledby="new-source"><h2 id="new-source">"New source"</h2>
        <form method="post" action=HERE class="stack-tight">
            <div class="field"><label for="name">"Name"</label><input id="name" name="name" maxlength="100" required autocomplete="off" value=value("name", "") placeholder="Prometheus in Graz"/></div>
            <div class="field"><label for="speaks">"It speaks"</label><select id="speaks" name="speaks">{kinds}</select></div>
            <div class="field wide"><label for="labels">"Labels that name a machine"</label><input id="labels" name="labels" value=value("labels", &LABELS.join(", ")) autocomplete="off" spellcheck="false" aria-describedby="labels-hint"/>
                <span class="hint" id="labels-hint">"Compared with a machine's name, id, SMBIOS UUID, MAC and IP addresses; a port and a domain are left out. What names none, or several, is listed and is about nobody."</span></div>
            <div class="field"><label for="believed_min">"Believe for minutes without being told again"</label><input id="believed_min" name="believed_min" type="number" min="5" max="10080" value=value("believed_min", &(BELIEVED_S / 60).to_string()) aria-describedby="believed-hint"/>
                <span class="hint" id="believed-hint">"Longer than its repeat_interval (4 h, unless set otherwise). After that it is not known whether the alert still fires: nothing starts, nothing is over."</span></div>
            <button type="submit" class="button primary">"Make the source"</button>
        </form></section>
    }
    .into_any()
}

fn address(frame: &Frame, source: &Source) -> String {
    format!("{}/api/v1/health/sources/{}", frame.base(), source.id)
}

fn secret_page(frame: &Frame, source: &Source, secret: &str) -> String {
    let how = how(frame, source);
    let body = view! {
        <div class="page-head"><p class="crumbs"><a href=HERE>"Alerts from elsewhere"</a></p><h1>{format!("The secret of {}", source.name)}</h1></div>
        <section class="panel once">
            <p>"It is shown here and never again. A new one can be made at any time."</p>
            <p class="secret"><code>{secret.to_owned()}</code></p>
            <p><a class="button" href=format!("{HERE}/{}", source.id)>"To the source"</a></p>
        </section>
        {how}
    };
    frame.page("A source's secret", body)
}

/// What is written there.
fn how(frame: &Frame, source: &Source) -> AnyView {
    let address = address(frame, source);
    let text = match source.speaks {
        Speaks::Alertmanager => format!(
            "receivers:\n  - name: pitstop\n    webhook_configs:\n      - url: {address}\n        send_resolved: true\n        \
             http_config:\n          authorization:\n            credentials_file: /etc/alertmanager/pitstop.secret"
        ),
        Speaks::Signed => format!(
            "body='{{\"alerts\":[{{\"name\":\"FanFailed\",\"state\":\"firing\",\"machine\":\"pc-17\",\"summary\":\"fan 2 stands still\"}}]}}'\n\
             at=$(date +%s)\nsignature=$(printf '%s.%s' \"$at\" \"$body\" | openssl dgst -sha256 -hmac \"$(cat secret)\" -r | cut -d' ' -f1)\n\
             curl -fsS -H 'content-type: application/json' -H \"pitstop-timestamp: $at\" \\\n     -H \"pitstop-signature: v1=$signature\" --data-binary \"$body\" \\\n     {address}"
        ),
    };
    let words = match source.speaks {
        Speaks::Alertmanager => {
            "In alertmanager.yml, with the secret in a file beside it (a password by basic_auth does as well):"
        }
        Speaks::Signed => {
            "Each alert has a name and a state, firing or resolved, and says its machine or has labels that do. With the secret in a file:"
        }
    };
    view! {
        <section class="panel" aria-labelledby="how"><h2 id="how">"How it tells"</h2><p>{words}</p><pre class="told-how" tabindex="0"><code>{text}</code></pre></section>
    }
    .into_any()
}

fn source_page(frame: &Frame, page: &SourcePage) -> String {
    let source = &page.line.source;
    let told: Vec<_> = page.told.iter().map(|told| tiding(told, true)).collect();
    let told = (!told.is_empty()).then(|| view! { <section class="panel" aria-labelledby="told"><h2 id="told">"What it told last"</h2><ul class="lines tidings">{told}</ul></section> });
    let deliveries: Vec<_> = page
        .deliveries
        .iter()
        .map(|(at, words, from)| view! { <li><span>{when(*at)}</span><span>{words.clone()} <span class="muted">" from " {from.clone()}</span></span></li> })
        .collect();
    let none = deliveries.is_empty().then(|| view! { <p class="muted">"It has told nothing yet."</p> });
    let former = page
        .line
        .former_until
        .map(|until| view! { <p class="muted">"The former secret holds until " {when(until)} "."</p> });
    let acts = page.line.revoked.is_none().then(|| {
        let press = |act: &str| format!("{HERE}/{}/{act}", source.id);
        view! {
            <div class="schedule-acts">
                <form method="post" action=press("rotate") class="stack-tight">
                    <label class="check"><input type="checkbox" name="keep" value="on" checked/>" The former one holds for an hour more"</label>
                    <button type="submit" class="button">"Make another secret"</button>
                </form>
                <form method="post" action=press("revoke")><button type="submit" class="button danger">"Revoke the source"</button></form>
            </div>
        }
    });
    let body = view! {
        <div class="page-head"><p class="crumbs"><a href=HERE>"Alerts from elsewhere"</a></p><h1>{source.name.clone()}</h1></div>
        {line(&page.line)}
        {former}
        {told}
        <section class="panel" aria-labelledby="deliveries"><h2 id="deliveries">"Last deliveries"</h2>{none}<ul class="lines">{deliveries}</ul></section>
        {how(frame, source)}
        <section class="panel" aria-labelledby="secret"><h2 id="secret">"Its secret"</h2>{acts}</section>
    };
    frame.following(&source.name, "health", body)
}

/// An alert from elsewhere, with the machine or why it names none.
pub(super) fn tiding(told: &Told, with_machine: bool) -> AnyView {
    let (hue, word) = if told.firing { ("held", "fires") } else { ("succeeded", "over") };
    let drawing = if told.firing { Icon::Bell } else { Icon::Check };
    let machine = with_machine.then(|| match (&told.machine, &told.unmatched) {
        (Some((id, name)), _) => view! { <a href=format!("/machines/{id}/health")>{name.clone()}</a> }.into_any(),
        (None, why) => view! { <span class="entry-note">{icon(Icon::Question)} " about no machine: " {why.clone()}</span> }.into_any(),
    });
    let times = (told.times > 1).then(|| format!(", told {} times", told.times));
    view! {
        <li>
            <span class="alert-head"><span class="chip" data-state=hue>{icon(drawing)}{word}</span> <strong>{told.name.clone()}</strong> {machine}</span>
            <span>{told.summary.clone()} <span class="muted">" since " {when(told.since)} {times} ", last " {when(told.told_at)} ", by " {told.source.clone()}</span></span>
        </li>
    }
    .into_any()
}
