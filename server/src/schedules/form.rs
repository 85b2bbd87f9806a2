//! From the fields of a form to a schedule, and back.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use pitstop_app::runs::form::RunForm;
use pitstop_app::schedules::desk::Filled;
use pitstop_calendar::rule::{Day, Freq, Until, WEEKDAYS};
use pitstop_calendar::{Chosen, OnMiss, Rule, Schedule, Series, Timing, Zone};
use pitstop_domain::presence::Spare;
use pitstop_domain::run::plan::NO_SHOW_S;
use pitstop_domain::run::{AtOnce, RunPlan};

type Read<T> = Result<T, String>;

/// What was typed.
pub fn text<'a>(filled: &'a Filled, name: &str) -> &'a str {
    filled.get(name).map(|text| text.trim()).unwrap_or_default()
}

fn maybe<'a>(filled: &'a Filled, name: &str) -> Option<&'a str> {
    Some(text(filled, name)).filter(|text| !text.is_empty())
}

fn number(filled: &Filled, name: &str, what: &str) -> Read<Option<u32>> {
    let read = |text: &str| {
        text.parse()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| format!("{what}: write a whole number, not `{text}`."))
    };
    maybe(filled, name).map(read).transpose()
}

/// A moment on the clocks of a zone, of two fields.
pub fn start(filled: &Filled, day: &str, clock: &str) -> Read<NaiveDateTime> {
    let day: NaiveDate =
        text(filled, day).parse().map_err(|_| "Choose the day on which it is first.".to_owned())?;
    let clock = text(filled, clock);
    let clock = NaiveTime::parse_from_str(clock, "%H:%M")
        .or_else(|_| NaiveTime::parse_from_str(clock, "%H:%M:%S"))
        .map_err(|_| "Write a time like 22:00.".to_owned())?;
    if !(1970..=9000).contains(&day.year()) {
        return Err("Choose a day of this century.".to_owned());
    }
    Ok(day.and_time(clock))
}

/// When it is due.
pub fn timing(filled: &Filled) -> Read<Timing> {
    let zone: Zone = text(filled, "zone").parse()?;
    let start = start(filled, "date", "time")?;
    let rule = rule(filled, start)?;
    let on_miss = match text(filled, "on_miss") {
        "run_once" => OnMiss::RunOnce,
        "next_window" => OnMiss::NextWindow,
        _ => OnMiss::Skip,
    };
    let ready_by = number(filled, "ready_by", "Ready by then")?.map(|minutes| minutes.saturating_mul(60));
    let timing = Timing { series: Series { rule, ..Series::once(zone, start) }, ready_by, on_miss };
    sound(&timing)?;
    Ok(timing)
}

/// Whoever asks, by a form or as a program.
///
/// # Errors
/// What is asked too much, in words.
pub fn sound(timing: &Timing) -> Read<()> {
    if timing.series.rule.as_ref().is_some_and(|rule| rule.freq > Freq::Hourly) {
        return Err("Machines are not taken more often than every hour: choose another rule.".to_owned());
    }
    if timing.ready_by.is_some_and(|s| s > 7 * 24 * 3600) {
        return Err("Ready by then: a week before at most.".to_owned());
    }
    Ok(())
}

fn rule(filled: &Filled, start: NaiveDateTime) -> Read<Option<Rule>> {
    let mut rule = match text(filled, "repeat") {
        "" | "once" => return Ok(None),
        "daily" => Rule::every(Freq::Daily),
        "weekly" => Rule { by_day: days(filled), ..Rule::every(Freq::Weekly) },
        "monthly_day" => Rule::every(Freq::Monthly),
        "monthly_nth" => Rule { by_day: vec![nth(filled)?], ..Rule::every(Freq::Monthly) },
        "yearly" => Rule::every(Freq::Yearly),
        _ => text(filled, "rule").parse::<Rule>().map_err(|why| format!("The rule: {why}."))?,
    };
    if let Some(interval) = number(filled, "interval", "Every n-th time")? {
        rule.interval = interval.min(1000);
    }
    if let Some(day) = maybe(filled, "until") {
        let day: NaiveDate = day.parse().map_err(|_| "Choose the day on which it is last.".to_owned())?;
        if day < start.date() {
            return Err("It would end before it begins.".to_owned());
        }
        (rule.until, rule.count) = (Some(Until::Date(day)), None);
    } else if let Some(count) = number(filled, "count", "So many times")? {
        (rule.count, rule.until) = (Some(count.min(10_000)), None);
    }
    // What the standard does not allow together is said in its words.
    let rule = rule.to_string().parse().map_err(|why| format!("The rule: {why}."))?;
    Ok(Some(rule))
}

