//! What a report found and measured, in the form that all functions share.

use crate::parts::{Icon, icon};
use leptos::prelude::*;
use pitstop_domain::report::{Finding, Findings, Level, Measure};
use serde_json::Value;

/// The findings, the worst first, and the figures; nothing where the report has neither.
#[component]
pub fn FindingsOf(report: Value) -> AnyView {
    let Findings { mut findings, measures } = Findings::of(&report);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let rows: Vec<_> = findings.into_iter().map(found).collect();
    let figures: Vec<_> = measures.into_iter().map(measured).collect();
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

fn measured(measure: Measure) -> impl IntoView {
    view! { <div><dt>{measure.title}</dt> <dd class="figure">{figure(measure.value, &measure.unit)}</dd></div> }
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
    fn figures_have_three_digits_that_count() {
        let said = [(2143.4, "MB/s"), (12.34, "ms"), (0.5, ""), (3.0, "d")].map(|(v, unit)| figure(v, unit));
        assert_eq!(said, ["2143 MB/s", "12.3 ms", "0.50", "3 d"]);
    }
}
