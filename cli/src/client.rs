//! How the server is asked.

use crate::fault::Fault;
use pitstop_domain::secret::Secret;
use serde_json::Value;
use std::io::{Read, Write};
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body, RequestBuilder};

/// The server is on the operator's own network: one that takes longer is not there.
const CONNECT: Duration = Duration::from_secs(5);
/// A list of ten thousand machines is made and sent in a second or two.
const WHOLE_CALL: Duration = Duration::from_secs(30);
/// A machine is about 1.5 kB of JSON: a hundred thousand of them, and enough to stop nonsense.
const LARGEST_ANSWER: u64 = 256 * 1024 * 1024;
/// As much of an answer in plain words as fits in an error.
const LONGEST_DETAIL: usize = 200;

/// Asks one server.
pub struct Client {
    http: Agent,
    server: String,
    token: Option<Secret>,
}

impl Client {
    /// `server` is the address without a slash at its end.
    pub fn new(server: &str, token: Option<Secret>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE_CALL))
            .proxy(None) // Boot networks are reached directly.
            .user_agent(concat!("pitstop/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { http: config.into(), server: server.to_owned(), token }
    }

    pub fn get(&self, path: &str) -> Result<Value, Fault> {
        self.read(self.signed(self.http.get(self.url(path))).call())
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.read(self.signed(self.http.post(self.url(path))).send_json(body))
    }

    pub fn put_json(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.read(self.signed(self.http.put(self.url(path))).send_json(body))
    }

    pub fn delete(&self, path: &str) -> Result<Value, Fault> {
        self.read(self.signed(self.http.delete(self.url(path))).call())
    }

    /// Deletes, and says why.
    pub fn delete_saying(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        self.read(self.signed(self.http.delete(self.url(path)).force_send_body()).send_json(body))
    }

    /// Writes what comes, however long it takes, and no more than is expected; gives how many bytes that were.
    pub fn save(&self, path: &str, to: &mut impl Write, expected: u64) -> Result<u64, Fault> {
        let asked = self.signed(self.http.get(self.url(path)).config().timeout_global(None).build()).call();
        let mut answer = asked.map_err(|error| self.unreachable(error))?;
        if !answer.status().is_success() {
            return self.read(Ok(answer)).map(|_| 0);
        }
        let mut body = answer.body_mut().as_reader();
        let (mut buffer, mut bytes) = (vec![0; 1 << 16], 0);
        loop {
            let read = body.read(&mut buffer).map_err(|error| self.unreachable(error.into()))?;
            if read == 0 {
                return Ok(bytes);
            }
            bytes += read as u64;
            if bytes > expected {
                return Err(self.not_understood(format!("more came than the {expected} bytes that it has")));
            }
            to.write_all(&buffer[..read])?;
        }
    }

    /// Sends bytes.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<Value, Fault> {
        self.read(self.signed(self.http.put(self.url(path))).send(bytes))
    }

    fn signed<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.expose())),
            None => request,
        }
    }

    /// The server said something that this program cannot use.
    pub fn not_understood(&self, why: impl ToString) -> Fault {
        Fault::NotUnderstood { server: self.server.clone(), why: why.to_string() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.server)
    }

    fn read(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Value, Fault> {
        let mut answer = answer.map_err(|error| self.unreachable(error))?;
        let text = answer.body_mut().with_config().limit(LARGEST_ANSWER).read_to_string();
        let text = text.map_err(|error| self.unreachable(error))?;
        let status = answer.status();
        if status.as_u16() == 401 {
            return Err(Fault::SignedOut { server: self.server.clone(), held: self.token.is_some() });
        }
        if !status.is_success() {
            return Err(Fault::Refused {
                status: status.as_u16(),
                detail: detail(&text, status.canonical_reason()),
            });
        }
        serde_json::from_str(&text).map_err(|_| self.not_understood("the answer is not JSON"))
    }

    fn unreachable(&self, error: ureq::Error) -> Fault {
        let why = match error {
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        Fault::Unreachable { server: self.server.clone(), why }
    }
}

/// A name as one piece of a path: whatever is in it, it leads nowhere else (RFC 3986 §2.3).
pub fn segment(name: &str) -> String {
    name.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(byte.into());
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
        path
    })
}

/// Why the server refused: the `detail` of its problem (RFC 9457), the plain words that frameworks answer with,
/// or the meaning of the status where the body is a page.
fn detail(body: &str, meaning: Option<&str>) -> String {
    let problem: Option<Value> = serde_json::from_str(body).ok();
    if let Some(detail) = problem.as_ref().and_then(|problem| problem["detail"].as_str()) {
        return detail.to_owned();
    }
    let words = body.lines().next().unwrap_or_default().trim();
    if words.is_empty() || words.starts_with(['<', '{', '[']) {
        return meaning.unwrap_or("it does not say why").to_owned();
    }
    words.chars().take(LONGEST_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_piece_of_a_path() {
        assert_eq!(segment("initrd-6.1_amd64.img~"), "initrd-6.1_amd64.img~");
        assert_eq!(segment("a b/ü?c#d%"), "a%20b%2F%C3%BC%3Fc%23d%25");
    }

    #[test]
    fn a_problem_says_its_detail() {
        assert_eq!(
            detail(r#"{"title":"Conflict","detail":"the machine is taken"}"#, None),
            "the machine is taken"
        );
    }

    #[test]
    fn plain_words_are_passed_on() {
        assert_eq!(detail("missing field `machine`\n", Some("Bad Request")), "missing field `machine`");
    }

    #[test]
    fn a_page_is_not_printed() {
        assert_eq!(detail("<!DOCTYPE html><html>", Some("Not Found")), "Not Found");
        assert_eq!(detail("", None), "it does not say why");
    }
}
