//! What is known of the machine while its job is open: the newest of each kind of sense, with its age. What was never
//! seen is told too.

use super::api::JobPage;
use crate::machines::api::SeenSighting;
use crate::machines::parts::sighting;
use crate::parts::{Ago, Icon, icon};
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::job::Phase;
use pitstop_domain::route::Route;
use pitstop_domain::sighting::Sighting;

/// A kind of sense and what it last told.
#[derive(Clone, Debug, PartialEq)]
pub struct Sense {
    pub name: &'static str,
    pub told: Result<SeenSighting, &'static str>,
    /// It was told before the attempt that is under way, and is no evidence for it.
    pub before: bool,
}

/// All senses, whether they told anything or not.
pub fn senses(page: &JobPage) -> Vec<Sense> {
    let plan = &page.job.plan;
    let newest = |wanted: fn(&Sighting) -> bool| {
        page.known.iter().filter(|seen| wanted(&seen.sighting)).max_by_key(|seen| seen.at).cloned()
    };
    let sense = |name, wanted: fn(&Sighting) -> bool, else_words: &'static str| {
        let told = newest(wanted).ok_or(else_words);
        let before = told.as_ref().is_ok_and(|seen| seen.at < page.job.attempt_since);
        Sense {
            name,
            told,
            before: before && page.job.phase.holds_machine() && page.job.phase != Phase::Held,
        }
    };
    let asks_power = plan.routes.iter().any(|route: &Route| route.abilities().reads_power);
    vec![
        sense(
            "Own system",
            |s| matches!(s, Sighting::OwnAgent { .. }),
            if plan.own_agent { "never heard" } else { "never heard: no agent is in it" },
        ),
        sense(
            "Maintenance",
            |s| {
                matches!(
                    s,
                    Sighting::MaintenanceAgent { .. } | Sighting::Progress { .. } | Sighting::Reported { .. }
                )
            },
            if plan.image_agent { "never heard" } else { "never heard: no agent is in this image" },
        ),
        sense(
            "Boot",
            |s| matches!(s, Sighting::AskedToBoot { .. } | Sighting::Fetched(_)),
            "never asked how to boot",
        ),
        sense(
            "Power",
            |s| matches!(s, Sighting::Power { .. }),
            if asks_power {
                "its board has not said yet"
            } else {
                "no board can be asked: none of its routes has one"
            },
        ),
        sense(
            "Probe",
            |s| matches!(s, Sighting::Probed { .. }),
            if plan.probe.is_some() { "not asked yet" } else { "no probe is set" },
        ),
    ]
}

/// The panel.
#[component]
pub fn WhatIsKnown(page: JobPage) -> AnyView {
    let asked_at = page.asked_at;
    let rows: Vec<_> = senses(&page).into_iter().map(|sense| row(sense, asked_at)).collect();
    view! {
        <section class="panel" aria-labelledby="known">
            <h2 id="known">"What is known"</h2>
            <dl class="facts known">{rows}</dl>
        </section>
    }
    .into_any()
}

fn row(sense: Sense, asked_at: Time) -> impl IntoView {
    let told = match sense.told {
        Ok(seen) => {
            let before = sense.before.then(|| view! { <span class="tag">"before this attempt"</span> });
            view! { <dd><Ago at=seen.at asked_at/> ": " {sighting(&seen)} " " {before}</dd> }.into_any()
        }
        Err(words) => view! { <dd class="never">{icon(Icon::Quiet)} {words}</dd> }.into_any(),
    };
    view! { <div><dt>{sense.name}</dt>{told}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::samples::{at, queued};

    #[test]
    fn every_sense_has_an_answer_though_nothing_was_ever_seen() {
        let senses = senses(&queued());
        let told: Vec<_> = senses.iter().map(|sense| (sense.name, sense.told.clone().unwrap_err())).collect();
        assert_eq!(told[0], ("Own system", "never heard"));
        assert_eq!(told[3].1, "no board can be asked: none of its routes has one");
        assert_eq!(told[4].1, "no probe is set");
    }

    #[test]
    fn the_newest_is_told_and_what_is_older_than_the_attempt_is_marked() {
        let mut page = queued().moved(10, Phase::Switching);
        page.job.attempt_since = at(10);
        let power = |on| Sighting::Power { on, route: "redfish".into() };
        for (s, on) in [(5, true), (2, false)] {
            page.known.push(SeenSighting { at: at(s), sighting: power(on) });
        }
        let found = senses(&page).into_iter().find(|sense| sense.name == "Power").unwrap();
        assert_eq!(found.told.unwrap().sighting, power(true));
        assert!(found.before);
    }
}
