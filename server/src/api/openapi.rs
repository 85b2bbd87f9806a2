//! What the interface for programs takes and answers, as OpenAPI 3.1: made from the handlers themselves.

use super::take::Json;
use super::{
    alarms, captures, elsewhere, images, jobs, machines, problem, routes, runs, schedules, tests_of_images,
    trust, uploads, webhooks,
};
use crate::people::caller::Caller;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Pitstop",
        description = "Machines are booted over the network into maintenance, worked on there, and put back on their own \
            system, with proof.\n\nShow a token as `Authorization: Bearer …` (Settings, Tokens). Give what starts or changes \
            something an `Idempotency-Key`, so that it can be asked again after a broken line. What is not done is \
            answered as RFC 9457 has it (`application/problem+json`), in words that say what to do."
    ),
    paths(
        super::me, super::functions, super::function,
        machines::found, machines::one, machines::change, machines::own_image, machines::import,
        routes::read, routes::write, routes::set_probe, images::for_machine,
        jobs::all, jobs::begin, jobs::one, jobs::cancel, jobs::decide,
        runs::list, runs::make, runs::one, runs::pause, runs::resume, runs::cancel,
        schedules::all, schedules::one, schedules::make, schedules::change, schedules::remove, schedules::act,
        schedules::days, schedules::forecast, schedules::times, schedules::add_times, schedules::import_times,
        schedules::remove_times, schedules::calendars, schedules::keep_calendar, schedules::act_calendar,
        images::all, images::one, images::promote, images::roll_back, images::sign, images::remove,
        tests_of_images::all, tests_of_images::begin, tests_of_images::one, tests_of_images::stop,
        trust::storage, trust::demands, trust::demand_tests, trust::demand_signatures, trust::keys, trust::trust,
        trust::distrust, trust::part,
        uploads::begin, uploads::state, uploads::append, uploads::finish, uploads::forget,
        uploads::fetching, uploads::fetch, uploads::fetch_again, uploads::give_up,
        captures::all, captures::one, captures::remove,
        alarms::open, alarms::see, elsewhere::take,
        webhooks::all, webhooks::make, webhooks::one, webhooks::change, webhooks::remove,
        webhooks::test, webhooks::rotate, webhooks::pause, webhooks::resume, webhooks::again,
        webhooks::deliveries, webhooks::send_again,
    ),
    components(schemas(problem::Body)),
    modifiers(&Token, &Refusals)
)]
struct Document;

/// The document, as a value.
pub(crate) fn described() -> serde_json::Value {
    serde_json::to_value(Document::openapi()).unwrap_or_default()
}

/// The document.
pub(super) async fn read(_: Caller) -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

/// All of it is asked with a token.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
        document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]);
    }
}

/// How each is refused.
struct Refusals;

impl Refusals {
    /// By anything that is asked here.
    const ALWAYS: &[(&str, &str)] = &[
        ("400", "It cannot be read: bad JSON, bad words behind the `?`"),
        ("401", "Nobody is signed in: no token, or one that holds no more"),
        ("403", "The caller may not do it"),
        ("404", "There is no such thing, or it is out of the caller's sight"),
        ("409", "It cannot be done as things stand"),
        ("422", "Fields are wrong: `errors` says which"),
        ("503", "The server cannot answer right now"),
    ];
    /// Where something is sent.
    const WITH_A_BODY: &[(&str, &str)] = &[
        ("413", "It is too long"),
        ("415", "It is of another kind than what is taken: say `content-type: application/json`"),
    ];
    const OF_A_CHANGE: &[(&str, &str)] =
        &[("412", "It was changed meanwhile: `If-Match` is not its tag any more")];
}

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                add(operation, Self::ALWAYS);
                if operation.request_body.is_some() {
                    add(operation, Self::WITH_A_BODY);
                }
            }
            if let Some(patch) = item.patch.as_mut() {
                add(patch, Self::OF_A_CHANGE);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn add(operation: &mut Operation, refusals: &[(&str, &str)]) {
    for (status, words) in refusals {
        let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        let mut response = Response::new(*words);
        response.content.insert("application/problem+json".to_owned(), RefOr::T(content));
        operation.responses.responses.entry((*status).to_owned()).or_insert(RefOr::T(response));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_which_problem_and_which_token_each_operation_has() {
        let document = described();
        assert_eq!(document["openapi"], "3.1.0");
        let refused = &document["paths"]["/api/v1/jobs"]["post"]["responses"]["409"];
        let schema = &refused["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/Problem");
        assert!(document["components"]["schemas"]["Problem"].is_object());
    }
}
