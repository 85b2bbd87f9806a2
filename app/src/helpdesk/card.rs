//! The result in plain words, to read out and to paste into a ticket: what was reported, found and done, before and
//! after.

use crate::format;
use crate::jobs::api::JobPage;
use crate::jobs::findings::figures_in_lines;
use crate::jobs::trip::Trip;
use pitstop_domain::function::Risk;
use pitstop_domain::job::{Outcome, Phase};
use pitstop_domain::proof::Proof;
use pitstop_domain::report::{Findings, Level};

/// A line of the card: its name and what it says.
pub type Line = (&'static str, String);

/// The headline; `None` until the repair is over.
pub fn headline(page: &JobPage) -> Option<&'static str> {
    let ended = page.job.ended.as_ref().filter(|_| page.job.phase == Phase::Closed)?;
    Some(match (ended.outcome, page.job.proof.is_some()) {
        (Outcome::Succeeded, true) if repaired(page) => "It is repaired, and it is back",
        (Outcome::Succeeded, true) => "Nothing is wrong with it, and it is back",
        (Outcome::Found, true) => "Something was found, and it is back",
        (Outcome::Failed, true) => "It could not be done; the machine is back",
        (Outcome::Cancelled, true) => "It was cancelled; the machine is back",
        (_, false) => "It is over, but somebody should look at the machine",
    })
}

/// Something was wrong with it, and a second look found it right.
fn repaired(page: &JobPage) -> bool {
    page.report.as_ref().is_some_and(|report| Findings::of(report).worst() >= Some(Level::Repaired))
}

/// The lines of the card.
pub fn lines(page: &JobPage) -> Vec<Line> {
    let Some(ended) = &page.job.ended else { return vec![] };
    let trip = Trip::of(page);
    let mut lines = Vec::new();
    if let Some(said) = page.initiator.reported() {
        lines.push(("Reported", said.to_owned()));
    }
    lines.push(("Found", format::sentence(&ended.because)));
    let figures = page.report.as_ref().map(|report| figures_in_lines(report, page.before.as_ref()));
    if let Some(figures) = figures.filter(|figures| !figures.is_empty()) {
        lines.push(("Measured", figures.join("; ")));
    }
    lines.push(("Done", done(page, ended.outcome, trip.running.is_some())));
    lines.push(("Before", before(page)));
    lines.push(("After", after(page)));
    if let Some(end) = page.closed_at {
        lines.push(("Took", format::duration(end - page.created_at)));
    }
    lines
}

fn done(page: &JobPage, outcome: Outcome, worked: bool) -> String {
    let title = &page.title;
    match (worked, outcome, page.risk) {
        (false, _, _) => format!("{title} was asked for, but the machine was not reached."),
        (true, Outcome::Failed | Outcome::Cancelled, _) => {
            format!("{title} was begun and did not come to its end.")
        }
        (true, _, Risk::ReadsOnly) => format!("{title}. Nothing on the machine was changed."),
        (true, _, _) => format!("{title}. What could be repaired was repaired."),
    }
}

fn before(page: &JobPage) -> String {
    if page.job.boot_before.is_some() {
        "It ran its own system.".to_owned()
    } else {
        "It was not known whether its own system ran.".to_owned()
    }
}

fn after(page: &JobPage) -> String {
    match page.job.proof {
        Some(Proof::Untouched) => "It was never taken out of its own system.".to_owned(),
        Some(proof) => format!("It runs its own system again: {}.", proof.words()),
        None if page.job.switching_since.is_none() => "It was not touched.".to_owned(),
        None => "It is not proven that it runs its own system again.".to_owned(),
    }
}

/// The whole card as text. `link`: where all details are.
pub fn text(page: &JobPage, link: &str) -> String {
    let head = headline(page).unwrap_or("It is not over yet");
    let mut text = vec![format!("{} ({}): {head}.", page.machine_name, page.site)];
    text.extend(lines(page).into_iter().map(|(name, said)| format!("{name}: {said}")));
    text.push(format!("Asked for: {}", page.created_at.format("%Y-%m-%d %H:%M UTC")));
    text.push(format!("Details: {link}"));
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::samples::queued;

    fn over() -> JobPage {
        queued()
            .moved(1, Phase::Switching)
            .moved(10, Phase::Running)
            .moved(70, Phase::Restoring)
            .ended(Outcome::Found, "3 differing words")
            .moved(90, Phase::Closed)
    }

    #[test]
    fn a_ticket_gets_what_was_reported_found_and_done_before_and_after() {
        let mut page = over();
        page.job.proof = Some(Proof::Agent);
        page.initiator = page.initiator.reporting(Some("It crashes"));
        let text = text(&page, "/jobs/1");
        let begins = [
            "pc-1 (main): Something was found, and it is back.",
            "Reported: It crashes",
            "Found: 3 differing words.",
            "Done: Memory test. Nothing on the machine was changed.",
            "Before: ",
            "After: It runs its own system again: ",
            "Took: 1 min 30 s",
        ];
        for (line, begins) in text.lines().zip(begins) {
            assert!(line.starts_with(begins), "{line}");
        }
        assert!(text.ends_with("Details: /jobs/1"), "{text}");
    }

    #[test]
    fn what_was_repaired_is_not_called_nothing() {
        let mut page = over().ended(Outcome::Succeeded, "repaired and looked at again: /dev/sda1");
        page.job.proof = Some(Proof::Agent);
        assert_eq!(headline(&page), Some("Nothing is wrong with it, and it is back"));
        let repaired =
            serde_json::json!({ "level": "repaired", "about": "/dev/sda1", "says": "It was damaged." });
        page.report = Some(serde_json::json!({ "findings": [repaired] }));
        assert_eq!(headline(&page), Some("It is repaired, and it is back"));
    }

    #[test]
    fn nothing_is_said_to_be_back_without_proof() {
        assert_eq!(headline(&over()), Some("It is over, but somebody should look at the machine"));
        assert_eq!(headline(&queued()), None);
    }
}
