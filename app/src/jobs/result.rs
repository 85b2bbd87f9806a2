//! The result in plain words, to read and to paste into a ticket.

use super::api::JobPage;
use super::certificate::{self, CertificateOf};
use super::findings::{FindingsOf, figures_in_lines, in_lines};
use super::parts::outcome_look;
use super::trip::Trip;
use crate::format;
use crate::parts::{Copy, icon};
use leptos::prelude::*;
use pitstop_domain::job::{EndedAs, Outcome, Phase};

/// What was done and found; as soon as that is decided, whether or not the machine is back.
#[component]
pub fn ResultCard(page: JobPage) -> AnyView {
    let Some(ended) = page.job.ended.clone() else { return ().into_any() };
    let (drawing, name, _) = outcome_look(ended.outcome);
    let text = in_words(&page);
    let returned = returned(&page);
    view! {
        <section class="panel result" data-state=name aria-labelledby="result">
            <h2 id="result">{icon(drawing)} {headline(&ended)}</h2>
            <p class="because">{format::sentence(&ended.because)}</p>
            <p>{returned}</p>
            {took(&page).map(|took| view! { <p class="muted">{took}</p> })}
            {page.report.clone().map(|report| view! { <FindingsOf report before=page.before.clone()/> })}
            {page.report.clone().map(|report| view! { <CertificateOf report/> })}
            <Copy text=text what="for a ticket"/>
            {page.report.clone().map(|report| view! {
                <details>
                    <summary>"Whole report"</summary>
                    <pre class="report"><code>{serde_json::to_string_pretty(&report).unwrap_or_default()}</code></pre>
                </details>
            })}
        </section>
    }.into_any()
}

fn headline(ended: &EndedAs) -> &'static str {
    match ended.outcome {
        Outcome::Succeeded => "The work is done: all is well",
        Outcome::Found => "The work is done: something is wrong with the machine",
        Outcome::Failed => "The work could not be done",
        Outcome::Cancelled => "Cancelled",
    }
}

fn returned(page: &JobPage) -> String {
    match (page.job.phase, page.job.proof) {
        (Phase::Closed, Some(proof)) => format!("The machine is back: {}.", proof.words()),
        (Phase::Closed, None) if page.job.switching_since.is_none() => {
            "The machine was not touched.".to_owned()
        }
        (Phase::Closed, None) => "That the machine is back in its own system is not proven.".to_owned(),
        (Phase::Held, _) => "The machine is not proven back: somebody must decide.".to_owned(),
        _ => "The machine is on its way back to its own system.".to_owned(),
    }
}

fn took(page: &JobPage) -> Option<String> {
    let trip = Trip::of(page);
    let whole = page.closed_at? - page.created_at;
    let work = trip
        .running
        .zip(trip.restoring)
        .map(|(from, to)| format!(", of that {} of work", format::duration(to - from)));
    Some(format!("It took {}{}.", format::duration(whole), work.unwrap_or_default()))
}

/// The whole result as text.
pub fn in_words(page: &JobPage) -> String {
    let Some(ended) = &page.job.ended else { return String::new() };
    let mut lines = vec![
        format!("{} on {}: {}.", page.title, page.machine_name, headline(ended)),
        format::sentence(&ended.because),
        returned(page),
    ];
    lines.extend(page.report.iter().flat_map(in_lines));
    lines.extend(page.report.iter().flat_map(certificate::in_lines));
    lines.extend(page.report.iter().flat_map(|report| figures_in_lines(report, page.before.as_ref())));
    lines.extend(took(page));
    lines.push(format!("Asked for {}. Job {}.", page.created_at.format("%Y-%m-%d %H:%M UTC"), page.job.id));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::samples::queued;
    use super::*;
    use pitstop_domain::proof::Proof;

    #[test]
    fn a_ticket_gets_what_was_found_and_how_sure_the_return_is() {
        let mut page = queued()
            .moved(1, Phase::Switching)
            .moved(10, Phase::Running)
            .moved(70, Phase::Restoring)
            .ended(Outcome::Found, "3 differing words")
            .moved(90, Phase::Closed);
        page.job.proof = Some(Proof::Handoff);
        let text = in_words(&page);
        assert!(
            text.starts_with("Memory test on pc-1: The work is done: something is wrong with the machine.\n")
        );
        assert!(text.contains(
            "3 differing words.\nThe machine is back: it was sent to its own system and did not ask again.\n"
        ));
        assert!(text.contains("It took 1 min 30 s, of that 1 min of work."));
    }

    #[test]
    fn a_return_that_is_not_proven_is_never_told_as_one() {
        let page =
            queued().moved(1, Phase::Switching).moved(9, Phase::Closed).ended(Outcome::Failed, "no route");
        assert!(in_words(&page).contains("not proven"));
    }
}
