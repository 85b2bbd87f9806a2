//! Calendars elsewhere, read again and again. Where one gives none, what it gave before holds, and the page says why.

use super::form::text;
use super::times::{calendar_of, query};
use pitstop_app::schedules::desk::{CalendarLine, Filled};
use pitstop_calendar::Zone;
use pitstop_domain::Time;
use pitstop_domain::route::HttpUrl;
use pitstop_power::outward::text::fetch;
use pitstop_store::schedules::calendars::{Calendar, CalendarRow};
use pitstop_store::schedules::times::HeldRow;
use pitstop_store::{Result, Store};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Calendars are asked every six hours; somebody who presses *read it now* waits for this.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A little more than a text is read of, so that one that is too long is told as such.
const LONGEST: usize = (2 << 20) + 1;

/// Reads those whose time has come, until cancelled. `inside`: they may lie in one's own networks.
pub(crate) async fn keep(store: Store, inside: bool, stop: CancellationToken) {
    loop {
        let read = tokio::select! {
            () = stop.cancelled() => return,
            read = read_next(&store, inside) => read,
        };
        match read {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "Calendars could not be looked after; it is tried again."),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Reads one that is due; false where none is.
pub async fn read_next(store: &Store, inside: bool) -> Result<bool> {
    let Some(row) = store.claim_calendar(store.now()).await? else { return Ok(false) };
    let calendar = row.calendar;
    match held(&calendar, inside).await {
        Ok(held) => {
            let count = held.len();
            if store.calendar_gave(&calendar, &held, store.now()).await? {
                tracing::info!(calendar = calendar.name, blackouts = count, "A calendar was read.");
            }
        }
        Err(why) => {
            tracing::warn!(calendar = calendar.name, why, "A calendar could not be read.");
            store.calendar_failed(&calendar.name, &why, store.now()).await?;
        }
    }
    Ok(true)
}

async fn held(calendar: &Calendar, inside: bool) -> std::result::Result<Vec<pitstop_calendar::Held>, String> {
    let url: HttpUrl = calendar.url.parse().map_err(|error| format!("its address: {error}"))?;
    let text = fetch(&url, "text/calendar, text/plain;q=0.5", LONGEST, inside).await?;
    let zone = calendar.zone.parse()?;
    calendar_of(&text, zone, &calendar.query).map_err(|why| why.trim_end_matches('.').to_owned())
}

/// What somebody filled in.
pub(super) fn read(filled: &Filled) -> std::result::Result<Calendar, String> {
    let name = text(filled, "source");
    if name.is_empty() || name.len() > 200 {
        return Err("Give the calendar a name, of 200 letters at most.".to_owned());
    }
    // As calendar programs write it.
    let url = match text(filled, "url").split_once("://") {
        Some(("webcal" | "webcals", rest)) => format!("https://{rest}"),
        _ => text(filled, "url").to_owned(),
    };
    let url: HttpUrl = url.parse().map_err(|error| format!("Its address: {error}."))?;
    let zone = match text(filled, "zone") {
        "" => Zone::UTC,
        zone => zone.parse()?,
    };
    let (url, zone) = (url.as_str().to_owned(), zone.to_string());
    Ok(Calendar { name: name.to_owned(), url, query: query(filled)?, zone })
}

pub(super) fn line(row: CalendarRow, times: &[HeldRow]) -> CalendarLine {
    let gave = |held: &&HeldRow| held.source.as_deref() == Some(row.calendar.name.as_str());
    CalendarLine {
        blackouts: times.iter().filter(gave).count(),
        url: shown(&row.calendar.url),
        name: row.calendar.name,
        query: row.calendar.query,
        asked_at: row.asked_at,
        read_at: row.read_at as Option<Time>,
        trouble: row.trouble,
    }
}

/// What lies behind the host is sometimes as good as a password: calendars are shared by secret addresses.
fn shown(url: &str) -> String {
    url.parse::<HttpUrl>().map(|url| format!("{}/…", url.origin())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(url: &str) -> Filled {
        [("source", "Holidays"), ("url", url), ("query", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn an_address_is_taken_as_calendar_programs_write_it_and_its_secret_is_not_shown() {
        let calendar = read(&filled("webcal://calendar.example/secret/holidays.ics")).unwrap();
        assert_eq!(calendar.url, "https://calendar.example/secret/holidays.ics");
        assert_eq!(
            (calendar.zone.as_str(), shown(&calendar.url).as_str()),
            ("UTC", "https://calendar.example/…")
        );
    }

    #[test]
    fn what_is_no_address_is_said() {
        for wrong in ["", "holidays.ics", "file:///etc/passwd", "https://user:word@calendar.example/"] {
            assert!(read(&filled(wrong)).unwrap_err().starts_with("Its address: "), "{wrong}");
        }
    }
}
