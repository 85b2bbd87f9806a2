//! What can go wrong, in words for the operator.

use crate::exit::Exit;

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// What was typed names nothing.
    #[error("{0}")]
    Usage(String),
    #[error(
        "{server} does not answer ({why}): is the server running, and is this its address? Name it with --server or PITSTOP_SERVER"
    )]
    Unreachable { server: String, why: String },
    #[error("the server refused: {detail} ({status})")]
    Refused { status: u16, detail: String },
    #[error(
        "{server} does not know who asks: {}. Make a token in the dashboard (your menu, Tokens for programs), then run `pitstop login`",
        if *held { "the token is over, was ended, or is of another server" } else { "there is no token for it" }
    )]
    SignedOut { server: String, held: bool },
    /// The token cannot be kept or read.
    #[error("the token cannot be kept in {path}: {why}")]
    Keep { path: String, why: std::io::Error },
    /// Something answers, and it does not speak the interface.
    #[error("{server} answers, but not as a Pitstop server of this version does: {why}")]
    NotUnderstood { server: String, why: String },
    #[error("the output could not be written: {0}")]
    Output(#[from] std::io::Error),
}

impl Fault {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            _ => Exit::NoServer,
        }
    }

    /// May the same question be answered a little later? A server that is restarted refuses connections for a
    /// moment, and answers 503 while its database is away; a proxy before it says 502 or 504.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => (500..600).contains(status),
            _ => false,
        }
    }
}
