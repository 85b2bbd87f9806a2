//! Reading events: what is busy, again and again, in whatever zone it says.

use super::lines::{Line, lines, plain};
use crate::rule::date_time;
use crate::series::{RecurrenceId, Series};
use crate::window::{LONGEST_MINUTES, Times};
use crate::zone::Zone;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use std::collections::HashMap;

/// Something in a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub title: String,
    pub times: Times,
}

/// A calendar of a university has some thousand.
const MOST: usize = 5000;

/// The events of an iCalendar text. Times without a zone, and days, are in `zone`, unless the calendar names one. What was
/// called off, or keeps nobody busy, is left out.
///
/// # Errors
/// What is wrong, in words, with the name of the event.
pub fn read(text: &str, zone: Zone) -> Result<Vec<Event>, String> {
    let lines = lines(text.trim_start_matches('\u{feff}'));
    if !lines.iter().any(|line| line.name == "BEGIN" && line.value.eq_ignore_ascii_case("VCALENDAR")) {
        return Err("this is no iCalendar text: it does not begin with BEGIN:VCALENDAR".to_owned());
    }
    let own = lines.iter().find(|line| line.name == "X-WR-TIMEZONE").and_then(|line| line.value.parse().ok());
    let zone = own.unwrap_or(zone);
    let mut moved: Vec<(String, Moment, Option<Event>)> = Vec::new();
    let mut events: Vec<(String, Event)> = Vec::new();
    for block in blocks(&lines) {
        let uid = block.text("UID");
        let title = Some(plain(&block.text("SUMMARY"))).filter(|title| !title.trim().is_empty());
        let title = title.unwrap_or_else(|| "without a name".to_owned());
        let called_off = block.text("STATUS").eq_ignore_ascii_case("CANCELLED");
        let event = event(&block, &title, zone).map_err(|why| format!("the event `{title}`: {why}"))?;
        match block.line("RECURRENCE-ID") {
            Some(line) => {
                let id = moment(line, zone).map_err(|why| format!("the event `{title}`: {why}"))?;
                moved.push((uid, id, (!called_off).then_some(event)));
            }
            None if called_off
                || block.text("TRANSP").eq_ignore_ascii_case("TRANSPARENT") && !block.is_days() => {}
            None => events.push((uid, event)),
        }
        if events.len() > MOST {
            return Err(format!("there are more than {MOST} events: divide the calendar"));
        }
    }
    apply(&mut events, moved);
    Ok(events.into_iter().map(|(_, event)| event).collect())
}

/// One that was moved is left out of its series, and an event of its own: it may last longer, too.
fn apply(events: &mut Vec<(String, Event)>, moved: Vec<(String, Moment, Option<Event>)>) {
    let mut places: HashMap<String, usize> = HashMap::new();
    for (n, (uid, _)) in events.iter().enumerate() {
        places.insert(uid.clone(), n);
    }
    for (uid, id, event) in moved {
        if let Some(place) = places.get(&uid) {
            let series = &mut events[*place].1.times.starts;
            let local = id.local_in(series.zone);
            let local = if id.is_day { local.date().and_time(series.start.time()) } else { local };
            series.except.insert(RecurrenceId(local));
        }
        events.extend(event.map(|event| (uid, event)));
    }
}

/// The lines of one event.
struct Block<'a>(Vec<&'a Line>);

impl Block<'_> {
    fn line(&self, name: &str) -> Option<&Line> {
        self.0.iter().copied().find(|line| line.name == name)
    }

    fn text(&self, name: &str) -> String {
        self.line(name).map(|line| line.value.clone()).unwrap_or_default()
    }

    fn is_days(&self) -> bool {
        self.line("DTSTART").is_some_and(|line| !line.value.contains('T'))
    }
}

/// Events, without the alarms in them.
fn blocks(lines: &[Line]) -> Vec<Block<'_>> {
    let (mut blocks, mut open): (Vec<Block<'_>>, Option<Block<'_>>) = (Vec::new(), None);
    let mut within = Vec::new();
    for line in lines {
        match line.name.as_str() {
            "BEGIN" => {
                if line.value.eq_ignore_ascii_case("VEVENT") {
                    open = Some(Block(vec![]));
                }
                within.push(line.value.to_ascii_uppercase());
            }
            "END" => {
                let ended = within.pop();
                if ended.as_deref() == Some("VEVENT") {
                    blocks.extend(open.take());
                }
            }
            _ if within.last().is_some_and(|name| name == "VEVENT") => {
                if let Some(block) = open.as_mut() {
                    block.0.push(line);
                }
            }
            _ => {}
        }
    }
    blocks
}

/// A moment as it is written.
#[derive(Clone, Copy)]
struct Moment {
    local: NaiveDateTime,
    zone: Zone,
    is_day: bool,
}

impl Moment {
    fn local_in(self, zone: Zone) -> NaiveDateTime {
        if self.zone == zone || self.is_day { self.local } else { zone.local(self.zone.at(self.local)) }
    }
}

fn moment(line: &Line, zone: Zone) -> Result<Moment, String> {
    moment_of(line.value.trim(), line, zone)
}

