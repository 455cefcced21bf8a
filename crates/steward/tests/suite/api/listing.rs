//! `GET /api/admin/users`

use steward_testkit::http::Api;

use crate::support::Deployment;

in_every_shape!(
    pages_by_number_and_by_cursor_return_every_user_once,
    descending_order_reverses_ascending_order,
    filters_are_combined,
    spans_and_sign_in_filters_are_combined,
    locked_out_users_are_listed,
    an_empty_span_is_rejected,
    a_search_matches_substrings_in_any_case_and_script,
    invalid_parameters_are_reported_field_by_field,
    a_cursor_is_valid_only_for_its_own_query,
);

async fn ids(api: &Api, query: &str) -> Vec<String> {
    api.get(&format!("/api/admin/users?{query}")).send().await.expect(200).column("user_id")
}

async fn pages_by_number_and_by_cursor_return_every_user_once(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for sort in ["created_at", "user_id", "email", "name", "last_login"] {
        let all = ids(&admin, &format!("page_size=100&sort={sort}&order=asc")).await;
        assert_eq!(all.len(), 10);
        let mut by_number = Vec::new();
        for page in 1..=4 {
            by_number.extend(ids(&admin, &format!("page_size=3&page={page}&sort={sort}&order=asc")).await);
        }
        assert_eq!(by_number, all, "{sort}");
        assert!(ids(&admin, &format!("page_size=3&page=5&sort={sort}")).await.is_empty());

        let (mut by_cursor, mut cursor, mut number) = (Vec::new(), String::new(), 1);
        loop {
            let path = format!("/api/admin/users?page_size=3&sort={sort}&order=asc&cursor={cursor}");
            let page = admin.get(&path).send().await.expect(200);
            assert_eq!((&page.json()["page"], &page.json()["total_pages"]), (&number.into(), &4.into()));
            by_cursor.extend(page.column("user_id"));
            match page.json()["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
            number += 1;
        }
        assert_eq!(by_cursor, all, "{sort}");
    }
}

async fn descending_order_reverses_ascending_order(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for sort in ["created_at", "user_id", "email", "name", "last_login"] {
        let up = ids(&admin, &format!("page_size=100&sort={sort}&order=asc")).await;
        let mut down = ids(&admin, &format!("page_size=100&sort={sort}&order=desc")).await;
        down.reverse();
        assert_eq!(up, down, "{sort}");
    }
    assert_eq!(ids(&admin, "sort=user_id&order=asc&page_size=2").await, ["admin", "alice"]);
    assert_eq!(ids(&admin, "sort=last_login&page_size=1").await, ["admin"], "only the admin has signed in");
    assert_eq!(ids(&admin, "page_size=100").await, ids(&admin, "page_size=100&sort=created_at&order=desc").await);
}

async fn filters_are_combined(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let sorted = "sort=user_id&order=asc&page_size=100";
    for (query, expected) in [
        ("role=admin", &["admin", "manager"][..]),
        ("role=super_admin", &["admin"]),
        ("role=user&is_active=false", &["eve", "inactive_user"]),
        ("is_active=true&search=example.com", &["alice", "bob", "charlie", "diana", "testuser", "user123"]),
        ("is_active=false&role=admin", &[]),
        ("search=secondarymarket", &["admin", "manager"]),
    ] {
        let page = admin.get(&format!("/api/admin/users?{query}&{sorted}")).send().await.expect(200);
        assert_eq!(page.column("user_id"), expected, "{query}");
        assert_eq!(page.json()["total"], expected.len(), "{query}");
    }
}

async fn spans_and_sign_in_filters_are_combined(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    deployment.api.register("newcomer", "correct horse").await.expect(201);
    let newcomer = admin.get("/api/admin/users/newcomer").send().await.expect(200);
    let newest = newcomer.text("created_at").to_owned();
    let me = admin.get("/api/admin/users/admin").send().await.expect(200).text("last_login").to_owned();
    let sorted = "sort=user_id&order=asc&page_size=100";
    let total = async |query: &str| {
        let page = admin.get(&format!("/api/admin/users?{query}&{sorted}")).send().await.expect(200);
        assert_eq!(
            (&page.json()["total"], &page.json()["total_is_exact"]),
            (&page.column("id").len().into(), &true.into())
        );
        page.column("user_id")
    };
    assert_eq!(total(&format!("created_from={newest}")).await, ["newcomer"]);
    assert_eq!(total(&format!("created_to={newest}")).await.len(), 10);
    assert_eq!(
        total(&format!("created_from=2001-01-01T00:00:00%2B09:00&created_to={newest}&role=admin")).await.len(),
        2
    );
    assert_eq!(total("never_signed_in=false").await, ["admin"]);
    assert_eq!(total("never_signed_in=true&is_active=false").await, ["eve", "inactive_user"]);
    assert_eq!(total(&format!("last_login_from={me}&search=ADMIN")).await, ["admin"]);
    assert!(total(&format!("last_login_to={me}")).await.is_empty());
    assert_eq!(total(&format!("created_from={newest}&never_signed_in=true&locked=false")).await, ["newcomer"]);

    let first = admin.get("/api/admin/users?never_signed_in=true&page_size=6").send().await.expect(200);
    let cursor = first.text("next_cursor");
    let next = format!("/api/admin/users?never_signed_in=true&page_size=6&cursor={cursor}");
    assert_eq!(admin.get(&next).send().await.expect(200).column("user_id").len(), 4);
    for other in ["never_signed_in=false", "locked=false", "created_to=2100-01-01T00:00:00Z", "page=1"] {
        let response = admin.get(&format!("/api/admin/users?{other}&cursor={cursor}")).send().await.expect(422);
        assert_eq!(response.invalid_fields(), ["cursor"], "{other}");
    }
}

async fn locked_out_users_are_listed(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for _ in 0..5 {
        deployment.api.login("Alice", "wrong-one").await.expect(401);
    }
    assert_eq!(ids(&admin, "locked=true").await, ["alice"]);
    let others = ids(&admin, "locked=false&page_size=100").await;
    assert!(others.len() == 9 && !others.contains(&"alice".to_owned()), "{others:?}");
    assert!(ids(&admin, "locked=true&role=admin").await.is_empty());
    admin.post("/api/admin/users/alice/unlock").send().await.expect(200);
    assert!(ids(&admin, "locked=true").await.is_empty());
}

async fn an_empty_span_is_rejected(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    for (query, fields) in [
        (format!("created_from={late}&created_to={early}"), "created_to"),
        (format!("last_login_from={late}&last_login_to={late}"), "last_login_to"),
        (format!("never_signed_in=true&last_login_from={early}"), "last_login_from"),
        (
            "created_from=yesterday&last_login_to=2026-13-01&locked=maybe".to_owned(),
            "created_from,last_login_to,locked",
        ),
    ] {
        let response = admin.get(&format!("/api/admin/users?{query}")).send().await.expect(422);
        assert_eq!(response.invalid_fields().join(","), fields, "{query}");
    }
}

async fn a_search_matches_substrings_in_any_case_and_script(deployment: Deployment) {
    for (user_id, name) in
        [("gildong", "홍길동"), ("zoe", "Ζωή ΠΑΠΑΔΟΠΟΎΛΟΥ"), ("percent", "100% _sure_"), ("mueller", "Jörg Müller")]
    {
        let body = serde_json::json!({
            "user_id": user_id, "email": format!("{user_id}@example.com"), "name": name, "password": "correct horse"
        });
        deployment.api.post("/api/auth/register").json(body).send().await.expect(201);
    }
    let admin = deployment.super_admin().await;
    for (search, expected) in [
        ("JOHN", &["user123"][..]),
        ("ohn", &["user123"]),
        ("hn.d", &["user123"]),
        ("ohn+D", &["user123"]),
        ("doe+JOHN", &["user123"]),
        ("doe+jane", &[]),
        ("%EA%B8%B8%EB%8F%99", &["gildong"]),
        ("%EA%B8%B8", &["gildong"]),
        // Decomposed, as macOS writes it.
        ("%E1%84%8B%E1%85%A9", &[]),
        ("%E1%84%80%E1%85%B5%E1%86%AF%E1%84%83%E1%85%A9%E1%86%BC", &["gildong"]),
        ("Mu%CC%88ller+jorg", &["mueller"]),
        ("M%C3%BCLLER", &["mueller"]),
        ("muller", &["mueller"]),
        ("%CF%80%CE%B1%CF%80%CE%B1", &["zoe"]),
        ("0%25", &["percent"]),
        ("_sure", &["percent"]),
        ("%25%25", &[]),
        ("%27%20OR%201%3D1", &[]),
        ("%22", &[]),
        ("%5C", &[]),
    ] {
        let query = format!("search={search}&sort=user_id&order=asc");
        assert_eq!(ids(&admin, &query).await, expected, "{search}");
    }
    assert_eq!(ids(&admin, "search=&page_size=100").await.len(), 14, "an empty search matches all users");
    assert_eq!(ids(&admin, "search=%E2%80%8B&page_size=100").await.len(), 14, "an invisible search matches all users");
}

async fn invalid_parameters_are_reported_field_by_field(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (query, fields) in [
        (
            "page=0&page_size=101&sort=password_hash&order=up&role=root&is_active=maybe",
            "is_active,order,page,page_size,role,sort",
        ),
        ("page=-1", "page"),
        ("page=99999999999999999999", "page"),
        ("page_size=0", "page_size"),
        ("page_size=ten", "page_size"),
        ("limit=10", "limit"),
        ("page=1&page=2", "page"),
        ("cursor=garbage", "cursor"),
    ] {
        let response = admin.get(&format!("/api/admin/users?{query}")).send().await.expect(422);
        assert_eq!(response.invalid_fields().join(","), fields, "{query}");
    }
    let long = "x".repeat(101);
    admin.get(&format!("/api/admin/users?search={long}")).send().await.expect(422);
    admin.get("/api/admin/users?page=2147483647&page_size=100").send().await.expect(200);
}

async fn a_cursor_is_valid_only_for_its_own_query(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let page = admin.get("/api/admin/users?page_size=3&sort=name").send().await.expect(200);
    let cursor = page.text("next_cursor");
    admin.get(&format!("/api/admin/users?page_size=5&sort=name&cursor={cursor}")).send().await.expect(200);
    for query in ["sort=email", "sort=name&order=asc", "sort=name&role=user", "sort=name&search=a"] {
        let response = admin.get(&format!("/api/admin/users?{query}&cursor={cursor}")).send().await.expect(422);
        assert_eq!(response.invalid_fields(), ["cursor"], "{query}");
    }
    let response = admin.get(&format!("/api/admin/audit-logs?cursor={cursor}")).send().await.expect(422);
    assert_eq!(response.invalid_fields(), ["cursor"]);
}
