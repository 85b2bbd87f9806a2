//! What can be set, by argument or environment.

use crate::console::sweep::Keep;
use crate::people::provider::settings::Oidc;
use crate::shelf::settings::Keeping;
use crate::signatures::Updates;
use clap::Parser;
use pitstop_domain::route::HttpUrl;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Pitstop: boots machines into maintenance over the network and puts them back, with proof.
#[derive(Clone, Debug, Parser)]
#[command(name = "pitstop-server", version)]
pub struct Config {
    /// Where the dashboard listens.
    #[arg(long, env = "PITSTOP_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// Where machines fetch boot files and agents report, over HTTP.
    #[arg(long, env = "PITSTOP_BOOT_LISTEN", default_value = "0.0.0.0:8080")]
    pub boot_listen: SocketAddr,

    /// How machines reach --boot-listen, like http://192.0.2.10:8080. Without it each machine is told the address at
    /// which its own request arrived.
    #[arg(long, env = "PITSTOP_BOOT_URL")]
    pub boot_url: Option<String>,

    /// A network namespace in which the boot services listen (/run/netns/NAME); the dashboard stays outside.
    #[arg(long, env = "PITSTOP_BOOT_NETNS")]
    pub boot_netns: Option<PathBuf>,

    /// Address on which proxyDHCP and TFTP listen.
    #[arg(long, env = "PITSTOP_BOOT_ADDRESS", default_value = "0.0.0.0")]
    pub boot_address: IpAddr,

    /// proxyDHCP port; 0 switches DHCP off. Below 1024 needs CAP_NET_BIND_SERVICE.
    #[arg(long, env = "PITSTOP_DHCP_PORT", default_value_t = 67)]
    pub dhcp_port: u16,

    /// PXE boot server port beside it (PXE specification 2.1: 4011); 0 switches it off.
    #[arg(long, env = "PITSTOP_PXE_PORT", default_value_t = 4011)]
    pub pxe_port: u16,

    /// TFTP port; 0 switches TFTP off. Below 1024 needs CAP_NET_BIND_SERVICE.
    #[arg(long, env = "PITSTOP_TFTP_PORT", default_value_t = 69)]
    pub tftp_port: u16,

    /// Folder for everything the server keeps: keys, images, and the private PostgreSQL.
    #[arg(long, env = "PITSTOP_DATA", default_value = "data")]
    pub data: PathBuf,

    /// PostgreSQL to use; without it the server starts a private one below --data.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Folder with the dashboard's styles and program (made by `cargo xtask bundle`).
    #[arg(long, env = "LEPTOS_SITE_ROOT", default_value = "target/site")]
    pub site_root: PathBuf,

    /// Folder whose subfolders with an image.json are added to the catalog at start.
    #[arg(long, env = "PITSTOP_IMAGE_DROP")]
    pub image_drop: Option<PathBuf>,

    /// Folder with public keys of minisign (.pub) whose signatures on images are trusted from the start, like that of whoever
    /// built the images that come with Pitstop. One that an administrator removed stays so.
    #[arg(long, env = "PITSTOP_TRUSTED_KEYS")]
    pub trusted_keys: Option<PathBuf>,

    /// Hosts from which images may be fetched although their address is an inner one, parted by commas: a mirror in the
    /// house. All others must be on the public internet.
    #[arg(long = "fetch-inner", env = "PITSTOP_FETCH_INNER", value_delimiter = ',')]
    pub fetch_inner: Vec<String>,

    #[command(flatten)]
    pub keeping: Keeping,

    #[command(flatten)]
    pub consoles: Keep,

    /// MiB of the disk below --data that captures of disks leave free: the database lies there, too.
    #[arg(long, env = "PITSTOP_CAPTURES_KEEP_FREE", default_value_t = 2048)]
    pub captures_keep_free_mib: u64,

    /// Folder with network boot loaders (undionly.kpxe, snponly.efi).
    #[arg(long, env = "PITSTOP_LOADERS", default_value = "/usr/lib/ipxe")]
    pub loaders: PathBuf,

    /// File with the key by which agents enrol; made when missing. Default: enrol.key below --data.
    #[arg(long, env = "PITSTOP_ENROL_KEY_FILE")]
    pub enrol_key_file: Option<PathBuf>,

    /// Folder with virus signatures of ClamAV (.cvd, .cld, .hdb …), which machines fetch when they are scanned.
    /// Default: virus-signatures below --data.
    #[arg(long, env = "PITSTOP_VIRUS_SIGNATURES")]
    pub virus_signatures: Option<PathBuf>,

    #[command(flatten)]
    pub virus_signature_updates: Updates,

    /// The lab's machines (JSON lines of `pitstop-lab`), to be known from the start.
    #[arg(long)]
    pub lab_machines: Option<PathBuf>,

    /// How people reach the dashboard, like https://pitstop.example: stands in links that leave it (alarms, QR codes).
    /// Default: --listen.
    #[arg(long, env = "PITSTOP_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// Print a link that makes a new administrator, although there are some: when all of them are locked out.
    #[arg(long)]
    pub new_administrator: bool,

    /// Addresses of proxies before the dashboard, parted by commas: for requests from these, X-Forwarded-For says who
    /// asks. Failed sign-ins are counted by address, so behind a proxy that is not named all people count as one.
    #[arg(long = "trusted-proxy", env = "PITSTOP_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,

    #[command(flatten)]
    pub oidc: Oidc,

    /// Calendars of blackouts may be read from addresses of your own networks, too. Without this a person who may plan
    /// cannot have this server ask what only its neighbours reach.
    #[arg(long, env = "PITSTOP_CALENDARS_FROM_INSIDE")]
    pub calendars_from_inside: bool,

    /// Hosts that webhooks may be sent to although their address is an inner one, parted by commas: a ticket system in the
    /// house. All others must be on the public internet.
    #[arg(long = "webhooks-inner", env = "PITSTOP_WEBHOOKS_INNER", value_delimiter = ',')]
    pub webhooks_inner: Vec<String>,

    /// Where alarms are sent (POST, JSON), signed with the key in alarm.key below --data: a machine is not proven back
    /// and a person is needed. Sent again until it is taken.
    #[arg(long, env = "PITSTOP_ALARM_URL")]
    pub alarm_url: Option<HttpUrl>,

    /// Shorter waits before something is done about what does not come, for the demo and tests, in per cent of the
    /// usual limits.
    #[arg(long, env = "PITSTOP_LIMITS_PERCENT", default_value_t = 100)]
    pub limits_percent: u32,
}

impl Config {
    /// The base URL that machines use.
    pub fn boot_url(&self) -> String {
        self.boot_url.clone().unwrap_or_else(|| format!("http://{}", self.boot_listen))
    }

    /// The base URL that people use.
    pub fn dashboard_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Where images lie on this host.
    pub fn images(&self) -> PathBuf {
        self.data.join("images")
    }

    pub fn virus_signatures(&self) -> PathBuf {
        self.virus_signatures.clone().unwrap_or_else(|| self.data.join("virus-signatures"))
    }

    pub fn enrol_key_file(&self) -> PathBuf {
        self.enrol_key_file.clone().unwrap_or_else(|| self.data.join("enrol.key"))
    }
}
