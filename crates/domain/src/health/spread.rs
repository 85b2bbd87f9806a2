//! How many of some machines have which health, and what that says of them together. Machines that are not judged are a class
//! of their own: they are counted, and make nothing better or worse.

use std::collections::BTreeMap;

/// From here on a machine is well.
pub const WELL: u8 = 80;
/// From here on it is fair; below it is poor.
pub const FAIR: u8 = 50;

/// How well a machine is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Well,
    Fair,
    Poor,
    /// Not judged: missing data is no health.
    Unknown,
}

impl Class {
    pub const ALL: [Self; 4] = [Self::Well, Self::Fair, Self::Poor, Self::Unknown];

    pub fn of(score: Option<u8>) -> Self {
        match score {
            None => Self::Unknown,
            Some(WELL..) => Self::Well,
            Some(FAIR..) => Self::Fair,
            Some(_) => Self::Poor,
        }
    }

    /// The word in attributes and in what Prometheus is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Unknown => "unknown",
        }
    }

    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unknown => "not judged",
            other => other.name(),
        }
    }
}

/// How many machines have which score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    scores: BTreeMap<u8, u64>,
    unknown: u64,
}

impl Spread {
    /// So many more machines with this score.
    pub fn add(&mut self, score: Option<u8>, machines: u64) {
        match score {
            Some(score) => *self.scores.entry(score.min(100)).or_default() += machines,
            None => self.unknown += machines,
        }
    }

    /// All of another one, too.
    pub fn join(&mut self, other: &Self) {
        for (score, machines) in &other.scores {
            self.add(Some(*score), *machines);
        }
        self.add(None, other.unknown);
    }

    /// Of these the health is known.
    pub fn judged(&self) -> u64 {
        self.scores.values().sum()
    }

    pub fn machines(&self) -> u64 {
        self.judged() + self.unknown
    }

    pub fn of(&self, class: Class) -> u64 {
        match class {
            Class::Unknown => self.unknown,
            class => {
                let of_class = self.scores.iter().filter(|(score, _)| Class::of(Some(**score)) == class);
                of_class.map(|(_, machines)| machines).sum()
            }
        }
    }

    /// Half of the judged machines are no better than this.
    pub fn median(&self) -> Option<u8> {
        let half = self.judged().div_ceil(2);
        let mut below = 0;
        self.scores.iter().find_map(|(score, machines)| {
            below += machines;
            (half > 0 && below >= half).then_some(*score)
        })
    }

    pub fn worst(&self) -> Option<u8> {
        self.scores.iter().find(|(_, machines)| **machines > 0).map(|(score, _)| *score)
    }

    /// By tens of points, the last with 100.
    pub fn tens(&self) -> [u64; 10] {
        let mut tens = [0; 10];
        for (score, machines) in &self.scores {
            tens[usize::from(score / 10).min(9)] += machines;
        }
        tens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(of: &[(Option<u8>, u64)]) -> Spread {
        let mut spread = Spread::default();
        of.iter().for_each(|(score, machines)| spread.add(*score, *machines));
        spread
    }

    #[test]
    fn what_is_not_judged_is_counted_and_makes_nothing_better() {
        let some = spread(&[(None, 5), (Some(40), 1), (Some(79), 1), (Some(80), 1), (Some(100), 2)]);
        assert_eq!((some.machines(), some.judged()), (10, 5));
        assert_eq!(Class::ALL.map(|class| some.of(class)), [3, 1, 1, 5]);
        assert_eq!((some.median(), some.worst()), (Some(80), Some(40)));
        let nothing = spread(&[(None, 3)]);
        assert_eq!((nothing.median(), nothing.worst(), nothing.machines()), (None, None, 3));
    }

    #[test]
    fn the_last_ten_points_have_the_hundred() {
        let some = spread(&[(Some(0), 1), (Some(9), 1), (Some(10), 1), (Some(99), 1), (Some(100), 1)]);
        assert_eq!(some.tens(), [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    }

    #[test]
    fn parts_together_are_the_whole() {
        let (mut one, other) = (spread(&[(Some(90), 2), (None, 1)]), spread(&[(Some(90), 1), (Some(10), 4)]));
        one.join(&other);
        assert_eq!(one, spread(&[(Some(90), 3), (Some(10), 4), (None, 1)]));
        assert_eq!(one.median(), Some(10));
    }
}
