//! Which symptom leads to which function.
//!
//! A table in the code for now; administrators will edit it where they edit functions. A symptom names functions in
//! the order in which they are wanted: the first that this server has, and that suits the machine, is offered. What
//! destroys data is never offered here, whatever the table says.

use crate::machines::api::Offer;
use crate::parts::Icon;
use pitstop_domain::function::Risk;

/// What somebody on the phone may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symptom {
    /// The word in addresses.
    pub name: &'static str,
    pub words: &'static str,
    /// What else people say who mean the same.
    pub also: &'static str,
    pub icon: Icon,
    /// Functions, the best first.
    pub functions: &'static [&'static str],
    /// What is looked for, in a sentence.
    pub looks: &'static str,
}

/// In the order in which they stand on the screen.
pub const SYMPTOMS: [Symptom; 6] = [
    Symptom {
        name: "crashes",
        words: "It crashes",
        also: "blue screen, freezes, restarts by itself",
        icon: Icon::Warning,
        functions: &["memory-test"],
        looks: "Its memory is tested: modules that forget are the most frequent reason.",
    },
    Symptom {
        name: "slow",
        words: "It is slow",
        also: "takes minutes to start, programs hang",
        icon: Icon::Clock,
        functions: &["disk-health", "inventory"],
        looks: "It is looked at from outside its own system: what is in it, and whether it is all there.",
    },
    Symptom {
        name: "virus",
        words: "It may have a virus",
        also: "a warning, strange windows, files with new names",
        icon: Icon::Eye,
        functions: &["virus-scan"],
        looks: "Its disks are scanned while its own system does not run, so nothing can hide.",
    },
    Symptom {
        name: "files",
        words: "Files are damaged",
        also: "cannot be opened, disk errors, read only",
        icon: Icon::Disc,
        functions: &["repair-file-systems", "check-file-systems"],
        looks: "Its file systems are checked and repaired.",
    },
    Symptom {
        name: "hardware",
        words: "A part is missing",
        also: "too little memory, a disk or card is gone",
        icon: Icon::Machine,
        functions: &["inventory"],
        looks: "What is really in it is listed, from outside its own system.",
    },
    Symptom {
        name: "other",
        words: "Something else",
        also: "none of these, or nobody knows",
        icon: Icon::Question,
        functions: &["inventory", "memory-test"],
        looks: "It is looked at from outside its own system: a start, whatever it is.",
    },
];

/// The symptom of this name.
pub fn symptom(name: &str) -> Option<&'static Symptom> {
    SYMPTOMS.iter().find(|symptom| symptom.name == name)
}

/// The function that helps against a symptom on this machine, or why there is none.
pub fn remedy<'a>(symptom: &Symptom, offers: &'a [Offer]) -> Result<&'a Offer, String> {
    let of_name =
        |name: &&str| offers.iter().find(|offer| offer.name == **name && offer.risk != Risk::Destroys);
    let named: Vec<_> = symptom.functions.iter().filter_map(of_name).collect();
    match (named.iter().find(|offer| offer.image.is_ok()), named.first()) {
        (Some(offer), _) => Ok(offer),
        (None, Some(offer)) => Err(offer.image.as_ref().err().cloned().unwrap_or_default()),
        (None, None) => {
            Err("no function for it is set up on this server yet; tell your administrator".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::samples::queued;
    use pitstop_domain::ending::Ending;
    use pitstop_domain::function::Task;
    use pitstop_domain::people::Right;

    fn offer(name: &str, risk: Risk, suits: bool) -> Offer {
        let image =
            if suits { Ok(queued().image.unwrap()) } else { Err("it is an arm64 machine".to_owned()) };
        let (title, description, told) = (name.to_owned(), String::new(), String::new());
        Offer {
            name: name.to_owned(),
            title,
            description,
            risk,
            told,
            task: Task::None,
            ending: Ending::by_agent(),
            run_s: 600,
            parameters: vec![],
            right: Right::Repair(risk),
            image,
            usual_s: None,
        }
    }

    #[test]
    fn the_first_function_that_is_there_and_suits_is_taken() {
        let slow = symptom("slow").unwrap();
        let offers =
            [offer("inventory", Risk::ReadsOnly, true), offer("disk-health", Risk::ReadsOnly, false)];
        assert_eq!(remedy(slow, &offers).unwrap().name, "inventory");
        assert_eq!(remedy(slow, &offers[1..]).unwrap_err(), "it is an arm64 machine");
    }

    #[test]
    fn what_destroys_is_never_offered() {
        let files = symptom("files").unwrap();
        let why = remedy(files, &[offer("repair-file-systems", Risk::Destroys, true)]).unwrap_err();
        assert!(why.contains("no function"), "{why}");
    }
}
