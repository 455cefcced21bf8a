//! Names, addresses and passwords in every script and Unicode normalization.

use serde_json::json;
use steward_testkit::http::{Api, Response};

use crate::support::Deployment;

in_every_shape!(
    names_are_normalized_and_hidden_characters_are_rejected,
    all_spellings_of_one_mailbox_are_one_address,
    equivalent_unicode_spellings_of_a_password_match,
);

async fn register(api: &Api, user_id: &str, email: &str, name: &str, password: &str) -> Response {
    let body = json!({"user_id": user_id, "email": email, "name": name, "password": password});
    api.post("/api/auth/register").json(body).send().await
}

const PASSWORD: &str = "some long words 4711";

async fn names_are_normalized_and_hidden_characters_are_rejected(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let rename = async |name: &str| admin.put("/api/admin/users/alice").json(json!({"name": name})).send().await;
    for (typed, stored) in [
        ("\u{1112}\u{1169}\u{11BC}길동", "홍길동"),
        (" Mu\u{308}ller\u{3000}", "Müller"),
        ("علی\u{200C}رضا", "علی\u{200C}رضا"),
        ("👨\u{200D}👩\u{200D}👧", "👨\u{200D}👩\u{200D}👧"),
    ] {
        assert_eq!(rename(typed).await.expect(200).text("name"), stored);
        let found = admin.get("/api/admin/users/alice").send().await.expect(200);
        assert_eq!(found.text("name"), stored);
    }
    for (name, reason) in [
        ("nimda\u{202E}gnp.exe", "must not hold the bidirectional control U+202E"),
        ("\u{200B}", "must not hold the invisible character U+200B"),
        ("\u{AD}", "must not hold the invisible character U+00AD"),
        ("\u{3164}", "must not hold the invisible character U+3164"),
        ("\u{2800}", "must have a visible character"),
        ("\u{3000}\u{A0}", "must be 1 to 100 characters"),
        ("\u{301}", "must not begin with a combining mark"),
    ] {
        for response in [rename(name).await, register(&deployment.api, "new", "new@example.com", name, PASSWORD).await]
        {
            let response = response.expect(422);
            assert_eq!(response.json()["errors"], json!([{"field": "name", "message": reason}]), "{name:?}");
        }
    }
    let response =
        register(&deployment.api, "nimda\u{202E}gnp.exe", "new@example.com", "New", PASSWORD).await.expect(422);
    let reason = "must not hold the bidirectional control U+202E";
    assert_eq!(response.json()["errors"], json!([{"field": "user_id", "message": reason}]));
}

async fn all_spellings_of_one_mailbox_are_one_address(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let mailboxes = [
        ["İ@example.org", "i\u{307}@EXAMPLE.org"].as_slice(),
        &["max@maßanfertigung.example", "Max@XN--MAANFERTIGUNG-CDB.example", "max@MAẞANFERTIGUNG.example"],
        &["jürgen@bücher.example", "ju\u{308}rgen@bu\u{308}cher.example", "JU\u{308}RGEN@xn--bcher-kva.example"],
        &["홍길동@한국.kr", "\u{1112}\u{1169}\u{11BC}길동@xn--3e0b707e。kr"],
    ];
    for (number, spellings) in mailboxes.into_iter().enumerate() {
        let id = format!("person{number}");
        let made = register(&deployment.api, &id, spellings[0], "Person", PASSWORD).await.expect(201);
        let address = made.text("email").to_owned();
        for (nth, spelling) in spellings.iter().enumerate() {
            let taken = register(&deployment.api, &format!("{id}.{nth}"), spelling, "Person", PASSWORD).await;
            assert_eq!(taken.status(), 409, "{spelling}: {taken:?}");
            let other = admin.put("/api/admin/users/bob").json(json!({"email": spelling})).send().await;
            assert_eq!(other.status(), 409, "{spelling}: {other:?}");
            // The owner may change the spelling without an effect.
            let path = format!("/api/admin/users/{id}");
            let own = admin.put(&path).json(json!({"email": spelling})).send().await.expect(200);
            assert_eq!((own.text("email"), &own.json()["updated_at"]), (&*address, &made.json()["updated_at"]));
        }
    }
    // Two domains, which IDNA 2003 maps to the same one.
    register(&deployment.api, "double", "max@massanfertigung.example", "Person", PASSWORD).await.expect(201);
    let wrong = register(&deployment.api, "wrong", "a@xn--a.example", "Person", PASSWORD).await.expect(422);
    let reason = "must be an e-mail address: “xn--a” is not a valid label of a domain name";
    assert_eq!(wrong.json()["errors"], json!([{"field": "email", "message": reason}]));
}

/// Written directly into the database, which SQLite does not allow here; its contract suite covers SQLite.
mod earlier_version {
    use crate::support::{Deployment, Shape};

    #[tokio::test]
    async fn values_are_read_in_one_process() {
        super::values_of_an_earlier_version_are_read(Deployment::start(Shape::Postgres).await).await;
    }

    #[tokio::test]
    async fn values_are_read_by_each_process() {
        super::values_of_an_earlier_version_are_read(Deployment::start(Shape::Split).await).await;
    }
}

async fn values_of_an_earlier_version_are_read(deployment: Deployment) {
    let (name, email) = ("nimda\u{202E}gnp.exe", "mu\u{308}ller@xn--bcher-kva.example");
    for id in ["alice", "admin"] {
        let statement = format!("UPDATE users SET name = '{name}', email = '{id}.{email}' WHERE user_id = '{id}'");
        deployment.database.run(&statement).unwrap();
    }
    let (alice, admin) = (deployment.api.signed_in("alice", "test123").await, deployment.super_admin().await);
    for response in [
        alice.get("/api/auth/me").send().await,
        admin.get("/api/admin/users/alice").send().await,
        admin.put("/api/admin/users/alice").json(json!({"role": "admin"})).send().await,
    ] {
        let response = response.expect(200);
        assert_eq!(response.text("name"), name);
        // A task that starts with the process may have respelled the address in the meantime.
        let spellings = [&*format!("alice.{email}"), "alice.müller@bücher.example"];
        assert!(spellings.contains(&response.text("email")), "{response:?}");
    }
    let list = admin.get("/api/admin/users").send().await.expect(200);
    assert_eq!(list.json()["total"], 10);
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 10, "no user is omitted");
    admin.get("/api/admin/sessions").send().await.expect(200);
    // The same mailbox in the spelling of this version.
    let taken = register(&deployment.api, "new", "alice.müller@bücher.example", "New", PASSWORD).await;
    assert_eq!(taken.status(), 409, "{taken:?}");
    let change = json!({"email": "alice.müller@bücher.example", "name": "Alice"});
    let response = admin.put("/api/admin/users/alice").json(change).send().await.expect(200);
    assert_eq!(response.text("email"), "alice.müller@bücher.example");
}

async fn equivalent_unicode_spellings_of_a_password_match(deployment: Deployment) {
    let (composed, decomposed) = ("zwölf boxkämpfer 4711", "zwo\u{308}lf\u{3000}boxka\u{308}mpfer 4711");
    register(&deployment.api, "new", "new@example.com", "New", decomposed).await.expect(201);
    for typed in [composed, decomposed] {
        deployment.api.login("new", typed).await.expect(200);
    }
    deployment.api.login("new", "zwolf boxkampfer 4711").await.expect(401);
    let refused = register(&deployment.api, "other", "other@example.com", "Other", "zwölf\tboxkämpfer 4711").await;
    assert_eq!(refused.expect(422).invalid_fields(), ["password"]);
}
