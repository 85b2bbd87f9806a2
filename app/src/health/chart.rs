//! How a figure went: what is usual as a band, hours as a line within their lowest and highest, thresholds of rules, and
//! trips into maintenance.

use super::desk::{Bar, MachinePage, Went};
use crate::people::pages::frame::when;
use chrono::{DurationRound, TimeDelta};
use leptos::prelude::*;
use pitstop_domain::Time;
use pitstop_domain::health::baseline::ENOUGH;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 140.0;
/// Above and below what is drawn.
const ROOM: f64 = 8.0;
/// The band follows the time of day over so long at most.
const FOLLOWED: TimeDelta = TimeDelta::days(31);
/// No zone's clocks are ahead of UTC by less than a quarter of an hour's multiple.
const QUARTER: TimeDelta = TimeDelta::minutes(15);
/// Points of a line at most: more than this nobody sees.
const MOST: usize = 720;

/// Where moments and values are.
struct Place {
    from: Time,
    span_s: f64,
    low: f64,
    high: f64,
}

impl Place {
    fn of(page: &MachinePage, went: &Went) -> Self {
        let values = went.bars.iter().flat_map(|bar| [bar.low, bar.high]);
        let band = steps(page, went).into_iter().flat_map(|step| [step.low, step.high]);
        let limits = went.thresholds.iter().map(|(value, _)| *value);
        let all: Vec<f64> = values.chain(band).chain(limits).filter(|value| value.is_finite()).collect();
        let low = all.iter().copied().fold(f64::MAX, f64::min);
        let high = all.iter().copied().fold(f64::MIN, f64::max);
        // A figure that never moved runs through the middle.
        let (low, high) = if high > low { (low, high) } else { (low - 1.0, high + 1.0) };
        Self { from: page.from, span_s: (page.until - page.from).as_seconds_f64().max(1.0), low, high }
    }

    fn x(&self, at: Time) -> f64 {
        ((at - self.from).as_seconds_f64() / self.span_s * WIDTH).clamp(0.0, WIDTH)
    }

    fn y(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        HEIGHT - ROOM - share * (HEIGHT - 2.0 * ROOM)
    }
}

/// A figure's chart, with its words.
pub(super) fn chart(page: &MachinePage, went: &Went) -> AnyView {
    let place = Place::of(page, went);
    let metric = went.metric;
    let id = format!("m-{}", metric.name().replace('.', "-"));
    let newest = went.newest.map(|(at, value)| view! { <strong class="figure">{metric.say(value)}</strong> " " <span class="muted">{when(at)}</span> });
    let drawn = if went.bars.is_empty() {
        view! { <p class="muted">"No hour of it is over yet."</p> }.into_any()
    } else {
        drawing(page, went, &place)
    };
    view! {
        <section class="panel health-chart" aria-labelledby=id.clone()>
            <div class="chart-head"><h2 id=id.clone()>{metric.title()}</h2> {newest}</div>
            {drawn}
            <p class="muted">{words(page, went)}</p>
        </section>
    }
    .into_any()
}

fn drawing(page: &MachinePage, went: &Went, place: &Place) -> AnyView {
    let bars = thinned(&went.bars);
    let band = steps(page, went);
    let band =
        (!band.is_empty()).then(|| view! { <path class="band" d=outline(&band, page.until, place)></path> });
    let trips: Vec<_> = page
        .trips
        .iter()
        .map(|(_, from, until)| {
            let (left, right) = (place.x(*from), place.x(until.unwrap_or(page.until)));
            view! { <rect class="trip" x=format!("{left:.1}") width=format!("{:.1}", (right - left).max(2.0)) y="0" height=HEIGHT.to_string()><title>"In maintenance"</title></rect> }
        })
        .collect();
    let limits: Vec<_> = went
        .thresholds
        .iter()
        .map(|(value, name)| {
            let y = format!("{:.1}", place.y(*value));
            view! { <line class="limit" x1="0" x2=WIDTH.to_string() y1=y.clone() y2=y><title>{name.clone()}</title></line> }
        })
        .collect();
    let label = format!("{}: {}", went.metric.title(), words(page, went));
    view! {
        <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
            {band}{trips}
            <path class="range" d=range(&bars, place)></path>
            <path class="line" d=line(&bars, place)></path>
            {limits}
        </svg>
        <div class="chart-ends muted"><span>{when(page.from)}</span><span>{went.metric.say(place.low)} " to " {went.metric.say(place.high)}</span><span>{when(page.until)}</span></div>
    }
    .into_any()
}

/// What is usual from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    at: Time,
    low: f64,
    high: f64,
}

