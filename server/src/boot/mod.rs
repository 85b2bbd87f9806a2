//! The boot services, wired to the store: proxyDHCP, TFTP and HTTP on the machines' network.
//!
//! - [`directory`]: who asks, is there work for it, where is that file; `adopt`: who asks and is not known
//! - [`tftp`]: loaders over TFTP, and how far each transfer is
//! - [`silences`]: what was not answered, and why, of all three
//! - [`Boot::start`]: the sockets and tasks; a port that may not be had is reported and left out

pub(crate) mod adopt;
pub mod directory;
pub mod silences;
mod tftp;

use crate::agent_api::{self, AgentApi};
use crate::config::Config;
use crate::netns::Place;
use crate::pulse::Pulse;
use crate::shelf::Shelf;
use anyhow::{Context, Result};
use directory::StoreDirectory;
use pitstop_netboot::config::BootServer;
use pitstop_netboot::dhcp::{Listener, Port, ProxyDhcp};
use pitstop_netboot::http::BootState;
use pitstop_netboot::loaders::LoaderFolder;
use silences::Silences;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The boot services, running.
pub struct Boot {
    /// What runs and what does not, in words for the person who started the server.
    pub notes: Vec<String>,
    /// What was asked and not answered, by reason.
    pub silences: Silences,
}

impl Boot {
    /// Starts what can be started. Only the HTTP service, which agents need, must be had.
    pub fn start(
        config: &Config,
        api: AgentApi,
        shelf: &Shelf,
        pulse: &Pulse,
        place: &Place,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let (store, keys) = (api.store.clone(), api.keys.clone());
        let directory = Arc::new(StoreDirectory::new(store, keys, shelf.clone(), pulse.clone()));
        let loaders = loaders(config);
        let mut boot = Self { notes: vec![], silences: Silences::default() };
        let server = Arc::new(boot_server(config, loaders.clone()));
        boot.http(config, api, directory.clone(), &server, pulse, place, tasks, stop)?;
        boot.dhcp(config, directory.clone(), server, place, tasks, stop);
        boot.tftp(config, directory, loaders, place, tasks, stop);
        Ok(boot)
    }

    #[expect(clippy::too_many_arguments, reason = "wiring: everything meets here once")]
    fn http(
        &mut self,
        config: &Config,
        api: AgentApi,
        directory: Arc<StoreDirectory>,
        server: &Arc<BootServer>,
        pulse: &Pulse,
        place: &Place,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<()> {
        let address = config.boot_listen;
        let listener = place.make(move || std::net::TcpListener::bind(address)).with_context(|| {
            format!("machines cannot be served on http://{address}: choose another --boot-listen")
        })?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let state = BootState::new(directory, server.clone());
        self.silences.http = state.counters.clone();
        let router = pitstop_netboot::http::router(state)
            .merge(agent_api::router(api))
            .layer(axum::middleware::from_fn_with_state(pulse.clone(), crate::pulse::refuse_late));
        let stop = stop.clone();
        tasks.spawn(async move {
            let serving =
                axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
            tokio::select! {
                served = serving => if let Err(error) = served {
                    tracing::error!(%error, "The HTTP boot service ended.");
                },
                () = crate::shortly_after(&stop) => {}
            }
        });
        self.notes.push(format!("HTTP boot and agents at {}", config.boot_url()));
        Ok(())
    }

    fn dhcp(
        &mut self,
        config: &Config,
        directory: Arc<StoreDirectory>,
        server: Arc<BootServer>,
        place: &Place,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let wanted = [(Port::Discovery, config.dhcp_port), (Port::BootServer, config.pxe_port)];
        let mut listeners = Vec::new();
        for (port, number) in wanted.into_iter().filter(|(_, number)| *number != 0) {
            let IpAddr::V4(ip) = config.boot_address else {
                self.notes.push(format!("proxyDHCP is off: {} is not an IPv4 address", config.boot_address));
                continue;
            };
            let made = place.make(move || Listener::bind_to(port, SocketAddrV4::new(ip, number), None));
            match made {
                Ok(listener) => {
                    self.notes.push(format!("proxyDHCP on UDP {number}"));
                    listeners.push(listener);
                }
                Err(error) => self.notes.push(not_had("proxyDHCP", number, &error)),
            }
        }
        if listeners.is_empty() {
            return;
        }
        let service = ProxyDhcp::new(directory, server);
        self.silences.dhcp = Some(service.counters());
        let stop = stop.clone();
        tasks.spawn(async move {
            if let Err(error) = service.run(listeners, stop).await {
                tracing::error!(%error, "proxyDHCP ended; machines boot their own systems.");
            }
        });
    }

    fn tftp(
        &mut self,
        config: &Config,
        directory: Arc<StoreDirectory>,
        loaders: LoaderFolder,
        place: &Place,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) {
        if config.tftp_port == 0 {
            return;
        }
        let address = SocketAddr::new(config.boot_address, config.tftp_port);
        let socket = match place.make(move || std::net::UdpSocket::bind(address)) {
            Ok(socket) => socket,
            Err(error) => return self.notes.push(not_had("TFTP", config.tftp_port, &error)),
        };
        self.notes.push(format!("TFTP on UDP {}", config.tftp_port));
        let sockets = place.clone();
        let (watch, storing) = tftp::Watch::new(directory);
        tasks.spawn(storing);
        let server = tftp_server::Server::new(tftp_server::Config::default(), tftp::Loaders::new(loaders))
            .observed_by(watch)
            .with_sockets(move |local| {
                sockets.make(move || std::net::UdpSocket::bind(local)).map_err(std::io::Error::other)
            });
        self.silences.tftp = server.counters();
        let stop = stop.clone();
        tasks.spawn(async move {
            if let Err(error) = server.run(socket, stop).await {
                tracing::error!(%error, "TFTP ended; machines boot their own systems.");
            }
        });
    }
}

/// A port below 1024 needs a right; the text says how to get it.
fn not_had(service: &str, port: u16, error: &anyhow::Error) -> String {
    let denied = error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied);
    if denied {
        format!(
            "{service} is off: UDP port {port} needs a right. Give it once with \
             `sudo setcap cap_net_bind_service=+ep PATH-TO/pitstop-server`, or start as root, or choose another port"
        )
    } else {
        format!("{service} is off: UDP port {port} cannot be had ({error:#})")
    }
}

fn loaders(config: &Config) -> LoaderFolder {
    LoaderFolder::open(&config.loaders).unwrap_or_else(|error| {
        tracing::warn!(folder = %config.loaders.display(), %error,
            "There are no network boot loaders; only machines whose firmware is iPXE can be booted. Install the package ipxe or set --loaders.");
        LoaderFolder::empty()
    })
}

fn boot_server(config: &Config, loaders: LoaderFolder) -> BootServer {
    let advertise = match (config.boot_address, config.boot_listen.ip()) {
        (IpAddr::V4(ip), _) | (_, IpAddr::V4(ip)) if !ip.is_unspecified() => Some(ip),
        (_, IpAddr::V4(ip)) if !ip.is_unspecified() => Some(ip),
        _ => None::<Ipv4Addr>,
    };
    BootServer { advertise, http_port: config.boot_listen.port(), http_url: config.boot_url.clone(), loaders }
}
