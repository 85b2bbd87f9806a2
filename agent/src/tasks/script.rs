//! A script of the person's own.

use super::ground::Ground;
use super::paper::{self, Paper};
use super::tool::Tool;
use pitstop_domain::wire::TaskEnded;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a script said at its end, in the report.
const LAST_LINES: usize = 20;

pub fn run(script: &str, limit_s: u32, variables: &BTreeMap<String, String>, ground: &Ground) -> TaskEnded {
    if script.trim().is_empty() {
        return paper::failed("there is no script to run");
    }
    let path = std::env::temp_dir().join(format!("pitstop-script-{}", ground.job));
    // Browsers send lines as they please; a shell takes them one way only.
    if let Err(error) = std::fs::write(&path, script.replace("\r\n", "\n")) {
        return paper::failed(format!("the script cannot be written: {error}"));
    }
    ground.board.progress(0, "the script runs");
    let limit = Duration::from_secs(limit_s.max(1).into());
    let ran = Tool::new("sh").args([&path]).told(variables).within(limit).run(ground.board);
    let _ = std::fs::remove_file(&path);
    let ran = match ran {
        Ok(ran) => ran,
        Err(why) => return paper::failed(why),
    };
    let mut paper = Paper::default();
    let lines: Vec<_> = ran.text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
    paper.own("code", json!(ran.code));
    paper.own("last_lines", json!(last));
    let says = last.iter().rev().find(|line| !line.trim().is_empty()).copied();
    let says = says.unwrap_or("it said nothing").to_owned();
    match ran.code {
        Some(0) => paper.good("script", says),
        Some(1) => paper.problem("script", says),
        _ if ran.stopped => paper.stopped(),
        _ if ran.late => {
            paper.unknown("script", format!("it did not end within {limit_s} s and was ended: {says}"))
        }
        Some(code) => paper.unknown("script", format!("it ended with code {code}: {says}")),
        None => paper.unknown("script", format!("it was ended by a signal: {says}")),
    }
    paper.ended("the script ended well")
}
