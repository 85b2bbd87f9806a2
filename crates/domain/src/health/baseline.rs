//! How a figure usually is: median and median absolute deviation, which a few wild values do not move.

use super::Metric;
use super::sample::median;
use crate::report::Better;
use serde::{Deserialize, Serialize};

/// Hours of figures below which nothing is said to be usual: a day, so that a night and a morning are in it.
pub const ENOUGH: usize = 24;

/// Machines of a model below which they say nothing about each other.
pub const ENOUGH_PEERS: usize = 5;

/// By which the median absolute deviation of normally distributed values is their standard deviation.
const OF_NORMAL: f64 = 1.4826;

/// Spreads around the median that still are usual: of normally distributed values one in 370 lies beyond.
const BAND: f64 = 3.0;

/// How much a figure wanders at least, in shares of the median: a machine that has been calm for weeks is not ill since it
/// moved by a per cent.
const LEAST_SPREAD: f64 = 0.01;

/// How a figure usually is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    pub median: f64,
    /// The median distance from the median.
    pub mad: f64,
    /// Nothing is decided by it; 0: not kept.
    pub samples: u32,
}

impl Baseline {
    /// Of these values, where they are enough.
    pub fn of(values: &[f64], enough: usize) -> Option<Self> {
        let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        if values.len() < enough.max(1) {
            return None;
        }
        let middle = median(&values)?;
        let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
        let samples = u32::try_from(values.len()).unwrap_or(u32::MAX);
        Some(Self { median: middle, mad: median(&distances)?, samples })
    }

    /// The same, wandering by no less than this around its median.
    pub(super) fn wandering(self, mad: f64) -> Self {
        Self { mad: self.mad.max(mad), ..self }
    }

    /// The same, with this value within what is usual; `alike`: the distance to it, times so much.
    pub(super) fn reaching(self, value: f64, alike: f64) -> Self {
        self.wandering((value - self.median).abs() * alike / (BAND * OF_NORMAL))
    }

    /// As far from the median nothing is unusual, however calm it has been.
    pub(super) fn least(&self, metric: Metric) -> f64 {
        (self.median.abs() * LEAST_SPREAD).max(metric.kind().grain)
    }

    /// What is usual: from, to.
    pub fn band(&self, metric: Metric) -> (f64, f64) {
        let least = self.least(metric);
        let reach = BAND * (self.mad * OF_NORMAL).max(least / BAND);
        (self.median - reach, self.median + reach)
    }

    /// By how many per cent of the median this value is worse; negative: better. `None`: the metric has no better, or
    /// nothing is nothing's per cent.
    pub fn worse_percent(&self, metric: Metric, value: f64) -> Option<f64> {
        let change = match metric.kind().better {
            Better::Higher => self.median - value,
            Better::Lower => value - self.median,
            Better::Neither => return None,
        };
        // Of a median near zero (errors in a minute) any difference would be endless: the grain stands in for it.
        let whole = self.median.abs().max(metric.kind().grain);
        (whole > 0.0).then(|| change / whole * 100.0)
    }

    /// Is this value worse than is usual, by so many per cent and more than it wanders by itself?
    pub fn is_worse(&self, metric: Metric, value: f64, percent: f64) -> bool {
        let (low, high) = self.band(metric);
        let outside = match metric.kind().better {
            Better::Higher => value < low,
            Better::Lower => value > high,
            Better::Neither => false,
        };
        outside && self.worse_percent(metric, value).is_some_and(|worse| worse >= percent)
    }

    /// Where it begins to be worse by so many per cent and outside of what is usual. `None`: nothing of it is worse.
    pub fn begins(&self, metric: Metric, percent: f64) -> Option<f64> {
        let (low, high) = self.band(metric);
        let reach = self.median.abs().max(metric.kind().grain) * percent / 100.0;
        match metric.kind().better {
            Better::Higher => Some((self.median - reach).min(low)),
            Better::Lower => Some((self.median + reach).max(high)),
            Better::Neither => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPEED: Metric = Metric::CpuSpeed;

    #[test]
    fn a_few_hours_say_nothing_about_what_is_usual() {
        assert_eq!(Baseline::of(&[100.0; ENOUGH - 1], ENOUGH), None);
        assert!(Baseline::of(&[100.0; ENOUGH], ENOUGH).is_some());
    }

    #[test]
    fn a_calm_machine_is_not_ill_since_it_moved_by_a_little() {
        let calm = Baseline::of(&[500.0; 100], ENOUGH).unwrap();
        assert!(!calm.is_worse(SPEED, 496.0, 0.0));
        assert!(calm.is_worse(SPEED, 250.0, 30.0));
    }

    #[test]
    fn what_wanders_much_must_move_further() {
        let wild: Vec<f64> = (0..100).map(|n| if n % 2 == 0 { 400.0 } else { 600.0 }).collect();
        let wild = Baseline::of(&wild, ENOUGH).unwrap();
        assert!(!wild.is_worse(SPEED, 250.0, 30.0), "it has been as far from its median as that");
    }

    #[test]
    fn faster_is_never_worse_and_hotter_is() {
        let speed = Baseline::of(&[500.0; 30], ENOUGH).unwrap();
        assert!(!speed.is_worse(SPEED, 5000.0, 0.0));
        let warm = Baseline::of(&[50.0; 30], ENOUGH).unwrap();
        assert!(warm.is_worse(Metric::Temperature, 80.0, 30.0));
        assert!(!warm.is_worse(Metric::Temperature, 20.0, 30.0));
    }

    #[test]
    fn errors_where_there_never_were_any_are_much_worse() {
        let none = Baseline::of(&[0.0; 30], ENOUGH).unwrap();
        assert!(none.is_worse(Metric::EccCorrected, 3.0, 100.0));
        assert!(!none.is_worse(Metric::EccCorrected, 0.0, 0.0));
    }

    proptest! {
        #[test]
        fn a_third_of_wild_values_moves_a_baseline_no_further_than_the_good_ones_reach(
            good in proptest::collection::vec(90.0..110.0_f64, 40..80), wild in proptest::collection::vec(0.0..1e6_f64, 0..13)) {
            let all: Vec<f64> = good.iter().chain(&wild).copied().collect();
            let found = Baseline::of(&all, ENOUGH).unwrap();
            prop_assert!((90.0..=110.0).contains(&found.median));
            prop_assert!(found.mad <= 20.0);
        }

        #[test]
        fn its_own_median_is_never_worse(values in proptest::collection::vec(0.0..1e4_f64, 24..60), n in 0_usize..super::super::metric::KINDS.len()) {
            let metric = super::super::metric::KINDS[n].metric;
            let found = Baseline::of(&values, ENOUGH).unwrap();
            prop_assert!(!found.is_worse(metric, found.median, 0.0));
        }
    }
}
