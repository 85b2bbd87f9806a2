//! Which machine is in which wave. The canary is wave 0; the others count from 1.

use super::plan::RunPlan;
use std::collections::BTreeMap;

/// The wave of each machine, given the sites in the order in which the machines stand; and the order in which they
/// go. Sites take turns, so that the canary is not from one place alone and a limit per site holds up nobody else.
pub fn deal(plan: &RunPlan, sites: &[&str]) -> Vec<Place> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut turns: Vec<(usize, usize)> = sites
        .iter()
        .enumerate()
        .map(|(index, site)| {
            let turn = seen.entry(site).or_default();
            *turn += 1;
            (*turn, index)
        })
        .collect();
    turns.sort_unstable();
    let canary = plan.canary as usize;
    let size = plan.wave.map_or(usize::MAX, |size| size.of(sites.len()));
    turns
        .into_iter()
        .enumerate()
        .map(|(position, (_, index))| {
            let wave = if position < canary { 0 } else { 1 + (position - canary) / size };
            Place { index, position: count(position), wave: count(wave) }
        })
        .collect()
}

/// Where a machine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The machine, by its place in what was given.
    pub index: usize,
    pub position: u32,
    pub wave: u32,
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::plan::Size;
    use super::*;

    fn waves(canary: u32, wave: Option<Size>, machines: usize) -> Vec<u32> {
        let plan = RunPlan { canary, wave, ..RunPlan::plain("inventory") };
        deal(&plan, &vec!["berlin"; machines]).into_iter().map(|place| place.wave).collect()
    }

    #[test]
    fn the_canary_is_first_and_waves_follow_in_their_size() {
        assert_eq!(waves(2, Some(Size::Machines(3)), 9), [0, 0, 1, 1, 1, 2, 2, 2, 3]);
        assert_eq!(waves(0, Some(Size::Percent(50)), 4), [1, 1, 2, 2]);
        assert_eq!(waves(1, None, 4), [0, 1, 1, 1]);
        assert_eq!(waves(5, None, 3), [0, 0, 0]);
    }

    #[test]
    fn sites_take_turns() {
        let plan = RunPlan { canary: 2, ..RunPlan::plain("inventory") };
        let sites = ["berlin", "berlin", "berlin", "porto"];
        let order: Vec<_> = deal(&plan, &sites).into_iter().map(|place| (place.index, place.wave)).collect();
        assert_eq!(order, [(0, 0), (3, 0), (1, 1), (2, 1)]);
    }
}
