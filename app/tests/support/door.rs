//! A door through which everybody comes in as the same administrator; for tests and for the preview, which have nobody.
#![allow(dead_code, reason = "the preview and the tests use a part of it each")]

use super::people::{SampleDesk, at, id};
use async_trait::async_trait;
use axum::http::HeaderMap;
use pitstop_app::Failure;
use pitstop_app::backend::Backend;
use pitstop_app::console::api::{ConsolePage, RecordingLine};
use pitstop_app::functions::desk::{FunctionDesk, Known};
use pitstop_app::images::desk::{
    Added, Bucketed, Catalog, Coming, Explained, Kept, Listed, Moved, NewImage, Rate, Signing, Source, Tests,
    TrustedKey, Version,
};
use pitstop_app::people::door::{CameBack, Door, Entered, Invited, Joining, NotIn, Sent, Shown};
use pitstop_domain::catalog::Rules;
use pitstop_domain::digest::Digest;
use pitstop_domain::ending::Ending;
use pitstop_domain::function::{Function, Limits, Risk, Task};
use pitstop_domain::id::{JobId, MachineId};
use pitstop_domain::image::{Channel, ImageFormat, ImageKind, ImageVersion, Part, PartRole, Standing};
use pitstop_domain::machine::{Arch, Firmware, Machine};
use pitstop_domain::parameter::Parameter;
use pitstop_domain::people::{Grant, Kind, Role, Who};
use pitstop_domain::secret::Secret;
use pitstop_domain::symptom::Symptom;
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// A maintenance image with a stable version and a candidate.
struct SampleCatalog;

#[async_trait]
impl Catalog for SampleCatalog {
    async fn kept(&self) -> Result<Kept, Failure> {
        let called = "the bucket images at https://s3.example".to_owned();
        let bucket = Some(Bucketed { called, limit: 20 << 30, away: Some("nobody answers".to_owned()) });
        Ok(Kept { folder: "data/images".to_owned(), used: 3 << 30, bucket })
    }

    async fn images(&self) -> Result<Vec<Listed>, Failure> {
        let listed = |version: Version| Listed {
            image: version.image,
            rate: Rate { jobs: 12, booted: 11, proved: 11 },
            last: version.moves.first().cloned(),
        };
        Ok(versions().into_iter().map(listed).collect())
    }
    async fn versions(&self, name: &str) -> Result<Vec<Version>, Failure> {
        Ok(versions().into_iter().filter(|version| version.image.name == name).collect())
    }
    async fn move_to(&self, _: &Digest, to: Channel, _: &str) -> Result<(), Failure> {
        match to {
            Channel::Stable => Ok(()),
            Channel::Candidate => Err(Failure::Refused("it is the only stable one".to_owned())),
        }
    }
    async fn test_boot(&self, _: &Digest, _: Firmware, _: &str) -> Result<(), Failure> {
        Err(Failure::Refused("rescue 11 is started for a test just now".to_owned()))
    }
    async fn stop_test_boot(&self, _: Uuid) -> Result<(), Failure> {
        Ok(())
    }
    async fn saw_test_boot(&self, _: Uuid) -> Result<(), Failure> {
        Ok(())
    }
    async fn test_boot_screen(&self, _: Uuid) -> Result<Vec<u8>, Failure> {
        Err(Failure::not_found("picture of a screen"))
    }
    async fn rules(&self) -> Result<Rules, Failure> {
        Ok(Rules::default())
    }
    async fn demand_tests(&self, _: bool) -> Result<(), Failure> {
        Ok(())
    }
    async fn sign(&self, _: &Digest, _: &str) -> Result<(), Failure> {
        Err(Failure::Refused("this is no signature of minisign".to_owned()))
    }
    async fn signing(&self) -> Result<Signing, Failure> {
        let key = TrustedKey {
            id: "2FB9FAFE90C74D70".to_owned(),
            public_key: "RWRwTceQ/vq5L2RrVPknGgGpFKvyvV23Tu6Dfxd3GdX6cGdAqvxnMXSH".to_owned(),
            name: "Release".to_owned(),
            added_at: at(0),
            added_by: "ada".to_owned(),
            signed: vec!["maintenance 1".to_owned(), "rescue 1".to_owned()],
            alone: vec!["rescue 1".to_owned()],
        };
        let unsigned = vec![("memtest86plus".to_owned(), "6.10".to_owned())];
        Ok(Signing { demanded: true, keys: vec![key], unsigned })
    }
    async fn trust_key(&self, _: &str, _: &str) -> Result<(), Failure> {
        Err(Failure::Refused("this is no public key of minisign".to_owned()))
    }
    async fn distrust_key(&self, _: &str) -> Result<(), Failure> {
        Ok(())
    }
    async fn demand_signatures(&self, _: bool) -> Result<(), Failure> {
        Ok(())
    }
    async fn remove(&self, _: &Digest, _: &str) -> Result<(), Failure> {
        Err(Failure::Refused("it is used: the job inventory on pc-7".to_owned()))
    }
    async fn note(&self, _: &Digest, _: &str, _: &str) -> Result<(), Failure> {
        Ok(())
    }
    async fn add(&self, new: NewImage) -> Result<Added, Failure> {
        match new.parts.iter().any(|part| matches!(part.source, Source::Address { .. })) {
            true => Ok(Added::Coming),
            false => Ok(Added::There { name: new.name }),
        }
    }
    async fn coming(&self) -> Result<Vec<Coming>, Failure> {
        Ok(vec![Coming {
            id: "a".repeat(32),
            called: "rescue 11".to_owned(),
            from: "images.example".to_owned(),
            by: "ada".to_owned(),
            since: at(30),
            bytes: 300 << 20,
            of: Some(900 << 20),
            failed: None,
        }])
    }
    async fn fetch_again(&self, _: &str) -> Result<(), Failure> {
        Err(Failure::not_found("image that comes"))
    }
    async fn give_up(&self, _: &str) -> Result<(), Failure> {
        Ok(())
    }
    async fn on_machine(&self, _: MachineId) -> Result<(Machine, Vec<Explained>), Failure> {
        Err(Failure::not_found("machine"))
    }
}

