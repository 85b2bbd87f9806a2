//! The lists.

use super::Look;
use super::catalog::channel;
use super::paint::Tone;
use super::table::{Cell, table};
use super::words::{clip, duration, firmware, size, spaced, state, yes_no};
use crate::shape::{Function, Image, Job, Machine};

/// Enough of a reason to know which job it is; the job's own page has the rest.
const LONGEST_NOTE: usize = 60;
/// Digits that tell versions apart (as `Digest::short`).
const SHORT_DIGEST: usize = 12;

pub fn machines(machines: &[Machine], look: &Look) -> String {
    let rows = machines.iter().map(|m| {
        let agent = Cell::toned(yes_no(m.has_agent), if m.has_agent { Tone::Plain } else { Tone::Quiet });
        [(&m.name).into(), (&m.site).into(), firmware(&m.firmware).into(), m.model().into(), agent]
    });
    table(["NAME", "SITE", "FIRMWARE", "MODEL", "AGENT"], rows.collect(), look.paint)
}

pub fn functions(functions: &[Function], look: &Look) -> String {
    let rows = functions.iter().map(|f| {
        let tone = if f.risk == "destroys" { Tone::Warning } else { Tone::Plain };
        let risk = Cell::toned(spaced(&f.risk), tone);
        [(&f.name).into(), (&f.title).into(), risk, (&f.image).into(), (&f.description).into()]
    });
    table(["NAME", "TITLE", "RISK", "IMAGE", "DESCRIPTION"], rows.collect(), look.paint)
}

pub fn images(images: &[Image], look: &Look) -> String {
    let rows = images.iter().map(|i| {
        let starts: Vec<String> = i.firmware.iter().map(|word| firmware(word)).collect();
        [
            (&i.name).into(),
            (&i.version).into(),
            short(&i.digest).into(),
            channel(i.standing.channel).into(),
            starts.join(", ").into(),
            size(i.parts.iter().map(|part| part.bytes).sum()).into(),
            yes_no(i.agent).into(),
            signers(i).into(),
            look.stamp(i.created_at).into(),
        ]
    });
    table(
        ["NAME", "VERSION", "DIGEST", "CHANNEL", "FIRMWARE", "SIZE", "AGENT", "SIGNED BY", "ADDED"],
        rows.collect(),
        look.paint,
    )
}

pub fn signers(image: &Image) -> String {
    let names: Vec<_> = image.standing.trust.signatures.iter().map(|by| by.name.as_str()).collect();
    if names.is_empty() { "nobody trusted".to_owned() } else { names.join(", ") }
}

pub fn jobs(jobs: &[Job], look: &Look) -> String {
    let rows = jobs.iter().map(|job| {
        let (word, tone) = state(job);
        [
            job.id.to_string().into(),
            (&job.machine_name).into(),
            (&job.function).into(),
            Cell::toned(word, tone),
            look.stamp(job.created_at).into(),
            duration(job.closed_at.unwrap_or(look.now) - job.created_at).into(),
            clip(&note(job), LONGEST_NOTE).into(),
        ]
    });
    table(["JOB", "MACHINE", "FUNCTION", "STATE", "MADE", "TOOK", "NOTE"], rows.collect(), look.paint)
}

/// What an open job waits for, or why a closed one ended as it did.
fn note(job: &Job) -> String {
    match (&job.waiting, &job.ended) {
        (Some(waiting), _) => format!("waits for {}", waiting.awaits),
        (None, Some(ended)) => ended.because.clone(),
        (None, None) => String::new(),
    }
}

pub fn short(digest: &str) -> &str {
    digest.get(..SHORT_DIGEST).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::fixtures::{closed, restoring};
    use crate::show::plain;
    use pitstop_domain::job::Outcome;
    use pitstop_domain::proof::Proof;

    #[test]
    fn machines_show_what_they_are() {
        let machine = |name: &str, inventory| {
            let text = format!(
                r#"{{"id":"01a20947-2dbd-7176-b9cc-05426922e71e","name":"{name}","site":"porto","firmware":"uefi",
                    "has_agent":{},"inventory":{inventory},"routes":[{{"kind":"not-known-yet"}}]}}"#,
                inventory != "null"
            );
            serde_json::from_str::<Machine>(&text).unwrap()
        };
        let known = machine("pc-0002", r#"{"vendor":"LENOVO","model":"ThinkCentre M70q"}"#);
        let shown = machines(&[known, machine("x", "null")], &plain());
        assert_eq!(
            shown,
            "NAME     SITE   FIRMWARE  MODEL                    AGENT\n\
             pc-0002  porto  UEFI      LENOVO ThinkCentre M70q  yes\n\
             x        porto  UEFI                               no\n"
        );
    }

    #[test]
    fn jobs_show_what_they_wait_for_or_how_they_ended() {
        let shown = jobs(&[restoring(), closed(Outcome::Found, Some(Proof::Agent))], &plain());
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].contains("restoring"), "{shown}");
        assert!(
            lines[1].ends_with("1 min 30 s  waits for the own system's agent with a new boot"),
            "{shown}"
        );
        assert!(lines[2].contains("found"), "{shown}");
        assert!(lines[2].ends_with("2026-03-01 10:00:00  2 min       4 cores, 8 GiB"), "{shown}");
    }
}
