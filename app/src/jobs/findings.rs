//! What a report found and measured, in the form that all functions share.

use crate::parts::{Icon, When, icon};
use leptos::prelude::*;
use pitstop_domain::report::{Before, Finding, Findings, Level, Measure, Went};
use serde_json::Value;

/// The findings, the worst first, and the figures; nothing where the report has neither.
#[component]
pub fn FindingsOf(report: Value, before: Option<Before>) -> AnyView {
    let Findings { mut findings, measures } = Findings::of(&report);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let rows: Vec<_> = findings.into_iter().map(found).collect();
    let figures: Vec<_> = measures.into_iter().map(|measure| measured(measure, before.as_ref())).collect();
    view! {
        {(!rows.is_empty()).then(|| view! { <ul class="findings">{rows}</ul> })}
        {(!figures.is_empty()).then(|| view! { <dl class="measures">{figures}</dl> })}
    }
    .into_any()
}

fn found(finding: Finding) -> impl IntoView {
    let (drawing, word, words) = look(finding.level);
    view! {
        <li data-level=word>
            <span class="finding-level">{icon(drawing)} {words}</span>
            <p>
                <strong>{finding.about}</strong> ": " {finding.says}
                {finding.done.map(|done| view! { <span class="finding-done">{done}</span> })}
            </p>
        </li>
    }
}

fn measured(measure: Measure, before: Option<&Before>) -> AnyView {
    let since =
        before.and_then(|before| Some((before.at, measure.since(before)?))).map(|(at, (value, went))| {
            let (class, word) = way(went);
            let words = format!("{} before{word}", figure(value, &measure.unit));
            view! { <dd class="measure-before" data-went=class>{words} " (" <When at date=true/> ")"</dd> }
        });
    view! { <div><dt>{measure.title}</dt> <dd class="figure">{figure(measure.value, &measure.unit)}</dd> {since}</div> }
        .into_any()
}

/// Never told by colour alone.
fn way(went: Went) -> (&'static str, &'static str) {
    match went {
        Went::Better => ("better", ", better now"),
        Went::Worse => ("worse", ", worse now"),
        Went::Same => ("same", ""),
    }
}

/// The figures as lines of a text, with those of the time before: `Memory, copy: 2143 MB/s (1902 MB/s before, better now)`.
pub fn figures_in_lines(report: &Value, before: Option<&Before>) -> Vec<String> {
    let line = |measure: &Measure| {
        let now = format!("{}: {}", measure.title, figure(measure.value, &measure.unit));
        match before.and_then(|before| measure.since(before)) {
            Some((value, went)) => format!("{now} ({} before{})", figure(value, &measure.unit), way(went).1),
            None => now,
        }
    };
    Findings::of(report).measures.iter().map(line).collect()
}

/// Never told by colour alone.
fn look(level: Level) -> (Icon, &'static str, &'static str) {
    match level {
        Level::Good => (Icon::Check, "good", "good"),
        Level::Note => (Icon::Eye, "note", "to know"),
        Level::Repaired => (Icon::Wrench, "repaired", "repaired"),
        Level::Unknown => (Icon::Help, "unknown", "not looked at"),
        Level::Problem => (Icon::Warning, "problem", "problem"),
    }
}

/// Three digits that count, and no more.
fn figure(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 || v == v.trunc() => 0,
        v if v >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

/// The findings as lines of a text: what matters to whoever reads a ticket.
pub fn in_lines(report: &Value) -> Vec<String> {
    let mut findings = Findings::of(report).findings;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let tells = |finding: &Finding| finding.level != Level::Good;
    findings.iter().filter(|finding| tells(finding)).map(line).collect()
}

fn line(finding: &Finding) -> String {
    let (_, _, words) = look(finding.level);
    let done = finding.done.as_ref().map(|done| format!(" {done}")).unwrap_or_default();
    format!("{words}: {}: {}{done}", finding.about, finding.says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_ticket_gets_the_worst_first_and_nothing_that_is_good() {
        let report = json!({ "findings": [
            { "level": "good", "about": "/dev/sda1 (ext4)", "says": "It is clean." },
            { "level": "repaired", "about": "/dev/sdb1 (ntfs)", "says": "It was infected.", "done": "Put away." },
            { "level": "problem", "about": "/dev/sdc", "says": "It cannot be read." },
        ] });
        assert_eq!(
            in_lines(&report),
            [
                "problem: /dev/sdc: It cannot be read.",
                "repaired: /dev/sdb1 (ntfs): It was infected. Put away."
            ]
        );
    }

    #[test]
    fn a_ticket_gets_figures_with_those_of_the_time_before() {
        let measure = |value| {
            json!({ "measures": [{ "name": "memory.copy", "title": "Memory, copy", "value": value,
                                   "unit": "MB/s", "better": "higher" }] })
        };
        let at = chrono::DateTime::UNIX_EPOCH;
        let before = Before { at, measures: Findings::of(&measure(1902.0)).measures };
        let said = figures_in_lines(&measure(2143.0), Some(&before));
        assert_eq!(said, ["Memory, copy: 2143 MB/s (1902 MB/s before, better now)"]);
        assert_eq!(figures_in_lines(&measure(2143.0), None), ["Memory, copy: 2143 MB/s"]);
    }

    #[test]
    fn figures_have_three_digits_that_count() {
        let said = [(2143.4, "MB/s"), (12.34, "ms"), (0.5, ""), (3.0, "d")].map(|(v, unit)| figure(v, unit));
        assert_eq!(said, ["2143 MB/s", "12.3 ms", "0.50", "3 d"]);
    }
}
