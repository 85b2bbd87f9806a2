//! The line to the server: a WebSocket, and the shell's terminal, each read when it has something and neither waited for.

use super::shell::Shell;
use crate::client::Client;
use pitstop_domain::wire::ConsoleSays;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{Bytes, Error, Message, WebSocket};

/// A server that does not answer within this time is away.
const PATIENCE: Duration = Duration::from_secs(10);
/// The server says something at least every 15 s. After this long without a word the line is dead.
const SILENCE: Duration = Duration::from_secs(45);
/// The most that is read from the terminal at a time.
const CHUNK: usize = 16 << 10;
/// What is typed and was not taken yet, in bytes. A program that does not read gets no more.
const TYPED: usize = 256 << 10;
/// How often one looks whether the machine leaves.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

/// Why nothing is carried any more.
#[derive(Debug)]
pub enum Broken {
    /// The server has no more use for it, or the machine leaves.
    Closed,
    /// In words.
    Lost(String),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed => Self::Closed,
            error => Self::Lost(error.to_string()),
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

/// An open line.
pub struct Line {
    socket: WebSocket<TcpStream>,
    /// Something is still to be sent.
    sending: bool,
    typed: VecDeque<u8>,
    heard: Instant,
}

impl Line {
    /// Opens it.
    ///
    /// # Errors
    /// [`Broken`]: nobody there, or refused.
    pub fn open(client: &Client, path: &str) -> Result<Self, Broken> {
        let (url, token) = client.socket(path);
        let mut request = url.as_str().into_client_request()?;
        if let Some(token) = token.and_then(|token| HeaderValue::from_str(&token).ok()) {
            request.headers_mut().insert("authorization", token);
        }
        let host = request.uri().authority().map(|host| host.as_str().to_owned()).unwrap_or_default();
        let address = if request.uri().port().is_some() { host } else { format!("{host}:80") };
        let stream = connect(&address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| match error {
            tungstenite::HandshakeError::Failure(Error::Http(answer))
                if answer.status().is_client_error() =>
            {
                // It was decided, and would be decided the same again.
                Broken::Closed
            }
            error => Broken::Lost(error.to_string()),
        })?;
        socket.get_ref().set_nonblocking(true)?;
        socket.get_ref().set_nodelay(true)?;
        Ok(Self { socket, sending: false, typed: VecDeque::new(), heard: Instant::now() })
    }

    /// Carries bytes both ways. The shell is started with the first line, and again with the first key after its end.
    pub fn carry(&mut self, shell: &mut Option<Shell>, leaves: &dyn Fn() -> bool) -> Broken {
        match self.carry_on(shell, leaves) {
            Ok(()) => Broken::Closed,
            Err(broken) => broken,
        }
    }

    fn carry_on(&mut self, shell: &mut Option<Shell>, leaves: &dyn Fn() -> bool) -> Result<(), Broken> {
        if shell.is_none() {
            *shell = Some(Shell::start()?);
        }
        while !leaves() {
            self.wait(shell.as_ref())?;
            if self.heard.elapsed() > SILENCE {
                return Err(Broken::Lost(format!("no word for {} s", SILENCE.as_secs())));
            }
            self.send_on()?;
            self.hear(shell)?;
            self.type_on(shell)?;
            self.speak(shell)?;
        }
        let _ = self.socket.close(None);
        let _ = self.socket.flush();
        Ok(())
    }

    /// Until there is something to do, or a while.
    fn wait(&self, shell: Option<&Shell>) -> io::Result<()> {
        let or = |flags: PollFlags, more: bool, flag| if more { flags | flag } else { flags };
        let hears = self.typed.len() < TYPED;
        let line = or(or(PollFlags::empty(), hears, PollFlags::IN), self.sending, PollFlags::OUT);
        let stream = self.socket.get_ref();
        let mut fds = vec![PollFd::from_borrowed_fd(stream.as_fd(), line)];
        if let Some(shell) = shell {
            // What cannot be sent is not read: the program waits, as before a slow terminal.
            let reads = or(PollFlags::empty(), !self.sending, PollFlags::IN);
            let flags = or(reads, !self.typed.is_empty(), PollFlags::OUT);
            fds.push(PollFd::from_borrowed_fd(shell.fd(), flags));
        }
        match poll(&mut fds, Some(&LOOK)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn send_on(&mut self) -> Result<(), Broken> {
        if self.sending {
            self.sending = would_block(self.socket.flush())?;
        }
        Ok(())
    }

    fn send(&mut self, message: Message) -> Result<(), Broken> {
        // What does not leave at once is kept, and sent on.
        self.sending = would_block(self.socket.send(message))?;
        Ok(())
    }

    /// Takes what the server sent.
    fn hear(&mut self, shell: &mut Option<Shell>) -> Result<(), Broken> {
        while self.typed.len() < TYPED {
            let message = match self.socket.read() {
                Ok(message) => message,
                Err(error) if blocks(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            self.heard = Instant::now();
            match message {
                Message::Binary(bytes) => {
                    if shell.is_none() {
                        *shell = Some(Shell::start()?);
                    }
                    self.typed.extend(&bytes[..]);
                }
                Message::Text(text) => {
                    if let (Ok(ConsoleSays::Size { rows, cols }), Some(shell)) =
                        (serde_json::from_str(&text), shell.as_ref())
                    {
                        shell.resize(rows, cols);
                    }
                }
                Message::Close(_) => return Err(Broken::Closed),
                // The library has put the answer to a ping in line.
                _ => self.sending = would_block(self.socket.flush())?,
            }
        }
        Ok(())
    }

    /// Gives the terminal what was typed, as far as it takes it.
    fn type_on(&mut self, shell: &mut Option<Shell>) -> Result<(), Broken> {
        let Some(shell) = shell else { return Ok(()) };
        while !self.typed.is_empty() {
            match shell.write(self.typed.as_slices().0) {
                Ok(n) => drop(self.typed.drain(..n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // It has just ended: who reads will say so.
                Err(_) => self.typed.clear(),
            }
        }
        Ok(())
    }

    /// Sends what the terminal wrote.
    fn speak(&mut self, shell: &mut Option<Shell>) -> Result<(), Broken> {
        let mut buffer = [0; CHUNK];
        while !self.sending {
            let Some(running) = shell.as_mut() else { return Ok(()) };
            match running.read(&mut buffer) {
                Ok(0) => {
                    let _ = shell.take().map(Shell::end);
                    let text = serde_json::to_string(&ConsoleSays::Ended).unwrap_or_default();
                    self.send(Message::Text(text.into()))?;
                }
                Ok(n) => self.send(Message::Binary(Bytes::copy_from_slice(&buffer[..n])))?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn connect(address: &str) -> Result<TcpStream, Broken> {
    let mut last = None;
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(Broken::Lost(last.map_or_else(|| format!("{address} is nowhere"), |error| error.to_string())))
}

fn blocks(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// Is something left to be sent?
fn would_block(sent: Result<(), Error>) -> Result<bool, Broken> {
    match sent {
        Ok(()) => Ok(false),
        Err(error) if blocks(&error) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
