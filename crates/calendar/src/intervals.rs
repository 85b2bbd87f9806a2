//! Sets of times, as intervals that do not touch: from a moment on, before another.

use pitstop_domain::Time;
use std::ops::Range;

/// Sorted, none empty, none touching another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(Vec<Range<Time>>);

impl Intervals {
    pub fn iter(&self) -> impl Iterator<Item = &Range<Time>> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The interval that holds this moment.
    pub fn holding(&self, at: Time) -> Option<&Range<Time>> {
        let next = self.0.partition_point(|one| one.end <= at);
        self.0.get(next).filter(|one| one.start <= at)
    }

    /// Both together.
    pub fn and(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).cloned().collect()
    }

    /// These without those.
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        for one in &self.0 {
            let mut from = one.start;
            for gone in other.0.iter().filter(|gone| gone.start < one.end && one.start < gone.end) {
                if from < gone.start {
                    left.push(from..gone.start);
                }
                from = from.max(gone.end);
            }
            if from < one.end {
                left.push(from..one.end);
            }
        }
        Self(left)
    }
}

impl FromIterator<Range<Time>> for Intervals {
    fn from_iter<I: IntoIterator<Item = Range<Time>>>(ranges: I) -> Self {
        let mut sorted: Vec<_> = ranges.into_iter().filter(|one| one.start < one.end).collect();
        sorted.sort_by_key(|one| one.start);
        let mut merged: Vec<Range<Time>> = Vec::with_capacity(sorted.len());
        for one in sorted {
            match merged.last_mut() {
                Some(last) if one.start <= last.end => last.end = last.end.max(one.end),
                _ => merged.push(one),
            }
        }
        Self(merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn at(s: i64) -> Time {
        DateTime::from_timestamp(s, 0).unwrap()
    }

    fn set(of: &[(i64, i64)]) -> Intervals {
        of.iter().map(|(from, until)| at(*from)..at(*until)).collect()
    }

    #[test]
    fn what_touches_is_one_and_what_is_taken_out_leaves_both_ends() {
        assert_eq!(set(&[(5, 9), (0, 3), (3, 4), (2, 2)]), set(&[(0, 4), (5, 9)]));
        assert_eq!(set(&[(0, 10)]).without(&set(&[(2, 3), (5, 20)])), set(&[(0, 2), (3, 5)]));
        assert_eq!(set(&[(0, 4), (6, 9)]).holding(at(4)), None);
    }

    proptest! {
        #[test]
        fn sets_mean_what_their_moments_mean(
            one in proptest::collection::vec((0..60_i64, 0..60_i64), 0..8),
            other in proptest::collection::vec((0..60_i64, 0..60_i64), 0..8),
        ) {
            let (a, b) = (set(&one), set(&other));
            let (both, left) = (a.and(&b), a.without(&b));
            for s in 0..61 {
                let (in_a, in_b) = (a.holding(at(s)).is_some(), b.holding(at(s)).is_some());
                prop_assert_eq!(one.iter().any(|(from, until)| *from <= s && s < *until), in_a);
                prop_assert_eq!(both.holding(at(s)).is_some(), in_a || in_b);
                prop_assert_eq!(left.holding(at(s)).is_some(), in_a && !in_b);
            }
            for set in [&both, &left] {
                prop_assert!(set.iter().zip(set.iter().skip(1)).all(|(one, next)| one.end < next.start));
            }
        }
    }
}
