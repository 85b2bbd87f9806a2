//! Machines that asked to boot and that nobody told us of.

use super::api::{AddRule, Adopt, Discovery, DropRule};
use super::rules::Rules;
use super::server::discovery;
use super::silences::Silences;
use crate::format;
use crate::live::document::{drawn, follow_all};
use crate::parts::{Ago, Empty, Post, Posted, Refusal};
use crate::people::allowed::Allowed;
use crate::people::me::why_not_whole;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pitstop_domain::Time;
use pitstop_domain::adoption::{RuleForm, Stranger};
use pitstop_domain::event::Noun;
use pitstop_domain::people::Right;

/// The page at `/discovery`.
#[component]
pub fn DiscoveryPage() -> impl IntoView {
    Posted::<Adopt>::provide();
    Posted::<AddRule>::provide();
    Posted::<DropRule>::provide();
    let form = use_query_map().with_untracked(|map| read(|name| map.get(name)));
    view! {
        <Title text="Discovery"/>
        {follow_all(Noun::Machine)}
        {drawn(discovery(), move |discovery| view! { <Found form discovery/> })}
    }
}

fn read(get: impl Fn(&str) -> Option<String>) -> RuleForm {
    let word = |name: &str| get(&format!("rule[{name}]")).unwrap_or_default();
    RuleForm {
        mac: word("mac"),
        uuid: word("uuid"),
        arch: word("arch"),
        network: word("network"),
        name: word("name"),
        site: word("site"),
        labels: word("labels"),
    }
}

#[component]
fn Found(form: RuleForm, discovery: Discovery) -> AnyView {
    let asked_at = discovery.asked_at;
    let posted = Posted::<Adopt>::here();
    let refused = posted.clone();
    let refusal = move || refused.failure().map(|failure| view! { <Refusal failure/> });
    let sites: Vec<_> =
        discovery.sites.iter().map(|site| view! { <option value=site.clone()></option> }).collect();
    let more = discovery.total.saturating_sub(discovery.strangers.len() as u64);
    let rows: Vec<_> = discovery
        .strangers
        .iter()
        .map(|stranger| view! { <Row stranger=stranger.clone() asked_at posted=posted.clone()/> })
        .collect();
    let silences = discovery.silences.clone();
    view! {
        <div class="page-head">
            <p class="crumbs"><a href="/">"Fleet"</a></p>
            <h1>"Discovery"</h1>
            <p class="muted">{format::counted(discovery.total, "machine is not known", "machines are not known")}</p>
            <a class="button head-act" href="/discovery/import">"Import a list"</a>
        </div>
        {refusal}
        <datalist id="sites">{sites}</datalist>
        <Allowed why=why_not_whole(Right::EditMachines)><div class="columns">
            <div class="stack">
                {if rows.is_empty() {
                    Either::Left(view! {
                        <Empty title="No stranger has asked">
                            <p>
                                "Machines that start from the network and are not known are listed here, with how they asked. They are left "
                                "to their own systems until somebody adopts them."
                            </p>
                            <p>"Switch a machine on with network boot first, or " <a href="/discovery/import">"import a list"</a> "."</p>
                        </Empty>
                    })
                } else {
                    Either::Right(view! {
                        <table class="list strangers">
                            <caption class="sr-only">"Machines that asked to boot and are not known"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"MAC address"</th>
                                    <th scope="col">"Asked"</th>
                                    <th scope="col" class="wide">"From"</th>
                                    <th scope="col">"Last"</th>
                                    <th scope="col" class="wide">"First"</th>
                                    <th scope="col" class="wide number">"Times"</th>
                                    <th scope="col"><span class="sr-only">"Adopt"</span></th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    })
                }}
                {(more > 0).then(|| view! { <p class="muted">{format!("and {} that asked longer ago", format::count(more))}</p> })}
                <Rules form discovery/>
            </div>
            <div class="stack"><Silences silences/></div>
        </div></Allowed>
    }
    .into_any()
}

#[component]
fn Row(stranger: Stranger, asked_at: Time, posted: Posted<Adopt>) -> AnyView {
    let mac = stranger.mac.to_string();
    let kind: Vec<_> = [stranger.firmware.map(|f| f.to_string()), stranger.arch.map(|a| a.to_string())]
        .into_iter()
        .flatten()
        .collect();
    let name = mac.replace(':', "-");
    let base = name.clone();
    let id = move |field: &str| format!("adopt-{base}-{field}");
    let label = format!("Adopt {mac}");
    view! {
        <tr>
            <th scope="row"><code>{mac.clone()}</code></th>
            <td>{stranger.by} <span class="under">{kind.join(", ")}</span></td>
            <td class="wide">{stranger.from.map(|from| from.to_string())}</td>
            <td class="figure"><Ago at=stranger.at asked_at/></td>
            <td class="wide figure"><Ago at=stranger.first_at asked_at/></td>
            <td class="wide number figure">{format::count(stranger.times)}</td>
            <td>
                <details class="adopt">
                    <summary class="button" aria-label=label>"Adopt"</summary>
                    <Post posted class="run-form">
                        <input type="hidden" name="mac" value=mac/>
                        <div class="field"><label for=id("name")>"Name"</label><input id=id("name") name="name" required maxlength="64" value=name.clone() autocomplete="off"/></div>
                        <div class="field"><label for=id("site")>"Site"</label><input id=id("site") name="site" required maxlength="64" value="main" list="sites" autocomplete="off"/></div>
                        <div class="field"><label for=id("labels")>"Labels, by commas"</label><input id=id("labels") name="labels" autocomplete="off"/></div>
                        <button type="submit" class="button primary">"Adopt it"</button>
                    </Post>
                </details>
            </td>
        </tr>
    }
    .into_any()
}
