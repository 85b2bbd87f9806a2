//! Machines that are chosen in the list. Without JavaScript the boxes of the form say it.

use leptos::prelude::*;
use std::collections::BTreeSet;

/// Names that are chosen, on this page and on others.
#[derive(Clone)]
pub struct Picked {
    names: ArcRwSignal<BTreeSet<String>>,
    /// The box that was pressed last, for those between it and the next.
    last: ArcRwSignal<Option<String>>,
}

impl Picked {
    pub fn new() -> Self {
        Self { names: ArcRwSignal::new(BTreeSet::new()), last: ArcRwSignal::new(None) }
    }

    /// Is it chosen?
    pub fn has(&self, name: &str) -> bool {
        self.names.with(|names| names.contains(name))
    }

    /// How many are chosen.
    pub fn count(&self) -> usize {
        self.names.with(BTreeSet::len)
    }

    /// All that are chosen.
    pub fn all(&self) -> Vec<String> {
        self.names.with(|names| names.iter().cloned().collect())
    }

    /// A box was pressed. `range`: all between it and the one before, as they stand in the list.
    pub fn press(&self, name: &str, on: bool, range: bool, listed: &[String]) {
        let last = self.last.get_untracked().filter(|_| range);
        let place = |wanted: &str| listed.iter().position(|name| name == wanted);
        let between = match (last.as_deref().and_then(place), place(name)) {
            (Some(a), Some(b)) => &listed[a.min(b)..=a.max(b)],
            (_, Some(one)) => &listed[one..=one],
            (_, None) => return,
        };
        self.set(between, on);
        self.last.set(Some(name.to_owned()));
    }

    /// Chooses these, or no longer.
    pub fn set(&self, changed: &[String], on: bool) {
        self.names.update(|names| {
            for name in changed {
                if on {
                    names.insert(name.clone())
                } else {
                    names.remove(name)
                };
            }
        });
    }

    /// None is chosen any more.
    pub fn clear(&self) {
        self.names.set(BTreeSet::new());
    }
}

impl Default for Picked {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Picked;

    #[test]
    fn shift_chooses_all_between_two_presses_either_way() {
        let listed: Vec<String> = (0..6).map(|n| format!("pc-{n}")).collect();
        let picked = Picked::new();
        picked.press("pc-4", true, false, &listed);
        picked.press("pc-2", true, true, &listed);
        assert_eq!(picked.all(), ["pc-2", "pc-3", "pc-4"]);
        picked.press("pc-3", false, false, &listed);
        assert_eq!(picked.count(), 2);
        picked.press("elsewhere", true, true, &listed);
        assert!(picked.has("pc-4") && !picked.has("elsewhere"));
    }
}
