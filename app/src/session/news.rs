//! News from other pages, sparingly: that a job ended which this reader followed, and that a machine needs a person
//! (said by the line of alarms).

use crate::Failure;
use crate::live::{Pace, use_changes};
use crate::parts::{Icon, Toast, Toasts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use pitstop_domain::event::Noun;
use pitstop_domain::job::Outcome;
use serde::{Deserialize, Serialize};
use server_fn::codec::GetUrl;

/// Jobs that this reader looked at while they were under way, since the page was loaded.
#[derive(Clone)]
pub(crate) struct Watched(ArcRwSignal<Vec<String>>);

impl Watched {
    /// Called once by the frame.
    pub fn provide() {
        provide_context(Self(ArcRwSignal::new(vec![])));
    }

    /// Follows a job from now on.
    pub fn follow(job: String) {
        if let Some(Self(jobs)) = use_context::<Self>()
            && !jobs.with_untracked(|jobs| jobs.contains(&job))
        {
            jobs.update(|jobs| jobs.push(job));
        }
    }

    fn drop(&self, job: &str) -> bool {
        let had = self.0.with_untracked(|jobs| jobs.iter().any(|other| other == job));
        self.0.update(|jobs| jobs.retain(|other| other != job));
        had
    }
}

/// How a job ended, in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobNews {
    pub title: String,
    pub machine: String,
    /// `None` while it is under way.
    pub ended: Option<(Outcome, String)>,
}

/// Whether a job is over, and how it went.
#[server(name = ReadJobNews, prefix = "/api", endpoint = "job_news", input = GetUrl)]
pub async fn job_news(id: String) -> Result<JobNews, Failure> {
    crate::serve::answer(news_of(&id)).await
}

#[cfg(feature = "ssr")]
async fn news_of(id: &str) -> Result<JobNews, Failure> {
    let backend = crate::backend::backend()?;
    let page = backend.job(id.parse().map_err(|_| Failure::not_found("job"))?).await?;
    let page = page.ok_or_else(|| Failure::not_found("job"))?;
    let ended = page.job.ended.filter(|_| page.job.phase == pitstop_domain::job::Phase::Closed);
    Ok(JobNews {
        title: page.title,
        machine: page.machine_name,
        ended: ended.map(|ended| (ended.outcome, ended.because)),
    })
}

/// Listens, in the browser. Shows nothing by itself.
#[component]
pub fn News() -> impl IntoView {
    let (watched, toasts) = (use_context::<Watched>(), Toasts::here());
    let path = leptos_router::hooks::use_location().pathname;
    let jobs = watched.clone();
    let tick = use_changes(Pace::List, move |changed| {
        let followed = |watched: &Watched| watched.0.with_untracked(|jobs| jobs.contains(&changed.id));
        changed.kind == Noun::Job && jobs.as_ref().is_some_and(followed)
    });
    Effect::new(move |_| {
        let (Some(watched), true) = (watched.clone(), tick.get() > 0) else { return };
        for job in watched.0.get_untracked() {
            let (watched, toasts) = (watched.clone(), toasts.clone());
            spawn_local(async move {
                let Ok(news) = job_news(job.clone()).await else { return };
                let Some((outcome, because)) = news.ended.clone() else { return };
                // Whoever looks at it sees it there.
                let elsewhere = path.try_with_untracked(|path| !path.contains(&job)).unwrap_or(false);
                if watched.drop(&job) && elsewhere {
                    toasts.say(toast(&job, &news, outcome, &because));
                }
            });
        }
    });
}

fn toast(job: &str, news: &JobNews, outcome: Outcome, because: &str) -> Toast {
    let (icon, state, words) = crate::jobs::parts::outcome_look(outcome);
    Toast {
        state,
        icon,
        title: format!("{} on {}: {words}", news.title, news.machine),
        words: crate::format::sentence(because),
        href: format!("/jobs/{job}"),
    }
}

/// A machine needs a person who was not needed before.
pub(crate) fn needs_a_person(toasts: &Toasts, open: u64) {
    toasts.say(Toast {
        state: "held",
        icon: Icon::Hand,
        title: "A machine needs a person".to_owned(),
        words: format!(
            "{} now, and nobody looks after this one yet.",
            crate::format::counted(open, "machine", "machines")
        ),
        href: "/alarms".to_owned(),
    });
}
