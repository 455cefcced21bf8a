//! The events of an account: for its user, and for administrators.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use steward_contracts::bodies::{Timeline, TimelineEntry};
use steward_domain::{PageSize, TimelineCursor, TimelinePage};
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator, NeedsToken, ReadsQuery};
use steward_web::{Administrator, ApiError, Caller, Fields, Query, path_user_id, text};

use crate::AuthService;

/// List events of the own account
///
/// Sign-in attempts, ended sessions and changes of the account, newest first. Changes by administrators do not name the
/// administrator.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    params(
        ("page_size" = Option<u32>, Query, description = "Events per page", minimum = 1, maximum = 100, example = 10),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page")
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of events", body = Timeline),
        ReadsQuery,
        NeedsToken,
    )
)]
#[get("/api/auth/activity")]
pub(super) async fn own_activity(
    caller: Caller,
    service: Data<AuthService>,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let user = caller.session.user;
    let list = format!("activity {}", user.id);
    let (size, after) = parse(query.fields()?, &list)?;
    let page = service.own_activity(&user, size, after).await?;
    Ok(HttpResponse::Ok().json(timeline_body(page, &list, |entry| entry.for_user(&user.user_id))))
}

/// List events of a user's account
///
/// Sign-in attempts, ended sessions, changes of the account and mails to the user, newest first. A mail has its state and
/// no text; it is listed for 30 days after it was sent.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("user_id" = String, Path, description = "The user's id, in any case", example = "user123"),
        ("page_size" = Option<u32>, Query, description = "Events per page", minimum = 1, maximum = 100, example = 10),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page")
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of events", body = Timeline),
        ReadsQuery,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[get("/api/admin/users/{user_id}/timeline")]
pub(super) async fn user_timeline(
    administrator: Administrator,
    service: Data<AuthService>,
    request: HttpRequest,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let user = service.user_of_timeline(&administrator.actor, &path_user_id(&request)?).await?;
    let list = format!("timeline {}", user.id);
    let (size, after) = parse(query.fields()?, &list)?;
    let page = service.user_timeline(&administrator.actor, &user, size, after).await?;
    Ok(HttpResponse::Ok().json(timeline_body(page, &list, |entry| entry)))
}

/// Parses the parameters. A cursor is valid for its own list only.
fn parse(mut fields: Fields, list: &str) -> Result<(PageSize, Option<TimelineCursor>), ApiError> {
    let size = fields.optional("page_size", text(PageSize::parse));
    let after = fields.optional("cursor", text(|cursor| TimelineCursor::parse(cursor, list)));
    let (size, after) = fields.finish((size, after))?;
    Ok((size.unwrap_or_default(), after))
}

fn timeline_body(page: TimelinePage, list: &str, present: impl Fn(TimelineEntry) -> TimelineEntry) -> Timeline {
    Timeline {
        next_cursor: page.next.map(|next| next.encode(list)),
        items: page.items.into_iter().map(|item| present(item.into())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steward_testkit::{a_user, an_entry, at};

    use crate::testing::http::{TestResponse, get, with_token};
    use crate::testing::{PASSWORD, TestApp};

    const ACTIVITY: &str = "/api/auth/activity";
    const TIMELINE: &str = "/api/admin/users/ALICE/timeline";

    /// Returns the tokens of alice and boss. Boss has renamed alice, who then has signed in with a wrong and with the
    /// right password.
    async fn set_up() -> (TestApp, String, String) {
        let app = TestApp::new().await;
        let alice = app.create(a_user("alice")).await;
        app.create(a_user("boss").admin()).await;
        let entry = steward_domain::AuditEntry {
            actor_id: "boss".to_owned(),
            origin: steward_domain::Origin::new(Some([198, 51, 100, 1].into()), Some("console")),
            ..an_entry(steward_domain::Action::UserUpdated, "alice", at(10)).with_details("name: alice → Alice")
        };
        let change = steward_domain::UserChange::default();
        let decide = Box::new(move |_: &_| Ok(Some((change, entry.into()))));
        steward_domain::ports::Users::update(&*app.users, &alice.user_id, decide).await.unwrap();
        app.clock.set(at(20));
        app.log_in("alice", "wrong").await.unwrap_err();
        app.clock.set(at(30));
        let alice = app.log_in("alice", PASSWORD).await.unwrap().token;
        let boss = app.log_in("boss", PASSWORD).await.unwrap().token;
        (app, alice, boss)
    }

    fn kinds(response: &TestResponse) -> Vec<&str> {
        response.body["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect()
    }

    #[actix_web::test]
    async fn users_see_their_events_without_the_administrator() {
        let (app, alice, _) = set_up().await;
        let response = app.call(with_token(get(ACTIVITY), &alice)).await;
        assert_eq!(response.status, 200);
        assert_eq!(kinds(&response), ["sign_in", "sign_in_failed", "change", "change"]);
        assert_eq!(response.body["items"][1]["reason"], "wrong_password");
        let expected = json!({
            "at": "2026-01-02T03:04:15.678901Z", "kind": "change", "action": "USER_UPDATED",
            "details": "name: alice → Alice", "ip_address": null, "user_agent": null,
        });
        assert_eq!(response.body["items"][2], expected);
        assert_eq!(response.body["items"][3]["actor_id"], "alice", "the actor of the registration");
        assert_eq!(response.body["next_cursor"], Value::Null);
    }

    #[actix_web::test]
    async fn administrators_see_the_actor_and_users_are_denied() {
        let (app, alice, boss) = set_up().await;
        let response = app.call(with_token(get(TIMELINE), &boss)).await;
        assert_eq!((response.status, kinds(&response).len()), (200, 4));
        let change = &response.body["items"][2];
        assert_eq!((&change["actor_id"], &change["ip_address"]), (&json!("boss"), &json!("198.51.100.1")));
        assert_eq!(app.call(with_token(get(TIMELINE), &alice)).await.status, 403);
        assert_eq!(app.call(get(TIMELINE)).await.status, 401);
        let unknown = app.call(with_token(get("/api/admin/users/unknown/timeline"), &boss)).await;
        assert_eq!(unknown.status, 404);
    }

    #[actix_web::test]
    async fn a_cursor_continues_the_list_of_its_own_user_only() {
        let (app, alice, boss) = set_up().await;
        let (mut listed, mut query) = (Vec::new(), "?page_size=1".to_owned());
        loop {
            let response = app.call(with_token(get(&format!("{ACTIVITY}{query}")), &alice)).await;
            assert_eq!(response.status, 200, "{:?}", response.body);
            listed.extend(kinds(&response).into_iter().map(str::to_owned));
            let Some(cursor) = response.body["next_cursor"].as_str() else { break };
            query = format!("?page_size=1&cursor={cursor}");
        }
        assert_eq!(listed, ["sign_in", "sign_in_failed", "change", "change"]);
        let of_alice = query;
        for (path, token) in [(ACTIVITY, &boss), (TIMELINE, &boss), ("/api/admin/users/boss/timeline", &boss)] {
            let response = app.call(with_token(get(&format!("{path}{of_alice}")), token)).await;
            assert_eq!((response.status, &response.body["errors"][0]["field"]), (422, &json!("cursor")), "{path}");
        }
        for query in ["?page_size=0", "?page_size=101", "?cursor=x", "?page=2"] {
            let response = app.call(with_token(get(&format!("{ACTIVITY}{query}")), &alice)).await;
            assert_eq!(response.status, 422, "{query}");
        }
    }
}
