//! The style sheets, joined in the order of their layers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{NAME, assets};
use crate::paths;

/// Later layers win. The folders of `style/` have the same names.
const LAYERS: [&str; 5] = ["tokens", "base", "layout", "parts", "pages"];

/// Writes `pitstop.css`. True when it changed.
pub fn join(pkg: &Path) -> Result<bool> {
    let mut sheet = format!("@layer {};\n", LAYERS.join(", "));
    for layer in LAYERS {
        for path in files(&paths::root().join("style").join(layer))? {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            sheet.push_str(&format!(
                "\n/* {layer}/{} */\n",
                path.file_name().unwrap_or_default().to_string_lossy()
            ));
            sheet.push_str(&text);
        }
    }
    assets::write_if_changed(&pkg.join(format!("{NAME}.css")), sheet.as_bytes())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|kind| kind == "css"));
    files.sort();
    Ok(files)
}
