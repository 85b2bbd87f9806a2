//! Virus signatures of this server: a folder that people fill, or that ClamAV's own `freshclam` keeps new by its timetable.

use crate::agent_api::signatures::are_there;
use clap::Args;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The whole of ClamAV's signatures is 300 MiB, over a slow line.
const PATIENCE: Duration = Duration::from_secs(3600);
/// After a failure: a mirror that is away is not asked all the time, and a new machine waits not for hours.
const AFTER_FAILURE: Duration = Duration::from_secs(900);
/// Asking more often than this, a mirror of ClamAV's shuts one out.
const SHORTEST_H: u32 = 1;

/// How signatures are kept new.
#[derive(Args, Clone, Debug, Default)]
pub struct Updates {
    /// Mirror from which freshclam keeps the virus signatures new, like database.clamav.net or one of your own. Needs
    /// the package clamav-freshclam. Without this and --virus-signature-url nobody but you puts signatures there.
    #[arg(long, env = "PITSTOP_VIRUS_SIGNATURE_MIRROR")]
    pub virus_signature_mirror: Option<String>,

    /// Address of one file of signatures (.hdb, .ndb …) that freshclam keeps new beside them. Several times, or parted
    /// by commas.
    #[arg(long = "virus-signature-url", env = "PITSTOP_VIRUS_SIGNATURE_URLS", value_delimiter = ',')]
    pub virus_signature_urls: Vec<String>,

    /// Hours between updates.
    #[arg(long, env = "PITSTOP_VIRUS_SIGNATURE_HOURS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(i64::from(SHORTEST_H)..))]
    pub virus_signature_hours: u32,
}

