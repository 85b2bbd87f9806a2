//! Lines between programs, which can be cut and stalled.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use tokio::sync::watch;

/// How long a boot request is waited on for its answer.
const ANSWER: Duration = Duration::from_secs(2);

/// What a line does with what comes.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    /// Connections of an earlier number are over.
    cuts: u64,
    refuses: bool,
    stalled: bool,
}

/// A TCP port whose connections end at PostgreSQL's socket.
pub struct DatabaseLine {
    pub port: u16,
    flow: watch::Sender<Flow>,
}

impl DatabaseLine {
    pub async fn new(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (flow, watched) = watch::channel(Flow::default());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if watched.borrow().refuses {
                    continue;
                }
                let (socket, flow) = (socket.clone(), watched.clone());
                tokio::spawn(async move {
                    if let Ok(database) = UnixStream::connect(socket).await {
                        let (from_client, to_client) = client.into_split();
                        let (from_database, to_database) = database.into_split();
                        tokio::select! {
                            () = carry(from_client, to_database, flow.clone()) => {}
                            () = carry(from_database, to_client, flow) => {}
                        }
                    }
                });
            }
        });
        Self { port, flow }
    }

    /// Breaks every connection; new ones are refused until [`DatabaseLine::mend`].
    pub fn cut(&self) {
        self.flow.send_modify(|flow| (flow.cuts, flow.refuses) = (flow.cuts + 1, true));
    }

    /// Nothing passes any more, and nobody is told.
    pub fn stall(&self) {
        self.flow.send_modify(|flow| flow.stalled = true);
    }

    pub fn mend(&self) {
        self.flow.send_modify(|flow| (flow.refuses, flow.stalled) = (false, false));
    }
}

/// Carries bytes until either end is closed or the line is cut.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut flow: watch::Receiver<Flow>,
) {
    let cuts = flow.borrow().cuts;
    let mut cut = flow.clone();
    let carried = async {
        let mut bytes = vec![0; 16 << 10];
        loop {
            let length = from.read(&mut bytes).await?;
            if length == 0 || flow.wait_for(|flow| !flow.stalled).await.is_err() {
                return io::Result::Ok(());
            }
            to.write_all(&bytes[..length]).await?;
        }
    };
    tokio::select! {
        _ = carried => {}
        _ = cut.wait_for(|flow| flow.cuts != cuts) => {}
    }
}

/// Where a server of the site is, as far as the front knows.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    pub http: SocketAddr,
    pub dhcp: SocketAddr,
    /// It answers the front's look.
    pub well: bool,
}

/// The site's one address: HTTP goes to a server that is well, boot requests to all of them, as relays do it.
pub struct Front {
    pub http: SocketAddr,
    pub dhcp: SocketAddr,
    backends: watch::Sender<Vec<Backend>>,
}

impl Front {
    pub async fn new(backends: Vec<Backend>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let asked = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let (http, dhcp) = (listener.local_addr().unwrap(), asked.local_addr().unwrap());
        let (backends, watched) = watch::channel(backends);
        tokio::spawn(pass_connections(listener, watched.clone()));
        tokio::spawn(pass_requests(asked, watched));
        Self { http, dhcp, backends }
    }

    /// The front's look found this server well, or not: then its connections are broken.
    pub fn mark(&self, index: usize, well: bool) {
        self.backends.send_modify(|backends| backends[index].well = well);
    }
}

async fn pass_connections(listener: TcpListener, backends: watch::Receiver<Vec<Backend>>) {
    let mut turn = 0;
    while let Ok((client, _)) = listener.accept().await {
        let well = |(index, backend): (usize, &Backend)| backend.well.then_some((index, backend.http));
        let choices: Vec<_> = backends.borrow().iter().enumerate().filter_map(well).collect();
        turn += 1;
        let mut watched = backends.clone();
        tokio::spawn(async move {
            let Some((index, server)) = connect(&choices, turn).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (mut client, mut server) = (client, server);
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                _ = watched.wait_for(|backends| !backends[index].well) => {}
            }
        });
    }
}

/// The one whose turn it is, or else any other.
async fn connect(choices: &[(usize, SocketAddr)], turn: usize) -> Option<(usize, TcpStream)> {
    for step in 0..choices.len() {
        let (index, address) = choices[(turn + step) % choices.len()];
        if let Ok(stream) = TcpStream::connect(address).await {
            return Some((index, stream));
        }
    }
    None
}

async fn pass_requests(asked: Arc<UdpSocket>, backends: watch::Receiver<Vec<Backend>>) {
    let mut bytes = [0; 1500];
    loop {
        // An ICMP error of an earlier answer shows here; it is nobody's request.
        let Ok((length, from)) = asked.recv_from(&mut bytes).await else { continue };
        let request = bytes[..length].to_vec();
        let servers: Vec<_> = backends.borrow().iter().map(|backend| backend.dhcp).collect();
        let asked = asked.clone();
        tokio::spawn(async move {
            let answers = servers.into_iter().map(|server| Box::pin(ask(server, request.clone())));
            if let Ok((answer, _)) = futures::future::select_ok(answers).await {
                let _ = asked.send_to(&answer, from).await;
            }
        });
    }
}

async fn ask(server: SocketAddr, request: Vec<u8>) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(server).await?;
    socket.send(&request).await?;
    let mut answer = vec![0; 1500];
    let length = tokio::time::timeout(ANSWER, socket.recv(&mut answer)).await??;
    answer.truncate(length);
    Ok(answer)
}
