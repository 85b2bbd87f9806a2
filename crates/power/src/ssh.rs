//! A command on a host that is reached by SSH. The host is known by its key and nothing else.
//!
//! Preparing logs in and opens no session: a key that is bound to one command (`command=` in `authorized_keys`)
//! would carry it out for whatever is asked.

use crate::http::tame;
use crate::limit::{CONNECT, within};
use crate::{Board, Fault, Look, Subject};
use async_trait::async_trait;
use pitstop_domain::route::{Ssh, Target};
use pitstop_domain::secret::Secret;
use russh::client::{Config, Handle, Handler, connect};
use russh::keys::{
    Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate,
    decode_secret_key,
};
use russh::{ChannelMsg, Disconnect, Preferred};
use std::borrow::Cow;
use std::sync::Arc;

/// What the command prints is kept up to here, for the answer.
const LONGEST: usize = 1024;

pub(crate) struct SshBoard {
    settings: Ssh,
    subject: Subject,
    key: Arc<PrivateKey>,
    host_key: PublicKey,
    /// Logged in, kept from preparing to restarting.
    session: Option<Handle<Pinned>>,
}

/// Believes one host key.
struct Pinned(PublicKey);

impl Handler for Pinned {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        Ok(match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.key_data() == self.0.key_data(),
            PublicKeyOrCertificate::Certificate(_) => false,
        })
    }
}

impl SshBoard {
    pub(crate) fn new(settings: &Ssh, subject: &Subject, key: &Secret) -> Result<Self, Fault> {
        // Its error might quote the key.
        let key = decode_secret_key(key.expose(), None).map_err(|_| {
            Fault::refused(
                "the private key cannot be read: it must be in OpenSSH's format, without a passphrase. Set it again",
            )
        })?;
        let host_key = PublicKey::from_openssh(&settings.host_key)
            .map_err(|_| Fault::refused("the host key of the route cannot be read: set it again"))?;
        Ok(Self {
            settings: settings.clone(),
            subject: subject.clone(),
            key: Arc::new(key),
            host_key,
            session: None,
        })
    }

    fn place(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    fn command(&self) -> Result<&str, Fault> {
        match self.subject.target {
            Target::Maintenance => Ok(&self.settings.into_maintenance),
            Target::OwnSystem => self.settings.home.as_deref().ok_or_else(|| {
                Fault::refused(
                    "the route has no command home, so it cannot bring the machine back: give it one",
                )
            }),
        }
    }

    async fn session(&mut self) -> Result<&mut Handle<Pinned>, Fault> {
        if self.session.as_ref().is_none_or(Handle::is_closed) {
            self.session = Some(self.log_in().await?);
        }
        self.session.as_mut().ok_or_else(|| Fault::later("the SSH connection went away"))
    }

    async fn log_in(&self) -> Result<Handle<Pinned>, Fault> {
        let place = self.place();
        let address = (self.settings.host.as_str(), self.settings.port);
        let connecting = connect(Arc::new(self.config()), address, Pinned(self.host_key.clone()));
        let connected = tokio::time::timeout(CONNECT, connecting).await;
        let late = |_| Fault::later(format!("{place} did not let us in within {} s", CONNECT.as_secs()));
        let mut session = connected.map_err(late)?.map_err(|error| match error {
            russh::Error::UnknownKey | russh::Error::NoCommonAlgo { .. } => Fault::refused(format!(
                "{place} shows another host key than the route's: it is another host, or somebody stands between. \
                 Nothing was sent to it. If the host was set up anew, set its key again"
            )),
            error => Fault::later(format!("{place} cannot be reached by SSH: {error}")),
        })?;
        let lost = |error| Fault::later(format!("{place} broke off while logging in: {error}"));
        let hash = session.best_supported_rsa_hash().await.map_err(lost)?.flatten();
        let key = PrivateKeyWithHashAlg::new(self.key.clone(), hash);
        let let_in = session.authenticate_publickey(&self.settings.user, key).await.map_err(lost)?;
        if !let_in.success() {
            return Err(Fault::refused(format!(
                "{place} did not let {} in with the route's key. Nothing was touched. Put its public key into \
                 authorized_keys there, or set another",
                self.settings.user
            )));
        }
        Ok(session)
    }

    /// Asks for the key that is pinned: a host has several, and would show its favourite.
    fn config(&self) -> Config {
        let algorithm = self.host_key.algorithm();
        let wanted = match algorithm {
            Algorithm::Rsa { .. } => [Some(HashAlg::Sha512), Some(HashAlg::Sha256), None]
                .map(|hash| Algorithm::Rsa { hash })
                .to_vec(),
            other => vec![other],
        };
        let preferred = Preferred { key: Cow::Owned(wanted), ..Preferred::default() };
        Config { preferred, inactivity_timeout: Some(crate::PATIENCE), ..Config::default() }
    }

    async fn run(&mut self) -> Result<String, Fault> {
        let command = self.command()?.to_owned();
        let (place, call) = (self.place(), self.subject.call.to_string());
        let session = self.session().await?;
        let not_yet =
            |error| Fault::later(format!("{place} opened no session: {error}. Nothing was touched"));
        let mut channel = session.channel_open_session().await.map_err(not_yet)?;
        // Most hosts let no variable in, and that is fine: it only helps those who look.
        let _ = channel.set_env(false, "PITSTOP_CALL", call).await;
        let unknown = |why: &str| {
            Fault::unknown(format!(
                "{place} did not say how the command ended ({why}). It may have restarted the machine: the machine \
                 will show"
            ))
        };
        channel.exec(true, command).await.map_err(|error| unknown(&error.to_string()))?;
        let (mut printed, mut code) = (Vec::new(), None);
        while let Some(message) = channel.wait().await {
            match message {
                ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. } => {
                    let room = LONGEST.saturating_sub(printed.len()).min(data.len());
                    printed.extend_from_slice(&data[..room]);
                }
                ChannelMsg::ExitStatus { exit_status } => code = Some(exit_status),
                ChannelMsg::Failure => {
                    return Err(Fault::refused(format!("{place} does not carry out commands")));
                }
                _ => {}
            }
        }
        let printed = tame(&String::from_utf8_lossy(&printed));
        match code {
            Some(0) => Ok(format!("the command on {place} ended well")),
            // 126 and 127: the shell could not start it (POSIX, "Exit Status for Commands").
            Some(code @ (126 | 127)) => {
                Err(Fault::refused(format!("{place} could not start the command ({code}): {printed}")))
            }
            Some(code) => Err(Fault {
                effect: crate::Effect::Unknown,
                ..Fault::refused(format!("the command on {place} ended with {code}: {printed}"))
            }),
            None => Err(unknown("the connection ended first")),
        }
    }
}

#[async_trait]
impl Board for SshBoard {
    async fn look(&mut self) -> Result<Look, Fault> {
        within("the host", Fault::later, self.session()).await?;
        Ok(Look { power: None, uuid: None, words: format!("{} lets the server in", self.place()) })
    }

    async fn prepare(&mut self) -> Result<String, Fault> {
        self.command()?;
        within("the host", Fault::later, self.session()).await?;
        Ok(format!("{} lets the server in", self.place()))
    }

    async fn restart(&mut self) -> Result<String, Fault> {
        let done = within("the host", Fault::unknown, self.run()).await;
        if let Some(session) = self.session.take() {
            let _ = session.disconnect(Disconnect::ByApplication, "", "").await;
        }
        done
    }
}
