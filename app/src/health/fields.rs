//! The fields of a rule's form.

use super::desk::Offer;
use leptos::prelude::*;
use pitstop_domain::health::metric::KINDS;
use pitstop_domain::health::rule::{Acts, Severity};

/// Figures that a rule may put together here.
pub(super) const TERMS: usize = 3;

pub(super) fn fields(offer: &Offer) -> AnyView {
    let value = |name: &str| offer.filled.get(name).cloned().unwrap_or_default();
    let text = |name: &'static str, label: &'static str, hint: &'static str| {
        let hint_id = format!("{name}-hint");
        view! { <div class="field"><label for=name>{label}</label><input id=name name=name value=value(name) autocomplete="off" aria-describedby=hint_id.clone()/><span class="hint" id=hint_id>{hint}</span></div> }
    };
    let number = |name: &'static str, label: &'static str| {
        view! { <div class="field"><label for=name>{label}</label><input id=name name=name type="number" min="0" step="any" value=value(name)/></div> }
    };
    let choice = |name: &'static str, label: &'static str, of: Vec<(String, String)>| {
        let chosen = value(name);
        let options: Vec<_> = of
            .into_iter()
            .map(|(key, words)| view! { <option value=key.clone() selected=key == chosen>{words}</option> })
            .collect();
        view! { <div class="field"><label for=name>{label}</label><select id=name name=name>{options}</select></div> }
    };
    let pairs = |of: &[(&str, &str)]| {
        of.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect::<Vec<_>>()
    };
    let terms: Vec<_> = (0..TERMS).map(|n| term(offer, n)).collect();
    let severities: Vec<_> =
        Severity::ALL.iter().map(|one| (one.name().to_owned(), one.name().to_owned())).collect();
    let acts: Vec<_> = Acts::ALL.iter().map(|one| (one.name().to_owned(), one.words().to_owned())).collect();
    view! {
        <input type="hidden" name="id" value=value("id")/>
        <input type="hidden" name="version" value=value("version")/>
        <fieldset><legend>"Which machines"</legend><div class="fields">
            {text("name", "Name", "Slow processors")}
            {text("query", "Machines", "Words of the fleet's search; empty is all")}
        </div></fieldset>
        <fieldset><legend>"When"</legend>
            {terms}
            {heard(offer)}
            <div class="fields">
                {choice("how", "Of these", pairs(&[("all", "all must hold"), ("any", "one is enough")]))}
                {number("for_min", "For minutes, those before now too")}
                {number("hysteresis", "Over when better by per cent")}
            </div>
        </fieldset>
        <fieldset><legend>"Then"</legend><div class="fields">
            {choice("function", "Function", offer.functions.clone())}
            {choice("acts", "It", acts)}
            {choice("severity", "Severity", severities)}
            {choice("enabled", "The rule is", pairs(&[("on", "on"), ("off", "off")]))}
        </div></fieldset>
        <fieldset><legend>"Brakes of this rule"</legend><div class="fields">
            {number("cool_h", "After a trip leave it alone for hours")}
            {number("trips", "Trips of a machine in a week")}
            {number("brake_machines", "Not more than machines")}
            {number("brake_percent", "nor per cent")}
            {number("brake_min", "within minutes")}
            {number("storm_machines", "Ask a person from machines")}
            {number("storm_percent", "and per cent on, within an hour")}
        </div></fieldset>
    }
    .into_any()
}

/// An alert of somebody elsewhere, beside the figures.
fn heard(offer: &Offer) -> AnyView {
    let value = |name: &str| offer.filled.get(name).cloned().unwrap_or_default();
    let chosen = value("heard_from");
    let sources: Vec<_> = offer
        .sources
        .iter()
        .map(|(id, name)| view! { <option value=id.clone() selected=*id == chosen>{name.clone()}</option> })
        .collect();
    let names: Vec<_> =
        offer.heard.iter().map(|name| view! { <option value=name.clone()></option> }).collect();
    view! {
        <div class="fields">
            <div class="field"><label for="heard">"An alert from elsewhere fires"</label><input id="heard" name="heard" list="heard-names" value=value("heard") autocomplete="off" spellcheck="false" aria-describedby="heard-hint"/>
                <datalist id="heard-names">{names}</datalist>
                <span class="hint" id="heard-hint">"Its name there, such as NodeCpuSlow; empty: none"</span></div>
            <div class="field"><label for="heard_from">"Told by"</label><select id="heard_from" name="heard_from"><option value="">"anybody"</option>{sources}</select></div>
        </div>
    }
    .into_any()
}

fn term(offer: &Offer, n: usize) -> AnyView {
    let value = |name: &str| offer.filled.get(&format!("{name}{n}")).cloned().unwrap_or_default();
    let (metric, against) = (value("metric"), value("against"));
    let none = if n > 0 { "nothing more" } else { "no figure" };
    let none = view! { <option value="" selected=metric.is_empty()>{none}</option> };
    let metrics: Vec<_> = KINDS
        .iter()
        .map(|kind| {
            let unit = if kind.unit.is_empty() { String::new() } else { format!(" ({})", kind.unit) };
            view! { <option value=kind.name selected=kind.name == metric>{format!("{}{unit}", kind.title)}</option> }
        })
        .collect();
    let kinds = [
        ("own", "worse than its own usual by %"),
        ("peers", "worse than its model's usual by %"),
        ("above", "above"),
        ("below", "below"),
    ];
    let kinds: Vec<_> = kinds
        .iter()
        .map(|(key, words)| view! { <option value=*key selected=*key == against>{*words}</option> })
        .collect();
    let id = |name: &str| format!("{name}{n}");
    view! {
        <div class="fields term">
            <div class="field"><label for=id("metric")>{format!("Figure {}", n + 1)}</label><select id=id("metric") name=id("metric")>{none}{metrics}</select></div>
            <div class="field"><label for=id("against")>"is"</label><select id=id("against") name=id("against")>{kinds}</select></div>
            <div class="field"><label for=id("value")>"Value"</label><input id=id("value") name=id("value") type="number" step="any" value=value("value")/></div>
        </div>
    }
    .into_any()
}
