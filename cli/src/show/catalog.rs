//! A version of an image, keys, and where images are kept.

use super::Look;
use super::table::{Cell, table};
use super::tables::signers;
use super::words::{clean, firmware, size};
use crate::shape::{ImageKey, ImageStory, Storage};
use pitstop_domain::image::Channel;
use pitstop_domain::test_boot::TestBoot;

/// As wide as the longest label and two spaces.
const LABEL: usize = 11;

/// All of a version.
pub fn page(story: &ImageStory, boots: &[TestBoot], look: &Look) -> String {
    let image = &story.image;
    let starts: Vec<String> = image.firmware.iter().map(|word| firmware(word)).collect();
    let mut page = String::new();
    let mut line = |label: &str, text: &str| page += &format!("{label:LABEL$}{}\n", clean(text));
    line("Image", &format!("{} {}", image.name, image.version));
    line("Digest", &image.digest);
    line("Channel", channel(image.standing.channel));
    line("Firmware", &starts.join(", "));
    line("Added", &look.stamp(image.created_at));
    line("Signed by", &signers(image));
    if !image.standing.notes.is_empty() {
        line("Notes", &image.standing.notes);
    }
    let parts = image.parts.iter().map(|part| {
        [(&part.file).into(), part.role.as_str().into(), size(part.bytes).into(), part.digest.as_str().into()]
    });
    page += "\n";
    page += &table(["PART", "ROLE", "SIZE", "SHA-256"], parts.collect(), look.paint);
    if !story.success.is_empty() {
        let rows = story.success.iter().map(|of| {
            let model = if of.model.is_empty() { "not known" } else { &of.model };
            let number = |n: i64| Cell::from(n.to_string());
            [model.into(), number(of.jobs), number(of.booted), number(of.proved)]
        });
        page += "\n";
        page += &table(["MODEL", "JOBS", "BOOTED", "BACK"], rows.collect(), look.paint);
    }
    if !boots.is_empty() {
        let rows = boots.iter().map(|boot| {
            let verdict = boot.ended.as_ref().map_or("under way", |ended| ended.verdict.words());
            [look.stamp(boot.asked_at).into(), boot.firmware.to_string().into(), verdict.into()]
        });
        page += "\n";
        page += &table(["TEST BOOT", "FIRMWARE", "VERDICT"], rows.collect(), look.paint);
    }
    if !story.moves.is_empty() {
        let rows = story.moves.iter().map(|moved| {
            [look.stamp(moved.at).into(), (&moved.to).into(), (&moved.by).into(), clean(&moved.why).into()]
        });
        page += "\n";
        page += &table(["WHEN", "BECAME", "BY", "WHY"], rows.collect(), look.paint);
    }
    page
}

pub fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Candidate => "candidate",
        Channel::Stable => "stable",
    }
}

pub fn keys(keys: &[ImageKey], look: &Look) -> String {
    let rows = keys.iter().map(|key| {
        [
            (&key.id).into(),
            (&key.name).into(),
            key.signed.len().to_string().into(),
            look.stamp(key.added_at).into(),
            (&key.added_by).into(),
        ]
    });
    table(["KEY", "OF", "SIGNED", "ADDED", "BY"], rows.collect(), look.paint)
}

pub fn storage(storage: &Storage) -> String {
    let used = size(storage.used);
    match &storage.bucket {
        None => format!("images are kept in the server's folder: {used}\n"),
        Some(bucket) => {
            let away = bucket.away.as_ref().map(|why| format!("it is away: {why}\n"));
            let cache = format!("{used} of {} of this server's cache are in use\n", size(bucket.limit));
            format!("images are kept in {}\n{cache}{}", bucket.name, away.unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::plain;
    use serde_json::{from_value, json};

    #[test]
    fn a_version_tells_its_parts_and_what_became_of_it() {
        let story: ImageStory = from_value(json!({
            "digest": "a".repeat(64), "name": "rescue", "version": "12", "firmware": ["bios", "uefi"], "agent": true,
            "parts": [{ "role": "kernel", "file": "vmlinuz", "bytes": 1024, "digest": "b".repeat(64) }],
            "created_at": "2026-03-01T10:00:00Z", "standing": { "channel": "candidate" }, "statement": "",
            "moves": [{ "at": "2026-03-01T11:00:00Z", "to": "candidate", "by": "ann", "why": "it\nfails" }],
            "success": [{ "model": "", "jobs": 3, "booted": 2, "proved": 1 }],
        }))
        .unwrap();
        let shown = page(&story, &[], &plain());
        for text in ["rescue 12", "candidate", "BIOS, UEFI", "vmlinuz  kernel", "nobody trusted", "not known"]
        {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        assert!(shown.contains("ann") && !shown.contains("it\nfails"), "{shown}");
    }

    #[test]
    fn a_bucket_that_is_away_is_told() {
        let told = storage(
            &from_value(
                json!({ "used": 1 << 20, "bucket": { "name": "the bucket b at http://[::1]", "limit": 2 << 20,
                                 "away": "nobody answers" } }),
            )
            .unwrap(),
        );
        assert!(told.contains("1.0 MiB of 2.0 MiB") && told.contains("it is away: nobody answers"), "{told}");
    }
}
