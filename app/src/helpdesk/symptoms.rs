//! Which function helps against a symptom on a machine.

use crate::machines::api::Offer;
use crate::parts::Icon;
use pitstop_domain::function::Risk;
use pitstop_domain::symptom::{Sign, Symptom};

/// The drawing of a sign.
pub fn drawing(sign: Sign) -> Icon {
    match sign {
        Sign::Warning => Icon::Warning,
        Sign::Clock => Icon::Clock,
        Sign::Eye => Icon::Eye,
        Sign::Disc => Icon::Disc,
        Sign::Machine => Icon::Machine,
        Sign::Wrench => Icon::Wrench,
        Sign::Screen => Icon::Screen,
        Sign::Question => Icon::Question,
    }
}

/// The function that helps against a symptom on this machine, or why there is none: the first that this server has and
/// that suits. What destroys data is never offered here, whatever the symptom says.
pub fn remedy<'a>(symptom: &Symptom, offers: &'a [Offer]) -> Result<&'a Offer, String> {
    let of_name =
        |name: &String| offers.iter().find(|offer| offer.name == *name && offer.risk != Risk::Destroys);
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
            checks: vec![],
            usual_s: None,
        }
    }

    fn helped_by(functions: &[&str]) -> Symptom {
        Symptom {
            name: "slow".into(),
            words: "It is slow".into(),
            also: String::new(),
            sign: Sign::Clock,
            functions: functions.iter().map(|&name| name.to_owned()).collect(),
            looks: "It is looked at.".into(),
        }
    }

    #[test]
    fn the_first_function_that_is_there_and_suits_is_taken() {
        let slow = helped_by(&["disk-health", "inventory"]);
        let offers =
            [offer("inventory", Risk::ReadsOnly, true), offer("disk-health", Risk::ReadsOnly, false)];
        assert_eq!(remedy(&slow, &offers).unwrap().name, "inventory");
        assert_eq!(remedy(&slow, &offers[1..]).unwrap_err(), "it is an arm64 machine");
    }

    #[test]
    fn what_destroys_is_never_offered() {
        let why = remedy(&helped_by(&["wipe"]), &[offer("wipe", Risk::Destroys, true)]).unwrap_err();
        assert!(why.contains("no function"), "{why}");
    }
}
