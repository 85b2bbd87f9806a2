//! Fetching a file from an address that a person wrote: never from an inner one, wherever the way there leads. Else the
//! server could be made to ask what only it reaches: boards, a cloud's metadata, itself.

use crate::http::{connected, tls_of};
use crate::limit::{ANSWER, CONNECT};
use crate::outward::inner::is_inner;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, HOST, HeaderMap, LOCATION, RANGE, USER_AGENT,
};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use pitstop_domain::route::HttpUrl;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// Mirrors send elsewhere once or twice.
const REDIRECTS: usize = 5;
/// A line that brings nothing for so long is cut.
const SILENCE: Duration = Duration::from_secs(60);

/// A file on its way.
pub struct Download {
    /// From this byte on: what was asked for, or 0 where the other side begins anew.
    pub from: u64,
    /// Bytes of the whole file, where the other side says so.
    pub total: Option<u64>,
    body: Incoming,
    driver: tokio::task::JoinHandle<hyper::Result<()>>,
}

/// Why a file does not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Asking again would be the same.
    Refused(String),
    /// The line, or the other side just now.
    Later(String),
}

impl Download {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The line was cut.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Trouble> {
        loop {
            let frame = tokio::time::timeout(SILENCE, self.body.frame()).await;
            let frame =
                frame.map_err(|_| Trouble::Later(format!("nothing came for {} s", SILENCE.as_secs())))?;
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(Trouble::Later(format!("the line was cut: {error}"))),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Begins to fetch a file, from a byte on. `inner`: hosts that may be asked although their addresses are inner ones.
///
/// # Errors
/// [`Trouble`], in words.
pub async fn fetch(url: &HttpUrl, from: u64, inner: &[String]) -> Result<Download, Trouble> {
    let mut url = url.clone();
    for _ in 0..=REDIRECTS {
        let (response, driver) = ask(&url, from, inner).await?;
        if !response.status().is_redirection() {
            return download(&url, from, response, driver);
        }
        driver.abort();
        url = elsewhere(&url, response.headers())?;
    }
    Err(Trouble::Refused(format!("{} sends elsewhere again and again", url.origin())))
}

type Driver = tokio::task::JoinHandle<hyper::Result<()>>;

async fn ask(url: &HttpUrl, from: u64, inner: &[String]) -> Result<(Response<Incoming>, Driver), Trouble> {
    let tls = tls_of(url).map_err(Trouble::Refused)?;
    let stream = reach(url, inner).await?;
    let request = request(url, from)
        .map_err(|_| Trouble::Refused(format!("{} cannot be asked for such a path", url.origin())))?;
    let asking = async {
        let stream = connected(url, tls.as_ref(), stream).await.map_err(Trouble::Later)?;
        let cut = |error: hyper::Error| {
            Trouble::Later(format!("the connection to {} broke: {error}", url.origin()))
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(cut)?;
        let driver = tokio::spawn(connection);
        Ok((sender.send_request(request).await.map_err(cut)?, driver))
    };
    let late = |_| Trouble::Later(format!("{} did not answer within {} s", url.origin(), ANSWER.as_secs()));
    tokio::time::timeout(ANSWER, asking).await.map_err(late)?
}

/// A connection to the very address that was looked at: a name that is asked for twice may lead elsewhere the second time.
async fn reach(url: &HttpUrl, inner: &[String]) -> Result<TcpStream, Trouble> {
    let (host, origin) = (url.host(), url.origin());
    let looked = tokio::time::timeout(CONNECT, tokio::net::lookup_host((host, url.port()))).await;
    let looked = looked.map_err(|_| Trouble::Later(format!("nobody says where {host} is")))?;
    let addresses: Vec<SocketAddr> =
        looked.map_err(|error| Trouble::Later(format!("{host} is not known: {error}")))?.collect();
    let is_let = inner.iter().any(|allowed| allowed.eq_ignore_ascii_case(host));
    if let Some(address) = addresses.iter().find(|address| is_inner(address.ip())).filter(|_| !is_let) {
        return Err(Trouble::Refused(format!(
            "{host} is {}, an inner address: the server fetches nothing from these, unless --fetch-inner names the host",
            address.ip()
        )));
    }
    let mut why = format!("{host} has no address");
    for address in addresses {
        match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => why = format!("{origin} cannot be reached: {error}"),
            Err(_) => why = format!("{origin} could not be reached within {} s", CONNECT.as_secs()),
        }
    }
    Err(Trouble::Later(why))
}

fn request(url: &HttpUrl, from: u64) -> hyper::http::Result<Request<Empty<Bytes>>> {
    let host = url.origin().split_once("://").map_or(url.origin(), |(_, host)| host);
    let request = Request::get(url.path())
        .header(HOST, host)
        .header(USER_AGENT, "pitstop")
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close");
    let request = if from > 0 { request.header(RANGE, format!("bytes={from}-")) } else { request };
    request.body(Empty::new())
}

fn download(
    url: &HttpUrl,
    from: u64,
    response: Response<Incoming>,
    driver: Driver,
) -> Result<Download, Trouble> {
    let (parts, body) = response.into_parts();
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let length = text(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let (from, total) = match parts.status {
        StatusCode::OK => (0, length),
        // `bytes 5-9/10` (RFC 9110, 14.4).
        StatusCode::PARTIAL_CONTENT => {
            let range = text(CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes "));
            let (range, total) = range.and_then(|range| range.split_once('/')).unwrap_or_default();
            if range.split('-').next().and_then(|begin| begin.parse().ok()) != Some(from) {
                driver.abort();
                return Err(Trouble::Refused(format!(
                    "{} sends another piece than was asked for",
                    url.origin()
                )));
            }
            (from, total.parse().ok())
        }
        status => {
            driver.abort();
            let words = format!("{} answered {status}", url.origin());
            let later = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(if later { Trouble::Later(words) } else { Trouble::Refused(words) });
        }
    };
    Ok(Download { from, total, body, driver })
}

fn elsewhere(url: &HttpUrl, headers: &HeaderMap) -> Result<HttpUrl, Trouble> {
    let to = headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    let to = to.split('#').next().unwrap_or_default();
    let whole = if to.starts_with('/') && !to.starts_with("//") {
        format!("{}{to}", url.origin())
    } else {
        to.to_owned()
    };
    whole.parse().map_err(|_| Trouble::Refused(format!("{} sends to a place that is none", url.origin())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_fetched_from_an_inner_address_by_name_or_number() {
        for url in
            ["http://127.0.0.1:9/x", "http://localhost:9/x", "http://[::1]:9/x", "http://2130706433:9/x"]
        {
            let Ok(url) = url.parse::<HttpUrl>() else { continue };
            let refused = fetch(&url, 0, &[]).await.err();
            assert!(
                !matches!(refused, None | Some(Trouble::Later(_))) || url.host() == "2130706433",
                "{refused:?}"
            );
        }
    }
}
