//! Calls to the server: JSON over HTTP.

use pitstop_domain::wire::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io::Read;
use std::time::Duration;

/// A server that does not take the connection within this time is away.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take beyond the time that the server was asked to wait.
const PATIENCE: Duration = Duration::from_secs(15);
/// A download from which no byte comes for this long has died; a slow one goes on.
const STALLED: Duration = Duration::from_secs(30);

/// How long a server may take that looks at each chunk of a large disk before it answers, or removes what is not needed.
const LOOKS_AT_MUCH: Duration = Duration::from_secs(900);
/// For one body of bytes.
const LONGEST_SEND: Duration = Duration::from_secs(1800);
/// A description of what is on a large disk is long.
const LARGEST_ANSWER: u64 = 64 << 20;

/// A secret: it cannot be printed.
#[derive(Clone)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Where the server is, and the token that we show to it.
#[derive(Clone, Debug)]
pub struct Client {
    http: ureq::Agent,
    base: String,
    token: Option<Token>,
    patience: Duration,
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("no answer from the server {server}: {why}; trying again")]
    Unreachable { server: String, why: String },
    #[error("the server refused with status {status}: {}", problem.error)]
    Refused { status: u16, problem: Problem },
    #[error("the server's answer is not understood: {0}; is it a Pitstop server of this version?")]
    Strange(String),
}

impl CallError {
    /// Our token is not (or no longer) good.
    pub fn is_unauthorised(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// The server has decided and will decide the same again: trying again is no use.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if (400..500).contains(status) && *status != 408 && *status != 429)
    }

    /// The maintenance agent's job is over; the reason in the server's words.
    pub fn go_home(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } if problem.go_home => Some(&problem.error),
            _ => None,
        }
    }
}

impl Client {
    /// A client of the server at `base`, like `http://10.77.0.2:8080`, as yet without a token.
    pub fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // Machines in maintenance have no proxy, and the own system's is not for its management network.
            .proxy(None)
            .user_agent(concat!("pitstop-agent/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .build();
        Self {
            http: config.new_agent(),
            base: base.trim_end_matches('/').to_owned(),
            token: None,
            patience: PATIENCE,
        }
    }

    /// The same server, with a token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(Token(token.to_owned())), ..self.clone() }
    }

    /// Where a WebSocket of the server is, with the header that opens it.
    pub fn socket(&self, path: &str) -> (String, Option<String>) {
        let url = self.url(path);
        let url = url.strip_prefix("http").map_or(url.clone(), |rest| format!("ws{rest}"));
        (url, self.token.as_ref().map(|Token(token)| format!("Bearer {token}")))
    }

    pub fn server(&self) -> &str {
        &self.base
    }

