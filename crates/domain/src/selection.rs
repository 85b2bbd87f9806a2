//! Which version of an image a machine gets, and why not the others. One place for jobs, runs, own systems and the
//! pages that explain it.

use crate::image::{Channel, ImageVersion};
use crate::machine::Machine;
use std::cmp::Reverse;

/// A machine with this label gets candidates, too: it is the one to try them out on.
pub const CANDIDATES: &str = "candidates";

/// A version, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered<'a> {
    pub image: &'a ImageVersion,
    /// Why it is not the one, in words; `None`: it is.
    pub why_not: Option<String>,
}

/// What was considered: the one that is chosen first, then those that would be, best first, then those that cannot be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection<'a>(pub Vec<Considered<'a>>);

impl<'a> Selection<'a> {
    /// The version that the machine gets.
    ///
    /// # Errors
    /// Why none, in words: what is wrong with the newest.
    pub fn chosen(&self) -> Result<&'a ImageVersion, String> {
        match self.0.first() {
            None => Err("it has no version".to_owned()),
            Some(Considered { image, why_not: None }) => Ok(image),
            Some(Considered { why_not: Some(why), .. }) => Err(why.clone()),
        }
    }
}

/// Chooses among the versions of one image: of those that may be taken and suit, the most specific, and of these the
/// one that was promoted last.
pub fn select<'a>(machine: &Machine, versions: impl Iterator<Item = &'a ImageVersion>) -> Selection<'a> {
    let (mut fit, mut unfit) = (vec![], vec![]);
    for image in versions {
        match unfit_because(machine, image) {
            None => fit.push(image),
            Some(why) => unfit.push(Considered { image, why_not: Some(why) }),
        }
    }
    fit.sort_by_key(|image| Reverse(rank(image)));
    unfit.sort_by_key(|considered| Reverse(since(considered.image)));
    let best = fit.first().copied();
    let fit = fit.into_iter().map(|image| Considered {
        image,
        why_not: best.filter(|best| *best != image).map(|best| beaten(image, best)),
    });
    Selection(fit.chain(unfit).collect())
}

fn unfit_because(machine: &Machine, image: &ImageVersion) -> Option<String> {
    let standing = &image.standing;
    if let Some(why) = image.unsuitable(machine) {
        return Some(why);
    }
    if let Some(label) = standing.labels.iter().find(|label| !machine.labels.contains(label)) {
        return Some(format!("it is for machines with the label `{label}`, which this one has not"));
    }
    let is_model = |model: &str| standing.models.iter().any(|wanted| wanted.eq_ignore_ascii_case(model));
    if !standing.models.is_empty() && !machine.model().is_some_and(is_model) {
        return Some(format!(
            "it is for {}, this machine is {}",
            standing.models.join(" or "),
            model_of(machine)
        ));
    }
    if let Some(why) = standing.trust.against() {
        return Some(why);
    }
    let tries = machine.labels.iter().any(|label| label == CANDIDATES);
    (standing.channel == Channel::Candidate && !tries).then(|| {
        format!(
            "it is a candidate: promote it, or give the machine the label `{CANDIDATES}` to try it out there"
        )
    })
}

fn model_of(machine: &Machine) -> &str {
    machine.model().unwrap_or("of a model that is not known")
}

/// Labels before model before anything; then the newest promoted. The digest makes it the same for everybody.
fn rank(image: &ImageVersion) -> impl Ord + use<> {
    let standing = &image.standing;
    (standing.labels.len(), !standing.models.is_empty(), since(image), image.created_at, image.digest.clone())
}

/// When a version came to where it stands. A candidate is as old as it is: one that was rolled back is not news.
fn since(image: &ImageVersion) -> crate::Time {
    if image.standing.channel == Channel::Candidate {
        return image.created_at;
    }
    image.standing.since.unwrap_or(image.created_at)
}

fn beaten(image: &ImageVersion, best: &ImageVersion) -> String {
    let (standing, other) = (&image.standing, &best.standing);
    if standing.labels.len() < other.labels.len() {
        format!("version {} is for machines with its label ({})", best.version, other.labels.join(", "))
    } else if standing.models.is_empty() && !other.models.is_empty() {
        format!("version {} is for its model", best.version)
    } else if other.channel == Channel::Candidate && standing.channel == Channel::Stable {
        format!("version {} is newer, and this machine tries candidates", best.version)
    } else {
        format!("version {} was promoted later", best.version)
    }
}

#[cfg(test)]
#[path = "selection_tests.rs"]
mod tests;
