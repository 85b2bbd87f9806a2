//! Chance that can be repeated: the same seed falls the same way on every machine and in every version.

/// SplitMix64 (Steele, Lea, Flood 2014): a counter, mixed. Good enough for chance, and nothing to break between
/// versions of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dice(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    /// The dice number `stream` of a seed; streams are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut dice = Self(seed ^ stream.wrapping_mul(0xd605_bbb5_8c8a_bc03));
        dice.throw();
        dice
    }

    /// 64 random bits.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least 0, less than 1.
    pub fn share(&mut self) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.throw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability. Does not throw for what never or always happens, so that a quirk more or less
    /// does not change how everything else falls.
    pub fn falls(&mut self, chance: f64) -> bool {
        chance >= 1.0 || (chance > 0.0 && self.share() < chance)
    }

    /// One of these; the slice must not be empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[(self.throw() % from.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way_and_another_does_not() {
        let throws = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            [dice.throw(), dice.throw(), dice.throw()]
        };
        assert_eq!(throws(1, 2), throws(1, 2));
        assert_ne!(throws(1, 2), throws(1, 3));
        assert_ne!(throws(1, 2), throws(2, 2));
    }

    #[test]
    fn chances_come_about_as_often_as_they_say() {
        let mut dice = Dice::new(7, 0);
        let hits = (0..10_000).filter(|_| dice.falls(0.3)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
        assert!(!dice.falls(0.0) && dice.falls(1.0));
    }
}
