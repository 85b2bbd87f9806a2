//! Keeps the token of a server, and forgets it.

use super::remark;
use crate::client::Client;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::keep;
use pitstop_domain::secret::Secret;
use std::io::{IsTerminal, stdin};

/// Reads a token, asks the server whose it is, and keeps it.
pub fn login(server: &str) -> Result<Exit, Fault> {
    if stdin().is_terminal() {
        remark("Paste the token, then press Enter. The dashboard makes one: your menu, Tokens for programs.");
    }
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let token = Secret::new(line.trim());
    if token.expose().is_empty() {
        return Err(Fault::Usage(
            "no token was given: `pitstop login` reads it from standard input".to_owned(),
        ));
    }
    let me = Client::new(server, Some(token.clone())).get("me")?;
    let path = keep::keep(server, Some(&token))?;
    let name = me["name"].as_str().unwrap_or("somebody");
    remark(&format!("Signed in to {server} as {name}. The token is kept in {}.", path.display()));
    Ok(Exit::Done)
}

/// Forgets the token here. At the server it holds until it is ended there.
pub fn logout(server: &str) -> Result<Exit, Fault> {
    keep::keep(server, None)?;
    remark(&format!(
        "The token of {server} is forgotten here. End it in the dashboard, too, if it is no longer used."
    ));
    Ok(Exit::Done)
}
