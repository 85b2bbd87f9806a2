//! The loop around the answer: receive, look up, answer, send, remember.

use super::answer::{Reply, answer};
use super::request::Request;
use super::silence::{Counters, Silence};
use super::socket::{Arrival, Datagram, Ears, Listener, Port, receive, send};
use crate::config::BootServer;
use crate::directory::{Directory, Found, note};
use pitstop_domain::sighting::{Sighting, Told};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Requests in work at once. A thousand machines that are switched on together are answered together; beyond
/// that, clients ask again after 4, 8 and 16 s.
const AT_ONCE: usize = 1024;

/// How long the directory may take. UEFI firmware collects offers for some 4 s: a later one reaches nobody.
const LONGEST_LOOKUP: Duration = Duration::from_secs(3);

/// After an error of the socket itself (an interface going down), so that a lasting one does not spin.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// The proxyDHCP service.
#[derive(Clone)]
pub struct ProxyDhcp {
    directory: Arc<dyn Directory>,
    config: Arc<BootServer>,
    counters: Arc<Counters>,
    room: Arc<Semaphore>,
}

impl ProxyDhcp {
    pub fn new(directory: Arc<dyn Directory>, config: Arc<BootServer>) -> Self {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        Self { directory, config, counters: Arc::default(), room }
    }

    /// What was received, answered and left in silence so far.
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// Serves until cancelled, then finishes what is in work.
    ///
    /// # Errors
    /// When a listener cannot be used at all.
    pub async fn run(self, listeners: Vec<Listener>, cancel: CancellationToken) -> io::Result<()> {
        let mut services = JoinSet::new();
        for listener in listeners {
            let socket = Arc::new(UdpSocket::from_std(listener.socket)?);
            let ears = listener.ears;
            services.spawn(self.clone().serve(socket, listener.port, ears, cancel.clone()));
        }
        while services.join_next().await.is_some() {}
        Ok(())
    }

    async fn serve(self, socket: Arc<UdpSocket>, port: Port, ears: Ears, cancel: CancellationToken) {
        let address = socket.local_addr().ok();
        tracing::info!(?port, ?address, "proxyDHCP listens");
        let in_work = TaskTracker::new();
        let receiving = async {
            loop {
                match socket.async_io(Interest::READABLE, || receive(&socket)).await {
                    Ok(datagram) => self.take(&socket, port, ears, datagram, &in_work),
                    Err(error) => {
                        tracing::warn!(%error, ?port, "a packet could not be received");
                        tokio::time::sleep(AFTER_ERROR).await;
                    }
                }
            }
        };
        cancel.run_until_cancelled(receiving).await;
        in_work.close();
        in_work.wait().await;
        tracing::info!(?port, "proxyDHCP stopped");
    }

    /// Reads a packet; what may be a boot request is worked on beside the loop, which must not wait.
    fn take(
        &self,
        socket: &Arc<UdpSocket>,
        port: Port,
        ears: Ears,
        datagram: Datagram,
        in_work: &TaskTracker,
    ) {
        self.counters.received();
        match self.admit(port, ears, &datagram) {
            Ok((request, permit)) => {
                let exchange = Exchange { service: self.clone(), socket: socket.clone(), request, permit };
                in_work.spawn(exchange.carry_out(datagram.arrival));
            }
            Err(silence) => {
                self.counters.silent(&silence);
                tracing::debug!(from = %datagram.from, reason = silence.name(), %silence, "a packet is not answered");
            }
        }
    }

    fn admit(
        &self,
        port: Port,
        ears: Ears,
        datagram: &Datagram,
    ) -> Result<(Request, OwnedSemaphorePermit), Silence> {
        if !ears.hear(datagram.arrival) {
            return Err(Silence::OtherInterface);
        }
        let request = Request::read(&datagram.bytes, port, datagram.from)?;
        let permit = self.room.clone().try_acquire_owned().map_err(|_| Silence::Busy)?;
        Ok((request, permit))
    }

    async fn find(&self, request: &Request) -> Result<Found, Silence> {
        let lookup = self.directory.find(&request.client);
        let Ok(found) = tokio::time::timeout(LONGEST_LOOKUP, lookup).await else {
            return Err(Silence::DirectoryUnavailable("no answer within 3 s".to_owned()));
        };
        found.map_err(|error| Silence::DirectoryUnavailable(error.0))
    }
}

/// One request in work.
struct Exchange {
    service: ProxyDhcp,
    socket: Arc<UdpSocket>,
    request: Request,
    /// Its place among those in work, given back at the end.
    permit: OwnedSemaphorePermit,
}

impl Exchange {
    async fn carry_out(self, arrival: Arrival) {
        let found = self.service.find(&self.request).await;
        let told = match found.as_ref().map_err(Clone::clone).and_then(|found| self.answer(found, arrival)) {
            Ok(reply) => self.send(&reply, arrival).await,
            Err(silence) => {
                self.remain_silent(&silence);
                match &found {
                    Ok(Found::Known(known)) => Some(known.own.silence_tells()),
                    _ => None,
                }
            }
        };
        if let (Ok(Found::Known(known)), Some(told)) = (found, told) {
            let by = self.request.by().to_owned();
            note(&*self.service.directory, known.machine, Sighting::AskedToBoot { by, told }).await;
        }
        drop(self.permit);
    }

    fn answer(&self, found: &Found, arrival: Arrival) -> Result<Reply, Silence> {
        let server = self.service.config.facts(arrival.local).ok_or(Silence::NoAddress)?;
        answer(&self.request, found, &server)
    }

    /// What the machine was told thereby; nothing when the network did not take the answer.
    async fn send(&self, reply: &Reply, arrival: Arrival) -> Option<Told> {
        let bytes = reply.bytes();
        let sending =
            self.socket.async_io(Interest::WRITABLE, || send(&self.socket, &bytes, reply.to, arrival));
        let (mac, by) = (self.request.mac, self.request.by());
        match sending.await {
            Ok(()) => {
                self.service.counters.answered();
                tracing::info!(%mac, by, file = reply.file, to = ?reply.to, told = ?reply.told, "a machine is told what to boot");
                Some(reply.told)
            }
            Err(error) => {
                self.service.counters.unsent();
                tracing::warn!(%mac, by, to = ?reply.to, %error, "the answer to a machine could not be sent");
                None
            }
        }
    }

    fn remain_silent(&self, silence: &Silence) {
        self.service.counters.silent(silence);
        let (mac, by, reason) = (self.request.mac, self.request.by(), silence.name());
        if silence.is_trouble() {
            tracing::warn!(%mac, by, reason, %silence, "a machine that asked to boot cannot be answered");
        } else {
            tracing::info!(%mac, by, reason, %silence, "a machine that asked to boot is not answered");
        }
    }
}
