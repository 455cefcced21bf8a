//! `/api/admin/invitations` and `/api/auth/accept-invitation`

use serde_json::{Value, json};
use steward_testkit::http::{Api, Call};

use crate::support::{Deployment, Shape, newest_link_token};

in_every_shape!(
    an_invitation_is_sent_resent_and_revoked,
    an_admin_invites_only_users,
    an_invalid_invitation_is_rejected,
);

const INVITATIONS: &str = "/api/admin/invitations";
const ACCEPT: &str = "/api/auth/accept-invitation";

fn invite(api: &Api, email: &str, role: &str) -> Call {
    api.post(INVITATIONS).json(json!({"email": email, "role": role}))
}

fn accept(api: &Api, token: &str, user_id: &str) -> Call {
    let body = json!({"token": token, "user_id": user_id, "name": "김철수", "password": "correct horse"});
    api.post(ACCEPT).json(body)
}

async fn an_invitation_is_sent_resent_and_revoked(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let sent = invite(&admin, "Kim@Example.com", "admin").send().await.expect(201);
    assert_eq!((sent.text("email"), sent.text("role"), sent.text("state")), ("kim@example.com", "admin", "pending"));
    assert_eq!((sent.text("invited_by"), sent.text("invited_by_name")), ("admin", "System Administrator"));
    let id = sent.json()["id"].clone();
    let pending = "An invitation for this address is pending: resend or revoke it";
    invite(&admin, "kim@example.com", "user").send().await.problem(409, pending);
    let again = admin.post(&format!("{INVITATIONS}/{id}/resend")).send().await.expect(202);
    assert!(again.text("expires_at") > sent.text("expires_at"), "{again:?}");
    assert_eq!(again.text("created_at"), sent.text("created_at"));
    invite(&admin, "lee@example.com", "user").send().await.expect(201);

    let listed = admin.get(INVITATIONS).send().await.expect(200);
    assert_eq!(listed.column("email"), ["lee@example.com", "kim@example.com"]);
    admin.delete(&format!("{INVITATIONS}/{id}")).send().await.expect(204);
    admin.delete(&format!("{INVITATIONS}/{id}")).send().await.problem(409, "The invitation is revoked");
    let late = admin.post(&format!("{INVITATIONS}/{id}/resend")).send().await;
    late.problem(409, "The invitation is revoked");
    let revoked = admin.get(&format!("{INVITATIONS}?state=revoked")).send().await.expect(200);
    assert_eq!(revoked.column("email"), ["kim@example.com"]);
    let first = admin.get(&format!("{INVITATIONS}?page_size=1")).send().await.expect(200);
    let cursor = first.text("next_cursor");
    let second = admin.get(&format!("{INVITATIONS}?page_size=1&cursor={cursor}")).send().await.expect(200);
    assert_eq!(second.column("email"), ["kim@example.com"]);
    assert_eq!(second.json()["next_cursor"], Value::Null);

    let entries = admin.get("/api/admin/audit-logs?search=kim@example.com").send().await.expect(200);
    assert_eq!(entries.column("action"), ["INVITATION_REVOKED", "INVITATION_SENT", "INVITATION_SENT"]);
    assert_eq!(entries.json()["items"][0]["details"], "email: kim@example.com; role: admin");
}

async fn an_admin_invites_only_users(deployment: Deployment) {
    let (admin, manager, user) = (deployment.super_admin().await, deployment.manager().await, deployment.user().await);
    let chief = invite(&admin, "chief@example.com", "admin").send().await.expect(201).json()["id"].clone();
    let denied = "An admin can manage only users whose role is user";
    invite(&manager, "boss@example.com", "admin").send().await.problem(403, denied);
    manager.post(&format!("{INVITATIONS}/{chief}/resend")).send().await.problem(403, denied);
    manager.delete(&format!("{INVITATIONS}/{chief}")).send().await.problem(403, denied);
    let kim = manager.post(INVITATIONS).json(json!({"email": "kim@example.com"})).send().await.expect(201);
    assert_eq!(kim.text("role"), "user");
    let id = kim.json()["id"].clone();
    manager.post(&format!("{INVITATIONS}/{id}/resend")).send().await.expect(202);
    manager.delete(&format!("{INVITATIONS}/{id}")).send().await.expect(204);
    assert_eq!(manager.get(INVITATIONS).send().await.expect(200).column("email").len(), 2);
    for call in [invite(&user, "kim@example.com", "user"), user.get(INVITATIONS)] {
        call.send().await.problem(403, "Admin privileges required");
    }
    invite(&deployment.api, "kim@example.com", "user").send().await.expect(401);
}

