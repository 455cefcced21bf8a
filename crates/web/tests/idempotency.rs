//! Repeated requests through the middleware, with the keys in an SQLite database.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, LOCATION};
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::web::{Data, Query};
use actix_web::{App, Error, HttpResponse};
use async_trait::async_trait;
use chrono::TimeDelta;
use diesel::sql_types::Binary;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use steward_contracts::services::{AuthenticateError, Authenticator, ServiceKey};
use steward_domain::ports::{IdempotencyKeys, Users};
use steward_domain::{AuthenticatedSession, SessionId, UserId};
use steward_persistence::{Database, DatabaseSettings, SqlAccounts, SqlIdempotencyKeys, SqlUsers};
use steward_testkit::{TestClock, TestIds, a_user, at};
use steward_web::service::Endpoint;
use steward_web::{
    Administrator, ApiError, HttpError, IDEMPOTENCY_KEY, IdempotencyLayer, JsonBody, Metrics, RequestIds, RequestLayer,
    SharedAuthenticator, purge_idempotency_keys, text,
};
use tempfile::TempDir;
use tokio::sync::Semaphore;

/// The number of executed requests, and permits for those that wait.
#[derive(Default)]
struct Executed {
    count: AtomicU32,
    permits: Option<Semaphore>,
}

/// Responds with the number of the request. `fail` in the query requests an error.
async fn create(
    _: Administrator,
    executed: Data<Executed>,
    query: Query<Parameters>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let number = executed.count.fetch_add(1, Ordering::SeqCst) + 1;
    if let Some(permits) = &executed.permits {
        permits.acquire().await.unwrap().forget();
    }
    match query.fail.as_deref() {
        Some("unavailable") => return Err(HttpError::Unavailable("no database".to_owned()).into()),
        Some("many") => return Err(ApiError::too_many("busy", "Too many", std::time::Duration::from_secs(1))),
        Some("panic") => panic!("on purpose"),
        _ => {}
    }
    let mut fields = body.fields()?;
    let name = fields.required("name", text(|name| Ok(name.to_owned())));
    let name = fields.finish(name)?;
    let location = (LOCATION, format!("/api/admin/things/{name}"));
    Ok(HttpResponse::Created()
        .insert_header(location)
        .json(json!({"name": name, "number": number, "secret": "s3cret"})))
}

/// A query of the handler.
#[derive(Deserialize)]
struct Parameters {
    fail: Option<String>,
}

/// The token of a user is the user id.
struct ByUserId(SqlUsers);

#[async_trait(?Send)]
impl Authenticator for ByUserId {
    async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError> {
        let user_id = UserId::parse(token).map_err(|_| AuthenticateError::Invalid)?;
        let user = self.0.find(&user_id, at(0)).await.unwrap().ok_or(AuthenticateError::Invalid)?.user;
        Ok(AuthenticatedSession::new(SessionId::from_bytes([1; 16]), user, at(3600), at(0)))
    }
}

struct Fixture {
    database: Database,
    store: Arc<SqlIdempotencyKeys>,
    clock: Arc<TestClock>,
    executed: Data<Executed>,
    folder: TempDir,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn is_repeated(&self) -> bool {
        self.headers.contains_key("idempotency-replayed")
    }

    fn code(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap()
    }
}

#[derive(QueryableByName)]
struct StoredAnswer {
    #[diesel(sql_type = Binary)]
    answer: Vec<u8>,
}

impl Fixture {
    async fn new(executed: Executed) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        database.migrate().await.unwrap();
        let accounts = SqlAccounts::new(database.clone());
        for user in [a_user("boss").admin(), a_user("chief").admin(), a_user("alice")] {
            user.create(&accounts).await;
        }
        let store = Arc::new(SqlIdempotencyKeys::new(database.clone()));
        Self { database, store, clock: Arc::default(), executed: Data::new(executed), folder }
    }

    /// A worker that derives its keys from `key`.
    async fn worker(
        &self,
        key: &[u8],
    ) -> impl Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error> + use<> {
        let endpoints = [
            Endpoint::undocumented(Method::POST, "/api/admin/things", create),
            Endpoint::undocumented(Method::POST, "/api/admin/things/{id}/copy", create),
            Endpoint::undocumented(Method::PUT, "/api/admin/things", create),
            Endpoint::undocumented(Method::POST, "/api/auth/things", create),
        ];
        let authenticator: SharedAuthenticator = Rc::new(ByUserId(SqlUsers::new(self.database.clone())));
        let store: Arc<dyn IdempotencyKeys> = self.store.clone();
        let layer = IdempotencyLayer::new(store, &ServiceKey::new(key), self.clock.clone(), &endpoints);
        let requests =
            RequestLayer::new(Arc::new(RequestIds::new(&TestIds::default())), Metrics::new().unwrap().http());
        let app = App::new()
            .app_data(authenticator)
            .app_data(self.executed.clone())
            .configure(|config| endpoints.iter().for_each(|endpoint| endpoint.mount(config)))
            .wrap(layer)
            .wrap(requests.with_endpoints(&endpoints));
        init_service(app).await
    }

    fn count(&self) -> u32 {
        self.executed.count.load(Ordering::SeqCst)
    }

    /// The stored answers, as the database has them.
    fn stored(&self) -> Vec<Vec<u8>> {
        let path = self.folder.path().join("test.db");
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let answers = diesel::sql_query("SELECT answer FROM idempotency_keys WHERE answer IS NOT NULL");
        let answers: Vec<StoredAnswer> = answers.load(&mut connection).unwrap();
        answers.into_iter().map(|row| row.answer).collect()
    }
}

