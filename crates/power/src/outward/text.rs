//! A file that people name by its address. The address is looked up once and that is asked, so that a name cannot mean
//! something else when it is asked than when it was looked at. Redirects are followed a few times, each looked at as
//! the first.

use super::inner::places;
use super::words;
use crate::http::{Http, Reply};
use hyper::Method;
use hyper::header::{HeaderMap, HeaderValue};
use pitstop_domain::route::{HttpUrl, Trust};
use std::time::Duration;
use tokio::time::timeout;

/// In all, with its redirects.
const PATIENCE: Duration = Duration::from_secs(30);

/// A calendar that moved moved once or twice.
const REDIRECTS: usize = 4;

/// The file, as long as it has no more than so many bytes. `inner`: addresses of one's own networks may be asked.
///
/// # Errors
/// In words, when it could not be had.
pub async fn fetch(
    url: &HttpUrl,
    accept: &'static str,
    longest: usize,
    inner: bool,
) -> Result<String, String> {
    let late = |_| Err(format!("it did not answer within {} s", PATIENCE.as_secs()));
    timeout(PATIENCE, follow(url, accept, longest, inner)).await.unwrap_or_else(late)
}

async fn follow(url: &HttpUrl, accept: &'static str, longest: usize, inner: bool) -> Result<String, String> {
    let mut url = url.clone();
    for _ in 0..=REDIRECTS {
        let reply = once(&url, accept, longest, inner).await?;
        match reply.status.as_u16() {
            200 => {
                return String::from_utf8(reply.body.to_vec())
                    .map_err(|_| "what it answered is no text".to_owned());
            }
            301 | 302 | 303 | 307 | 308 => url = led(&url, &reply)?,
            status => return Err(format!("{} answered {status}", url.origin())),
        }
    }
    Err(format!("it leads elsewhere more than {REDIRECTS} times"))
}

async fn once(url: &HttpUrl, accept: &'static str, longest: usize, inner: bool) -> Result<Reply, String> {
    let places = places(url, inner, "--calendars-from-inside").await?;
    let http = Http::new(url, &Trust::SystemRoots)?.at(places[0], longest);
    let headers = HeaderMap::from_iter([(hyper::header::ACCEPT, HeaderValue::from_static(accept))]);
    http.send(Method::GET, &url.path(), headers, vec![]).await.map_err(words)
}

/// Where it leads. What was private stays so.
fn led(from: &HttpUrl, reply: &Reply) -> Result<HttpUrl, String> {
    let location = reply.headers.get("location").and_then(|location| location.to_str().ok());
    let location = location.ok_or("it leads elsewhere, and does not say where")?;
    let whole = match location {
        _ if location.contains("://") => location.to_owned(),
        _ if location.starts_with('/') && !location.starts_with("//") => {
            format!("{}{location}", from.origin())
        }
        _ => return Err(format!("it leads to {location:?}, which is not understood")),
    };
    let to: HttpUrl =
        whole.parse().map_err(|error| format!("it leads to an address that cannot be: {error}"))?;
    match from.is_https() && !to.is_https() {
        true => Err("it leads from https:// to http://, where anybody could change it on its way".to_owned()),
        false => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers each question with the next of these.
    async fn server(answers: Vec<String>) -> HttpUrl {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cal.ics", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 1024];
                let _ = stream.read(&mut asked).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        url.parse().unwrap()
    }

    fn says(body: &str) -> String {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    fn leads(to: &str) -> String {
        format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
    }

    async fn fetched(answers: Vec<String>, inner: bool) -> Result<String, String> {
        fetch(&server(answers).await, "text/calendar", 100, inner).await
    }

    #[tokio::test]
    async fn ones_own_networks_are_asked_only_where_that_is_allowed() {
        let refused = fetched(vec![says("BEGIN:VCALENDAR")], false).await.unwrap_err();
        assert!(refused.contains("127.0.0.1") && refused.contains("--calendars-from-inside"), "{refused}");
        assert_eq!(fetched(vec![says("BEGIN:VCALENDAR")], true).await.as_deref(), Ok("BEGIN:VCALENDAR"));
    }

    #[tokio::test]
    async fn it_is_followed_elsewhere_but_not_in_circles() {
        assert_eq!(fetched(vec![leads("/moved"), says("x")], true).await.as_deref(), Ok("x"));
        let circle = std::iter::repeat_n(leads("/moved"), REDIRECTS + 1).collect();
        assert!(fetched(circle, true).await.unwrap_err().contains("more than"));
        assert!(fetched(vec![leads("ftp://x/")], true).await.unwrap_err().contains("cannot be"));
    }

    #[tokio::test]
    async fn what_is_too_long_or_not_there_is_said() {
        assert!(fetched(vec![says(&"x".repeat(101))], true).await.is_err());
        let gone = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned();
        assert!(fetched(vec![gone], true).await.unwrap_err().contains("answered 404"));
    }
}
