//! What was measured, and when.

use super::Metric;
use crate::Time;
use std::collections::BTreeMap;

/// Figures of one machine at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(pub BTreeMap<Metric, f64>);

impl Figures {
    /// What an agent sent: numbers of metrics with values. Metrics that this version does not know, what no machine can say in
    /// earnest, and what only its board can say are left out.
    pub fn of_wire(pairs: &[(i16, f64)]) -> Self {
        let known = pairs.iter().filter_map(|(number, value)| Some((Metric::of_number(*number)?, *value)));
        Self(known.filter(|(metric, value)| metric.is_plausible(*value) && !metric.is_of_board()).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One figure at one moment.
pub type Point = (Time, f64);

/// The middle of some values: half of them are smaller. `None`: of nothing there is none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle), middle.checked_sub(1).and_then(|before| sorted.get(before)))
    {
        (0, Some(upper), Some(lower)) => Some(f64::midpoint(*lower, *upper)),
        (1, Some(middle), _) => Some(*middle),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&[4.0, 1.0, f64::NAN, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn what_is_not_known_or_not_possible_is_left_out() {
        let figures = Figures::of_wire(&[(1, 500.0), (999, 1.0), (10, 4000.0), (8, f64::NAN), (21, 0.0)]);
        assert_eq!(figures.0, [(Metric::CpuSpeed, 500.0)].into());
    }
}
