//! Chunks on their way to the server and back. A server that is away is waited for: it is started again, the line comes back,
//! and nothing is lost. How long that may take the dead-man timer knows.

use super::Halt;
use crate::backoff::Backoff;
use crate::client::{CallError, Client};
use crate::maintenance::board::Board;
use crate::tasks::ground::Ground;
use pitstop_domain::digest::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Read;

/// Where chunks lie.
pub trait Shelf {
    fn has(&self, digest: &Digest) -> Result<bool, Halt>;
    fn put(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Halt>;
    /// What lies there under this name, as far as so many bytes.
    fn get(&self, digest: &Digest, bytes: u64) -> Result<Vec<u8>, Halt>;
}

/// The job's capture on the server.
pub struct Link<'a> {
    client: &'a Client,
    board: &'a Board,
    base: String,
}

impl<'a> Link<'a> {
    pub fn of(ground: &Ground<'a>) -> Self {
        Self {
            client: ground.client,
            board: ground.board,
            base: format!("/agent/v1/jobs/{}/capture", ground.job),
        }
    }

    pub fn get_json<T: DeserializeOwned>(&self, path: &str) -> Result<T, Halt> {
        self.until_answered(|| self.client.get_much(&format!("{}{path}", self.base)))
    }

    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Halt> {
        self.until_answered(|| self.client.post_much(&format!("{}{path}", self.base), body))
    }

    fn chunk(&self, digest: &Digest) -> String {
        format!("{}/chunks/{digest}", self.base)
    }

    fn until_answered<T>(&self, mut call: impl FnMut() -> Result<T, CallError>) -> Result<T, Halt> {
        let (mut backoff, mut said) = (Backoff::to_server(), false);
        loop {
            let error = match call() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let no_room = matches!(error, CallError::Refused { status: 507, .. });
            if let CallError::Refused { problem, .. } = &error
                && (no_room || error.is_final())
            {
                return Err(Halt::Failed(problem.error.clone()));
            }
            if self.board.is_stopped() || self.board.is_closed() {
                return Err(Halt::Stopped);
            }
            if !said {
                self.board.log(error.to_string());
                said = true;
            }
            self.board.rest(backoff.failed());
        }
    }
}

impl Shelf for Link<'_> {
    fn has(&self, digest: &Digest) -> Result<bool, Halt> {
        self.until_answered(|| self.client.is_there(&self.chunk(digest)))
    }

    fn put(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Halt> {
        self.until_answered(|| self.client.put(&self.chunk(digest), bytes))
    }

    fn get(&self, digest: &Digest, bytes: u64) -> Result<Vec<u8>, Halt> {
        self.until_answered(|| {
            let (mut from, mut came) = (self.client.open(&self.chunk(digest))?.take(bytes + 1), Vec::new());
            let read = from.read_to_end(&mut came);
            let server = self.client.server().to_owned();
            read.map(|_| came).map_err(|error| CallError::Unreachable { server, why: error.to_string() })
        })
    }
}
