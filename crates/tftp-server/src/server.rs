//! The listening loop: takes requests, gives them to transfers, and ends them all.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::admission::{Admission, Arrival, Verdict};
use crate::config::Config;
use crate::counters::{Count, Counters};
use crate::handler::Handler;
use crate::listener::{Datagram, Listener};
use crate::observer::Observer;
use crate::packet::Packet;
use crate::pulse::Pulse;
use crate::refusal::Refusal;
use crate::transfer::{Shared, SocketFactory, open_socket, send_error, serve};

/// Longest request read. RFC 2347 allows 512 bytes; some firmware pads.
const LONGEST_REQUEST: usize = 2048;

/// A TFTP server, ready to run on a socket.
pub struct Server {
    config: Config,
    handler: Arc<dyn Handler>,
    observer: Arc<dyn Observer>,
    sockets: Arc<SocketFactory>,
    counters: Arc<Counters>,
}

impl Server {
    /// A server that answers with what `handler` finds.
    pub fn new(config: Config, handler: impl Handler) -> Self {
        Self {
            config,
            handler: Arc::new(handler),
            observer: Arc::new(()),
            sockets: Arc::new(UdpSocket::bind::<SocketAddr>),
            counters: Arc::default(),
        }
    }

    /// Tells `observer` about every transfer.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Observer) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// Makes the sockets of transfers by `factory` instead of a plain bind: for a listening
    /// socket that lives in another network namespace.
    #[must_use]
    pub fn with_sockets<F>(mut self, factory: F) -> Self
    where
        F: Fn(SocketAddr) -> io::Result<UdpSocket> + Send + Sync + 'static,
    {
        self.sockets = Arc::new(factory);
        self
    }

    /// What was passed over, and why; valid also after the server has ended.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// Runs in the background; the handle ends when `stop` is cancelled and all transfers ended.
    #[must_use]
    pub fn start(self, socket: UdpSocket, stop: CancellationToken) -> JoinHandle<io::Result<()>> {
        tokio::spawn(self.run(socket, stop))
    }

    /// Serves requests that arrive at `socket` until `stop` is cancelled; then clients in the
    /// middle of a transfer are told so, and all transfers have ended on return.
    ///
    /// # Errors
    /// When the socket cannot be listened on.
    pub async fn run(self, socket: UdpSocket, stop: CancellationToken) -> io::Result<()> {
        let listener = Listener::new(socket)?;
        let Self { config, handler, observer, sockets, counters } = self;
        let admission = Admission::new(config.transfers, config.waiting, config.patience);
        let shared = Shared { config, handler, observer, sockets, counters, stop };
        Desk { shared: Arc::new(shared), admission, tasks: JoinSet::new(), running: HashMap::new() }
            .run(&listener)
            .await
    }
}

/// The state of the listening loop.
struct Desk {
    shared: Arc<Shared>,
    admission: Admission,
    tasks: JoinSet<()>,
    /// By task, so that one that panicked is cleared away too.
    running: HashMap<Id, Running>,
}

struct Running {
    client: SocketAddr,
    number: u64,
    pulse: Arc<Pulse>,
    cancel: CancellationToken,
}

impl Desk {
    async fn run(mut self, listener: &Listener) -> io::Result<()> {
        let stop = self.shared.stop.clone();
        let mut buffer = [0; LONGEST_REQUEST];
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                datagram = listener.receive(&mut buffer) => match datagram {
                    Ok(datagram) => self.take(&buffer[..datagram.length], &datagram).await,
                    // Errors of single datagrams (an ICMP answer, memory short for a moment).
                    Err(error) => {
                        tracing::warn!(%error, "A request could not be received");
                        tokio::task::yield_now().await;
                    }
                },
            }
        }
        while self.tasks.join_next().await.is_some() {}
        Ok(())
    }

    async fn take(&mut self, bytes: &[u8], datagram: &Datagram) {
        let Datagram { client, local, .. } = *datagram;
        match Packet::decode(bytes) {
            Ok(Packet::Read(asked)) => self.request(Arrival { client, local, asked }),
            Ok(Packet::Write(asked)) => {
                tracing::info!(%client, name = asked.name, "A client wanted to write and was refused");
                self.refuse(client, local).await;
            }
            Ok(_) => self.pass_over(Count::NotARequest, client),
            Err(error) => {
                tracing::debug!(%client, %error, "A packet is passed over");
                self.pass_over(Count::Malformed, client);
            }
        }
    }

    fn request(&mut self, arrival: Arrival) {
        let running = &self.running;
        let silent_for = |number| {
            let transfer = running.values().find(|running| running.number == number);
            transfer.and_then(|running| running.pulse.silent_for())
        };
        match self.admission.arrived(&arrival, Instant::now(), silent_for) {
            Verdict::Start { number, stop } => {
                if let Some(older) = stop {
                    self.cancel(older);
                }
                self.start(number, arrival);
            }
            Verdict::Wait => {
                tracing::debug!(client = %arrival.client, name = arrival.asked.name, "A request waits for its turn");
            }
            Verdict::Repeated => self.pass_over(Count::RepeatedRequest, arrival.client),
            Verdict::Full => self.pass_over(Count::QueueFull, arrival.client),
        }
    }

    fn start(&mut self, number: u64, arrival: Arrival) {
        self.shared.counters.add(Count::Started);
        let client = arrival.client;
        let pulse = Arc::new(Pulse::new());
        let cancel = self.shared.stop.child_token();
        let task = serve(self.shared.clone(), number, arrival, pulse.clone(), cancel.clone());
        let id = self.tasks.spawn(task).id();
        self.running.insert(id, Running { client, number, pulse, cancel });
    }

    fn cancel(&self, number: u64) {
        for running in self.running.values().filter(|running| running.number == number) {
            running.cancel.cancel();
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "A transfer broke off: its handler or observer panicked");
                error.id()
            }
        };
        if let Some(Running { client, number, .. }) = self.running.remove(&id) {
            self.admission.ended(client, number);
        }
        let counters = self.shared.counters.clone();
        let gave_up = || counters.add(Count::GaveUpWaiting);
        if let Some((number, arrival)) = self.admission.next(Instant::now(), gave_up) {
            self.start(number, arrival);
        }
    }

    async fn refuse(&self, client: SocketAddr, local: SocketAddr) {
        match open_socket(&*self.shared.sockets, local) {
            Ok(socket) => {
                send_error(&socket, client, &Refusal::access_violation("This server is read-only")).await;
            }
            Err(error) => {
                tracing::warn!(%client, %error, "A refusal could not be sent: no socket at {local}")
            }
        }
    }

    fn pass_over(&self, count: Count, client: SocketAddr) {
        tracing::debug!(%client, reason = ?count, "A packet is passed over");
        self.shared.counters.add(count);
    }
}
