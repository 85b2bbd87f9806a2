//! What is signed of an image: a text that says all that a version is, so that whoever signs reads what they sign.
//!
//! A kernel alone, signed, would start with any command line and any initial RAM disk; the text has all of them, and the
//! name and the version, so that an old one cannot come again as a new one.

use crate::digest::Digest;
use crate::image::{ImageFormat, ImageKind, ImageVersion, PartRole};
use crate::machine::{Arch, Firmware};
use serde::Deserialize;
use serde::Serialize;
use std::fmt::{self, Display, Formatter};

/// The file beside `image.json` that is signed; `minisign` puts the signature beside it, with `.minisig` behind its name.
pub const FILE: &str = "image.statement";
pub const SIGNATURE_FILE: &str = "image.statement.minisig";

/// What a version is. Read from an `image.json` whose parts say their digests, or made of one in the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Statement {
    name: String,
    version: String,
    kind: ImageKind,
    format: ImageFormat,
    arch: Arch,
    firmware: Vec<Firmware>,
    agent: Option<bool>,
    #[serde(default)]
    cmdline: String,
    parts: Vec<StatedPart>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct StatedPart {
    role: PartRole,
    file: String,
    digest: Digest,
}

impl From<&ImageVersion> for Statement {
    fn from(image: &ImageVersion) -> Self {
        let part = |part: &crate::image::Part| StatedPart {
            role: part.role,
            file: part.file.clone(),
            digest: part.digest.clone(),
        };
        Self {
            name: image.name.clone(),
            version: image.version.clone(),
            kind: image.kind,
            format: image.format,
            arch: image.arch,
            firmware: image.firmware.clone(),
            agent: Some(image.agent),
            cmdline: image.cmdline.clone(),
            parts: image.parts.iter().map(part).collect(),
        }
    }
}

impl Statement {
    fn has_agent(&self) -> bool {
        self.agent.unwrap_or_else(|| has_agent(self.kind, self.format))
    }
}

/// Is our agent in an image that does not say so?
pub fn has_agent(kind: ImageKind, format: ImageFormat) -> bool {
    kind == ImageKind::Maintenance && format == ImageFormat::Linux
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let firmware: Vec<_> = self.firmware.iter().map(word).collect();
        writeln!(f, "pitstop image 1")?;
        writeln!(f, "name: {}", one_line(&self.name))?;
        writeln!(f, "version: {}", one_line(&self.version))?;
        writeln!(f, "kind: {}", word(&self.kind))?;
        writeln!(f, "format: {}", word(&self.format))?;
        writeln!(f, "architecture: {}", word(&self.arch))?;
        writeln!(f, "firmware: {}", firmware.join(" "))?;
        writeln!(f, "agent: {}", if self.has_agent() { "yes" } else { "no" })?;
        writeln!(f, "command line: {}", one_line(&self.cmdline))?;
        for part in &self.parts {
            writeln!(f, "{} {} {}", part.digest, word(&part.role), one_line(&part.file))?;
        }
        Ok(())
    }
}

/// As JSON has it: one word for it everywhere.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A line break in a name must not look like a line of the statement.
fn one_line(text: &str) -> String {
    let escaped = |c: char| {
        if c.is_control() || c == '\\' { c.escape_default().collect::<String>() } else { c.to_string() }
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn described() -> Value {
        serde_json::from_str(include_str!("../tests/statement/image.json")).unwrap()
    }

    fn text(json: Value) -> String {
        serde_json::from_value::<Statement>(json).unwrap().to_string()
    }

    #[test]
    fn all_that_a_version_is_stands_in_its_statement() {
        assert_eq!(text(described()), include_str!("../tests/statement/image.statement"));
    }

    #[test]
    fn any_change_of_what_a_machine_would_start_is_another_statement() {
        let before = text(described());
        let changes = [
            ("name", json!("other")),
            ("version", json!("2")),
            ("cmdline", json!("quiet init=/bin/sh")),
            ("agent", json!(false)),
            ("kind", json!("operational")),
            ("firmware", json!(["bios"])),
        ];
        for (field, value) in changes {
            let mut changed = described();
            changed[field] = value;
            assert_ne!(text(changed), before, "{field}");
        }
        let mut changed = described();
        changed["parts"][1]["digest"] = json!("c".repeat(64));
        assert_ne!(text(changed), before, "an initial RAM disk");
        let mut swapped = described();
        swapped["parts"].as_array_mut().unwrap().swap(1, 2);
        assert_ne!(text(swapped), before, "the order of initial RAM disks");
    }

    #[test]
    fn a_line_break_cannot_pass_for_a_line() {
        let mut image = described();
        image["name"] = json!("rescue\nversion: 9");
        assert_eq!(text(image).lines().count(), text(described()).lines().count());
    }

    #[test]
    fn the_version_in_the_catalog_has_the_statement_of_the_folder_that_it_came_from() {
        let mut image = described();
        for (field, value) in [
            ("digest", json!("d".repeat(64))),
            ("agent", json!(true)),
            ("title", json!("Any")),
            ("provenance", json!({ "made": "by us" })),
            ("created_at", json!("2026-01-01T00:00:00Z")),
        ] {
            image[field] = value;
        }
        for part in image["parts"].as_array_mut().unwrap() {
            part["bytes"] = json!(1);
        }
        let version: ImageVersion = serde_json::from_value(image).unwrap();
        assert_eq!(Statement::from(&version).to_string(), text(described()));
    }
}
