//! One request over a connection of its own. Written over hyper's connection, not its client, because what matters
//! here is whether a request left: before that a failure is harmless, after it nobody knows. Redirects are not
//! followed, and nothing is sent a second time.

mod tls;

use crate::limit::{ANSWER, CONNECT};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use pitstop_domain::route::{HttpUrl, Trust};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// An answer longer than this is no answer to us. Systems of real boards are about 20 KB.
const LONGEST: usize = 1 << 20;

/// Asks one origin.
pub(crate) struct Http {
    origin: HttpUrl,
    tls: Option<Arc<ClientConfig>>,
    /// Looked up already, by whoever minds where requests go.
    at: Option<SocketAddr>,
    longest: usize,
    /// What is longer is cut, and is an answer nevertheless.
    cut: bool,
}

pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// No answer came.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The request never left.
    Before(String),
    /// It left, at least in part.
    After(String),
}

impl Http {
    /// # Errors
    /// When the system's certificate authorities cannot be read.
    pub(crate) fn new(origin: &HttpUrl, trust: &Trust) -> Result<Self, String> {
        let tls = if origin.is_https() { Some(tls::config(trust)?) } else { None };
        Ok(Self { origin: origin.clone(), tls, at: None, longest: LONGEST, cut: false })
    }

    /// At this address and no other, with answers of so many bytes at most.
    pub(crate) fn at(self, at: SocketAddr, longest: usize) -> Self {
        Self { at: Some(at), longest, ..self }
    }

    /// Of a longer answer the beginning is enough.
    pub(crate) fn beginning(self) -> Self {
        Self { cut: true, ..self }
    }

    /// For logs and errors.
    pub(crate) fn origin(&self) -> &str {
        self.origin.origin()
    }

    /// Sends one request. `path` is a path of this origin, whatever it was read from.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Reply, Lost> {
        let request = self.request(method, path, headers, body).map_err(Lost::Before)?;
        let late = |_| {
            Lost::Before(format!("{} could not be reached within {} s", self.origin(), CONNECT.as_secs()))
        };
        let connecting = async {
            match self.at {
                Some(at) => TcpStream::connect(at).await,
                None => TcpStream::connect((self.origin.host(), self.origin.port())).await,
            }
        };
        let stream = tokio::time::timeout(CONNECT, connecting)
            .await
            .map_err(late)?
            .map_err(|error| Lost::Before(format!("{} cannot be reached: {error}", self.origin())))?;
        let Some(tls) = &self.tls else { return self.exchange(stream, request).await };
        let name = ServerName::try_from(self.origin.host().to_owned()).map_err(|_| {
            Lost::Before(format!("{} has no name that a certificate could have", self.origin()))
        })?;
        let handshake = tokio::time::timeout(CONNECT, TlsConnector::from(tls.clone()).connect(name, stream));
        let stream = handshake.await.map_err(late)?.map_err(|error| {
            Lost::Before(format!("{} does not speak TLS as it should: {}", self.origin(), tls::words(&error)))
        })?;
        self.exchange(stream, request).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Request<Full<Bytes>>, String> {
        let origin = self.origin();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| format!("{origin} cannot be asked for such a path"))?;
        *request.headers_mut() = headers;
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        let host =
            HeaderValue::from_str(host).map_err(|_| "the address holds what no header may".to_owned())?;
        request.headers_mut().insert("host", host);
        request.headers_mut().insert("user-agent", HeaderValue::from_static("pitstop"));
        let accept = request.headers_mut().entry("accept");
        accept.or_insert(HeaderValue::from_static("application/json"));
        request.headers_mut().insert("connection", HeaderValue::from_static("close"));
        Ok(request)
    }

    async fn exchange<S>(&self, stream: S, request: Request<Full<Bytes>>) -> Result<Reply, Lost>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| Lost::Before(error.to_string()))?;
        let driver = AbortOnDrop(tokio::spawn(connection));
        let asked = async {
            let reply = sender.send_request(request).await?;
            let (parts, body) = reply.into_parts();
            let body = match self.cut {
                true => Ok(beginning(body, self.longest).await?),
                false => Limited::new(body, self.longest).collect().await.map(|whole| whole.to_bytes()),
            };
            Ok::<_, hyper::Error>((parts, body))
        };
        let answered = tokio::time::timeout(ANSWER, asked).await;
        drop(driver);
        match answered {
            Err(_) => {
                Err(Lost::After(format!("{} did not answer within {} s", self.origin(), ANSWER.as_secs())))
            }
            Ok(Err(error)) => Err(Lost::After(format!("the connection to {} broke: {error}", self.origin()))),
            Ok(Ok((_, Err(error)))) => {
                Err(Lost::After(format!("the answer of {} broke off: {error}", self.origin())))
            }
            Ok(Ok((parts, Ok(body)))) => Ok(Reply { status: parts.status, headers: parts.headers, body }),
        }
    }
}

/// As much of an answer as is wanted.
async fn beginning(mut body: Incoming, longest: usize) -> Result<Bytes, hyper::Error> {
    let mut read = Vec::new();
    while read.len() < longest
        && let Some(frame) = body.frame().await
    {
        if let Ok(bytes) = frame?.into_data() {
            read.extend_from_slice(&bytes[..bytes.len().min(longest - read.len())]);
        }
    }
    Ok(read.into())
}

/// TLS for an origin that a certificate authority of the system must vouch for; `None`: it is asked in the clear.
pub(crate) fn tls_of(origin: &HttpUrl) -> Result<Option<Arc<ClientConfig>>, String> {
    if origin.is_https() { tls::config(&Trust::SystemRoots).map(Some) } else { Ok(None) }
}

/// A stream that may be TLS's.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// The stream to an origin, over a connection that is there.
pub(crate) async fn connected(
    origin: &HttpUrl,
    tls: Option<&Arc<ClientConfig>>,
    stream: TcpStream,
) -> Result<Box<dyn Stream>, String> {
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(origin.host().to_owned())
        .map_err(|_| format!("{} has no name that a certificate could have", origin.origin()))?;
    let handshake = TlsConnector::from(tls.clone()).connect(name, stream).await;
    let stream = handshake.map_err(|error| {
        format!("{} does not speak TLS as it should: {}", origin.origin(), tls::words(&error))
    })?;
    Ok(Box::new(stream))
}

/// Ends the connection with the request.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What another program said, fit for a sentence: one line, not long, nothing that moves a cursor.
pub(crate) fn tame(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    line.trim().to_owned()
}
