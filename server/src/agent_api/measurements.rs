//! `POST /agent/v1/measurements`: how own systems do.

use super::body::Body;
use super::refusal::Refusal;
use super::{AgentApi, bearer};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use chrono::TimeDelta;
use pitstop_domain::Time;
use pitstop_domain::health::sample::Figures;
use pitstop_domain::wire::{MOST_SAMPLES, Measured, Measurements, MeasurementsReply};
use pitstop_store::health::measure::Batch;

/// Agents keep a day, and an hour. What claims to be older has a clock that jumped: it is told as stored, and is not.
const OLDEST_S: f64 = 26.0 * 3600.0;

/// Stores them, each once, and says how far.
pub(super) async fn take(
    State(api): State<AgentApi>,
    headers: HeaderMap,
    Body(sent): Body<Measurements>,
) -> Result<Json<MeasurementsReply>, Refusal> {
    // When it came in, whatever the database makes it wait for.
    let now = api.store.now();
    let token = bearer(&headers).ok_or(Refusal::WrongToken)?;
    let generation = api.store.token_generation(sent.machine).await?.ok_or(Refusal::WrongToken)?;
    if !api.keys.is_machine_token(sent.machine, generation, token) {
        return Err(Refusal::WrongToken);
    }
    let samples = sent.samples.iter().take(MOST_SAMPLES).map(|sample| read(sample, now)).collect();
    let batch = Batch { machine: sent.machine, stream: sent.stream, samples };
    let through = api.store.measured(batch, now).await?.ok_or(Refusal::NotFound("machine"))?;
    Ok(Json(MeasurementsReply { through }))
}

fn read(sample: &Measured, now: Time) -> (i64, Time, Figures) {
    let age = if sample.age_s.is_finite() { sample.age_s.max(0.0) } else { f64::MAX };
    let figures = if age <= OLDEST_S { Figures::of_wire(&sample.figures) } else { Figures::default() };
    #[expect(clippy::cast_possible_truncation, reason = "it is at most a day, in milliseconds")]
    let ago = TimeDelta::milliseconds((age.min(OLDEST_S) * 1000.0) as i64);
    (sample.seq, now - ago, figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(age_s: f64) -> (Time, bool) {
        let now = chrono::DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let (_, at, figures) = read(&Measured { seq: 1, age_s, figures: vec![(1, 500.0)] }, now);
        (at - (now - chrono::DateTime::UNIX_EPOCH), !figures.is_empty())
    }

    #[test]
    fn a_moment_is_as_long_ago_as_the_agent_says_and_never_in_the_future() {
        let zero = chrono::DateTime::UNIX_EPOCH;
        assert_eq!(at(90.0), (zero - TimeDelta::seconds(90), true));
        assert_eq!(at(-5.0), (zero, true));
        assert!(!at(f64::NAN).1 && !at(1e9).1, "a clock that jumped says nothing");
    }
}
