//! The settings of routes that need some. Missing ones have the usual value, so that a row stays short and older
//! rows are read.

use super::address::{Host, HttpUrl};
use crate::digest::Digest;
use crate::id::SecretId;
use crate::net::Mac;
use serde::{Deserialize, Serialize};

/// Must the board boot the network once, or may its boot order decide?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootOverride {
    /// A board that does not keep the boot device is not asked to restart: it would start the wrong system.
    #[default]
    Required,
    /// Asked for; if the board does not keep it, the machine's own boot order decides.
    Try,
    /// Not asked for: the machine boots the network first anyway.
    Never,
}

/// Which certificate of a board is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trust {
    /// One that a certificate authority of the server's system vouches for, for this name.
    #[default]
    SystemRoots,
    /// The one whose DER encoding has this SHA-256, whoever signed it. What most boards need: they sign themselves.
    Pinned { sha256: Digest },
    /// Any. Whoever stands between server and board can read the password.
    Any,
}

/// A board that speaks Redfish.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Redfish {
    /// Like `https://bmc.example`; `/redfish/v1/` is added.
    pub url: HttpUrl,
    /// The id of the ComputerSystem; none: the board has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    pub user: String,
    pub password: SecretId,
    #[serde(default)]
    pub trust: Trust,
    #[serde(default)]
    pub boot: BootOverride,
}

/// The right a session with an IPMI board asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    Operator,
    #[default]
    Administrator,
}

/// A board that speaks IPMI 2.0 over RMCP+.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ipmi {
    pub host: Host,
    #[serde(default = "ipmi_port")]
    pub port: u16,
    pub user: String,
    pub password: SecretId,
    /// 3: HMAC-SHA1 and AES-128, which every IPMI 2.0 board has. 17: with SHA-256. (IPMI 2.0, table 22-20.)
    #[serde(default = "usual_cipher_suite")]
    pub cipher_suite: u8,
    #[serde(default)]
    pub privilege: Privilege,
    #[serde(default)]
    pub boot: BootOverride,
}

/// Registered with IANA as `asf-rmcp`.
pub(super) fn ipmi_port() -> u16 {
    623
}

fn usual_cipher_suite() -> u8 {
    3
}

/// A magic packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WakeOnLan {
    pub mac: Mac,
    /// Where it is sent: the broadcast address of the machine's network.
    #[serde(default = "everywhere")]
    pub broadcast: Host,
    /// 9 (discard) is what most tools use; network cards look at the bytes and not at the port.
    #[serde(default = "discard")]
    pub port: u16,
    /// The password of six bytes that some network cards ask for, written like a MAC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure_on: Option<SecretId>,
}

fn everywhere() -> Host {
    Host::everywhere()
}

pub(super) fn discard() -> u16 {
    9
}

/// A URL that is called, with a signature over what it is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Webhook {
    pub url: HttpUrl,
    pub signing_secret: SecretId,
}

/// A command on another host: a hypervisor, a power switch, the machine itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ssh {
    pub host: Host,
    #[serde(default = "ssh_port")]
    pub port: u16,
    pub user: String,
    pub private_key: SecretId,
    /// As in `known_hosts`, without the name: `ssh-ed25519 AAAA…`. No other host is believed.
    pub host_key: String,
    /// Restarts the machine into the network.
    pub into_maintenance: String,
    /// Restarts it into its own system. None: this route brings nobody home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
}

pub(super) fn ssh_port() -> u16 {
    22
}