/// What is usual, as it goes up and down with the day where that is known and can be seen: in more days than a month it could not.
fn steps(page: &MachinePage, went: &Went) -> Vec<Step> {
    let Some(usual) = &went.usual else { return vec![] };
    let step = |at| {
        let (low, high) = usual.band(went.metric, at);
        Step { at, low: low.max(0.0), high }
    };
    if usual.parts.is_none() || page.until - page.from > FOLLOWED {
        let (low, high) = usual.day.band(went.metric);
        return vec![Step { at: page.from, low: low.max(0.0), high }];
    }
    // Parts begin with an hour of the clocks there, which need be no hour of UTC.
    let first = page.from.duration_trunc(QUARTER).unwrap_or(page.from);
    let all = std::iter::successors(Some(first), |at| Some(*at + QUARTER));
    let mut steps: Vec<Step> = all.take_while(|at| *at < page.until).map(step).collect();
    steps.dedup_by(|next, before| (next.low, next.high) == (before.low, before.high));
    steps
}

/// All steps, there along their upper edge and back along the lower.
fn outline(steps: &[Step], until: Time, place: &Place) -> String {
    let ends = steps.iter().skip(1).map(|step| step.at).chain([until]);
    let spans: Vec<_> =
        steps.iter().zip(ends).map(|(step, end)| (step, place.x(step.at), place.x(end))).collect();
    let there = spans.iter().flat_map(|(step, left, right)| [*left, *right].map(|x| (x, place.y(step.high))));
    let back = spans.iter().rev().flat_map(|(step, left, right)| {
        // A band that is a line is still seen.
        let y = place.y(step.low).max(place.y(step.high) + 1.0);
        [*right, *left].map(|x| (x, y))
    });
    let mut d = String::new();
    for (n, (x, y)) in there.chain(back).enumerate() {
        let letter = if n == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{letter}{x:.1} {y:.1}");
    }
    d.push('z');
    d
}

/// What the band is, once for all charts of a page.
pub(super) fn what_the_band_is(page: &MachinePage) -> String {
    let of_day = "The band is what was usual on this machine over the last four weeks, without the hours in which an alert stood.";
    let is_followed =
        page.figures.iter().any(|went| went.usual.as_ref().is_some_and(|usual| usual.parts.is_some()));
    let site = match page.line.site.as_str() {
        "" => "its site".to_owned(),
        site => format!("the site {site}"),
    };
    match (is_followed, page.until - page.from > FOLLOWED) {
        (true, false) => format!(
            "{of_day} Where a figure goes with the time of day, so does the band: in steps of two hours by the clocks of {site}, each with the \
             hours around it. A value is unusual only if it is worse than all of these."
        ),
        (true, true) => format!(
            "{of_day} Some figures go with the time of day here; over more than a month the band is drawn for the whole day. Choose two weeks to \
             see how it goes."
        ),
        (false, _) => format!(
            "{of_day} It is the same at all times of the day: no figure here goes with it, or it is not known yet. That takes three weeks of \
             figures, and {site} must name its time zone in Settings, Sites."
        ),
    }
}

/// What the drawing says, for those who do not see it.
fn words(page: &MachinePage, went: &Went) -> String {
    let metric = went.metric;
    let usual = match (&went.usual, &went.peers) {
        (Some(usual), _) => {
            let (low, high) = usual.band(metric, page.until);
            let (low, high) = (metric.say(low.max(0.0)), metric.say(high));
            match usual.knows_time(page.until) {
                true => format!(
                    "Usual here at this time of day: from {low} to {high}; middle of the whole day: {}.",
                    metric.say(usual.day.median)
                ),
                false => format!("Usual here: {}, from {low} to {high}.", metric.say(usual.day.median)),
            }
        }
        (None, peers) => {
            let have = went.bars.len();
            let here = match have {
                ENOUGH.. => "What is usual here is not known yet: it is learned within six hours.".to_owned(),
                _ => format!("What is usual here is not known yet: {have} of {ENOUGH} hours are measured."),
            };
            match peers {
                Some(peers) => format!("{here} Usual for its model: {}.", metric.say(peers.day.median)),
                None => here,
            }
        }
    };
    let rules: Vec<_> = went
        .thresholds
        .iter()
        .map(|(value, name)| format!("{name} begins at {}", metric.say(*value)))
        .collect();
    if rules.is_empty() { usual } else { format!("{usual} Rules: {}.", rules.join("; ")) }
}

/// As many as can be seen: of several the lowest, the middle one and the highest.
fn thinned(bars: &[Bar]) -> Vec<Bar> {
    let together = bars.len().div_ceil(MOST).max(1);
    let one = |some: &[Bar]| {
        let middle = some.get(some.len() / 2)?;
        let low = some.iter().map(|bar| bar.low).fold(f64::MAX, f64::min);
        let high = some.iter().map(|bar| bar.high).fold(f64::MIN, f64::max);
        Some(Bar { low, high, ..*middle })
    };
    bars.chunks(together).filter_map(one).collect()
}

/// A gap of more than so many steps is one: what was not measured is not drawn.
fn is_gap(before: &Bar, bar: &Bar, span_s: f64) -> bool {
    (bar.at - before.at).as_seconds_f64() > (span_s / MOST as f64 * 3.0).max(3.0 * 3600.0)
}