/// Two functions, one of which people wrote.
struct SampleFunctions;

#[async_trait]
impl FunctionDesk for SampleFunctions {
    async fn all(&self) -> Result<Vec<Known>, Failure> {
        Ok(vec![function("inventory", false), function("count-files", true)])
    }
    async fn one(&self, name: &str) -> Result<Known, Failure> {
        Ok(function(name, name == "count-files"))
    }
    async fn images(&self) -> Result<Vec<String>, Failure> {
        Ok(vec!["maintenance".to_owned()])
    }
    async fn keep(&self, _: &Function, _: bool) -> Result<(), Failure> {
        Ok(())
    }
    async fn remove(&self, _: &str) -> Result<(), Failure> {
        Err(Failure::Refused("jobs have used it".to_owned()))
    }
}

fn function(name: &str, own: bool) -> Known {
    let script = if own { "ls /home | wc -l" } else { "" };
    let function = Function {
        name: name.to_owned(),
        title: if own { "Count files" } else { "Inventory" }.to_owned(),
        description: "Looks at what is in the machine.".to_owned(),
        image: "maintenance".to_owned(),
        task: Task::Script { script: script.to_owned(), limit_s: 60, variables: Default::default() },
        parameters: vec![Parameter::text("FOLDER", "Folder")],
        least_role: None,
        missing: None,
        ending: Ending::by_agent(),
        limits: Limits::default(),
        risk: Risk::ReadsOnly,
        told: "The machine is being looked at.".to_owned(),
    };
    Known { function, own, versions: vec!["1".to_owned()] }
}

#[expect(clippy::expect_used, reason = "a digit, 64 times")]
fn digest(digit: &str) -> Digest {
    digit.repeat(64).parse().expect("a digest")
}

fn versions() -> Vec<Version> {
    let version = |digit: &str, version: &str, channel| Version {
        image: ImageVersion {
            digest: digest(digit),
            name: "maintenance".to_owned(),
            version: version.to_owned(),
            title: "Debian 12 with our agent".to_owned(),
            kind: ImageKind::Maintenance,
            format: ImageFormat::Linux,
            arch: Arch::X86_64,
            firmware: vec![Firmware::Bios, Firmware::Uefi],
            parts: vec![Part {
                role: PartRole::Kernel,
                file: "vmlinuz".to_owned(),
                digest: digest(digit),
                bytes: 8_126_464,
            }],
            cmdline: "console=ttyS0".to_owned(),
            agent: true,
            provenance: serde_json::Value::Null,
            created_at: at(0),
            standing: Standing { channel, ..Standing::default() },
        },
        removed_at: None,
        models: vec![("Example Simulated 1".to_owned(), Rate { jobs: 12, booted: 11, proved: 11 })],
        moves: vec![Moved {
            at: at(60),
            to: "stable".to_owned(),
            by: "ada".to_owned(),
            why: "it boots everywhere".to_owned(),
        }],
        tests: Tests::default(),
    };
    vec![version("b", "2", Channel::Candidate), version("a", "1", Channel::Stable)]
}

