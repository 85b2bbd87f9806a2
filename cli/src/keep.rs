//! Where tokens are kept: a file of this user's alone, a line a server.

use crate::fault::Fault;
use pitstop_domain::secret::Secret;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// `$XDG_CONFIG_HOME/pitstop/tokens` (XDG base directories), else below `~/.config`.
fn path() -> Option<PathBuf> {
    let some = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = some("XDG_CONFIG_HOME").or_else(|| some("HOME").map(|home| home.join(".config")))?;
    Some(config.join("pitstop").join("tokens"))
}

/// What is kept for this server.
pub fn token_of(server: &str) -> Option<Secret> {
    find(&fs::read_to_string(path()?).ok()?, server)
}

/// Keeps a token for this server, or forgets it; says where.
pub fn keep(server: &str, token: Option<&Secret>) -> Result<PathBuf, Fault> {
    let path =
        path().ok_or_else(|| Fault::Usage("HOME is not set: give the token by PITSTOP_TOKEN".to_owned()))?;
    let text = fs::read_to_string(&path).unwrap_or_default();
    write(&path, &with(&text, server, token))
        .map_err(|why| Fault::Keep { path: path.display().to_string(), why })?;
    Ok(path)
}

fn find(text: &str, server: &str) -> Option<Secret> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.find(|(known, _)| *known == server).map(|(_, token)| Secret::new(token.trim()))
}

fn with(text: &str, server: &str, token: Option<&Secret>) -> String {
    let others = text.lines().filter(|line| line.split_once(' ').is_none_or(|(known, _)| known != server));
    let mut lines: Vec<String> = others.map(str::to_owned).collect();
    lines.extend(token.map(|token| format!("{server} {}", token.expose())));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Under another name first, readable by this user alone from its first byte on.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_its_own_token() {
        let (one, two) = (Secret::new("pitstop_1"), Secret::new("pitstop_2"));
        let text = with("", "http://a", Some(&one));
        let text = with(&text, "http://a:3000", Some(&two));
        assert_eq!(find(&text, "http://a"), Some(one));
        assert_eq!(find(&text, "http://a:3000"), Some(two.clone()));
        let text = with(&text, "http://a", None);
        assert_eq!((find(&text, "http://a"), find(&text, "http://a:3000")), (None, Some(two)));
    }
}
