//! What the pages about images share.

use super::desk::Rate;
use crate::format;
use crate::parts::{Icon, icon};
use leptos::prelude::*;
use pitstop_domain::image::{Channel, ImageKind, ImageVersion};

/// A channel: shape and word.
pub(super) fn channel(channel: Channel) -> impl IntoView {
    let (drawing, word) = match channel {
        Channel::Stable => (Icon::Check, "stable"),
        Channel::Candidate => (Icon::Eye, "candidate"),
    };
    view! { <span class="chip" data-channel=word>{icon(drawing)}{word}</span> }
}

/// `BIOS and UEFI, x86-64`.
pub(super) fn boots(image: &ImageVersion) -> String {
    format!("{}, {}", firmware(image), image.arch)
}

/// `BIOS and UEFI`.
pub(super) fn firmware(image: &ImageVersion) -> String {
    let firmware: Vec<_> = image.firmware.iter().map(ToString::to_string).collect();
    firmware.join(" and ")
}

pub(super) fn kind(kind: ImageKind) -> &'static str {
    match kind {
        ImageKind::Maintenance => "maintenance",
        ImageKind::Operational => "operation",
    }
}

pub(super) fn size(image: &ImageVersion) -> u64 {
    image.parts.iter().map(|part| part.bytes).sum()
}

/// How often a machine was seen to boot it; in words where nobody tried.
pub(super) fn rate(rate: Rate) -> String {
    match format::percent(rate.booted, rate.jobs) {
        Some(percent) => format!("{percent} % of {}", format::count(rate.jobs)),
        None => "not tried yet".to_owned(),
    }
}

impl Rate {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            jobs: self.jobs + other.jobs,
            booted: self.booted + other.booted,
            proved: self.proved + other.proved,
        }
    }
}

/// Where an image's page is. Names may have any letter.
pub(crate) fn page_of(name: &str) -> String {
    format!("/images/{}", encoded(name))
}

/// A segment of a path.
fn encoded(text: &str) -> String {
    let mut path = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => path.push(byte.into()),
            byte => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_the_path() {
        assert_eq!(page_of("memtest86+"), "/images/memtest86%2B");
        assert_eq!(page_of("a/b ü"), "/images/a%2Fb%20%C3%BC");
    }

    #[test]
    fn what_nobody_tried_has_no_rate() {
        assert_eq!(rate(Rate::default()), "not tried yet");
        assert_eq!(rate(Rate { jobs: 3, booted: 2, proved: 2 }), "66 % of 3");
    }
}
