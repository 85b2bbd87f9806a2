//! What a disk says of itself, by smartctl's JSON (smartmontools 7, `smartctl --json`).

use crate::maintenance::board::Board;
use crate::tasks::paper::Paper;
use crate::tasks::tool::Tool;
use pitstop_domain::machine::Disk;
use pitstop_domain::report::Better;
use serde_json::Value;
use std::time::Duration;

/// A disk that does not answer within this time will not.
const LIMIT: Duration = Duration::from_secs(60);

/// Attributes of ATA disks that count what must not be (by their numbers, which the makers agree on).
const SECTORS: [(u64, &str); 3] = [
    (5, "sectors were replaced by spare ones"),
    (197, "sectors wait to be replaced"),
    (198, "sectors could not be corrected"),
];

pub fn ask(disk: &Disk, about: &str, board: &Board, paper: &mut Paper) {
    let path = format!("/dev/{}", disk.name);
    let ran = Tool::new("smartctl").args(["--json", "-a", &path]).quiet().within(LIMIT).run(board);
    match ran {
        Err(why) => paper.unknown(about, format!("its own view of its health (SMART) is not known: {why}")),
        Ok(ran) => match serde_json::from_str(&ran.text) {
            Ok(said) => judge(&said, &disk.name, about, paper),
            Err(_) => paper.unknown(about, "its own view of its health (SMART) is not known: no answer"),
        },
    }
}

fn judge(said: &Value, name: &str, about: &str, paper: &mut Paper) {
    measures(said, name, paper);
    let mut wrong = Vec::new();
    for (number, words) in SECTORS {
        if let Some(count) = attribute(said, number).filter(|count| *count > 0) {
            wrong.push(format!("{count} {words}"));
        }
    }
    let nvme = &said["nvme_smart_health_information_log"];
    if let Some(errors) = nvme["media_errors"].as_u64().filter(|errors| *errors > 0) {
        wrong.push(format!("{errors} media errors"));
    }
    if nvme["critical_warning"].as_u64().is_some_and(|warning| warning != 0) {
        wrong.push("it warns that it may fail".to_owned());
    }
    match said["smart_status"]["passed"].as_bool() {
        Some(false) => paper.problem(about, words("it says that it is about to fail", &wrong)),
        Some(true) if wrong.is_empty() => paper.good(about, "it says of itself that it is well (SMART)"),
        Some(true) => {
            paper.problem(about, words("it says that it is well, but counts what it should not", &wrong))
        }
        None => {
            paper.note(about, "it says nothing of its health (no SMART, as with virtual and most USB disks)")
        }
    }
}

fn words(first: &str, wrong: &[String]) -> String {
    if wrong.is_empty() { first.to_owned() } else { format!("{first}: {}", wrong.join(", ")) }
}

fn measures(said: &Value, name: &str, paper: &mut Paper) {
    let mut add = |key: &str, title: &str, value: Option<f64>, unit: &str, better: Better| {
        if let Some(value) = value {
            paper.measure(
                &format!("disk.{name}.{key}"),
                &format!("Disk {name}, {title}"),
                value,
                unit,
                better,
            );
        }
    };
    add("temperature", "temperature", said["temperature"]["current"].as_f64(), "°C", Better::Lower);
    add("hours", "hours switched on", said["power_on_time"]["hours"].as_f64(), "h", Better::Neither);
    let used = said["nvme_smart_health_information_log"]["percentage_used"].as_f64();
    add("used", "used up", used, "%", Better::Lower);
    let replaced = attribute(said, 5).map(|count| count as f64);
    add("replaced", "replaced sectors", replaced, "", Better::Lower);
}

fn attribute(said: &Value, number: u64) -> Option<u64> {
    let table = said["ata_smart_attributes"]["table"].as_array()?;
    table.iter().find(|row| row["id"].as_u64() == Some(number))?["raw"]["value"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::job::Outcome;
    use serde_json::json;

    fn judged(said: &Value) -> (Outcome, String) {
        let mut paper = Paper::default();
        judge(said, "sda", "/dev/sda", &mut paper);
        let ended = paper.ended("well");
        (ended.outcome, ended.report.to_string())
    }

    #[test]
    fn a_disk_that_is_well_is_well() {
        let said = json!({ "smart_status": { "passed": true }, "temperature": { "current": 31 } });
        let (outcome, report) = judged(&said);
        assert_eq!(outcome, Outcome::Succeeded);
        assert!(report.contains("disk.sda.temperature"), "{report}");
    }

    #[test]
    fn sectors_that_wait_to_be_replaced_are_a_problem_whatever_it_says() {
        let table = json!([{ "id": 197, "raw": { "value": 8 } }, { "id": 5, "raw": { "value": 0 } }]);
        let said = json!({ "smart_status": { "passed": true }, "ata_smart_attributes": { "table": table } });
        let (outcome, report) = judged(&said);
        assert_eq!(outcome, Outcome::Found);
        assert!(report.contains("8 sectors wait to be replaced"), "{report}");
    }

    #[test]
    fn a_disk_that_says_nothing_is_noted() {
        let (outcome, report) = judged(&json!({}));
        assert_eq!(outcome, Outcome::Succeeded);
        assert!(report.contains("says nothing of its health"), "{report}");
    }
}
