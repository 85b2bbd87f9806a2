//! A machine's script. Every answer is a script: an error that iPXE could only print would leave the machine
//! standing, so whatever goes wrong leads to its own system; a diskless one, which has none on it, asks again.

use super::BootState;
use super::counters::Outcome;
use crate::directory::{Assignment, Client, Found, Known, Own, OwnImage, note};
use crate::script::{
    Boot, OwnBoot, address, ask_again, cannot_boot, maintenance, own_image, own_system, platform, who_are_you,
};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method};
use pitstop_domain::machine::Firmware;
use pitstop_domain::net::Mac;
use pitstop_domain::sighting::{FetchStep, Fetched, Sighting, Told};
use serde::Deserialize;
use uuid::Uuid;

/// How often a machine asks again while the directory does not answer: with 5 s between them, longer than a
/// database takes to restart.
const ASK_AGAIN: u8 = 6;

/// Who asks, as the loader writes it. Texts, so that nonsense is answered with a script too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    mac: Option<String>,
    uuid: String,
    /// `${buildarch}-${platform}`: `i386-pcbios`, `x86_64-efi`.
    arch: String,
    /// How often it has asked before, while nobody could tell.
    again: u8,
    /// It had the script that boots maintenance, and could not load what that names.
    failed: bool,
    /// It has had a script that says so: there is nothing on it that it could start.
    diskless: bool,
}

/// An answer, and what was seen thereby.
struct Answer<'a> {
    script: String,
    by: &'static str,
    leads: Leads<'a>,
    counts: Outcome,
}

/// What a script leads to.
enum Leads<'a> {
    Maintenance(&'a Assignment),
    /// To what is on the machine.
    Home,
    OwnImage(&'a OwnImage),
    /// To asking again.
    Nowhere,
}

pub(super) async fn serve(
    State(boot): State<BootState>,
    query: Result<Query<Asked>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let script = match (query, boot.config.base_url(host)) {
        (Err(_), _) => {
            boot.counters.add(Outcome::Malformed);
            own_system("the address of the script makes no sense")
        }
        (_, None) => {
            boot.counters.add(Outcome::NoScript);
            own_system("the server does not know by which address it is reached")
        }
        (Ok(Query(asked)), Some(base)) => for_asked(&boot, &asked, &base, &method).await,
    };
    ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")], script).into_response()
}

async fn for_asked(boot: &BootState, asked: &Asked, base: &str, method: &Method) -> String {
    // Only where no MAC address is named at all: a loader that names an empty one would be asked for ever.
    let Some(mac) = &asked.mac else { return who_are_you(base) };
    match mac.parse() {
        Ok(mac) => for_machine(boot, asked, mac, base, method).await,
        Err(_) => {
            boot.counters.add(Outcome::Malformed);
            own_system("that is no MAC address")
        }
    }
}

async fn for_machine(boot: &BootState, asked: &Asked, mac: Mac, base: &str, method: &Method) -> String {
    let client = Client { macs: vec![mac], uuid: asked.uuid(), asked: Default::default() };
    let found = boot.directory.find(&client).await;
    match &found {
        Ok(Found::Known(_)) => {}
        Ok(Found::Unknown) => boot.counters.add(Outcome::UnknownMachine),
        Err(_) => boot.counters.add(Outcome::DirectoryUnavailable),
    }
    match found {
        Ok(Found::Known(known)) => {
            let answer = answer(&known, asked, mac, base);
            boot.counters.add(answer.counts);
            if method == Method::GET {
                remember(boot, &known, &answer).await;
            }
            answer.script
        }
        Ok(Found::Unknown) => {
            tracing::info!(%mac, uuid = ?client.uuid, "an unknown machine fetched a script and is left to its own system");
            own_system("this machine is unknown")
        }
        Err(error) if !asked.diskless && asked.again < ASK_AGAIN => {
            tracing::warn!(%mac, %error, "a machine asked for its script and is told to ask again");
            ask_again(&asked.next_url(mac, base))
        }
        Err(error) if asked.diskless => {
            tracing::warn!(%mac, %error, "a diskless machine asked for its script and is told to ask again");
            asked.waits("the server cannot say anything at the moment", mac, base)
        }
        Err(error) => {
            tracing::warn!(%mac, %error, "a machine asked for its script and is left to its own system");
            own_system("the server cannot say what is asked of this machine")
        }
    }
}

fn answer<'a>(known: &'a Known, asked: &Asked, mac: Mac, base: &str) -> Answer<'a> {
    let by = if asked.failed { "iPXE, which could not load maintenance" } else { "iPXE script" };
    let (machine, name) = (known.machine, &known.name);
    let home = |why: &str, counts| homewards(known, asked, mac, base, by, (why, counts));
    if asked.failed {
        tracing::warn!(%machine, name, "a machine could not load maintenance and is sent to its own system");
        return home("maintenance could not be loaded", Outcome::CouldNotLoad);
    }
    let Some(assignment) = known.assignment.as_deref() else {
        tracing::info!(%machine, name, "a machine fetched its script and is sent to its own system");
        return home("nothing is asked of this machine", Outcome::NoAssignment);
    };
    let (firmware, uuid, diskless) = (asked.firmware(), asked.uuid(), known.own.is_remote());
    match maintenance(&Boot { assignment, firmware, mac, uuid, base, diskless }) {
        Ok(script) => {
            let Assignment { job, image, .. } = assignment;
            tracing::info!(%machine, name, %job, image = image.name, "a machine fetched the script that boots maintenance");
            Answer { script, by, leads: Leads::Maintenance(assignment), counts: Outcome::Answered }
        }
        Err(error) => {
            tracing::error!(%machine, name, job = %assignment.job, %error, "no boot script can be made");
            let why = "the image assigned to this machine cannot be booted";
            home(why, Outcome::NoScript)
        }
    }
}

