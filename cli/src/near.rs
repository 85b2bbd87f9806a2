//! Names near to one that does not exist.

/// More would not be read.
const MOST: usize = 5;

/// The nearest of the names, best first: those that differ by a few letters, then those that contain it.
pub fn near<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    // A third of the letters wrong is a slip, more is another name.
    let slips = (wanted.chars().count() / 3).max(1);
    let mut found: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let candidate = name.to_lowercase();
            let differ = distance(&wanted, &candidate);
            let inside = !wanted.is_empty() && (candidate.contains(&wanted) || wanted.contains(&candidate));
            (differ <= slips || inside).then_some((differ, name))
        })
        .collect();
    found.sort();
    found.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// An error that names what is near, or says where to look.
pub fn unknown(kind: &str, wanted: &str, near: &[&str]) -> String {
    let help = match near {
        [] => format!("`pitstop {kind}s` lists them"),
        [one] => format!("did you mean `{one}`?"),
        several => format!("near it are {}", several.join(", ")),
    };
    format!("there is no {kind} `{wanted}`: {help}")
}

/// How many letters must be added, taken away or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["pc-0001", "pc-0012", "web-01", "db-berlin-3"];

    #[test]
    fn a_slip_of_the_finger_is_found() {
        assert_eq!(near("pc-001", NAMES.into_iter()), ["pc-0001", "pc-0012"]);
        assert_eq!(near("WEB-01", NAMES.into_iter()), ["web-01"]);
    }

    #[test]
    fn a_part_of_the_name_is_found() {
        assert_eq!(near("berlin", NAMES.into_iter()), ["db-berlin-3"]);
    }

    #[test]
    fn what_is_not_near_is_not_named() {
        assert!(near("printer", NAMES.into_iter()).is_empty());
        assert_eq!(
            unknown("machine", "printer", &[]),
            "there is no machine `printer`: `pitstop machines` lists them"
        );
    }

    #[test]
    fn distance_counts_single_changes() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
