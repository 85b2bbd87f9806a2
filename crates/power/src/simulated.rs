//! A simulated machine of the rig: one HTTP request to its management address. As real boards do, it switches a machine on
//! that is off.

use crate::http::{Http, Lost};
use crate::{Board, Fault, Look, PowerState};
use async_trait::async_trait;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
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
        // What stands beside the button: its description.
        let status = self.path.trim_end_matches("/reset").to_owned();
        let reply = self.http.send(Method::GET, &status, HeaderMap::new(), Vec::new()).await;
        let said: Option<serde_json::Value> =
            reply.ok().and_then(|reply| serde_json::from_slice(&reply.body).ok());
        let state = said.as_ref().and_then(|said| said["state"].as_str());
        let power = state.map(|state| if state == "off" { PowerState::Off } else { PowerState::On });
        let words = state.map_or("the simulated machine shows nothing here".to_owned(), |state| {
            format!("the simulated machine is {state}")
        });
        Ok(Look { power, uuid: None, words })
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
        let mut reply = self.http.send(Method::POST, &self.path, headers.clone(), Vec::new()).await;
        if reply.as_ref().is_ok_and(|reply| reply.status == StatusCode::CONFLICT)
            && let Some(machine) = self.path.strip_suffix("/reset")
        {
            reply = self.http.send(Method::POST, &format!("{machine}/on"), headers, Vec::new()).await;
        }
        match reply {
            Ok(reply) if reply.status.is_success() => Ok("the simulated machine was reset".to_owned()),
            Ok(reply) => Err(Fault::refused(format!("the simulated machine refused: {}", reply.status))),
            Err(Lost::Before(words)) => Err(Fault::later(words)),
            Err(Lost::After(words)) => Err(Fault::unknown(words)),
        }
    }
}
