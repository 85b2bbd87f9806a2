//! What is asked of a webhook, new or not.

use crate::health::desk::Filled;
use leptos::prelude::*;
use pitstop_domain::hook::{Hook, Kind, Written};

/// What was filled in.
pub(super) fn read(filled: &Filled) -> Written {
    let text = |name: &str| filled.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let kinds = Kind::ALL.into_iter().filter(|kind| filled.contains_key(kind.name()));
    Written { name: text("name"), url: text("url"), kinds: kinds.collect(), query: text("query") }
}

/// A hook as it would be filled in.
pub(super) fn written(hook: &Hook) -> Written {
    let (name, url) = (hook.name.clone(), hook.url.as_str().to_owned());
    Written { name, url, kinds: hook.kinds.clone(), query: hook.query.clone() }
}

pub(super) fn fields(written: &Written) -> impl IntoView + use<> {
    let kinds = Kind::ALL.map(|kind| {
        let checked = written.kinds.contains(&kind);
        view! {
            <label class="check"><input type="checkbox" name=kind.name() value="on" checked=checked/>
                <span>{kind.title()} " " <code class="muted">{kind.name()}</code></span></label>
        }
    });
    view! {
        <div class="fields">
            <div class="field"><label for="name">"Name"</label><input id="name" name="name" maxlength="100" required autocomplete="off" value=written.name.clone() placeholder="Ticket system"/></div>
            <div class="field"><label for="query">"Only machines that this search finds"</label><input id="query" name="query" autocomplete="off" spellcheck="false" value=written.query.clone() placeholder="site:berlin label:lab"/></div>
        </div>
        <div class="field wide"><label for="url">"Address"</label><input id="url" name="url" type="url" required autocomplete="off" spellcheck="false" value=written.url.clone() placeholder="https://tickets.example/pitstop" aria-describedby="url-hint"/>
            <span class="hint" id="url-hint">"Events are posted there, signed. An address of your own networks is told only where the server was started with --webhooks-inner and its host."</span></div>
        <fieldset><legend class="small">"Of which events"</legend><div class="hook-kinds">{kinds}</div></fieldset>
    }
}
