//! Questions over DHCP that were not answered, by reason.

use crate::format;
use leptos::either::Either;
use leptos::prelude::*;
use std::collections::BTreeMap;

#[component]
pub fn Silences(silences: BTreeMap<String, u64>) -> AnyView {
    let of = |name: &str| silences.get(name).copied().unwrap_or(0);
    let (received, answered) = (of("received"), of("answered"));
    let mut reasons: Vec<(String, u64)> = silences
        .iter()
        .filter(|(name, n)| **n > 0 && !matches!(name.as_str(), "received" | "answered"))
        .map(|(name, n)| (name.clone(), *n))
        .collect();
    reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let lines: Vec<_> = reasons
        .into_iter()
        .map(|(name, n)| view! { <div><dt class="figure">{format::count(n)}</dt><dd>{words(&name)}</dd></div> })
        .collect();
    view! {
        <section class="panel silences" aria-labelledby="silences">
            <h2 id="silences">"Not answered"</h2>
            {if silences.is_empty() {
                Either::Left(view! { <p class="muted">"This server does not listen for DHCP."</p> })
            } else {
                Either::Right(view! {
                    <p class="muted">
                        {format!("Of {} packets since the server's start {} were answered. Silence is safe: a machine then starts its own system.",
                            format::count(received), format::count(answered))}
                    </p>
                    <dl class="facts">{lines}</dl>
                })
            }}
        </section>
    }
    .into_any()
}

/// A reason, in words for people.
fn words(name: &str) -> String {
    let words = match name {
        "malformed" => "were no DHCP messages",
        "not_a_request" => "were messages of servers",
        "not_ethernet" => "came from cards that are not Ethernet",
        "for_the_dhcp_server" => "asked for an address: the DHCP server's business",
        "not_a_boot_client" => "did not want to boot",
        "no_architecture" => "did not say their architecture",
        "unserved_architecture" => "have an architecture for which there is no image",
        "for_another_server" => "were for another boot server",
        "no_address" => "could not be told an address to boot from",
        "busy" => "came while too many were being answered",
        "directory_unavailable" => "came while the database did not answer",
        "unknown_machine" => "came from machines that are not known",
        "no_assignment" => "came from machines of which nothing is asked",
        "image_does_not_fit" => "booted in a way that the image does not",
        "no_loader" => "need a loader that is not installed",
        "too_long" => "have no room for the address to tell",
        "other_interface" => "came in where it is not served",
        "no_own_image" => "have an own image that cannot be booted",
        "unsent" => "were answered, and the network took no answer",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}