    /// Sends `body` and reads the answer; `wait_s` is how long the server was asked to hold it.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        wait_s: u32,
    ) -> Result<T, CallError> {
        read(self.send(path, body, wait_s)?)
    }

    /// Sends `body`; any success will do.
    pub fn tell(&self, path: &str, body: &impl Serialize) -> Result<(), CallError> {
        self.send(path, body, 0).map(drop)
    }

    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        let request = self.http.get(self.url(path)).config().timeout_global(Some(self.patience)).build();
        read(self.checked(self.signed(request).call())?)
    }

    /// As [`Client::get`], of what is long or takes long to be looked at: it may take its time, as long as it comes.
    pub fn get_much<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        let limits = self.http.get(self.url(path)).config().timeout_recv_body(Some(LONGEST_SEND));
        let request = limits.timeout_recv_response(Some(LOOKS_AT_MUCH)).build();
        read(self.checked(self.signed(request).call())?)
    }

    /// As [`Client::post`], with what is long, or about what takes long.
    pub fn post_much<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        let limits = self.http.post(self.url(path)).config().timeout_send_body(Some(LONGEST_SEND));
        let request = limits.timeout_recv_response(Some(LOOKS_AT_MUCH)).build();
        read(self.checked(self.signed(request).send_json(body))?)
    }

    /// Opens a file below the base URL. Its path may be a secret: those of boot files carry the job's token.
    pub fn open(&self, path: &str) -> Result<impl Read + use<>, CallError> {
        let limits = self.http.get(self.url(path)).config();
        let request =
            limits.timeout_recv_response(Some(self.patience)).timeout_per_read(Some(STALLED)).build();
        // Reading stops at the size that the order names, so the client need not limit it.
        Ok(self.checked(self.signed(request).call())?.into_body().into_with_config().limit(u64::MAX).reader())
    }

    /// Is there something at this address?
    pub fn is_there(&self, path: &str) -> Result<bool, CallError> {
        let request = self.http.head(self.url(path)).config().timeout_global(Some(self.patience)).build();
        match self.checked(self.signed(request).call()) {
            Ok(_) => Ok(true),
            Err(CallError::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Puts bytes to this address. A line that takes longer than half an hour for what is sent at once is no line.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), CallError> {
        let limits = self.http.put(self.url(path)).config().timeout_send_body(Some(LONGEST_SEND));
        let request = limits.timeout_recv_response(Some(STALLED)).build();
        self.checked(self.signed(request).send(bytes)).map(drop)
    }

    fn send(&self, path: &str, body: &impl Serialize, wait_s: u32) -> Result<Response, CallError> {
        let limit = self.patience + Duration::from_secs(wait_s.into());
        let request = self.http.post(self.url(path)).config().timeout_global(Some(limit)).build();
        self.checked(self.signed(request).send_json(body))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{}", self.base, path.trim_start_matches('/'))
    }

    fn signed<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.token {
            Some(Token(token)) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn checked(&self, answer: Result<Response, ureq::Error>) -> Result<Response, CallError> {
        let mut response = answer
            .map_err(|error| CallError::Unreachable { server: self.base.clone(), why: error.to_string() })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let problem = response.body_mut().read_json().unwrap_or_else(|_| Problem {
            error: response.status().canonical_reason().unwrap_or("no reason given").to_owned(),
            go_home: false,
        });
        Err(CallError::Refused { status, problem })
    }
}

type Response = ureq::http::Response<ureq::Body>;

fn read<T: DeserializeOwned>(mut response: Response) -> Result<T, CallError> {
    let body = response.body_mut().with_config().limit(LARGEST_ANSWER);
    body.read_json().map_err(|error| CallError::Strange(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cannot_be_printed() {
        let client = Client::new("http://127.0.0.1:1/").with_token("s3cret");
        assert!(!format!("{client:?}").contains("s3cret"));
    }

    #[test]
    fn a_server_that_is_away_is_named() {
        let error = Client::new("http://127.0.0.1:1").get::<()>("x").unwrap_err();
        assert!(error.to_string().starts_with("no answer from the server http://127.0.0.1:1"), "{error}");
        assert!(!error.is_final());
    }

    /// Answers each call, later than an impatient client waits.
    fn slow_server(after: Duration) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    let _ = stream.read(&mut [0; 4096]);
                    std::thread::sleep(after);
                    let _ = std::io::Write::write_all(
                        &mut stream,
                        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n7",
                    );
                    // Whoever closes with something unread, like a body behind its head, takes back what it said.
                    let _ = std::io::copy(&mut stream, &mut std::io::sink());
                });
            }
        });
        base
    }

    #[test]
    fn what_takes_long_to_be_looked_at_is_waited_for() {
        let patience = Duration::from_millis(100);
        let client = Client { patience, ..Client::new(&slow_server(3 * patience)) };
        assert!(matches!(client.get::<u32>("x"), Err(CallError::Unreachable { .. })), "it is slow");
        assert!(matches!(client.post::<u32>("x", &1, 0), Err(CallError::Unreachable { .. })));
        assert_eq!(client.get_much::<u32>("x").unwrap(), 7);
        assert_eq!(client.post_much::<u32>("x", &1).unwrap(), 7);
    }
}
