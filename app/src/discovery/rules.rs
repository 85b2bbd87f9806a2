//! Rules by which strangers are adopted: what a rule would do is shown before it is kept.

use super::api::{AddRule, Discovery, DropRule, KeptRule};
use crate::format;
use crate::parts::{Post, Posted, Refusal};
use leptos::either::Either;
use leptos::prelude::*;
use pitstop_domain::adoption::{Rule, RuleForm, Stranger};

/// Names that a preview tells.
const TOLD: usize = 20;

#[component]
pub fn Rules(form: RuleForm, discovery: Discovery) -> AnyView {
    let posted = Posted::<AddRule>::here();
    let refused = posted.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    let kept: Vec<_> = discovery.rules.iter().map(|kept| line(kept.clone())).collect();
    let open = !form.is_empty() || posted.failure_untracked().is_some();
    let would = (!form.is_empty())
        .then(|| view! { <WouldDo form=form.clone() strangers=discovery.strangers.clone()/> });
    view! {
        <section class="panel" aria-labelledby="rules">
            <h2 id="rules">"Adopted by rule"</h2>
            <p class="muted">"A machine that asks and that a rule describes becomes ours at once. The first rule that holds decides."</p>
            {if kept.is_empty() {
                Either::Left(view! { <p class="muted">"No rule: every stranger waits for a person."</p> })
            } else {
                Either::Right(view! { <ol class="rules">{kept}</ol> })
            }}
            {refusal}
            <details open=open>
                <summary class="button">"New rule"</summary>
                <Fields form/>
                {would}
            </details>
        </section>
    }
    .into_any()
}

fn line(kept: KeptRule) -> impl IntoView {
    let posted = Posted::<DropRule>::here();
    let Rule { name, site, labels, .. } = kept.rule.clone();
    let labels: Vec<_> = labels.into_iter().map(|label| view! { <span class="tag">{label}</span> }).collect();
    let press = format!("Remove the rule for {name}");
    view! {
        <li>
            <span>{format::begin(&kept.rule.words())} " → " <code>{name}</code> " at " {site} " " {labels}</span>
            <Post posted>
                <input type="hidden" name="id" value=kept.id.to_string()/>
                <button type="submit" class="button quiet" aria-label=press>"Remove"</button>
            </Post>
        </li>
    }
}

/// A form that gets itself: what it would do is shown, and nothing is done.
#[component]
fn Fields(form: RuleForm) -> AnyView {
    let field = |name: &'static str, label: &'static str, value: String, hint: &'static str| {
        let id = format!("rule-{name}");
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <input id=id name=format!("rule[{name}]") value=value placeholder=hint autocomplete="off"/>
            </div>
        }
    };
    let or = |text: &str, usual: &str| if text.is_empty() { usual.to_owned() } else { text.to_owned() };
    view! {
        <form method="get" action="/discovery" class="run-form rule-form">
            <h3>"Machines for which all of this holds"</h3>
            <div class="fields">
                {field("mac", "MAC begins with", form.mac, "52:54:00")}
                {field("network", "Asks from the network", form.network, "10.77.0.0/16")}
                {field("arch", "Architecture", form.arch, "x86-64 or arm64")}
                {field("uuid", "SMBIOS UUID", form.uuid, "any")}
            </div>
            <h3>"become"</h3>
            <div class="fields">
                {field("name", "Name; {mac6} is the end of the MAC", or(&form.name, "pc-{mac6}"), "pc-{mac6}")}
                {field("site", "Site", or(&form.site, "main"), "main")}
                {field("labels", "Labels, by commas", form.labels, "none")}
            </div>
            <button type="submit" class="button">"Show what it would adopt"</button>
        </form>
    }
    .into_any()
}

#[component]
fn WouldDo(form: RuleForm, strangers: Vec<Stranger>) -> AnyView {
    let rule = match form.rule() {
        Ok(rule) => rule,
        Err(why) => {
            return view! { <div class="notice bad" role="alert"><p>{format::sentence(&why)}</p></div> }
                .into_any();
        }
    };
    let fits: Vec<_> = strangers.iter().filter(|stranger| rule.fits(stranger)).collect();
    let count = format::counted(fits.len() as u64, "machine", "machines");
    let names: Vec<_> = fits
        .iter()
        .take(TOLD)
        .map(|stranger| view! { <li><code>{stranger.mac.to_string()}</code> " → " {rule.name_for(stranger.mac)}</li> })
        .collect();
    let posted = Posted::<AddRule>::here();
    let hidden = |name: &'static str, value: String| {
        view! { <input type="hidden" name=format!("rule[{name}]") value=value/> }
    };
    view! {
        <div class="would" role="status">
            <p>
                "Of the strangers listed here it would have adopted " <strong>{count}</strong>
                ". Those that asked already are adopted when they ask again."
            </p>
            <ul class="names">{names}</ul>
            <Post posted>
                {hidden("mac", form.mac)}
                {hidden("uuid", form.uuid)}
                {hidden("arch", form.arch)}
                {hidden("network", form.network)}
                {hidden("name", form.name)}
                {hidden("site", form.site)}
                {hidden("labels", form.labels)}
                <button type="submit" class="button primary">"Keep this rule"</button>
            </Post>
        </div>
    }
    .into_any()
}
