//! What a catalog demands of versions of images.

use crate::image::ImageVersion;
use crate::machine::Firmware;
use serde::{Deserialize, Serialize};

/// What administrators demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Only what was seen to boot in a test, from each firmware that it is for, may become stable.
    pub stable_tested: bool,
}

impl Rules {
    /// Why a version may not become stable, in words. `tested`: the firmware that it was seen to boot from.
    pub fn against_stable(self, image: &ImageVersion, tested: &[Firmware]) -> Option<String> {
        let missing = image.firmware.iter().find(|firmware| !tested.contains(firmware));
        missing.filter(|_| self.stable_tested).map(|firmware| {
            format!(
                "only what was seen to boot in a test may become stable here, and no test has seen it boot from {firmware}"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> ImageVersion {
        serde_json::from_value(serde_json::json!({
            "digest": "a".repeat(64), "name": "rescue", "version": "1", "title": "Rescue", "kind": "maintenance",
            "format": "linux", "arch": "x86_64", "firmware": ["bios", "uefi"], "parts": [], "cmdline": "",
            "agent": false, "provenance": null, "created_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn a_catalog_that_demands_nothing_takes_everything() {
        assert_eq!(Rules::default().against_stable(&image(), &[]), None);
    }

    #[test]
    fn each_firmware_needs_a_test_that_saw_it_boot() {
        let rules = Rules { stable_tested: true };
        let why = rules.against_stable(&image(), &[Firmware::Bios]).unwrap();
        assert!(why.ends_with("no test has seen it boot from UEFI"), "{why}");
        assert_eq!(rules.against_stable(&image(), &[Firmware::Uefi, Firmware::Bios]), None);
    }
}
