//! Who may know whom among our own crates.

use super::{
    Finding,
    crates::{Crate, Dependency},
};

const APP: &str = "pitstop-app";
const STORE: &str = "pitstop-store";
const DOMAIN: &str = "pitstop-domain";
const CALENDAR: &str = "pitstop-calendar";

/// A crate, which of ours it may use, and why no more.
struct Law {
    name: &'static str,
    may_use: &'static [&'static str],
    because: &'static str,
}

const LAWS: &[Law] = &[
    Law { name: DOMAIN, may_use: &[], because: "what there is and what may happen stands by itself" },
    Law {
        name: "tftp-server",
        may_use: &[],
        because: "it is useful alone, to people who never heard of Pitstop",
    },
    Law { name: CALENDAR, may_use: &[DOMAIN], because: "when something is due is a value like others" },
    Law { name: STORE, may_use: &[DOMAIN, CALENDAR], because: "it remembers, it decides and sends nothing" },
    Law {
        name: "pitstop-netboot",
        may_use: &[DOMAIN],
        because: "it answers the wire and asks by traits the server implements",
    },
    Law {
        name: "pitstop-power",
        may_use: &[DOMAIN],
        because: "a route restarts a machine and remembers nothing",
    },
    Law {
        name: "pitstop-worker",
        may_use: &[DOMAIN, CALENDAR, STORE, "pitstop-power"],
        because: "it runs jobs; the wire and the pages are not its business",
    },
    Law { name: APP, may_use: &[DOMAIN, STORE], because: "pages show what is stored and state intents" },
    Law { name: "pitstop-frontend", may_use: &[APP], because: "it only starts the app in the browser" },
    Law {
        name: "pitstop-agent",
        may_use: &[DOMAIN],
        because: "it runs on the machines, where nothing else of ours is",
    },
    Law { name: "pitstop", may_use: &[DOMAIN], because: "the command line talks to the server over HTTP" },
    Law { name: "pitstop-images", may_use: &[], because: "recipes need the agent's file, not its code" },
    Law {
        name: "pitstop-rig",
        may_use: &[DOMAIN, "pitstop-images"],
        because: "the lab speaks the real protocols from outside",
    },
    Law {
        name: "pitstop-server",
        may_use: &[
            APP,
            DOMAIN,
            CALENDAR,
            STORE,
            "pitstop-netboot",
            "pitstop-power",
            "pitstop-worker",
            "tftp-server",
        ],
        because: "it wires the parts; what runs on machines and in tests is not among them",
    },
    Law { name: "xtask", may_use: &["pitstop-images"], because: "it must compile fast" },
];

pub fn check(crates: &[Crate]) -> Vec<Finding> {
    let mut findings: Vec<_> = crates.iter().flat_map(|one| arrows_of(one, crates)).collect();
    findings.extend(crates.iter().filter(|one| one.name == APP).flat_map(store_only_on_the_server));
    findings
}

fn arrows_of(one: &Crate, crates: &[Crate]) -> Vec<Finding> {
    let ours = |name: &str| crates.iter().any(|other| other.name == name);
    let Some(law) = LAWS.iter().find(|law| law.name == one.name) else {
        return vec![format!(
            "{} is not in the table of arrows: say there which of our crates it may use, and why",
            one.name
        )];
    };
    let wrong = |arrow: &&Dependency| ours(&arrow.name) && !law.may_use.contains(&arrow.name.as_str());
    let delivered = one.dependencies.iter().filter(|arrow| arrow.is_delivered());
    delivered
        .filter(wrong)
        .map(|arrow| format!("{} → {} is wrong: {}", one.name, arrow.name, law.because))
        .collect()
}

/// The app is also compiled for the browser, where there is no database.
fn store_only_on_the_server(app: &Crate) -> Vec<Finding> {
    let mut findings = Vec::new();
    if app.dependencies.iter().any(|arrow| arrow.name == STORE && arrow.is_delivered() && !arrow.optional) {
        findings.push(format!(
            "{APP} → {STORE} is wrong outside the feature ssr: in the browser there is no database"
        ));
    }
    for (feature, turns_on) in &app.features {
        // Cargo makes a feature of the dependency's own name where none is written.
        let itself = feature == STORE;
        if feature != "ssr" && !itself && turns_on.iter().any(|part| part.contains(STORE)) {
            findings.push(format!(
                "{APP} → {STORE} is wrong under the feature {feature}: only ssr runs on the server"
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn krate(name: &str, uses: &[&str]) -> Crate {
        let dependency = |name: &&str| Dependency { name: (*name).to_owned(), kind: None, optional: false };
        Crate {
            name: name.to_owned(),
            dependencies: uses.iter().map(dependency).collect(),
            features: BTreeMap::new(),
        }
    }

    #[test]
    fn an_arrow_against_the_layout_is_named_with_its_reason() {
        let crates =
            [krate("pitstop-power", &[DOMAIN, STORE, "tokio"]), krate(STORE, &[DOMAIN]), krate(DOMAIN, &[])];
        let findings = check(&crates);
        assert_eq!(
            findings,
            ["pitstop-power → pitstop-store is wrong: a route restarts a machine and remembers nothing"]
        );
    }

    #[test]
    fn a_new_crate_must_be_given_its_place() {
        assert_eq!(check(&[krate("pitstop-novelty", &[])]).len(), 1);
    }

    #[test]
    fn tests_may_use_more_than_what_is_delivered() {
        let mut server = krate("pitstop-server", &[]);
        server.dependencies.push(Dependency {
            name: "pitstop-rig".to_owned(),
            kind: Some("dev".to_owned()),
            optional: false,
        });
        assert!(check(&[server, krate("pitstop-rig", &[])]).is_empty());
    }

    #[test]
    fn the_app_uses_the_store_on_the_server_only() {
        let mut app = krate(APP, &[STORE]);
        assert_eq!(check(&[app.clone(), krate(STORE, &[])]).len(), 1);
        app.dependencies[0].optional = true;
        app.features.insert("ssr".to_owned(), vec!["dep:pitstop-store".to_owned()]);
        assert!(check(&[app.clone(), krate(STORE, &[])]).is_empty());
        app.features.insert("hydrate".to_owned(), vec!["dep:pitstop-store".to_owned()]);
        assert_eq!(check(&[app, krate(STORE, &[])]).len(), 1);
    }
}
