//! `GET /metrics`: Pitstop itself, for Prometheus, which shows a token. Names follow its conventions; a metric that counts
//! nothing yet is told as nothing, and not left out, so that rules over it can be written before.

use super::{Api, Problem};
use crate::boot::silences::Counted;
use crate::people::On;
use crate::people::caller::Caller;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pitstop_domain::people::Right;
use pitstop_domain::query::{Query, Scope};
use pitstop_domain::state::MachineState;
use pitstop_store::fleet::Wanted;
use pitstop_store::hops::LIMITS;
use pitstop_store::ourselves::{Ourselves, TOOK};
use std::collections::BTreeMap;
use std::fmt::Write;

const PHASES: [&str; 5] = ["queued", "switching", "running", "restoring", "held"];
const ALERTS: [&str; 4] = ["pending", "firing", "acknowledged", "acting"];
const HEALTH: [&str; 4] = ["well", "fair", "poor", "unknown"];

/// All of it.
pub async fn read(caller: Caller, State(api): State<Api>) -> Result<Response, Problem> {
    let store = caller.read(Right::See, On::Installation).await?;
    let (everything, all) = (Scope::of(None), Query { terms: vec![] });
    let states = store.fleet_states(&Wanted { query: &all, scope: &everything, now: store.now() }).await?;
    let text = text(&states, &store.ourselves().await?, &api.silences.counted());
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn text(states: &BTreeMap<MachineState, u64>, ours: &Ourselves, boot: &[Counted]) -> String {
    let mut out = Out::default();
    fleet(&mut out, states, ours);
    trips(&mut out, ours);
    health(&mut out, ours);
    services(&mut out, boot);
    out.text
}

fn fleet(out: &mut Out, states: &BTreeMap<MachineState, u64>, ours: &Ourselves) {
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
    out.family("pitstop_alarms_open", "gauge", "Machines that are not proven back.");
    out.value(&[], ours.alarms as f64);
}

fn trips(out: &mut Out, ours: &Ourselves) {
    out.counts("pitstop_jobs_open", "Jobs that are not over, by phase.", "phase", &PHASES, &ours.open_jobs);
    out.family(
        "pitstop_job_duration_seconds",
        "histogram",
        "From when machines were taken until they were back.",
    );
    for closed in &ours.closed {
        let labels = [("function", closed.function.as_str()), ("outcome", closed.outcome.as_str())];
        out.histogram(&labels, &TOOK, &closed.took, closed.seconds);
    }
    out.family(
        "pitstop_hop_duration_seconds",
        "histogram",
        "How long the hops of trips that are over took, as far as they were seen.",
    );
    for count in &ours.hops {
        out.histogram(&[("hop", count.hop.name())], &LIMITS, &count.took, count.seconds);
    }
}

fn health(out: &mut Out, ours: &Ourselves) {
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
}

/// Of the process that answers: another one has its own.
fn services(out: &mut Out, boot: &[Counted]) {
    out.family(
        "pitstop_boot_answers_total",
        "counter",
        "What machines asked of proxyDHCP, TFTP and HTTP, and were given.",
    );
    for counted in boot {
        out.value(&[("service", counted.service)], counted.answered as f64);
    }
    out.family(
        "pitstop_boot_silences_total",
        "counter",
        "What was asked of proxyDHCP, TFTP and HTTP and not given, by reason.",
    );
    for counted in boot {
        for (reason, n) in &counted.silent {
            out.value(&[("service", counted.service), ("reason", reason)], *n as f64);
        }
    }
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

    /// Of the family that was begun last; `took`: how many took no longer than each limit and longer than the one before.
    fn histogram(&mut self, labels: &[(&str, &str)], limits: &[f64], took: &[u64], seconds: f64) {
        let name = self.name.clone();
        let mut below = 0;
        for (limit, took) in limits.iter().map(f64::to_string).chain(["+Inf".to_owned()]).zip(took) {
            below += took;
            let labels = [labels, &[("le", limit.as_str())]].concat();
            self.named(&format!("{name}_bucket"), &labels, below as f64);
        }
        self.named(&format!("{name}_sum"), labels, seconds);
        self.named(&format!("{name}_count"), labels, below as f64);
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
    use crate::boot::silences::Silences;
    use pitstop_domain::hop::Hop;
    use pitstop_store::hops::HopCount;
    use pitstop_store::ourselves::Closed;
    use std::collections::BTreeSet;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    /// Something of everything.
    fn told(function: &str) -> String {
        let took = [vec![1, 1], vec![0; TOOK.len() - 1]].concat();
        let (function, outcome) = (function.to_owned(), "succeeded".to_owned());
        let closed = Closed { function, outcome, jobs: 2, seconds: 130.5, took };
        let took = [vec![0; LIMITS.len()], vec![3]].concat();
        let hop = HopCount { hop: Hop::Working, hops: 3, seconds: 300_000.0, took };
        let ours = Ourselves { closed: vec![closed], hops: vec![hop], ..Ourselves::default() };
        text(&BTreeMap::new(), &ours, &Silences::default().counted())
    }

    #[test]
    fn what_counts_nothing_yet_is_told_as_nothing_and_names_cannot_break_the_text() {
        let text = told("a \"b\"\n");
        for line in [
            "pitstop_jobs_open{phase=\"held\"} 0\n",
            "pitstop_health_rules_stopped 0\n",
            "pitstop_job_duration_seconds_sum{function=\"a \\\"b\\\"\\n\",outcome=\"succeeded\"} 130.5\n",
            "pitstop_hop_duration_seconds_bucket{hop=\"working\",le=\"86400\"} 0\n",
            "pitstop_hop_duration_seconds_bucket{hop=\"working\",le=\"+Inf\"} 3\n",
            "pitstop_hop_duration_seconds_count{hop=\"working\"} 3\n",
            "pitstop_boot_answers_total{service=\"tftp\"} 0\n",
            "pitstop_boot_silences_total{service=\"dhcp\",reason=\"no_assignment\"} 0\n",
            "pitstop_boot_silences_total{service=\"tftp\",reason=\"queue_full\"} 0\n",
            "pitstop_boot_silences_total{service=\"http\",reason=\"forbidden\"} 0\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        for bucket in ["le=\"60\"} 1\n", "le=\"120\"} 2\n", "le=\"+Inf\"} 2\n"] {
            assert!(text.contains(bucket), "{bucket}: {text}");
        }
        assert!(!text.contains("reason=\"received\"") && !text.contains("reason=\"started\""), "{text}");
    }

    /// What the files in `docs/prometheus` ask for is told, with the labels that they ask it by.
    #[test]
    fn dashboard_and_rules_use_only_what_there_is() {
        let text = told("inventory");
        let lines = || text.lines().filter(|line| !line.starts_with('#'));
        let names: BTreeSet<&str> = lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
        let words = |text: &str| -> BTreeSet<String> {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            words.map(str::to_owned).collect()
        };
        let labels: BTreeSet<String> = lines()
            .flat_map(|line| line.split(['{', ',']).skip(1))
            .filter_map(|pair| Some(pair.split_once("=\"")?.0.to_owned()))
            .chain(["job".to_owned()])
            .collect();
        for file in [
            include_str!("../../../docs/prometheus/dashboard.json"),
            include_str!("../../../docs/prometheus/alerts.yml"),
        ] {
            let file = file.replace("\\\"", "\"");
            let asked = words(&file).into_iter().filter(|word| word.starts_with("pitstop_"));
            let asked: Vec<_> = asked.collect();
            assert!(!asked.is_empty());
            for name in asked {
                assert!(names.contains(name.as_str()), "{name} is not told: {names:?}");
            }
            for by in file.split("by (").skip(1).filter_map(|rest| rest.split(')').next()) {
                for label in words(by).into_iter().filter(|word| !word.is_empty()) {
                    assert!(labels.contains(&label), "{label} is no label: {labels:?}");
                }
            }
        }
        let dashboard: serde_json::Value =
            serde_json::from_str(include_str!("../../../docs/prometheus/dashboard.json")).unwrap();
        assert!(dashboard["panels"].as_array().unwrap().len() > 5);
    }

    /// Where `cargo xtask test` puts it, or on the PATH.
    fn promtool() -> PathBuf {
        let here = std::env::current_exe().unwrap();
        let beside = here.ancestors().map(|folder| folder.join("xtask/promtool/usr/bin/promtool"));
        beside.into_iter().find(|program| program.is_file()).unwrap_or_else(|| "promtool".into())
    }

    /// By Prometheus' own program.
    #[test]
    fn promtool_finds_no_fault() {
        let checked = |arguments: &[&str], text: &str| {
            let mut command = Command::new(promtool());
            let mut child = command.args(arguments).stdin(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            assert!(child.wait().unwrap().success(), "{arguments:?}: {text}");
        };
        checked(&["check", "metrics"], &told("inventory"));
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/prometheus/alerts.yml");
        checked(&["check", "rules", rules], "");
    }
}
