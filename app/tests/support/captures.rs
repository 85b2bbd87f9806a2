//! Two captures: one whole, one broken.

use async_trait::async_trait;
use pitstop_app::Failure;
use pitstop_app::captures::desk::{CaptureDesk, Restore};
use pitstop_domain::capture::Capture;
use pitstop_domain::id::{CaptureId, JobId};
use serde_json::json;

pub struct SampleCaptures;

fn sample(n: u8, state: &str, why: Option<&str>) -> Capture {
    let id = |n: u8| format!("00000000-0000-4000-8000-0000000000{n:02}");
    serde_json::from_value(json!({
        "id": id(n), "machine": id(50), "machine_name": "oak", "job": id(60), "by": { "kind": "person", "name": "Ann" },
        "begun_at": "2026-03-01T10:00:00Z", "changed_at": "2026-03-01T10:05:00Z", "state": state, "why": why,
        "stored": 3_u64 << 30, "pieces": 4,
        "kept": [
            { "number": 0, "way": "raw", "stored": 1 << 20 },
            { "number": 1, "way": "raw", "stored": 1 << 20 },
            { "number": 3, "way": "raw", "stored": 2_u64 << 30 },
            { "number": 4, "way": "used", "stored": 1_u64 << 30 },
        ],
        "source": {
            "device": "/dev/nvme0n1", "model": "Acme SSD", "serial": "A1", "bytes": 256_u64 << 30, "sector": 512, "table": "gpt",
            "pieces": [
                { "number": 0, "start": 0, "bytes": 1 << 20 },
                { "number": 1, "start": 1 << 20, "bytes": 100 << 20, "kind": "vfat", "label": "EFI" },
                { "number": 2, "start": 101 << 20, "bytes": 8_u64 << 30, "kind": "swap" },
                { "number": 3, "start": 9_u64 << 30, "bytes": 200_u64 << 30, "kind": "crypto_LUKS" },
                { "number": 4, "start": 209_u64 << 30, "bytes": 40_u64 << 30, "kind": "ntfs", "label": "Data" },
            ],
        },
    }))
    .expect("it is a capture")
}

#[async_trait]
impl CaptureDesk for SampleCaptures {
    async fn all(&self, _: Option<CaptureId>, _: u32) -> Result<Vec<Capture>, Failure> {
        Ok(vec![sample(1, "whole", None), sample(2, "broken", Some("the server's disk has no room for it"))])
    }

    async fn one(&self, id: CaptureId) -> Result<Capture, Failure> {
        let found = self.all(None, 2).await?.into_iter().find(|capture| capture.id == id);
        found.ok_or_else(|| Failure::not_found("capture"))
    }

    async fn delete(&self, _: CaptureId) -> Result<(), Failure> {
        Err(Failure::Refused("a job works with this capture".to_owned()))
    }

    async fn restore(&self, _: CaptureId, restore: &Restore) -> Result<JobId, Failure> {
        Err(Failure::Refused(format!("no machine is called `{}`", restore.machine)))
    }
}
