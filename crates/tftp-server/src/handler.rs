//! Where content comes from.

use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::refusal::{ErrorCode, Refusal};

/// A client's wish to read something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks; an IPv4 client of an IPv6 socket is shown as IPv4.
    pub client: SocketAddr,
    /// The server's address the request was sent to; unspecified where the system does not tell.
    pub local: IpAddr,
    /// The name as sent. [`relative_path`](crate::relative_path) makes a safe path of it.
    pub name: String,
}

/// What is sent.
#[derive(Debug)]
pub enum Content {
    /// Bytes in memory: generated, or a cached file.
    Bytes(Bytes),
    /// An open file and its length in bytes, read as the transfer goes.
    File { file: File, size: u64 },
}

impl Content {
    /// Length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

impl<T: Into<Bytes>> From<T> for Content {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// Decides what a client gets.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Finds the content for a request, before anything is sent.
    ///
    /// # Errors
    /// A [`Refusal`] is sent to the client as it stands.
    async fn open(&self, request: &Request) -> Result<Content, Refusal>;

    /// Asks `next` for what this handler does not have.
    fn or<H: Handler>(self, next: H) -> FirstOf<Self, H>
    where
        Self: Sized,
    {
        FirstOf(self, next)
    }
}

#[async_trait]
impl<H: Handler + ?Sized> Handler for Arc<H> {
    async fn open(&self, request: &Request) -> Result<Content, Refusal> {
        self.as_ref().open(request).await
    }
}

/// Two handlers in order: the second is asked for what the first does not find.
///
/// Any other refusal of the first is final, so it can also forbid.
#[derive(Debug)]
pub struct FirstOf<A, B>(pub A, pub B);

#[async_trait]
impl<A: Handler, B: Handler> Handler for FirstOf<A, B> {
    async fn open(&self, request: &Request) -> Result<Content, Refusal> {
        match self.0.open(request).await {
            Err(refusal) if refusal.code == ErrorCode::NotFound => self.1.open(request).await,
            answer => answer,
        }
    }
}

/// A handler made of a function, see [`from_fn`].
#[derive(Debug)]
pub struct FromFn<F>(F);

/// Makes a handler of a function that generates content without waiting; `None` is "not found".
pub fn from_fn<F>(generate: F) -> FromFn<F>
where
    F: Fn(&Request) -> Option<Bytes> + Send + Sync + 'static,
{
    FromFn(generate)
}

#[async_trait]
impl<F> Handler for FromFn<F>
where
    F: Fn(&Request) -> Option<Bytes> + Send + Sync + 'static,
{
    async fn open(&self, request: &Request) -> Result<Content, Refusal> {
        (self.0)(request).map(Content::Bytes).ok_or_else(Refusal::not_found)
    }
}