fn days(filled: &Filled) -> Vec<Day> {
    let chosen = WEEKDAYS.iter().filter(|(_, name)| filled.contains_key(&format!("day_{name}")));
    chosen.map(|(day, _)| Day::every(*day)).collect()
}

fn nth(filled: &Filled) -> Read<Day> {
    let nth = text(filled, "nth").parse().ok().filter(|n| (-5..=5).contains(n) && *n != 0);
    let weekday = WEEKDAYS.iter().find(|(_, name)| *name == text(filled, "weekday"));
    match (nth, weekday) {
        (Some(nth), Some((weekday, _))) => Ok(Day::nth(nth, *weekday)),
        _ => Err("Choose which weekday of the month.".to_owned()),
    }
}

/// Waves and limits.
pub fn plan(filled: &Filled, limits_percent: u32) -> Read<RunPlan> {
    let form = RunForm::read(|name| Some(text(filled, name).to_owned()));
    if form.function.is_empty() {
        return Err("Choose what is done.".to_owned());
    }
    let plan = form.plan()?;
    let has = |name: &str| filled.contains_key(name);
    let spare = Spare {
        logged_in: has("spare_logged_in"),
        busy: has("spare_busy"),
        on_battery: has("spare_on_battery"),
        ..plan.spare
    };
    Ok(RunPlan { limits_percent, spare, ..plan })
}

/// The fields of a new schedule.
pub fn fresh(zone: Zone, today: NaiveDate) -> Filled {
    let mut filled = run_fields(&RunForm::default());
    let mut put = |name: &str, value: &str| filled.insert(name.to_owned(), value.to_owned());
    put("zone", zone.name());
    put("date", &today.to_string());
    put("time", "22:00");
    put("repeat", "weekly");
    put("on_miss", "skip");
    filled
}

