//! A table that is sorted and paged by links, and tabs that are links.

use super::moment;
use crate::format;
use crate::machines::api::MachineState;
use crate::machines::parts::StateChip;
use crate::parts::{Pages, Sort, SortHead, Tab, Tabs, When, Window};
use chrono::TimeDelta;
use leptos::prelude::*;
use std::cmp::Ordering;

const SIZE: u64 = 4;

struct Sample {
    name: &'static str,
    site: &'static str,
    state: MachineState,
    minutes: i64,
    memory: u64,
}

const fn sample(
    name: &'static str,
    site: &'static str,
    state: MachineState,
    minutes: i64,
    gib: u64,
) -> Sample {
    Sample { name, site, state, minutes, memory: gib << 30 }
}

const SAMPLES: [Sample; 10] = [
    sample("pc-004", "berlin", MachineState::Held, 51, 16),
    sample("pc-011", "berlin", MachineState::InMaintenance, 0, 32),
    sample("pc-021", "hamburg", MachineState::OwnSystem, 1, 16),
    sample("pc-102", "hamburg", MachineState::Silent, 1_530, 8),
    sample("srv-001", "leipzig", MachineState::Switching, 0, 256),
    sample("srv-002", "leipzig", MachineState::Returning, 2, 128),
    sample("kiosk-7", "munich", MachineState::Unknown, 90_000, 4),
    sample("kiosk-8", "munich", MachineState::OwnSystem, 3, 4),
    sample("build-1", "rostock", MachineState::OwnSystem, 4, 64),
    sample("build-2", "rostock", MachineState::OwnSystem, 4, 64),
];

fn order(by: &str, a: &Sample, b: &Sample) -> Ordering {
    match by {
        "site" => a.site.cmp(b.site),
        "seen" => a.minutes.cmp(&b.minutes),
        "memory" => a.memory.cmp(&b.memory),
        _ => a.name.cmp(b.name),
    }
}

/// The table.
#[component]
pub fn Lists(sort: String, page: String) -> AnyView {
    let sort = Sort::parse(if sort.is_empty() { "name" } else { &sort });
    let page = page.parse::<u64>().unwrap_or(1).clamp(1, (SAMPLES.len() as u64).div_ceil(SIZE));
    let mut rows: Vec<&Sample> = SAMPLES.iter().collect();
    rows.sort_by(|a, b| if sort.down { order(&sort.by, b, a) } else { order(&sort.by, a, b) });
    let skip = usize::try_from((page - 1) * SIZE).unwrap_or(0);
    let rows: Vec<_> = rows.into_iter().skip(skip).take(SIZE as usize).map(row).collect();
    let href = |sort: &Sort| format!("/styleguide?sort={}#tables", sort.text());
    view! {
        <table class="list">
            <caption class="sr-only">"Sample machines"</caption>
            <thead>
                <tr>
                    <SortHead by="name" words="Machine" sort=sort.clone() href/>
                    <th scope="col">"State"</th>
                    <SortHead by="site" words="Site" sort=sort.clone() href/>
                    <SortHead by="seen" words="Last seen" sort=sort.clone() href/>
                    <SortHead by="memory" words="Memory" sort href number=true/>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <Pages window=Window { page, size: SIZE, total: SAMPLES.len() as u64 } one="machine" many="machines" href=|page| format!("/styleguide?page={page}#tables")/>
    }
    .into_any()
}

fn row(sample: &Sample) -> AnyView {
    view! {
        <tr>
            <th scope="row"><a href="#tables">{sample.name}</a></th>
            <td><StateChip state=sample.state/></td>
            <td>{sample.site} " " <span class="tag">"lab"</span></td>
            <td class="figure muted"><When at=moment() - TimeDelta::minutes(sample.minutes) date=true/></td>
            <td class="number figure">{format::bytes(sample.memory)}</td>
        </tr>
    }
    .into_any()
}

/// The tabs.
#[component]
pub fn TabsSample(here: String) -> AnyView {
    let tab = |name: &str, words, count| Tab {
        href: format!("/styleguide?tab={name}#tabs"),
        words,
        count,
        here: here == name || here.is_empty() && name == "all",
    };
    let tabs = vec![
        tab("all", "All", None),
        tab("open", "Under way", Some(7)),
        tab("held", "Held", Some(2)),
        tab("closed", "Closed", Some(12_408)),
    ];
    view! { <Tabs label="Which samples" tabs/> }.into_any()
}
