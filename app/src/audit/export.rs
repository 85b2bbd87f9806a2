//! The audit as a file: CSV (RFC 4180) or JSON lines.

use super::filter::Filter;
use crate::Failure;
use crate::people::desk::{AuditLine, AuditQuery, Desk};
use crate::people::door::Entered;
use crate::people::pages::frame::Frame;
use axum::Extension;
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Rows that are read at once.
const PAGE: usize = 1000;
/// Rows in one file; whoever has more asks by time.
const MOST: usize = 100_000;

/// Which kind of file.
#[derive(Deserialize)]
pub(crate) struct Kind {
    #[serde(default)]
    format: String,
}

/// `GET /audit/export?format=csv`, or `jsonl`; filtered as the page is.
pub(crate) async fn export(
    frame: Frame,
    Extension(entered): Extension<Entered>,
    Query(filter): Query<Filter>,
    Query(kind): Query<Kind>,
) -> Response {
    let lines = match all(&*entered.desk, filter.query()).await {
        Ok(lines) => lines,
        Err(failure) => return frame.trouble(&failure),
    };
    let (name, of_kind, text) = match kind.format.as_str() {
        "jsonl" => ("audit.jsonl", "application/x-ndjson; charset=utf-8", json_lines(&lines)),
        _ => ("audit.csv", "text/csv; charset=utf-8", csv(&lines)),
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, of_kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response()
}

async fn all(desk: &dyn Desk, mut query: AuditQuery) -> Result<Vec<AuditLine>, Failure> {
    let mut all = Vec::new();
    loop {
        let (lines, more) = desk.audit(&query, PAGE).await?;
        query.before = lines.last().map(|line| line.id);
        all.extend(lines);
        if !more || all.len() >= MOST {
            return Ok(all);
        }
    }
}

fn json_lines(lines: &[AuditLine]) -> String {
    lines.iter().filter_map(|line| serde_json::to_string(line).ok()).map(|line| line + "\n").collect()
}

fn csv(lines: &[AuditLine]) -> String {
    let mut text = "id,at,who,from,act,what,machine,before,after,why_not\r\n".to_owned();
    for line in lines {
        let json =
            |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        let cells = [
            line.id.to_string(),
            line.at.to_rfc3339(),
            line.who.clone(),
            line.came_from.clone(),
            line.act.clone(),
            line.what.clone(),
            line.machine.clone().unwrap_or_default(),
            json(&line.before),
            json(&line.after),
            line.why_not.clone().unwrap_or_default(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// Always in quotes. What a spreadsheet would take for a formula begins with an apostrophe, so that it stays text: names
/// of machines come from outside.
fn quoted(cell: &str) -> String {
    let harmless = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{harmless}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn cells_stay_cells_and_are_no_formulas() {
        assert_eq!(quoted("a \"b\",\nc"), "\"a \"\"b\"\",\nc\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
    }
}