fn run_fields(form: &RunForm) -> Filled {
    let fields = [
        ("q", &form.q),
        ("function", &form.function),
        ("canary", &form.canary),
        ("wave", &form.wave),
        ("pause", &form.pause),
        ("stop_on", &form.stop_on),
        ("at_once", &form.at_once),
        ("per_site", &form.per_site),
        ("no_show", &form.no_show),
        ("ask", &form.ask),
        ("countdown", &form.countdown),
        ("snoozes", &form.snoozes),
        ("unasked", &form.unasked),
        ("when_off", &form.when_off),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// The fields of a schedule that there is; `names` are its machines', where they are a fixed list.
pub fn fields(schedule: &Schedule, version: i64, names: &[String]) -> Filled {
    let (plan, series) = (&schedule.plan, &schedule.timing.series);
    let or_none = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let q = match &schedule.chosen {
        Chosen::Search(words) => words.clone(),
        Chosen::Machines(_) => String::new(),
    };
    let AtOnce { in_all, per_site } = plan.at_once;
    let form = RunForm {
        q,
        function: plan.function.clone(),
        canary: or_none(Some(plan.canary).filter(|n| *n > 0)),
        wave: plan.wave.map(|size| size.to_string()).unwrap_or_default(),
        pause: if plan.pause_s > 0 { format!("{}s", plan.pause_s) } else { String::new() },
        stop_on: plan.stop_on.map(|stop| stop.to_string()).unwrap_or_default(),
        at_once: or_none(in_all),
        per_site: or_none(per_site),
        no_show: if plan.no_show_s == NO_SHOW_S { "30m".to_owned() } else { format!("{}s", plan.no_show_s) },
        ..RunForm::default()
    };
    let mut filled = run_fields(&form.asking(plan.ask).when_off(plan));
    let mut put = |name: &str, value: String| filled.insert(name.to_owned(), value);
    put("id", schedule.id.to_string());
    put("version", version.to_string());
    put("name", schedule.name.clone());
    put("machines", names.join(", "));
    put("zone", series.zone.to_string());
    put("date", series.start.date().to_string());
    put("time", series.start.format("%H:%M").to_string());
    put("ready_by", or_none(schedule.timing.ready_by.map(|s| s / 60)));
    let on_miss = match schedule.timing.on_miss {
        OnMiss::Skip => "skip",
        OnMiss::RunOnce => "run_once",
        OnMiss::NextWindow => "next_window",
    };
    put("on_miss", on_miss.to_owned());
    let Spare { logged_in, busy, on_battery, off: _ } = plan.spare;
    for (name, is) in [("spare_logged_in", logged_in), ("spare_busy", busy), ("spare_on_battery", on_battery)]
    {
        if is {
            put(name, "on".to_owned());
        }
    }
    rule_fields(series.rule.as_ref(), &mut filled);
    filled
}

fn rule_fields(rule: Option<&Rule>, filled: &mut Filled) {
    let mut put = |name: &str, value: String| filled.insert(name.to_owned(), value);
    let Some(rule) = rule else {
        put("repeat", "once".to_owned());
        return;
    };
    let bare =
        Rule { interval: rule.interval, count: rule.count, until: rule.until, ..Rule::every(rule.freq) };
    let with_days = Rule { by_day: rule.by_day.clone(), ..bare.clone() };
    let repeat = match (rule.freq, rule.by_day.as_slice()) {
        (Freq::Daily, _) if *rule == bare => "daily",
        (Freq::Monthly, _) if *rule == bare => "monthly_day",
        (Freq::Yearly, _) if *rule == bare => "yearly",
        (Freq::Weekly, days) if *rule == with_days => {
            for day in days {
                put(&format!("day_{day}"), "on".to_owned());
            }
            "weekly"
        }
        (Freq::Monthly, [Day { nth: Some(nth), weekday }]) if *rule == with_days => {
            put("nth", nth.to_string());
            put("weekday", Day::every(*weekday).to_string());
            "monthly_nth"
        }
        _ => {
            put("repeat", "rule".to_owned());
            put("rule", rule.to_string());
            return;
        }
    };
    put("repeat", repeat.to_owned());
    if rule.interval > 1 {
        put("interval", rule.interval.to_string());
    }
    if let Some(count) = rule.count {
        put("count", count.to_string());
    }
    match rule.until {
        Some(Until::Date(day)) => drop(put("until", day.to_string())),
        Some(Until::Local(at)) => drop(put("until", at.date().to_string())),
        Some(Until::At(at)) => drop(put("until", at.date_naive().to_string())),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitstop_domain::id::ScheduleId;

    fn filled(of: &[(&str, &str)]) -> Filled {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const TUESDAYS: &[(&str, &str)] = &[
        ("zone", "Europe/Berlin"),
        ("date", "2026-12-01"),
        ("time", "22:00"),
        ("repeat", "weekly"),
        ("interval", "2"),
        ("day_TU", "on"),
        ("until", "2027-06-30"),
        ("on_miss", "next_window"),
        ("spare_logged_in", "on"),
        ("when_off", "off_again"),
    ];

    #[test]
    fn fields_become_a_rule_and_come_back() {
        let read = timing(&filled(TUESDAYS)).unwrap();
        let rule = read.series.rule.as_ref().unwrap().to_string();
        assert_eq!(rule, "FREQ=WEEKLY;UNTIL=20270630;INTERVAL=2;BYDAY=TU");
        let mut fields_of_plan = filled(TUESDAYS);
        fields_of_plan.insert("function".to_owned(), "inventory".to_owned());
        let schedule = Schedule {
            id: ScheduleId(uuid::Uuid::nil()),
            name: "x".to_owned(),
            chosen: Chosen::Search("site:berlin".to_owned()),
            scopes: None,
            plan: plan(&fields_of_plan, 100).unwrap(),
            timing: read.clone(),
            since: chrono::DateTime::UNIX_EPOCH,
            settled_through: None,
            paused_at: None,
        };
        assert!(schedule.plan.off_again && schedule.plan.spare.logged_in && !schedule.plan.spare.off);
        let again = fields(&schedule, 1, &[]);
        assert_eq!((timing(&again).unwrap(), plan(&again, 100).unwrap()), (read, schedule.plan));
    }

    #[test]
    fn a_rule_that_the_form_has_no_fields_for_stays_a_rule() {
        let mut fields = filled(TUESDAYS);
        fields.insert("repeat".to_owned(), "rule".to_owned());
        fields.insert("rule".to_owned(), "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1".to_owned());
        fields.retain(|name, _| name != "until" && name != "interval");
        let read = timing(&fields).unwrap();
        let mut back = Filled::new();
        rule_fields(read.series.rule.as_ref(), &mut back);
        assert_eq!((back["repeat"].as_str(), &back["rule"]), ("rule", &fields["rule"]));
    }

    #[test]
    fn what_cannot_be_understood_is_said_in_words() {
        let with = |name: &str, value: &str| {
            let mut fields = filled(TUESDAYS);
            fields.insert(name.to_owned(), value.to_owned());
            timing(&fields).unwrap_err()
        };
        assert!(with("zone", "Berlin").contains("`Berlin`"));
        assert!(with("time", "ten").contains("22:00"));
        assert!(with("until", "2026-01-01").contains("end before"));
        let mut fields = filled(TUESDAYS);
        fields.insert("repeat".to_owned(), "rule".to_owned());
        fields.insert("rule".to_owned(), "FREQ=MINUTELY".to_owned());
        assert!(timing(&fields).unwrap_err().contains("every hour"));
    }
}
