//! A machine's script. Every answer is a script: an error that iPXE could only print would leave the machine
//! standing, so whatever goes wrong leads to its own system.

use super::BootState;
use crate::directory::{Assignment, Client, Found, Known, note};
use crate::script::{Boot, address, ask_again, maintenance, own_system, platform, who_are_you};
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
}

/// An answer, and what was seen thereby.
struct Answer {
    script: String,
    by: &'static str,
    told: Told,
}

pub(super) async fn serve(
    State(boot): State<BootState>,
    query: Result<Query<Asked>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let script = match (query, boot.config.base_url(host)) {
        (Err(_), _) => own_system("the address of the script makes no sense"),
        (_, None) => own_system("the server does not know by which address it is reached"),
        (Ok(Query(asked)), Some(base)) => for_asked(&boot, &asked, &base, &method).await,
    };
    ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")], script).into_response()
}

async fn for_asked(boot: &BootState, asked: &Asked, base: &str, method: &Method) -> String {
    // Only where no MAC address is named at all: a loader that names an empty one would be asked for ever.
    let Some(mac) = &asked.mac else { return who_are_you(base) };
    match mac.parse() {
        Ok(mac) => for_machine(boot, asked, mac, base, method).await,
        Err(_) => own_system("that is no MAC address"),
    }
}

async fn for_machine(boot: &BootState, asked: &Asked, mac: Mac, base: &str, method: &Method) -> String {
    let client = Client { macs: vec![mac], uuid: asked.uuid() };
    match boot.directory.find(&client).await {
        Ok(Found::Known(known)) => {
            let answer = answer(&known, asked, mac, base);
            if method == Method::GET {
                remember(boot, &known, &answer).await;
            }
            answer.script
        }
        Ok(Found::Unknown) => {
            tracing::info!(%mac, uuid = ?client.uuid, "an unknown machine fetched a script and is left to its own system");
            own_system("this machine is unknown")
        }
        Err(error) if asked.again < ASK_AGAIN => {
            tracing::warn!(%mac, %error, "a machine asked for its script and is told to ask again");
            ask_again(&asked.next_url(mac, base))
        }
        Err(error) => {
            tracing::warn!(%mac, %error, "a machine asked for its script and is left to its own system");
            own_system("the server cannot say what is asked of this machine")
        }
    }
}

fn answer(known: &Known, asked: &Asked, mac: Mac, base: &str) -> Answer {
    let by = if asked.failed { "iPXE, which could not load maintenance" } else { "iPXE script" };
    let home = |why: &str| Answer { script: own_system(why), by, told: Told::OwnSystem };
    let (machine, name) = (known.machine, &known.name);
    if asked.failed {
        tracing::warn!(%machine, name, "a machine could not load maintenance and is left to its own system");
        return home("maintenance could not be loaded");
    }
    let Some(assignment) = known.assignment.as_deref() else {
        tracing::info!(%machine, name, "a machine fetched its script and is left to its own system");
        return home("nothing is asked of this machine");
    };
    let (firmware, uuid) = (asked.firmware(), asked.uuid());
    match maintenance(&Boot { assignment, firmware, mac, uuid, base }) {
        Ok(script) => {
            let Assignment { job, image, .. } = assignment;
            tracing::info!(%machine, name, %job, image = image.name, "a machine fetched the script that boots maintenance");
            Answer { script, by, told: Told::Maintenance }
        }
        Err(error) => {
            tracing::error!(%machine, name, job = %assignment.job, %error, "no boot script can be made");
            home("the image assigned to this machine cannot be booted")
        }
    }
}

async fn remember(boot: &BootState, known: &Known, answer: &Answer) {
    let told = answer.told;
    let asked = Sighting::AskedToBoot { by: answer.by.to_owned(), told };
    note(&*boot.directory, known.machine, asked).await;
    let job = known.assignment.as_ref().map(|assignment| assignment.job);
    if let (Some(job), Told::Maintenance) = (job, told) {
        let bytes = answer.script.len() as u64;
        let name = "boot script".to_owned();
        let (step, total) = (FetchStep::Script, Some(bytes));
        let fetched = Fetched { job: Some(job), step, name, bytes, total, done: true, digest: None };
        note(&*boot.directory, known.machine, Sighting::Fetched(fetched)).await;
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

    /// The same question, put once more. Made from what was understood, so that nothing foreign gets into a script.
    fn next_url(&self, mac: Mac, base: &str) -> String {
        let own = address(base, mac, self.uuid(), platform(self.firmware()));
        let failed = if self.failed { "&failed=true" } else { "" };
        format!("{own}{failed}&again={}", self.again + 1)
    }
}