fn line(bars: &[Bar], place: &Place) -> String {
    let mut d = String::new();
    let mut before: Option<&Bar> = None;
    for bar in bars {
        let begins = before.is_none_or(|before| is_gap(before, bar, place.span_s));
        let letter = if begins { 'M' } else { 'L' };
        let _ = write!(d, "{letter}{:.1} {:.1}", place.x(bar.at), place.y(bar.mid));
        before = Some(bar);
    }
    d
}

fn range(bars: &[Bar], place: &Place) -> String {
    let mut d = String::new();
    for part in bars.chunk_by(|before, bar| !is_gap(before, bar, place.span_s)) {
        let there = part.iter().map(|bar| (place.x(bar.at), place.y(bar.high)));
        let back = part.iter().rev().map(|bar| (place.x(bar.at), place.y(bar.low)));
        for (n, (x, y)) in there.chain(back).enumerate() {
            let letter = if n == 0 { 'M' } else { 'L' };
            let _ = write!(d, "{letter}{x:.1} {y:.1}");
        }
        d.push('z');
    }
    d
}

#[cfg(test)]
mod tests {
    use super::super::desk::Line;
    use super::*;
    use pitstop_domain::health::baseline::Baseline;
    use pitstop_domain::health::rhythm::{Parts, Usual};
    use pitstop_domain::health::{Health, Metric};
    use pitstop_domain::id::MachineId;
    use std::sync::Arc;

    fn bar(hour: i64, value: f64) -> Bar {
        let at = chrono::DateTime::UNIX_EPOCH + TimeDelta::hours(hour);
        Bar { at, low: value - 1.0, mid: value, high: value + 1.0 }
    }

    fn place() -> Place {
        Place { from: chrono::DateTime::UNIX_EPOCH, span_s: 36_000.0, low: 0.0, high: 100.0 }
    }

    #[test]
    fn hours_that_were_not_measured_leave_a_gap() {
        let bars = [bar(0, 50.0), bar(1, 50.0), bar(8, 50.0)];
        assert_eq!(line(&bars, &place()), "M0.0 70.0L72.0 70.0M576.0 70.0");
        assert_eq!(range(&bars, &place()).matches('z').count(), 2);
    }

    /// Hot by day and cool by night, by clocks that are half an hour ahead.
    fn went() -> Went {
        let of = |median: f64| Baseline { median, mad: 1.0, samples: 30 };
        let parts = std::array::from_fn(|part| Some(of(if (4..10).contains(&part) { 70.0 } else { 45.0 })));
        let usual =
            Usual { day: Baseline { mad: 12.0, ..of(58.0) }, parts: Some((Arc::new(Parts(parts)), 1800)) };
        let (metric, bars) = (Metric::Temperature, vec![]);
        Went { metric, bars, newest: None, usual: Some(usual), peers: None, thresholds: vec![] }
    }

    fn days(days: i64) -> MachinePage {
        let line = Line {
            machine: MachineId(uuid::Uuid::nil()),
            name: "box".into(),
            site: String::new(),
            model: String::new(),
            seen_at: None,
            health: Health { score: None, reasons: vec![] },
        };
        let from = chrono::DateTime::UNIX_EPOCH;
        let until = from + TimeDelta::days(days);
        MachinePage {
            line,
            from,
            until,
            figures: vec![],
            trips: vec![],
            alerts: vec![],
            told: vec![],
            board: None,
        }
    }

    #[test]
    fn the_band_goes_up_and_down_with_the_day() {
        let steps = steps(&days(1), &went());
        let at = |step: &Step| (step.at - chrono::DateTime::UNIX_EPOCH).num_minutes();
        // Both are usual for two hours around where one becomes the other.
        assert_eq!(steps.iter().map(at).collect::<Vec<_>>(), [0, 330, 570, 1050, 1290]);
        assert!(steps[0].high < 60.0 && steps[2].low > 60.0 && steps[1].low < 60.0 && steps[1].high > 60.0);
        let d = outline(&steps, days(1).until, &place());
        assert_eq!((d.matches('M').count(), d.matches('L').count()), (1, 19));
        assert!(words(&days(1), &went()).starts_with("Usual here at this time of day: from 41 °C to 49 °C"));
    }

    #[test]
    fn what_the_band_is_stands_in_words_beside_it() {
        let with = |days_: i64| MachinePage { figures: vec![went()], ..days(days_) };
        assert!(what_the_band_is(&with(2)).contains("steps of two hours by the clocks of its site"));
        assert!(what_the_band_is(&with(90)).contains("drawn for the whole day"));
        assert!(what_the_band_is(&days(2)).contains("must name its time zone"));
    }

    #[test]
    fn over_a_year_the_band_is_that_of_the_whole_day() {
        assert_eq!(steps(&days(365), &went()).len(), 1);
    }

    #[test]
    fn a_year_is_thinned_and_its_worst_hour_stays() {
        let mut bars: Vec<_> = (0..8760).map(|hour| bar(hour, 50.0)).collect();
        bars[4321].low = 1.0;
        let thin = thinned(&bars);
        assert!(thin.len() <= MOST);
        assert!(thin.iter().any(|bar| bar.low == 1.0));
    }
}
