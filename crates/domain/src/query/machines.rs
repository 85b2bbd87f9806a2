//! Sets of machines, each machine by its place in a list of them all.

/// Machines, each as one bit. Sets are of the same list, or compared with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machines(Vec<u64>);

impl Machines {
    /// None of so many.
    pub fn none(of: usize) -> Self {
        Self(vec![0; of.div_ceil(64)])
    }

    /// All of so many.
    pub fn all(of: usize) -> Self {
        let mut bits = vec![u64::MAX; of.div_ceil(64)];
        if let Some(last) = bits.last_mut().filter(|_| !of.is_multiple_of(64)) {
            *last = (1 << (of % 64)) - 1;
        }
        Self(bits)
    }

    /// Those at these places, of so many.
    pub fn at(places: impl IntoIterator<Item = usize>, of: usize) -> Self {
        let mut machines = Self::none(of);
        places.into_iter().for_each(|place| machines.add(place));
        machines
    }

    /// A place behind the last is nobody's.
    pub fn add(&mut self, place: usize) {
        if let Some(bits) = self.0.get_mut(place / 64) {
            *bits |= 1 << (place % 64);
        }
    }

    pub fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    pub fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|bits| bits & (1 << (place % 64)) != 0)
    }

    /// The places, in their order.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let each = |(word, bits): (usize, &u64)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let place = (left != 0).then(|| word * 64 + left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(place)
            })
        };
        self.0.iter().enumerate().flat_map(each)
    }

    /// How many both have.
    pub fn shared(&self, other: &Self) -> usize {
        self.both(other, |one, other| one & other).count()
    }

    /// Those that both have.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.both(other, |one, other| one & other)
    }

    /// Those that either has.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        self.both(other, |one, other| one | other)
    }

    /// Those that the other has not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.both(other, |one, other| one & !other)
    }

    fn both(&self, other: &Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| of(*one, *other)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Machines;

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_behind_its_end() {
        let odd = Machines::at((1..130).step_by(2), 130);
        assert_eq!((odd.count(), odd.places().collect::<Vec<_>>()), (65, (1..130).step_by(2).collect()));
        let even = Machines::all(130).without(&odd);
        assert_eq!((even.count(), even.shared(&odd), even.or(&odd)), (65, 0, Machines::all(130)));
        assert!(even.and(&odd).is_empty() && even.has(128) && !even.has(129) && !even.has(1000));
        assert_eq!(Machines::all(128).count(), 128);
        assert!(Machines::all(0).is_empty());
    }
}
