//! `GET /metrics`: Pitstop itself, for Prometheus, which shows a token. Names follow its conventions; a metric that counts
//! nothing yet is told as nothing, and not left out, so that rules over it can be written before.

use super::Problem;
use crate::people::On;
use crate::people::caller::Caller;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pitstop_domain::people::Right;
use pitstop_domain::query::{Query, Scope};
use pitstop_domain::state::MachineState;
use pitstop_store::fleet::Wanted;
use pitstop_store::ourselves::{Ourselves, TOOK};
use std::collections::BTreeMap;
use std::fmt::Write;

const PHASES: [&str; 5] = ["queued", "switching", "running", "restoring", "held"];
const ALERTS: [&str; 4] = ["pending", "firing", "acknowledged", "acting"];
const HEALTH: [&str; 4] = ["well", "fair", "poor", "unknown"];

/// All of it.
pub async fn read(caller: Caller) -> Result<Response, Problem> {
    let store = caller.read(Right::See, On::Installation).await?;
    let (everything, all) = (Scope::of(None), Query { terms: vec![] });
    let states = store.fleet_states(&Wanted { query: &all, scope: &everything, now: store.now() }).await?;
    let text = text(&states, &store.ourselves().await?);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn text(states: &BTreeMap<MachineState, u64>, ours: &Ourselves) -> String {
    let mut out = Out::default();
    out.family("pitstop_build_info", "gauge", "The version that answers.");
    out.value(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    out.family("pitstop_machines", "gauge", "Machines by what they do now.");
    for state in MachineState::ALL {
        out.value(&[("state", state.name())], states.get(&state).copied().unwrap_or(0) as f64);
    }
    out.counts(
        "pitstop_machines_by_health",
        "Machines by how well they are.",
        "health",
        &HEALTH,
        &ours.health,
    );
    out.counts("pitstop_jobs_open", "Jobs that are not over, by phase.", "phase", &PHASES, &ours.open_jobs);
    out.family(
        "pitstop_job_duration_seconds",
        "histogram",
        "From when machines were taken until they were back.",
    );
    for closed in &ours.closed {
        let labels = [("function", closed.function.as_str()), ("outcome", closed.outcome.as_str())];
        let mut below = 0;
        for (limit, took) in TOOK.iter().map(f64::to_string).chain(["+Inf".to_owned()]).zip(&closed.took) {
            below += took;
            let labels = [labels[0], labels[1], ("le", limit.as_str())];
            out.named("pitstop_job_duration_seconds_bucket", &labels, below as f64);
        }
        out.named("pitstop_job_duration_seconds_sum", &labels, closed.seconds);
        out.named("pitstop_job_duration_seconds_count", &labels, closed.jobs as f64);
    }
    out.family("pitstop_alarms_open", "gauge", "Machines that are not proven back.");
    out.value(&[], ours.alarms as f64);
    out.counts(
        "pitstop_health_alerts",
        "Alerts of health rules that are open.",
        "state",
        &ALERTS,
        &ours.alerts,
    );
    out.family("pitstop_health_trips_total", "counter", "Trips that health rules began.");
    out.value(&[], ours.trips as f64);
    out.family("pitstop_health_rules_stopped", "gauge", "1 while all health rules are stopped.");
    out.value(&[], f64::from(u8::from(ours.rules_stopped)));
    out.text
}

#[derive(Default)]
struct Out {
    text: String,
    name: String,
}

impl Out {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        name.clone_into(&mut self.name);
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn counts(&mut self, name: &str, help: &str, label: &str, words: &[&str], counts: &[(String, u64)]) {
        self.family(name, "gauge", help);
        for word in words {
            let count = counts.iter().find(|(found, _)| found == word).map_or(0, |(_, count)| *count);
            self.value(&[(label, *word)], count as f64);
        }
    }

    fn value(&mut self, labels: &[(&str, &str)], value: f64) {
        let name = self.name.clone();
        self.named(&name, labels, value);
    }

    fn named(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<_> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_store::ourselves::Closed;

    #[test]
    fn what_counts_nothing_yet_is_told_as_nothing_and_names_cannot_break_the_text() {
        let function = "a \"b\"\n".to_owned();
        let took = [vec![1, 1], vec![0; TOOK.len() - 1]].concat();
        let closed = Closed { function, outcome: "succeeded".to_owned(), jobs: 2, seconds: 130.5, took };
        let ours = Ourselves { closed: vec![closed], ..Ourselves::default() };
        let text = text(&BTreeMap::new(), &ours);
        assert!(text.contains("pitstop_jobs_open{phase=\"held\"} 0\n"));
        assert!(text.contains("pitstop_health_rules_stopped 0\n"));
        let line =
            "pitstop_job_duration_seconds_sum{function=\"a \\\"b\\\"\\n\",outcome=\"succeeded\"} 130.5\n";
        assert!(text.contains(line), "{text}");
        for bucket in ["le=\"60\"} 1\n", "le=\"120\"} 2\n", "le=\"+Inf\"} 2\n"] {
            assert!(text.contains(bucket), "{bucket}: {text}");
        }
    }

    /// What the files in `docs/prometheus` ask for is told.
    #[test]
    fn dashboard_and_rules_use_only_what_there_is() {
        let closed = Closed {
            function: "inventory".to_owned(),
            outcome: "succeeded".to_owned(),
            jobs: 1,
            seconds: 1.0,
            took: vec![0; TOOK.len() + 1],
        };
        let told = text(&BTreeMap::new(), &Ourselves { closed: vec![closed], ..Ourselves::default() });
        let told: std::collections::BTreeSet<&str> = told
            .lines()
            .filter_map(|line| line.split(['{', ' ']).next())
            .filter(|name| *name != "#")
            .collect();
        for file in [
            include_str!("../../../docs/prometheus/dashboard.json"),
            include_str!("../../../docs/prometheus/alerts.yml"),
        ] {
            let words = file.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
            let asked: Vec<_> = words.filter(|word| word.starts_with("pitstop_")).collect();
            assert!(!asked.is_empty());
            for name in asked {
                assert!(told.contains(name), "{name} is not told: {told:?}");
            }
        }
        let dashboard: serde_json::Value =
            serde_json::from_str(include_str!("../../../docs/prometheus/dashboard.json")).unwrap();
        assert!(dashboard["panels"].as_array().unwrap().len() > 5);
    }
}
