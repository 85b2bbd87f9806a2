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
    /// Machines get only what a trusted key has signed, and nothing else may become stable.
    pub signed: bool,
}

impl Rules {
    /// Why a version may not become stable, in words. `tested`: the firmware that it was seen to boot from.
    pub fn against_stable(self, image: &ImageVersion, tested: &[Firmware]) -> Option<String> {
        self.against_unsigned(image).or_else(|| self.against_untested(image, tested))
    }

    fn against_unsigned(self, image: &ImageVersion) -> Option<String> {
        (self.signed && image.standing.trust.signatures.is_empty()).then(|| {
            "only what a trusted key has signed may become stable here, and this version has no such signature: have it \
             signed first"
                .to_owned()
        })
    }

    fn against_untested(self, image: &ImageVersion, tested: &[Firmware]) -> Option<String> {
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
    use crate::image::Signature;

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
        let rules = Rules { stable_tested: true, ..Rules::default() };
        let why = rules.against_stable(&image(), &[Firmware::Bios]).unwrap();
        assert!(why.ends_with("no test has seen it boot from UEFI"), "{why}");
        assert_eq!(rules.against_stable(&image(), &[Firmware::Uefi, Firmware::Bios]), None);
    }

    #[test]
    fn where_signatures_are_demanded_only_what_is_signed_becomes_stable() {
        let rules = Rules { signed: true, ..Rules::default() };
        let why = rules.against_stable(&image(), &[]).unwrap();
        assert!(why.contains("have it signed first"), "{why}");
        let mut signed = image();
        signed.standing.trust.signatures.push(Signature {
            key: "F0E1D2C3B4A59687".to_owned(),
            name: "Release".to_owned(),
            comment: String::new(),
            at: crate::Time::UNIX_EPOCH,
            by: "ann".to_owned(),
        });
        assert_eq!(rules.against_stable(&signed, &[]), None);
    }
}
