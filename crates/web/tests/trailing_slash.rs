//! A slash at the end of a path.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to fail at the spot")]

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
            .route("/api/{tail:.*}", web::to(HttpResponse::NotFound))
            .service(web::scope("/pages").route("/one", web::get().to(ok)))
            .wrap(TrailingSlash)
            .wrap(layer.clone())
    })
}

#[actix_web::test]
async fn it_leads_to_the_path_without_it() {
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
        // Whether the method is one of the path's is for the path to say.
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            let answer = ask(address, method, target, "").await;
            assert_eq!((answer.status, answer.header("location")), (307, Some(location)), "{method} {target}");
            assert!(answer.body.is_empty() && answer.header("x-request-id").is_some(), "{answer:?}");
        }
    }
    assert_eq!(ask(address, "GET", "/", "").await.status, 200);
}

#[actix_web::test]
async fn what_is_nothing_without_it_is_nothing_with_it() {
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
        let answer = ask(address, "GET", target, "").await;
        assert_eq!((answer.status, answer.header("location")), (404, None), "{target}");
    }
}