/// The folder, and what is wrong with keeping it new.
#[derive(Clone, Debug)]
pub struct Signatures {
    folder: PathBuf,
    program: PathBuf,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Signatures {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, program: "freshclam".into(), trouble: Arc::default() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Why nothing can be scanned, for people; `None`: there are signatures.
    pub fn missing(&self) -> Option<String> {
        if are_there(&self.folder) {
            return None;
        }
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(match trouble {
            Some(trouble) => format!("the server has no virus signatures yet: {trouble}"),
            // Where that folder lies is nobody's business who only looks at a machine; the log says it.
            None => {
                "the server has no virus signatures: an administrator puts ClamAV's files (.cvd, .cld, .hdb …) into the \
                 server's folder for them, or has them kept new"
                    .to_owned()
            }
        })
    }

    /// Keeps them new until cancelled, where that is set.
    pub async fn keep(self, updates: Updates, data: PathBuf, stop: CancellationToken) {
        if updates.virus_signature_mirror.is_none() && updates.virus_signature_urls.is_empty() {
            return;
        }
        let usual = Duration::from_secs(u64::from(updates.virus_signature_hours.max(SHORTEST_H)) * 3600);
        loop {
            let updated = tokio::select! {
                () = stop.cancelled() => return,
                updated = self.update(&updates, &data) => updated,
            };
            let pause = if updated.is_ok() { usual } else { AFTER_FAILURE };
            if let Err(trouble) = &updated {
                tracing::warn!(trouble, "The virus signatures are not newer than they were.");
            }
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = updated.err();
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Once.
    ///
    /// # Errors
    /// In words.
    async fn update(&self, updates: &Updates, data: &Path) -> Result<(), String> {
        let settings = data.join("freshclam.conf");
        let write = || {
            std::fs::create_dir_all(&self.folder)?;
            std::fs::write(&settings, written(updates, &self.folder, &me()))
        };
        write().map_err(|error| format!("{} cannot be written: {error}", settings.display()))?;
        let mut command = Command::new(&self.program);
        command.arg("--config-file").arg(&settings).args(["--stdout", "--no-warnings"]).kill_on_drop(true);
        if updates.virus_signature_mirror.is_none() {
            command.arg("--update-db=custom");
        }
        match timeout(PATIENCE, command.output()).await {
            Err(_) => {
                Err(format!("freshclam did not come to its end within {} min", PATIENCE.as_secs() / 60))
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err("freshclam is not on this server: install the package clamav-freshclam".to_owned())
            }
            Ok(Err(error)) => Err(format!("freshclam cannot be started: {error}")),
            Ok(Ok(output)) => judged(&output),
        }
    }
}

fn judged(output: &Output) -> Result<(), String> {
    if output.status.success() {
        tracing::info!("The virus signatures are as new as can be.");
        return Ok(());
    }
    let said = [&output.stderr[..], &output.stdout[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut errors = said.lines().filter(|line| line.contains("ERROR")).map(str::trim);
    let why = errors.next_back().or(said.lines().next_back()).unwrap_or("it does not say why");
    Err(format!("freshclam says: {why}"))
}

/// freshclam gives up root for this user.
fn me() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
    user.map_or_else(|| "root".to_owned(), |user| user.name)
}

/// freshclam.conf(5).
fn written(updates: &Updates, folder: &Path, owner: &str) -> String {
    let mut lines = vec![
        "# Written by Pitstop at each update.".to_owned(),
        format!("DatabaseDirectory {}", folder.display()),
        format!("DatabaseOwner {owner}"),
        "ConnectTimeout 30".to_owned(),
        "ReceiveTimeout 0".to_owned(),
        "MaxAttempts 3".to_owned(),
    ];
    match &updates.virus_signature_mirror {
        Some(mirror) => lines.push(format!("DatabaseMirror {}", word(mirror))),
        // It wants one, and does not ask it.
        None => lines.extend(["DatabaseMirror localhost".to_owned(), "DNSDatabaseInfo no".to_owned()]),
    }
    lines.extend(updates.virus_signature_urls.iter().map(|url| format!("DatabaseCustomURL {}", word(url))));
    lines.push(String::new());
    lines.join("\n")
}

/// Nothing that would begin another line of the file.
fn word(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;

    fn from(urls: &[String]) -> Updates {
        Updates { virus_signature_urls: urls.to_vec(), virus_signature_hours: 4, ..Updates::default() }
    }

    #[test]
    fn no_address_writes_a_setting_of_its_own() {
        let urls = ["http://a/b.hdb\nOnUpdateExecute rm".to_owned()];
        let text = written(&from(&urls), Path::new("/srv/signatures"), "root");
        assert!(!text.lines().any(|line| line.starts_with("OnUpdateExecute")), "{text}");
        assert!(text.contains("DatabaseDirectory /srv/signatures\n"));
    }

    /// Not the real one, whose package would start a service on this machine: it reads the settings that we write, and
    /// fetches one file, or says in its words that it cannot.
    const FAKE: &str = r#"#!/bin/sh
settings=$(echo "$1" | sed 's/--config-file=//'); [ "$1" = --config-file ] && settings=$2
folder=$(sed -n 's/^DatabaseDirectory //p' "$settings"); url=$(sed -n 's/^DatabaseCustomURL //p' "$settings")
curl -sf -o "$folder/own.hdb" "$url" || { echo "ERROR: Can't download $url" >&2; exit 11; }
"#;

    #[tokio::test]
    async fn what_freshclam_fetches_is_there_and_what_it_cannot_is_said() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let own = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Of-Ours\n";
        let router = Router::new().route("/own.hdb", get(move || async move { own }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let data = tempfile::tempdir().unwrap();
        let mut signatures = Signatures::new(data.path().join("virus-signatures"));
        assert!(signatures.missing().unwrap().contains("puts ClamAV's files"));
        signatures.program = data.path().join("freshclam");
        let trouble = signatures.update(&from(&[]), data.path()).await.unwrap_err();
        assert!(trouble.contains("install the package clamav-freshclam"), "{trouble}");

        std::fs::write(&signatures.program, FAKE).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&signatures.program, mode).unwrap();
        let wrong = from(&[format!("http://{address}/none.hdb")]);
        let trouble = signatures.update(&wrong, data.path()).await.unwrap_err();
        assert!(trouble.contains("freshclam says: ERROR: Can't download"), "{trouble}");
        assert!(!are_there(signatures.folder()));
        signatures.update(&from(&[format!("http://{address}/own.hdb")]), data.path()).await.unwrap();
        assert_eq!(std::fs::read_to_string(signatures.folder().join("own.hdb")).unwrap(), own);
        assert_eq!(signatures.missing(), None);
    }
}
