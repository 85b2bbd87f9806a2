//! Whoever is at a machine is asked: the question in plain words, and what became of it.

use super::body::Body;
use super::refusal::Refusal;
use super::{AgentApi, bearer};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use pitstop_app::helpdesk::words::about;
use pitstop_domain::ask::{Answer, Otherwise, Told};
use pitstop_domain::id::{BootId, JobId, MachineId};
use pitstop_domain::job::Initiator;
use pitstop_domain::wire::{Question, QuestionReply};
use pitstop_store::jobs::JobRow;

/// A reason is shown in one line of a page.
const LONGEST_REASON: usize = 300;

/// The question that this boot's agent is to show now.
pub(super) async fn open(
    api: &AgentApi,
    machine: MachineId,
    boot: &BootId,
) -> Result<Option<Question>, Refusal> {
    let Some((id, question)) = api.store.open_question(machine, boot, api.store.now()).await? else {
        return Ok(None);
    };
    let Some(row) = api.store.job(id).await? else { return Ok(None) };
    let Some(ask) = row.job.plan.ask else { return Ok(None) };
    let unanswered = match ask.unanswered {
        Otherwise::GoAhead => "If you do not answer, it begins when the time is up.",
        Otherwise::LeaveAlone => "If you do not answer, this computer is left alone.",
    };
    Ok(Some(Question {
        job: id,
        round: question.round,
        words: words(api, &row).await?,
        countdown_s: ask.countdown_s,
        snooze_s: (question.round < ask.snoozes).then_some(ask.snooze_s),
        unanswered: unanswered.to_owned(),
    }))
}

/// What happens, how long it usually takes, and who asked for it.
async fn words(api: &AgentApi, row: &JobRow) -> Result<String, Refusal> {
    let function = api.store.function(&row.job.function).await?;
    let title = function.map_or_else(|| row.job.function.clone(), |function| function.title);
    let machine = api.store.machine(row.job.machine).await?;
    let model = machine.and_then(|machine| machine.inventory).map(|inventory| inventory.model);
    let usual = match api.store.usual_seconds(&row.job.function, model.as_deref()).await? {
        None => api.store.usual_seconds(&row.job.function, None).await?,
        known => known,
    };
    let takes = match usual {
        Some(seconds) => {
            format!("This usually takes {}", about(pitstop_worker::members::whole(seconds)))
        }
        None => "How long this takes is not known yet".to_owned(),
    };
    Ok(format!(
        "Maintenance of this computer is about to begin: {title}. It restarts, cannot be used meanwhile, and comes back \
         by itself. {takes}. Asked for by {}. Please save your work.",
        who(&row.initiator)
    ))
}

fn who(initiator: &Initiator) -> String {
    match initiator {
        Initiator::Person { name, .. } => name.clone(),
        Initiator::Program { name } => format!("{name} (a program)"),
        Initiator::Schedule { name, .. } => format!("the timetable ({name})"),
        Initiator::HealthRule { name, .. } => format!("a rule of health ({name})"),
    }
}

/// `POST /agent/v1/questions/{job}`. May be said again.
pub(super) async fn told(
    State(api): State<AgentApi>,
    Path(job): Path<JobId>,
    headers: HeaderMap,
    Body(reply): Body<QuestionReply>,
) -> Result<Json<()>, Refusal> {
    // When it came in, whatever the database makes it wait for.
    let now = api.store.now();
    let token = bearer(&headers).ok_or(Refusal::WrongToken)?;
    let generation = api.store.token_generation(reply.machine).await?.ok_or(Refusal::WrongToken)?;
    if !api.keys.is_machine_token(reply.machine, generation, token) {
        return Err(Refusal::WrongToken);
    }
    let told = plain(reply.told);
    tracing::info!(%job, machine = %reply.machine, round = reply.round, ?told, "An agent told what became of a question.");
    api.store.told((job, reply.machine), (&reply.boot_id, reply.round), &told, now).await?;
    Ok(Json(()))
}

/// What people write is cut, and has no control characters.
fn plain(told: Told) -> Told {
    let short = |text: String| -> String {
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_REASON).collect()
    };
    match told {
        Told::Answered(Answer::No(reason)) => Told::Answered(Answer::No(short(reason))),
        Told::Answered(Answer::Cannot(why)) => Told::Answered(Answer::Cannot(short(why))),
        other => other,
    }
}
