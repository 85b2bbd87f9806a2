//! What the played server tells of machines, functions and one job.

use serde_json::{Value, json};

pub const JOB: &str = "01a20947-fa33-75f8-b890-e3aebd1e73d4";
pub const MACHINE: &str = "01a20947-2dbd-7176-b9cc-05426922e71e";

pub fn machines() -> Value {
    json!([
        { "id": MACHINE, "name": "pc-0002", "site": "porto", "firmware": "uefi", "has_agent": true,
          "inventory": { "vendor": "LENOVO", "model": "ThinkCentre M70q" } },
        { "id": "01a20947-2dbe-70f8-9782-49b2f3e3dc22", "name": "srv-0001", "site": "lyon", "firmware": "bios",
          "has_agent": false, "inventory": null },
    ])
}

pub fn functions() -> Value {
    json!([
        { "name": "memory-test", "title": "Memory test", "description": "Finds bad memory.",
          "image": "pitstop-maintenance", "risk": "reads_only" },
    ])
}

/// The job in its queue.
pub fn queued() -> Value {
    json!({
        "id": JOB, "machine": MACHINE, "machine_name": "pc-0002", "function": "memory-test", "image": "6948a16fa674",
        "phase": "queued", "attempt": 0, "ended": null, "proof": null, "report": null,
        "waiting": { "awaits": "the machine", "since": "2026-03-01T10:00:00Z", "until": null, "then": "it begins" },
        "created_at": "2026-03-01T10:00:00Z", "switching_since": null, "closed_at": null,
        "history": [{ "at": "2026-03-01T10:00:00Z", "from": "asked", "to": "queued", "attempt": 0, "reason": "made" }],
        "calls": [], "sightings": [], "log": [],
    })
}

/// The job while the kernel is on its way.
pub fn switching() -> Value {
    let mut job = queued();
    job["phase"] = "switching".into();
    job["attempt"] = 1.into();
    job["switching_since"] = "2026-03-01T10:00:01Z".into();
    job["waiting"] = json!({ "awaits": "the first report", "since": "2026-03-01T10:00:01Z",
                             "until": "2026-03-01T10:15:01Z", "then": "the next route is tried" });
    push(
        &mut job,
        "history",
        json!({ "at": "2026-03-01T10:00:01Z", "from": "queued", "to": "switching",
                                      "attempt": 1, "reason": "the machine is free" }),
    );
    push(
        &mut job,
        "sightings",
        json!({ "at": "2026-03-01T10:00:09Z", "sighting": {
        "kind": "fetched", "job": JOB, "step": "kernel", "name": "vmlinuz", "bytes": 14_186_432,
        "total": 14_186_432, "done": true, "digest": null } }),
    );
    job
}

/// The job at its end.
pub fn closed(outcome: &str, proof: Option<&str>) -> Value {
    let mut job = switching();
    job["phase"] = "closed".into();
    job["attempt"] = 0.into();
    job["waiting"] = Value::Null;
    job["ended"] = json!({ "outcome": outcome, "because": "1 pass over 3.6 GiB" });
    job["proof"] = json!(proof);
    job["closed_at"] = "2026-03-01T10:02:00Z".into();
    push(&mut job, "log", json!({ "at": "2026-03-01T10:00:30Z", "text": "Memory test begins" }));
    push(
        &mut job,
        "history",
        json!({ "at": "2026-03-01T10:02:00Z", "from": "restoring", "to": "closed",
                                      "attempt": 0, "reason": "the machine is back" }),
    );
    job
}

fn push(job: &mut Value, list: &str, item: Value) {
    job[list].as_array_mut().expect("the job has this list").push(item);
}
