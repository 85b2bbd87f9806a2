//! What is written.

/// A background: a value for every word. The march writes it and its inverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Every word its own address: finds address lines that lead to the wrong place.
    OwnAddress,
    /// All zeros, and all ones.
    Solid,
    /// Zeros and ones in turn, shifted by one in every other word.
    Checkerboard,
    /// Runs of zeros and ones, so many bits wide. With solid and checkerboard every two bits of a word differ in one
    /// of them: what couples bits of one word needs that.
    Stripes(u32),
    /// One bit set, in the next word the next; the inverse is the walking zero. Shifted with every pass.
    Walking,
    /// Anything, from a seed: finds what regular patterns hide.
    Random,
}

/// All patterns, in the order of the test.
pub const ALL: [Pattern; 10] = [
    Pattern::OwnAddress,
    Pattern::Solid,
    Pattern::Checkerboard,
    Pattern::Stripes(2),
    Pattern::Stripes(4),
    Pattern::Stripes(8),
    Pattern::Stripes(16),
    Pattern::Stripes(32),
    Pattern::Walking,
    Pattern::Random,
];

impl Pattern {
    pub fn name(self) -> String {
        match self {
            Self::OwnAddress => "own address".to_owned(),
            Self::Solid => "zeros and ones".to_owned(),
            Self::Checkerboard => "checkerboard".to_owned(),
            Self::Stripes(bits) => format!("stripes of {bits} bits"),
            Self::Walking => "walking bit".to_owned(),
            Self::Random => "random".to_owned(),
        }
    }
}

/// `…00001111` with runs of `bits`, a power of two below 64.
pub const fn stripes(bits: u32) -> u64 {
    // 2^64 − 1 divided by 2^bits + 1 sets every other run of `bits`.
    u64::MAX / ((1 << bits) + 1)
}

/// SplitMix64 (Steele, Lea, Flood 2014): a well mixed word for every address, with no state to carry along.
pub const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_are_as_wide_as_they_say() {
        assert_eq!(stripes(1), 0x5555_5555_5555_5555);
        assert_eq!(stripes(2), 0x3333_3333_3333_3333);
        assert_eq!(stripes(4), 0x0f0f_0f0f_0f0f_0f0f);
        assert_eq!(stripes(8), 0x00ff_00ff_00ff_00ff);
        assert_eq!(stripes(16), 0x0000_ffff_0000_ffff);
        assert_eq!(stripes(32), 0x0000_0000_ffff_ffff);
    }

    #[test]
    fn every_two_bits_of_a_word_differ_in_some_stripes() {
        for one in 0..64 {
            for other in 0..one {
                let differ = |bits: u32| (stripes(bits) >> one ^ stripes(bits) >> other) & 1 == 1;
                assert!([1, 2, 4, 8, 16, 32].into_iter().any(differ), "bits {one} and {other}");
            }
        }
    }
}
