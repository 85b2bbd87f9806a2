//! The whole job: how it stands, why it waits, and its story.

use super::Look;
use super::paint::Tone;
use super::story::story;
use super::tables::short;
use super::words::{clean, duration, state, tone_of};
use crate::shape::Job;
use pitstop_domain::job::Phase;
use pitstop_domain::proof::Proof;

/// As wide as the longest label and two spaces.
const LABEL: usize = 10;

pub fn page(job: &Job, look: &Look) -> String {
    let mut page = facts(job, look);
    page.push('\n');
    page.extend(story(job).iter().map(|line| line.show(look)));
    page
}

fn facts(job: &Job, look: &Look) -> String {
    let (word, tone) = state(job);
    let took = job.closed_at.unwrap_or(look.now) - job.created_at;
    let age = if job.closed_at.is_some() { "took" } else { "open for" };
    let mut page = String::new();
    page += &line("Job", &job.id.to_string(), Tone::Plain, look);
    page += &line("Machine", &job.machine_name, Tone::Heading, look);
    page += &line("Function", &job.function, Tone::Plain, look);
    page += &line("Image", short(&job.image), Tone::Plain, look);
    page += &line(
        "Made",
        &format!("{}, {age} {}", look.stamp(job.created_at), duration(took)),
        Tone::Plain,
        look,
    );
    page += &line("State", &word, tone, look);
    page += &waiting(job, look);
    page += &ending(job, look);
    page
}

/// Why the job waits: for what, since when, and what is done when it does not come.
fn waiting(job: &Job, look: &Look) -> String {
    let Some(waiting) = &job.waiting else { return String::new() };
    let since = duration(look.now - waiting.since);
    let then = match waiting.until {
        Some(until) => format!("{}: {}", look.stamp(until), waiting.then),
        None => waiting.then.clone(),
    };
    line("Waits for", &format!("{}, since {since}", waiting.awaits), Tone::Plain, look)
        + &line("Then", &then, Tone::Plain, look)
}

/// How the work ended, and for a closed job how sure it is that the machine is back.
pub fn ending(job: &Job, look: &Look) -> String {
    let mut page = String::new();
    if let Some(ended) = &job.ended {
        let outcome = ended.outcome.name();
        // Some reasons name the outcome themselves: "cancelled: by a program".
        let because = ended
            .because
            .strip_prefix(outcome)
            .map_or(ended.because.as_str(), |rest| rest.trim_start_matches([':', ' ']));
        let result = format!("{outcome}: {because}");
        page += &line("Result", &result, tone_of(ended.outcome), look);
    }
    if job.phase == Phase::Closed {
        page += &match job.proof {
            Some(proof) => line("Back", proof.words(), Tone::Plain, look),
            None if job.is_back() => line("Back", Proof::Untouched.words(), Tone::Plain, look),
            None => line("Back", "not proven: look after the machine", Tone::Bad, look),
        };
    }
    page
}

fn line(label: &str, text: &str, tone: Tone, look: &Look) -> String {
    let label = look.paint.paint(Tone::Quiet, &format!("{label:<LABEL$}"));
    format!("{label}  {}\n", look.paint.paint(tone, &clean(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::fixtures::{closed, restoring};
    use crate::show::plain;
    use pitstop_domain::job::{EndedAs, Outcome};

    #[test]
    fn an_open_job_says_why_it_waits() {
        assert_eq!(
            facts(&restoring(), &plain()),
            "Job         01a20947-fa33-75f8-b890-e3aebd1e73d4\n\
             Machine     pc-0002\n\
             Function    inventory\n\
             Image       6948a16fa674\n\
             Made        2026-03-01 10:00:00, open for 1 min 30 s\n\
             State       restoring\n\
             Waits for   the own system's agent with a new boot, since 30 s\n\
             Then        2026-03-01 10:16:00: the next route is tried\n\
             Result      succeeded: 4 cores, 8 GiB\n"
        );
    }

    #[test]
    fn the_outcome_is_said_once() {
        let mut job = closed(Outcome::Cancelled, Some(Proof::Agent));
        job.ended =
            Some(EndedAs { outcome: Outcome::Cancelled, because: "cancelled: by a program".to_owned() });
        assert!(ending(&job, &plain()).starts_with("Result      cancelled: by a program\n"));
    }

    #[test]
    fn a_closed_job_says_how_sure_the_return_is() {
        let back = ending(&closed(Outcome::Found, Some(Proof::Handoff)), &plain());
        assert!(
            back.ends_with("Back        it was sent to its own system and did not ask again\n"),
            "{back}"
        );
        let lost = ending(&closed(Outcome::Found, None), &plain());
        assert!(lost.ends_with("Back        not proven: look after the machine\n"), "{lost}");
        let untouched = Job { switching_since: None, ..closed(Outcome::Cancelled, None) };
        assert!(ending(&untouched, &plain()).ends_with("Back        it never left its own system\n"));
    }
}