fn post(path: &str, key: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header((IDEMPOTENCY_KEY, key)).insert_header((AUTHORIZATION, "Bearer boss"))
}

fn thing(key: &str) -> TestRequest {
    post("/api/admin/things", key).set_json(json!({"name": "a"}))
}

async fn send(
    worker: &impl Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error>,
    request: TestRequest,
) -> Answer {
    let response = match worker.call(request.to_request()).await {
        Ok(response) => response,
        // The server turns the error of a middleware into a response.
        Err(error) => ServiceResponse::new(TestRequest::default().to_http_request(), error.error_response()),
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = serde_json::from_slice(&read_body(response).await).unwrap_or_default();
    Answer { status, headers, body }
}

#[actix_web::test]
async fn a_repeated_request_gets_the_first_answer_for_a_day() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    let first = send(&worker, thing("k1")).await;
    assert_eq!((first.status, &first.body["number"], first.is_repeated()), (201, &json!(1), false));
    for seconds in [0, 61, 24 * 3600 - 1] {
        fixture.clock.set(at(seconds));
        let again = send(&worker, thing("k1")).await;
        assert_eq!((again.status, &again.body, again.is_repeated()), (201, &first.body, true), "{seconds}");
        for header in ["location", "content-type"] {
            assert_eq!(again.headers.get(header), first.headers.get(header), "{header}");
        }
        assert_ne!(again.headers.get("x-request-id"), first.headers.get("x-request-id"));
    }
    fixture.clock.set(at(24 * 3600));
    assert_eq!(send(&worker, thing("k1")).await.body["number"], 2);
}

#[actix_web::test]
async fn another_request_does_not_get_the_answer() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    send(&worker, thing("k1")).await;
    for other in [
        post("/api/admin/things", "k1").set_json(json!({"name": "b"})),
        post("/api/admin/things?fail=no", "k1").set_json(json!({"name": "a"})),
    ] {
        let answer = send(&worker, other).await;
        assert_eq!((answer.status, answer.code()), (422, "idempotency-key-reused"));
    }
    assert_eq!(fixture.count(), 1);
    // Keys of other callers and routes are other keys. The path is a part of the request.
    for other in [
        thing("k2"),
        thing("k1").insert_header((AUTHORIZATION, "Bearer chief")),
        post("/api/admin/things/1/copy", "k1").set_json(json!({"name": "a"})),
    ] {
        assert_eq!(send(&worker, other).await.status, 201);
    }
    let copied = send(&worker, post("/api/admin/things/2/copy", "k1").set_json(json!({"name": "a"}))).await;
    assert_eq!((copied.status, fixture.count()), (422, 4));
}

#[actix_web::test]
async fn without_a_key_and_at_other_endpoints_each_request_is_executed() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    let body = json!({"name": "a"});
    let authorization = (AUTHORIZATION, "Bearer boss");
    for _ in 0..2 {
        let without = TestRequest::post().uri("/api/admin/things").insert_header(authorization.clone());
        assert_eq!(send(&worker, without.set_json(&body)).await.status, 201);
        let put = thing("k1").method(Method::PUT);
        assert_eq!(send(&worker, put).await.status, 201);
        assert_eq!(send(&worker, post("/api/auth/things", "k1").set_json(&body)).await.status, 201);
    }
    assert_eq!((fixture.count(), fixture.stored().len()), (6, 0));
    assert_eq!(send(&worker, post("/api/admin/unknown", "k1")).await.status, 404);
}

