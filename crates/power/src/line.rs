//! One request whose body and answer are streams, over a connection of its own, to an origin that whoever runs the server
//! set: a bucket of boot images. Nothing is sent a second time here; whoever asks knows what may be.

use crate::http::{connected, tls_of};
use crate::limit::CONNECT;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use pitstop_domain::route::HttpUrl;
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::rustls::ClientConfig;

/// A piece of some MiB is sent over a slow line and stored by the other side within this.
const ANSWER: Duration = Duration::from_secs(120);
/// Of an answer that began something comes within this, or nothing comes any more: the other side is gone without a word.
const SILENCE: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cut {
    /// The request never left.
    #[error("{0}")]
    Before(String),
    /// It left, at least in part.
    #[error("{0}")]
    After(String),
}

/// The way to one origin.
#[derive(Clone)]
pub struct Line {
    origin: HttpUrl,
    tls: Option<Arc<ClientConfig>>,
    silence: Duration,
}

impl Line {
    /// # Errors
    /// When the system's certificate authorities cannot be read.
    pub fn to(origin: &HttpUrl) -> Result<Self, String> {
        Ok(Self { origin: origin.clone(), tls: tls_of(origin)?, silence: SILENCE })
    }

    /// Sends it to this origin, whatever else its address says.
    ///
    /// # Errors
    /// [`Cut`]: no answer came.
    pub async fn send<B>(&self, request: Request<B>) -> Result<Response<Answer>, Cut>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let origin = self.origin.origin();
        let request = self.addressed(request).map_err(Cut::Before)?;
        let late = |_| Cut::Before(format!("{origin} could not be reached within {} s", CONNECT.as_secs()));
        let connecting = async {
            let stream = TcpStream::connect((self.origin.host(), self.origin.port())).await;
            let stream = stream.map_err(|error| format!("{origin} cannot be reached: {error}"))?;
            let _ = stream.set_nodelay(true);
            connected(&self.origin, self.tls.as_ref(), stream).await
        };
        let stream = tokio::time::timeout(CONNECT, connecting).await.map_err(late)?.map_err(Cut::Before)?;
        let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| Cut::Before(error.to_string()))?;
        let driver = Driver(tokio::spawn(async move { drop(connection.await) }));
        let answer = tokio::time::timeout(ANSWER, sender.send_request(request)).await;
        let answer = answer
            .map_err(|_| Cut::After(format!("{origin} did not answer within {} s", ANSWER.as_secs())))?
            .map_err(|error| Cut::After(format!("the connection to {origin} broke: {error}")))?;
        let (origin, silence) = (origin.to_owned(), self.silence);
        Ok(answer.map(|body| Answer { body, origin, silence, waits: None, _driver: driver }))
    }

    fn addressed<B>(&self, mut request: Request<B>) -> Result<Request<B>, String> {
        let origin = self.origin.origin();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        *request.uri_mut() =
            path.parse::<Uri>().map_err(|_| format!("{origin} cannot be asked for such a path"))?;
        let headers = request.headers_mut();
        if !headers.contains_key(HOST) {
            let host = origin.split_once("://").map_or(origin, |(_, host)| host);
            let host = HeaderValue::from_str(host).map_err(|_| "the address holds what no header may")?;
            headers.insert(HOST, host);
        }
        headers.insert(USER_AGENT, HeaderValue::from_static("pitstop"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        Ok(request)
    }
}

/// Ends the connection when nobody reads any more.
struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer's body, which holds its connection. Whoever reads it is never kept longer than a minute without a byte.
pub struct Answer {
    body: Incoming,
    origin: String,
    silence: Duration,
    /// Until when something must come, while somebody waits for it: who reads slowly takes no time from the other side.
    waits: Option<Pin<Box<Sleep>>>,
    _driver: Driver,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let this = &mut *self;
        if let Poll::Ready(came) = Pin::new(&mut this.body).poll_frame(context) {
            this.waits = None;
            let broke = |error| Cut::After(format!("the connection to {} broke: {error}", this.origin));
            return Poll::Ready(came.map(|frame| frame.map_err(broke)));
        }
        let waits = this.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.silence)));
        ready!(waits.as_mut().poll(context));
        this.waits = None;
        let late = format!("{} sent nothing for {} s", this.origin, this.silence.as_secs());
        Poll::Ready(Some(Err(Cut::After(late))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Empty};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn an_answer_that_falls_silent_comes_to_an_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let begins = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
            // It stays, and sends no more.
            std::future::pending::<()>().await;
        });
        let line = Line { silence: Duration::from_millis(100), ..Line::to(&origin).unwrap() };
        let mut answer = line.send(Request::new(Empty::new())).await.unwrap().into_body();
        let first = answer.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "half");
        let next = tokio::time::timeout(Duration::from_secs(30), answer.frame()).await.unwrap();
        let why = next.unwrap().unwrap_err().to_string();
        assert!(why.contains("sent nothing for"), "{why}");
        begins.abort();
    }
}