/// To the machine's own system, wherever that comes from.
fn homewards<'a>(
    known: &'a Known,
    asked: &Asked,
    mac: Mac,
    base: &str,
    by: &'static str,
    (why, counts): (&str, Outcome),
) -> Answer<'a> {
    let own = match &known.own {
        Own::Local => return Answer { script: own_system(why), by, leads: Leads::Home, counts },
        Own::Missing { why, .. } => Err(why.clone()),
        Own::Image(own) => Ok(own.as_ref()),
    };
    let (firmware, uuid, again) = (asked.firmware(), asked.uuid(), asked.again);
    let script = own.and_then(|own| {
        let script = own_image(&OwnBoot { own, firmware, mac, uuid, base, again });
        script.map(|script| (script, own)).map_err(|error| error.to_string())
    });
    let (machine, name) = (known.machine, &known.name);
    match script {
        Ok((script, own)) => {
            tracing::info!(%machine, name, image = own.image.name, version = own.image.version, "a diskless machine fetched the script that boots its own system");
            // It is given something to boot, unless what it was to boot is what failed.
            let counts = if counts == Outcome::NoAssignment { Outcome::Answered } else { counts };
            Answer { script, by, leads: Leads::OwnImage(own), counts }
        }
        Err(why) => {
            tracing::error!(%machine, name, why, "a diskless machine's own system cannot be booted; it asks again");
            let script = asked.waits(&why, mac, base);
            Answer { script, by, leads: Leads::Nowhere, counts: Outcome::NoOwnImage }
        }
    }
}

async fn remember(boot: &BootState, known: &Known, answer: &Answer<'_>) {
    let told = match answer.leads {
        Leads::Maintenance(_) => Told::Maintenance,
        Leads::Home | Leads::OwnImage(_) => Told::OwnSystem,
        Leads::Nowhere => Told::Nothing,
    };
    let asked = Sighting::AskedToBoot { by: answer.by.to_owned(), told };
    note(&*boot.directory, known.machine, asked).await;
    let bytes = answer.script.len() as u64;
    let (step, name, total) = (FetchStep::Script, "boot script".to_owned(), Some(bytes));
    let fetched = |job| Fetched { job, step, name, bytes, total, done: true, digest: None };
    match answer.leads {
        Leads::Maintenance(assignment) => {
            let fetched = Sighting::Fetched(fetched(Some(assignment.job)));
            note(&*boot.directory, known.machine, fetched).await;
        }
        Leads::OwnImage(OwnImage { image, .. }) => {
            let (name, version, digest) = (image.name.clone(), image.version.clone(), image.digest.clone());
            let told = Sighting::ToldOwnImage { name, version, digest };
            note(&*boot.directory, known.machine, told).await;
            note(&*boot.directory, known.machine, Sighting::FetchedOwn(fetched(None))).await;
        }
        Leads::Home | Leads::Nowhere => {}
    }
}

impl Asked {
    fn uuid(&self) -> Option<Uuid> {
        self.uuid.parse().ok().filter(|uuid: &Uuid| !uuid.is_nil() && !uuid.is_max())
    }

    /// Only iPXE for BIOS calls its platform something else than `efi`.
    fn firmware(&self) -> Firmware {
        if self.arch.ends_with("efi") { Firmware::Uefi } else { Firmware::Bios }
    }

    /// The script for a diskless machine that cannot be told its own system.
    fn waits(&self, why: &str, mac: Mac, base: &str) -> String {
        cannot_boot(why, base, mac, self.uuid(), self.firmware(), self.again)
    }

    /// The same question, put once more. Made from what was understood, so that nothing foreign gets into a script.
    fn next_url(&self, mac: Mac, base: &str) -> String {
        let own = address(base, mac, self.uuid(), platform(self.firmware()));
        let failed = if self.failed { "&failed=true" } else { "" };
        format!("{own}{failed}&again={}", self.again + 1)
    }
}
