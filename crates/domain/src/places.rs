//! Places of a site: as many of its machines fetch their images at once as its line and its people can bear. A job waits for
//! a place before its machine is touched; what a run limits by itself ([`crate::run::plan::AtOnce`]) holds beside it.

use crate::site::Site;

/// So long a line may be busy with the images that a site fetches at once, in seconds: firmware waits for its loader about a
/// minute, and a kernel's fetch is not given up within two.
pub const LINE_BUSY_S: u64 = 120;

/// So long a machine that is restarted counts as one that fetches, in seconds. A trip into an image takes 20 to 90 s; one that
/// shows nothing after this long loads no line, and must not keep others waiting.
pub const FETCHES_FOR_S: u32 = 300;

/// What machines of a site fetch now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetching {
    pub machines: u32,
    /// What their images weigh together.
    pub bytes: u64,
}

impl Fetching {
    /// With one machine more.
    #[must_use]
    pub fn and(self, bytes: u64) -> Self {
        Self { machines: self.machines.saturating_add(1), bytes: self.bytes.saturating_add(bytes) }
    }
}

/// Why a machine of this site has to wait for its image of so many bytes; `None`: there is a place. A machine alone always has
/// one, whatever its image weighs.
#[must_use]
pub fn no_place(site: &Site, fetching: Fetching, bytes: u64) -> Option<String> {
    if fetching.machines == 0 {
        return None;
    }
    let name = &site.name;
    if site.slots.is_some_and(|slots| fetching.machines >= slots) {
        let on_their_way = match fetching.machines {
            1 => "one machine is on its way into its image, and only one may be".to_owned(),
            n => format!("{n} machines are on their way into their images, and no more may be"),
        };
        return Some(format!("a place at {name}, where {on_their_way}"));
    }
    let line = u64::from(site.line_mbit?) * 1_000_000 / 8;
    (fetching.and(bytes).bytes > line.saturating_mul(LINE_BUSY_S))
        .then(|| format!("a place on the line of {name}, which is busy for two minutes with images by now"))
}

/// How the machines of a site take turns, as far as that can be told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// So many are on their way into their images at once.
    pub at_once: u32,
    /// So long each is, in seconds.
    pub way_s: u64,
}

impl Turn {
    /// With images of so many bytes, and a way of so many seconds; `None`: they need not wait for each other.
    #[must_use]
    pub fn of(site: &Site, bytes: u64, way_s: u64) -> Option<Self> {
        let by_line = site.line_mbit.map(|mbit| {
            let carries = u64::from(mbit) * 1_000_000 / 8 * LINE_BUSY_S;
            u32::try_from(carries / bytes.max(1)).unwrap_or(u32::MAX)
        });
        let at_once = [site.slots, by_line].into_iter().flatten().min()?.max(1);
        Some(Self { at_once, way_s: way_s.min(FETCHES_FOR_S.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(slots: Option<u32>, line_mbit: Option<u32>) -> Site {
        Site { name: "berlin".to_owned(), slots, line_mbit, ..Site::default() }
    }

    fn fetching(machines: u32, bytes: u64) -> Fetching {
        Fetching { machines, bytes }
    }

    #[test]
    fn a_site_of_which_nothing_is_said_has_place_for_all() {
        assert_eq!(no_place(&site(None, None), fetching(10_000, u64::MAX), 1), None);
    }

    #[test]
    fn so_many_machines_fetch_at_once_and_no_more() {
        let two = site(Some(2), None);
        assert_eq!(no_place(&two, fetching(1, 0), 0), None);
        assert!(no_place(&two, fetching(2, 0), 0).unwrap().contains("2 machines are on their way"));
    }

    #[test]
    fn a_line_carries_two_minutes_of_images_and_one_machine_however_large_its_image() {
        // 10 Mbit/s carry 150 MB in two minutes.
        let slow = site(None, Some(10));
        assert_eq!(no_place(&slow, fetching(1, 75_000_000), 75_000_000), None);
        assert!(no_place(&slow, fetching(1, 75_000_000), 75_000_001).unwrap().contains("line of berlin"));
        assert_eq!(no_place(&slow, Fetching::default(), 4_000_000_000), None);
    }

    #[test]
    fn turns_are_as_the_narrower_of_places_and_line() {
        let turn = |slots, line, bytes| Turn::of(&site(slots, line), bytes, 60).map(|turn| turn.at_once);
        assert_eq!(turn(None, None, 1), None);
        assert_eq!(turn(Some(5), Some(10), 75_000_000), Some(2));
        assert_eq!(turn(Some(5), Some(1000), 75_000_000), Some(5));
        assert_eq!(turn(None, Some(1), 4_000_000_000), Some(1), "one at least");
    }

    #[test]
    fn whoever_comes_first_takes_the_place_from_the_next() {
        let first = Fetching::default().and(20);
        assert_eq!(first, fetching(1, 20));
        assert!(no_place(&site(Some(1), None), first, 20).is_some());
    }
}
