//! The certificate of a disk that was wiped: which disk, how, and what was looked at, in the words of NIST SP 800-88 Rev. 1.

use crate::format::bytes;
use leptos::prelude::*;
use serde_json::Value;

/// The certificate, where the report has one.
#[component]
pub fn CertificateOf(report: Value) -> AnyView {
    let rows = rows(&report);
    if rows.is_empty() {
        return ().into_any();
    }
    let rows: Vec<_> =
        rows.into_iter().map(|(name, words)| view! { <div><dt>{name}</dt> <dd>{words}</dd></div> }).collect();
    view! {
        <section class="certificate" aria-labelledby="certificate">
            <h3 id="certificate">"Certificate"</h3>
            <dl>{rows}</dl>
        </section>
    }
    .into_any()
}

/// For a text.
pub fn in_lines(report: &Value) -> Vec<String> {
    rows(report).into_iter().map(|(name, words)| format!("{name}: {words}")).collect()
}

/// What is said, in its order; nothing that the report does not have.
fn rows(report: &Value) -> Vec<(&'static str, String)> {
    let said = &report["certificate"];
    if !said.is_object() {
        return vec![];
    }
    let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| said[key].as_u64();
    let disk = [text("device"), text("model"), number("bytes").map(bytes).unwrap_or_default()];
    let disk: Vec<_> = disk.into_iter().filter(|words| !words.is_empty()).collect();
    let complete = if said["complete"] == true { "yes" } else { "NO: it is not wiped" };
    let rows = [
        ("Machine", text("machine")),
        ("Disk", disk.join(", ")),
        ("Serial number", text("serial")),
        ("Method", text("method")),
        ("Category", [text("category"), text("standard")].join(", ").trim_matches([',', ' ']).to_owned()),
        ("Looked at", looked_at(said)),
        ("Complete", complete.to_owned()),
    ];
    rows.into_iter().filter(|(_, words)| !words.is_empty()).collect()
}

fn looked_at(said: &Value) -> String {
    let number = |key: &str| said[key].as_u64();
    if let (Some(held), Some(kept)) = (number("places_that_held_data"), number("of_these_as_before")) {
        return match held {
            0 => "it showed no data before".to_owned(),
            held => format!("{held} places that held data, {kept} of them as before"),
        };
    }
    match (number("read_back"), number("different")) {
        (Some(read), Some(different)) => {
            format!("{} read back, {different} bytes of them not zero", bytes(read))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_disk_that_erased_itself_is_certified_by_what_was_looked_at() {
        let report = json!({ "certificate": {
            "machine": "oak", "job": "1", "device": "/dev/nvme0n1", "model": "QEMU NVMe Ctrl", "serial": "MORE-5", "bytes": 16 << 20,
            "standard": "NIST SP 800-88 Rev. 1", "category": "purge", "method": "NVMe Format, user data erase", "complete": true,
            "places_that_held_data": 1024, "of_these_as_before": 0,
        } });
        assert_eq!(
            in_lines(&report),
            [
                "Machine: oak",
                "Disk: /dev/nvme0n1, QEMU NVMe Ctrl, 16 MiB",
                "Serial number: MORE-5",
                "Method: NVMe Format, user data erase",
                "Category: purge, NIST SP 800-88 Rev. 1",
                "Looked at: 1024 places that held data, 0 of them as before",
                "Complete: yes",
            ]
        );
    }

    #[test]
    fn what_is_not_complete_is_no_certificate_of_a_wiped_disk() {
        let report = json!({ "certificate": {
            "machine": "oak", "device": "/dev/sda", "bytes": 4096, "category": "clear", "complete": false, "written": 4096,
            "read_back": 4096, "different": 7,
        } });
        let lines = in_lines(&report);
        assert!(
            lines.contains(&"Looked at: 4.0 KiB read back, 7 bytes of them not zero".to_owned()),
            "{lines:?}"
        );
        assert_eq!(lines.last().unwrap(), "Complete: NO: it is not wiped");
        assert_eq!(in_lines(&json!({ "findings": [] })), Vec::<String>::new());
    }
}