#[actix_web::test]
async fn a_rejection_is_repeated_and_a_temporary_error_is_not() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    let invalid = || post("/api/admin/things", "invalid").set_json(json!({}));
    let first = send(&worker, invalid()).await;
    let again = send(&worker, invalid()).await;
    assert_eq!((first.status, again.status, again.is_repeated()), (422, 422, true));
    assert_eq!((&first.body, fixture.count()), (&again.body, 1));
    for (fail, status) in [("unavailable", 503), ("many", 429), ("panic", 500)] {
        let request = || post(&format!("/api/admin/things?fail={fail}"), fail).set_json(json!({"name": "a"}));
        let before = fixture.count();
        for _ in 0..2 {
            assert_eq!(send(&worker, request()).await.status, status);
            // A panic leaves the claim, as a killed process does.
            fixture.clock.advance(TimeDelta::minutes(5));
        }
        assert_eq!(fixture.count(), before + 2, "{fail}");
    }
}

#[actix_web::test]
async fn a_caller_who_is_rejected_uses_no_key() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    for (token, status) in [("unknown", 401), ("alice", 403)] {
        let request = thing("k1").insert_header((AUTHORIZATION, format!("Bearer {token}")));
        assert_eq!(send(&worker, request).await.status, status);
    }
    assert_eq!(fixture.count(), 0);
    assert_eq!(send(&worker, thing("k1")).await.status, 201);
    for key in ["", "a b", &"k".repeat(256)] {
        let answer = send(&worker, thing(key)).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid-idempotency-key"));
    }
    assert_eq!(fixture.count(), 1);
}

#[actix_web::test]
async fn of_concurrent_requests_one_is_executed() {
    let fixture = Fixture::new(Executed { permits: Some(Semaphore::new(0)), ..Executed::default() }).await;
    let worker = fixture.worker(b"the key").await;
    let requests = join_all((0..20).map(|_| send(&worker, thing("k1"))));
    let release = async {
        while fixture.count() == 0 {
            tokio::task::yield_now().await;
        }
        // The others find the claim while the first one waits.
        let waiting = send(&worker, thing("k1")).await;
        assert_eq!((waiting.status, waiting.code()), (409, "idempotency-key-in-use"));
        assert_eq!(waiting.headers.get("retry-after").unwrap(), "1");
        fixture.executed.permits.as_ref().unwrap().add_permits(1);
    };
    let (answers, ()) = tokio::join!(requests, release);
    let executed = answers.iter().filter(|answer| answer.status == 201 && !answer.is_repeated()).count();
    assert_eq!((executed, fixture.count()), (1, 1));
    assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 409)), "{answers:?}");
}

/// The client has got no response, so it repeats the request.
#[actix_web::test]
async fn a_request_whose_client_disconnects_is_completed() {
    let fixture = Fixture::new(Executed { permits: Some(Semaphore::new(0)), ..Executed::default() }).await;
    let worker = fixture.worker(b"the key").await;
    let request = worker.call(thing("k1").to_request());
    tokio::select! {
        _ = request => panic!("a response without a permit"),
        () = async { while fixture.count() == 0 { tokio::task::yield_now().await } } => {}
    }
    fixture.executed.permits.as_ref().unwrap().add_permits(1);
    let again = loop {
        let again = send(&worker, thing("k1")).await;
        if again.status != 409 {
            break again;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((again.status, again.is_repeated(), fixture.count()), (201, true, 1));
}

#[actix_web::test]
async fn the_database_has_no_secret_and_no_other_key_reads_it() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    send(&worker, thing("k1")).await;
    let stored = fixture.stored();
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].windows(6).any(|window| window == b"s3cret"));
    // Another process of the deployment has the same key.
    assert!(send(&fixture.worker(b"the key").await, thing("k1")).await.is_repeated());
    let rotated = send(&fixture.worker(b"a new key").await, thing("k1")).await;
    assert_eq!((rotated.status, fixture.count()), (422, 1));
}

#[actix_web::test]
async fn a_long_body_arrives_whole() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    let long = || post("/api/admin/things", "long").set_json(json!({"name": "n".repeat(60_000)}));
    let first = send(&worker, long()).await;
    assert_eq!((first.status, first.body["name"].as_str().unwrap().len()), (201, 60_000));
    assert!(send(&worker, long()).await.is_repeated());
    let too_long = || post("/api/admin/things", "too-long").set_json(json!({"name": "n".repeat(70_000)}));
    let refused = send(&worker, too_long()).await;
    assert_eq!((refused.status, refused.is_repeated()), (413, false));
}

#[actix_web::test]
async fn expired_keys_are_purged() {
    let fixture = Fixture::new(Executed::default()).await;
    let worker = fixture.worker(b"the key").await;
    send(&worker, thing("k1")).await;
    for (seconds, expected) in [(24 * 3600, 0), (24 * 3600 + 1, 1), (24 * 3600 + 1, 0)] {
        assert_eq!(purge_idempotency_keys(&*fixture.store, at(seconds)).await.unwrap(), expected, "{seconds}");
    }
    assert_eq!(send(&worker, thing("k1")).await.body["number"], 2);
}
