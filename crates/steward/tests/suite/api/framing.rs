//! HTTP framing: protocol upgrades, trailing slashes, encodings, byte order marks.

use steward_testkit::http::raw::Raw;

use crate::support::Deployment;

in_every_shape!(
    an_offer_of_another_protocol_is_ignored,
    a_trailing_slash_redirects_to_the_path_without_it,
    a_body_with_an_unsupported_encoding_is_rejected_with_the_supported_one,
    a_byte_order_mark_before_json_is_ignored,
);

const LOGIN: &str = r#"{"user_id": "alice", "password": "test123"}"#;

/// Sends a request and reads one response. The connection stays open on this side.
fn exchange(base: &str, request: &str) -> String {
    let mut connection = Raw::connect(base).unwrap();
    connection.send(request).unwrap();
    connection.answer().unwrap()
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

async fn an_offer_of_another_protocol_is_ignored(deployment: Deployment) {
    let token = deployment.super_admin().await.token().to_owned();
    for base in [deployment.api.base(), &deployment.auth, &deployment.admin] {
        for offer in ["Connection: Upgrade\r\nUpgrade: websocket", "Connection: Upgrade\r\nUpgrade: h2c"] {
            let get = |path: &str| {
                let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{offer}\r\n");
                exchange(base, &format!("{head}Authorization: Bearer {token}\r\n\r\n"))
            };
            let live = get("/health/live");
            assert_eq!(status(&live), "200", "{live}");
            if base != deployment.admin {
                let head = format!("POST /api/auth/login HTTP/1.1\r\nHost: x\r\n{offer}\r\n");
                let head = format!("{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", LOGIN.len());
                let login = exchange(base, &format!("{head}{LOGIN}"));
                assert!(status(&login) == "200" && login.contains("access_token"), "{login}");
                let me = get("/api/auth/me");
                assert_eq!(status(&me), "200", "{me}");
            }
            if base != deployment.auth {
                let users = get("/api/admin/users");
                assert_eq!(status(&users), "200", "{users}");
            }
        }
    }
}

async fn a_trailing_slash_redirects_to_the_path_without_it(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    // The client follows redirects, as the guide's clients do.
    for path in ["/api/admin/users/?page_size=3", "/api/admin/users/alice/", "/api/auth/me/", "/health/", "/redoc/"] {
        let (with, without) = (admin.get(path), admin.get(path.replacen("/?", "?", 1).trim_end_matches('/')));
        assert_eq!(with.send_unlisted().await.bytes(), without.send().await.expect(200).bytes(), "{path}");
    }
    let login = deployment.api.post("/api/auth/login/").body("application/json", LOGIN).send_unlisted().await;
    assert_eq!(login.status(), 200, "the redirect keeps the body");
    for (path, location) in [
        ("/api/admin/users/?page=2", "../users?page=2"),
        ("/api/admin/users/alice/sessions/", "../sessions"),
        ("/docs/", "../docs"),
        ("/openapi.json/", "../openapi.json"),
        ("/.well-known/jwks.json/", "../jwks.json"),
    ] {
        let response = exchange(deployment.api.base(), &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(status(&response), "307", "{path}: {response}");
        assert!(response.contains(&format!("\r\nlocation: {location}\r\n")), "{response}");
    }
    for path in ["/api/admin/nothing/", "/api/auth/nothing/", "//evil.example/", "/docs//", "/internal/authenticate/x/"]
    {
        let response = exchange(deployment.api.base(), &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(status(&response), "404", "{path}: {response}");
        assert!(!response.contains("\r\nlocation"), "{response}");
    }
}

async fn a_body_with_an_unsupported_encoding_is_rejected_with_the_supported_one(deployment: Deployment) {
    // `{}`, compressed.
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0";
    for coding in ["gzip", "br", "zstd", "deflate", "identity, gzip"] {
        let call = deployment.api.post("/api/auth/login").body("application/json", gzip);
        let response = call.header("content-encoding", coding).send().await;
        let response = response.problem(415, "The body must not be compressed: send it without Content-Encoding");
        assert_eq!(response.header("accept-encoding"), "identity");
    }
    let plain = deployment.api.post("/api/auth/login").body("application/json", LOGIN);
    plain.header("content-encoding", "identity").send().await.expect(200);

    let utf16: Vec<u8> = LOGIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let declared = deployment.api.post("/api/auth/login").body("application/json; charset=utf-16", utf16.clone());
    declared.send().await.problem(415, "The body must be UTF-8: send Content-Type without another charset");
    let undeclared = deployment.api.post("/api/auth/login").body("application/json", utf16).send().await;
    undeclared.problem(400, "The body is UTF-16 or UTF-32: send UTF-8");
    let text = deployment.api.post("/api/auth/login").body("text/plain", LOGIN).send().await.expect(415);
    assert_eq!((text.header("accept"), text.header("accept-encoding")), ("application/json", ""));
}

async fn a_byte_order_mark_before_json_is_ignored(deployment: Deployment) {
    let marked = format!("\u{feff}{LOGIN}");
    deployment.api.post("/api/auth/login").body("application/json", marked).send().await.expect(200);
}
