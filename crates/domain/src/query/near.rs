//! Near misses.

/// The choice that differs least from what was typed, if it is near enough to have been meant.
pub(super) fn nearest<'a>(typed: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    let far = |choice: &str| {
        let choice = choice.to_ascii_lowercase();
        // What was begun was meant.
        if typed.len() >= 2 && choice.starts_with(&typed) { 0 } else { distance(&typed, &choice) }
    };
    let nearest = choices.into_iter().map(|choice| (far(choice), choice)).min_by_key(|(far, _)| *far)?;
    let allowed = (typed.chars().count() / 3).max(1);
    (nearest.0 <= allowed).then_some(nearest.1)
}

/// Letters to change, add, drop or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// The value among these that may have been meant, for a search that found nothing.
pub(super) fn meant<'a>(typed: &str, known: &'a [String]) -> Option<&'a str> {
    nearest(typed, known.iter().map(String::as_str)).filter(|near| !near.eq_ignore_ascii_case(typed))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_of_the_finger_are_near_and_other_words_are_not() {
        let keys = ["site", "state", "label"];
        assert_eq!(nearest("sitte", keys), Some("site"));
        assert_eq!(nearest("lable", keys), Some("label"));
        assert_eq!(nearest("la", keys), Some("label"));
        assert_eq!(nearest("colour", keys), None);
    }
}