fn moment_of(value: &str, line: &Line, zone: Zone) -> Result<Moment, String> {
    let wrong = || format!("`{value}` is no time");
    if let Ok(day) = NaiveDate::parse_from_str(value, "%Y%m%d") {
        return Ok(Moment { local: day.and_time(NaiveTime::MIN), zone, is_day: true });
    }
    if let Some(utc) = value.strip_suffix('Z') {
        let local = date_time(utc).ok_or_else(wrong)?;
        return Ok(Moment { local, zone: Zone::UTC, is_day: false });
    }
    // A name that only its own program knows (`W. Europe Standard Time`): the calendar's zone is the best guess.
    let named = line.parameters.get("TZID").and_then(|name| name.parse().ok());
    Ok(Moment { local: date_time(value).ok_or_else(wrong)?, zone: named.unwrap_or(zone), is_day: false })
}

fn event(block: &Block<'_>, title: &str, zone: Zone) -> Result<Event, String> {
    let start = moment(block.line("DTSTART").ok_or("it has no start")?, zone)?;
    let minutes = match (block.line("DTEND"), block.line("DURATION")) {
        (Some(end), _) => (moment(end, zone)?.local_in(start.zone) - start.local).num_minutes(),
        (None, Some(length)) => duration(&length.value).ok_or("its length is not understood")?,
        (None, None) if start.is_day => 24 * 60,
        (None, None) => 0,
    };
    let minutes = u32::try_from(minutes).map_err(|_| "it ends before it begins")?;
    if minutes > LONGEST_MINUTES {
        return Err("it lasts longer than a year".to_owned());
    }
    let mut starts = Series::once(start.zone, start.local);
    if let Some(rule) = block.line("RRULE") {
        starts.rule = Some(rule.value.parse()?);
    }
    for line in &block.0 {
        let list = match line.name.as_str() {
            "EXDATE" => &mut starts.except,
            "RDATE" => &mut starts.also,
            _ => continue,
        };
        for value in line.value.split(',') {
            // A period's end is not looked at: they all last as long.
            let value = value.split('/').next().unwrap_or(value).trim();
            let at = moment_of(value, line, zone)?;
            let local = at.local_in(start.zone);
            let local = if at.is_day { local.date().and_time(start.local.time()) } else { local };
            list.insert(RecurrenceId(local));
        }
    }
    Ok(Event { title: title.to_owned(), times: Times { starts, minutes } })
}

/// `P1DT2H30M`, in minutes.
fn duration(text: &str) -> Option<i64> {
    let text = text.trim().strip_prefix('+').unwrap_or(text.trim()).strip_prefix('P')?;
    let (mut minutes, mut number, mut seconds) = (0_i64, String::new(), 0_i64);
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let n = std::mem::take(&mut number);
        if letter == 'T' {
            continue;
        }
        let n: i64 = n.parse().ok().filter(|n| *n < 1_000_000)?;
        match letter {
            'W' => minutes += n * 7 * 24 * 60,
            'D' => minutes += n * 24 * 60,
            'H' => minutes += n * 60,
            'M' => minutes += n,
            'S' => seconds += n,
            _ => return None,
        }
    }
    number.is_empty().then_some(minutes + seconds.div_euclid(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::Time;

    const CALENDAR: &str = "\u{feff}BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-TIMEZONE:Europe/Berlin\r\n\
        BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\nSUMMARY:Christmas\\, quiet\r\nTRANSP:TRANSPARENT\r\n\
        BEGIN:VALARM\r\nSUMMARY:not this\r\nEND:VALARM\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2\r\nDTSTART;TZID=America/New_York:20260105T090000\r\nDURATION:PT1H30M\r\n\
        RRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;TZID=America/New_York:20260112T090000\r\nSUMMARY:Lecture\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:2\r\nRECURRENCE-ID:20260119T140000Z\r\nDTSTART:20260120T140000Z\r\nDTEND:20260120T160000Z\r\nSUMMARY:Lecture, moved\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:3\r\nSTATUS:CANCELLED\r\nDTSTART:20260101T000000Z\r\nSUMMARY:Off\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn spans(event: &Event, from: &str, until: &str) -> Vec<String> {
        let t = |text: &str| format!("{text}T00:00:00Z").parse::<Time>().unwrap();
        let within = event.times.within(&(t(from)..t(until)));
        within
            .iter()
            .map(|one| format!("{}/{}", one.start.format("%m%dT%H%M"), one.end.format("%m%dT%H%M")))
            .collect()
    }

    #[test]
    fn days_series_and_what_was_moved_are_read() {
        let events = read(CALENDAR, Zone::UTC).unwrap();
        let titles: Vec<_> = events.iter().map(|event| event.title.as_str()).collect();
        assert_eq!(titles, ["Christmas, quiet", "Lecture", "Lecture, moved"]);
        assert_eq!(spans(&events[0], "2026-12-01", "2027-01-01"), ["1223T2300/1226T2300"], "days of Berlin");
        assert_eq!(
            spans(&events[1], "2026-01-01", "2026-03-01"),
            ["0105T1400/0105T1530", "0126T1400/0126T1530"]
        );
        assert_eq!(spans(&events[2], "2026-01-01", "2026-03-01"), ["0120T1400/0120T1600"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_events_name() {
        assert!(read("hello", Zone::UTC).unwrap_err().contains("no iCalendar text"));
        let bad = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Exam\nDTSTART:yesterday\nEND:VEVENT\nEND:VCALENDAR";
        assert_eq!(read(bad, Zone::UTC).unwrap_err(), "the event `Exam`: `yesterday` is no time");
    }
}
