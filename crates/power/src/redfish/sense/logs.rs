//! The newest entries of a log (schema LogEntry in DSP2046), of which warnings and worse are kept. Boards write their members
//! out; some have the newest first, some the oldest, and give fifty at a time.

use super::super::asking::Asking;
use super::list;
use crate::Fault;
use crate::http::tame;
use pitstop_domain::health::board::{Entry, Level};
use serde_json::Value;
use std::cmp::Ordering;

/// Entries that are looked at. A machine that writes more within five minutes is told by those.
const NEWEST: usize = 200;
/// Answers that one log may take.
const MOST_PAGES: usize = 8;

pub(super) async fn entries(asking: &mut Asking, log: &str) -> Result<Vec<Entry>, Fault> {
    let (first, _) = asking.get(log).await?;
    let mut members = list(&first, "Members").to_vec();
    let mut next = next_of(&first);
    let count = first["Members@odata.count"].as_u64().and_then(|count| usize::try_from(count).ok());
    let skip = count.and_then(|count| count.checked_sub(NEWEST)).filter(|skip| *skip > members.len());
    if let (true, Some(skip)) = (next.is_some() && is_oldest_first(&members), skip) {
        // A board that does not know how to leave out what is old is read from there on, as far as that goes.
        if let Ok((page, _)) = asking.get(&format!("{log}?$skip={skip}")).await {
            members.extend(list(&page, "Members").iter().cloned());
            next = next_of(&page);
        }
    }
    let mut pages = 1;
    while let Some(path) = next.clone() {
        if pages >= MOST_PAGES || (members.len() >= NEWEST && order(&members) == Ordering::Greater) {
            break;
        }
        let (page, _) = asking.get(&path).await?;
        members.extend(list(&page, "Members").iter().cloned());
        next = next_of(&page);
        pages += 1;
    }
    // The newest stand at an end that was not reached.
    if next.is_some() && order(&members) != Ordering::Greater {
        return Err(Fault::refused(format!(
            "the board's log {} is longer than can be read: clear it, or what is new in it is not seen",
            tame(log)
        )));
    }
    if members.iter().any(|member| member.get("Message").is_none() && member.get("Created").is_none()) {
        return Err(Fault::refused(format!("the board's log {} has entries without words", tame(log))));
    }
    if is_oldest_first(&members) {
        members.reverse();
    }
    Ok(members.iter().take(NEWEST).filter_map(|member| entry(log, member)).collect())
}

fn next_of(page: &Value) -> Option<String> {
    let next = page["Members@odata.nextLink"].as_str().or_else(|| page["@odata.nextLink"].as_str());
    next.filter(|path| path.starts_with('/') && !path.starts_with("//")).map(str::to_owned)
}

fn is_oldest_first(members: &[Value]) -> bool {
    order(members) == Ordering::Less
}

/// The first to the last, by when they were written; where that is the same or not told, by their numbers.
fn order(members: &[Value]) -> Ordering {
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return Ordering::Equal };
    let created = |member: &Value| member["Created"].as_str().unwrap_or_default().to_owned();
    let number = |member: &Value| member["Id"].as_str().and_then(|id| id.parse::<u64>().ok());
    match created(first).cmp(&created(last)) {
        Ordering::Equal => number(first).cmp(&number(last)),
        order => order,
    }
}

/// A warning or worse that nobody has marked as resolved.
fn entry(log: &str, member: &Value) -> Option<Entry> {
    if member["Resolved"].as_bool() == Some(true) {
        return None;
    }
    let severity = member["Severity"].as_str().or_else(|| member["MessageSeverity"].as_str());
    let level = severity.and_then(Level::of_redfish).filter(|level| *level > Level::Ok)?;
    let text = |key: &str| tame(member[key].as_str().unwrap_or_default());
    Some(Entry {
        log: log.to_owned(),
        id: text("Id"),
        created: text("Created"),
        level,
        message: text("Message"),
    })
}