async fn an_invalid_invitation_is_rejected(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    invite(&admin, "alice@example.com", "user").send().await.problem(409, "email is already taken");
    let invalid = invite(&admin, "kim", "emperor").send().await.expect(422);
    assert_eq!(invalid.json()["errors"].as_array().map(Vec::len), Some(2));
    admin.post(&format!("{INVITATIONS}/4711/resend")).send().await.problem(404, "Invitation not found");
    admin.delete(&format!("{INVITATIONS}/x")).send().await.problem(404, "Invitation not found");
    admin.get(&format!("{INVITATIONS}?state=open")).send().await.expect(422);
    accept(&deployment.api, "x", "kim").send().await.problem(400, "The link is not valid");
}

#[tokio::test]
async fn the_link_of_the_mail_creates_the_account_once() {
    for shape in [Shape::Postgres, Shape::Split] {
        let deployment = Deployment::start(shape).await;
        let (admin, api) = (deployment.super_admin().await, &deployment.api);
        let sent = invite(&admin, "kim@example.com", "admin").send().await.expect(201);
        let first = newest_link_token(&deployment.database);
        admin.post(&format!("{INVITATIONS}/{}/resend", sent.json()["id"])).send().await.expect(202);
        let token = newest_link_token(&deployment.database);
        let superseded = "The link is superseded by a newer one or by a change of the account";
        accept(api, &first, "kim").send().await.problem(400, superseded);
        accept(api, &token, "ALICE").send().await.problem(409, "user_id is already taken");
        // Two browsers at once.
        let calls = ["kim", "kim2"].map(|id| accept(api, &token, id).send());
        let [one, other] = calls;
        let (one, other) = futures_util::future::join(one, other).await;
        let mut statuses = [one.status(), other.status()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 400]);
        let created = if one.status() == 201 { one } else { other };
        let id = created.text("user_id");
        assert_eq!((created.text("email"), created.text("role")), ("kim@example.com", "admin"));
        assert!(created.json()["email_verified_at"].is_string());
        accept(api, &token, "late").send().await.problem(400, "The link was used before");
        let kim = api.signed_in(id, "correct horse").await;
        let listed = kim.get(&format!("{INVITATIONS}?state=accepted")).send().await.expect(200);
        assert_eq!(listed.column("user_id"), [id]);
        let entries = kim.get(&format!("/api/admin/audit-logs?target={id}")).send().await.expect(200);
        let entry = &entries.json()["items"][0];
        assert_eq!((entry["action"].as_str(), entry["admin_id"].as_str()), (Some("USER_CREATED"), Some(id)));
        let invitation = &listed.json()["items"][0]["id"];
        assert!(entry["details"].as_str().unwrap().ends_with(&format!("; invitation {invitation}")), "{entry}");
    }
}

#[tokio::test]
async fn a_link_is_worthless_once_it_is_revoked_or_its_address_is_registered() {
    let deployment = Deployment::start(Shape::Postgres).await;
    let (admin, api) = (deployment.super_admin().await, &deployment.api);
    let sent = invite(&admin, "kim@example.com", "user").send().await.expect(201);
    let token = newest_link_token(&deployment.database);
    let path = format!("{INVITATIONS}/{}", sent.json()["id"]);
    let body = json!({"user_id": "other", "email": "kim@example.com", "name": "K", "password": "correct horse"});
    api.post("/api/auth/register").json(body).send().await.expect(201);
    let registered = "The address of the invitation is registered already: sign in, or reset the password";
    accept(api, &token, "kim").send().await.problem(409, registered);
    admin.post(&format!("{path}/resend")).send().await.problem(409, "email is already taken");
    admin.delete(&path).send().await.expect(204);
    accept(api, &token, "kim").send().await.expect(400);
}
