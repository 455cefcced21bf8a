//! The redirect of a path with a slash at the end.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::future::ready;
use std::net::SocketAddr;

use actix_web::{App, HttpResponse, web};
use common::{Process, ask};
use steward_web::TrailingSlash;

fn start() -> SocketAddr {
    let process = Process::new();
    let layer = process.layer();
    process.serve(move || {
        let ok = || ready(HttpResponse::Ok());
        App::new()
            .route("/", web::get().to(ok))
            .route("/users", web::get().to(ok))
            .route("/users/{user_id}", web::get().to(ok))
            .route("/api/users", web::get().to(ok))
            .service(web::scope("/pages").route("/one", web::get().to(ok)))
            .wrap(TrailingSlash)
            .wrap(layer.clone())
    })
}

#[actix_web::test]
async fn a_slash_at_the_end_redirects_to_the_path_without_it() {
    let address = start();
    for (target, location) in [
        ("/users/", "../users"),
        ("/users/?page=2&search=a%20b/", "../users?page=2&search=a%20b/"),
        ("/users/?", "../users?"),
        ("/users/a%20b%2Fc/", "../a%20b%2Fc"),
        ("/users/a:b/", "../a:b"),
        ("/api/users/", "../users"),
        ("/pages/one/", "../one"),
        ("http://evil.example/users/", "../users"),
    ] {
        // The redirect does not depend on the method.
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            let response = ask(address, method, target, "").await;
            assert_eq!((response.status, response.header("location")), (307, Some(location)), "{method} {target}");
            assert!(response.body.is_empty() && response.header("x-request-id").is_some(), "{response:?}");
        }
    }
    assert_eq!(ask(address, "GET", "/", "").await.status, 200);
}

#[actix_web::test]
async fn an_unknown_path_with_a_slash_is_not_found() {
    let address = start();
    for target in [
        "//",
        "/nothing/",
        "/users//",
        "/users/../",
        "/users/%2e%2e/",
        "//evil.example/",
        "///users/",
        "/api/nothing/",
        "/pages/",
        "/pages/two/",
        "/users/alice/more/",
        "/%2F/",
    ] {
        let response = ask(address, "GET", target, "").await;
        assert_eq!((response.status, response.header("location")), (404, None), "{target}");
    }
}
