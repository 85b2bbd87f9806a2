//! A read-only TFTP server with options, windows, progress and admission.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use tftp_server::{Config, Handler as _, Root, Server, from_fn};
//! use tokio_util::sync::CancellationToken;
//!
//! let hello = from_fn(|request| (request.name == "hello").then(|| "hello\n".into()));
//! let handler = hello.or(Root::new("/srv/tftp")?);
//! let socket = std::net::UdpSocket::bind("127.0.0.1:6969")?;
//! Server::new(Config::default(), handler).run(socket, CancellationToken::new()).await
//! # }
//! ```
//!
//! The way of a request: `listener` receives it, `admission` decides whether it is served now,
//! `server` starts a `transfer`; its `talk` asks the [`Handler`], agrees on [`options`], and sends
//! what [`window`] says when [`pace`] says, through `burst`. Decisions (`admission`, `options`,
//! `window`, `pace`, `path`) are values without clock or socket.

mod admission;
mod burst;
mod cache;
mod config;
mod counters;
mod handler;
mod listener;
mod observer;
pub mod options;
pub mod pace;
pub mod packet;
mod path;
mod pulse;
mod refusal;
mod root;
mod server;
mod source;
mod talk;
mod transfer;
pub mod window;

pub use config::Config;
pub use counters::{Count, Counters};
pub use handler::{Content, FirstOf, FromFn, Handler, Request, from_fn};
pub use observer::{End, Observer, Report, Transfer};
pub use path::relative_path;
pub use refusal::{ErrorCode, Refusal};
pub use root::Root;
pub use server::Server;
pub use transfer::SocketFactory;