/// The door. `closed`: nobody comes in but with the cookie `in`.
pub struct OpenDoor {
    pub backend: Arc<dyn Backend>,
    pub closed: bool,
    pub grants: Vec<Grant>,
}

impl OpenDoor {
    pub fn to(backend: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { backend, closed: false, grants: vec![Grant::everywhere(Role::Administrator)] })
    }
}

#[async_trait]
impl Door for OpenDoor {
    async fn enter(&self, shown: &Shown, _: bool) -> Result<Option<Entered>, Failure> {
        if self.closed && shown.cookie.as_ref().is_none_or(|cookie| cookie.expose() != "in") {
            return Ok(None);
        }
        let (name, title) = ("ada".to_owned(), "Ada Lovelace".to_owned());
        let who = Who { id: Some(id(1)), name, title, kind: Kind::Person, grants: self.grants.clone() };
        let backend = self.backend.clone();
        let came_from = "192.0.2.7".to_owned();
        Ok(Some(Entered {
            who,
            session: None,
            came_from,
            at: backend.told().place(),
            backend,
            timetable: Arc::new(super::timetable::SampleTimetable),
            catalog: Arc::new(SampleCatalog),
            health: Arc::new(super::health::SampleHealth),
            captures: Arc::new(super::captures::SampleCaptures),
            hooks: Arc::new(super::hooks::SampleHooks),
            functions: Arc::new(SampleFunctions),
            desk: Arc::new(SampleDesk),
            new_cookie: None,
        }))
    }

    fn at_the_machine(&self) -> Arc<dyn Backend> {
        self.backend.clone()
    }

    fn is_secure(&self) -> bool {
        false
    }

    fn address(&self, _: Option<IpAddr>, _: &HeaderMap) -> String {
        "192.0.2.7".to_owned()
    }

    async fn has_administrator(&self) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn sign_in(&self, _: &str, password: &Secret, _: &Shown) -> Result<Secret, NotIn> {
        match password.expose() {
            "right" => Ok(Secret::new("in")),
            "again and again" => Err(NotIn::Wait { until: at(600), now: at(0) }),
            _ => Err(NotIn::Wrong),
        }
    }

    async fn calendar(&self, _: &str) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    fn provider(&self) -> Option<&str> {
        Some("Example ID")
    }

    async fn send_to_provider(&self, _: &str) -> Result<Sent, NotIn> {
        Ok(Sent { to: "https://id.example/authorize".to_owned(), browser: Secret::new("5f") })
    }

    async fn come_back(&self, _: &CameBack, _: &Shown) -> Result<(Secret, String), NotIn> {
        Err(NotIn::Refused("Example ID knows you, and none of your groups has a right here.".to_owned()))
    }

    async fn out_of_provider(&self) -> Option<String> {
        None
    }

    async fn sign_out(&self, _: &Entered) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn invited(&self, link: &str) -> Result<Option<Invited>, Failure> {
        Ok(match link {
            "first" => Some(Invited::Administrator),
            "ben" => Some(Invited::Person { name: "ben".to_owned(), title: "Ben".to_owned() }),
            _ => None,
        })
    }

    async fn join(&self, _: &str, _: &Joining, _: &Shown) -> Result<Secret, Failure> {
        Ok(Secret::new("in"))
    }
}

/// Those of a new server: as its database has them.
pub fn symptoms() -> Vec<Symptom> {
    let sql = include_str!("../../../migrations/0014_settings.sql");
    let list = sql.find('[').zip(sql.rfind(']')).map(|(from, to)| &sql[from..=to]).unwrap_or_default();
    serde_json::from_str(list).expect("a list of symptoms")
}

/// A job with a console that was.
pub fn console(job: JobId) -> ConsolePage {
    let line = RecordingLine {
        id: Uuid::from_u128(3),
        opened_at: at(-900),
        closed_at: Some(at(-300)),
        people: vec!["ada".to_owned(), "ben".to_owned()],
        bytes: 81_000,
    };
    ConsolePage {
        job,
        title: "Hold in maintenance".to_owned(),
        machine: MachineId(Uuid::from_u128(7)),
        machine_name: "pc-0007".to_owned(),
        cannot: Some("the machine is not in maintenance any more".to_owned()),
        recordings: vec![line],
    }
}
