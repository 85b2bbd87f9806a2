//! A simulated machine of the rig: one HTTP request to its management address.

use crate::http::{Http, Lost};
use crate::{Board, Fault, Look};
use async_trait::async_trait;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderValue};
use pitstop_domain::id::CallId;
use pitstop_domain::route::{HttpUrl, Trust};

pub(crate) struct SimulatedBoard {
    http: Http,
    path: String,
    call: CallId,
}

impl SimulatedBoard {
    pub(crate) fn new(url: &str, call: CallId) -> Result<Self, Fault> {
        let wrong =
            |why: String| Fault::refused(format!("`{url}` is not an address of a simulated machine: {why}"));
        let url_of: HttpUrl = url.parse().map_err(|error| wrong(format!("{error}")))?;
        let http = Http::new(&url_of, &Trust::SystemRoots).map_err(wrong)?;
        Ok(Self { http, path: url_of.path(), call })
    }
}

#[async_trait]
impl Board for SimulatedBoard {
    async fn look(&mut self) -> Result<Look, Fault> {
        Ok(Look { power: None, uuid: None, words: "the simulated machine shows nothing here".to_owned() })
    }

    async fn prepare(&mut self) -> Result<String, Fault> {
        Ok("nothing needs to be prepared".to_owned())
    }

    async fn restart(&mut self) -> Result<String, Fault> {
        let mut headers = HeaderMap::new();
        // The machine's book names the call: tests count what took effect by it.
        if let Ok(call) = HeaderValue::from_str(&self.call.to_string()) {
            headers.insert("x-pitstop-call", call);
        }
        match self.http.send(Method::POST, &self.path, headers, Vec::new()).await {
            Ok(reply) if reply.status.is_success() => Ok("the simulated machine was reset".to_owned()),
            Ok(reply) => Err(Fault::refused(format!("the simulated machine refused: {}", reply.status))),
            Err(Lost::Before(words)) => Err(Fault::later(words)),
            Err(Lost::After(words)) => Err(Fault::unknown(words)),
        }
    }
}
