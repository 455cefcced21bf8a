//! The documentation pages, which load nothing from other hosts.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod common;

use std::net::SocketAddr;

use actix_web::App;
use actix_web::web::Data;
use common::{Process, Response, ask};
use steward_gateway::Documentation;
use steward_web::TrailingSlash;
use utoipa::openapi::OpenApiBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};

fn start() -> SocketAddr {
    let process = Process::new();
    let item = PathItem::new(HttpMethod::Get, OperationBuilder::new().build());
    let paths = PathsBuilder::new().path("/api/auth/users/{user_id}", item).build();
    let documentation = Documentation::new(&OpenApiBuilder::new().paths(paths).build()).unwrap();
    let layer = process.layer();
    process.serve(move || {
        App::new()
            .app_data(Data::new(documentation.clone()))
            .configure(|config| steward_gateway::description().endpoints.iter().for_each(|page| page.mount(config)))
            .wrap(TrailingSlash)
            .wrap(layer.clone())
    })
}

/// Returns the URLs that a page loads: the values of `src` and `href`.
fn linked_urls(page: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .into_iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[actix_web::test]
async fn the_spec_is_not_sent_again_to_a_client_that_has_it() {
    let address = start();
    let spec = ask(address, "GET", "/openapi.json", "").await;
    assert_eq!((spec.status, spec.header("content-type")), (200, Some("application/json")));
    let parsed: serde_json::Value = serde_json::from_str(&spec.body).unwrap();
    assert!(parsed["paths"]["/api/auth/users/{user_id}"]["get"].is_object(), "{parsed}");
    let tag = spec.header("etag").unwrap();
    let again = ask(address, "GET", "/openapi.json", &format!("If-None-Match: \"other\", W/{tag}\r\n")).await;
    assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(tag)));
    let other = ask(address, "GET", "/openapi.json", "If-None-Match: \"other\"\r\n").await;
    assert_eq!(other.status, 200);
}

#[actix_web::test]
async fn every_part_of_a_page_has_the_same_origin() {
    let address = start();
    for target in ["/docs", "/redoc"] {
        let page = ask(address, "GET", target, "").await;
        assert_eq!(page.status, 200, "{target}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.body.contains("width=device-width"), "{target} is too wide for a phone");
        let urls = linked_urls(&page.body);
        assert!(urls.len() >= 2, "{target}: {urls:?}");
        for url in urls {
            assert!(url.starts_with('/') && !url.starts_with("//"), "{url} on {target}");
            assert_eq!(ask(address, "HEAD", url, "").await.status, 200, "{url} on {target}");
        }
    }
}

#[actix_web::test]
async fn a_slash_at_the_end_redirects_to_the_page() {
    let address = start();
    for (target, location) in [("/docs/", "../docs"), ("/redoc/", "../redoc")] {
        let response = ask(address, "GET", target, "").await;
        assert_eq!((response.status, response.header("location")), (307, Some(location)), "{target}");
    }
}

#[actix_web::test]
async fn a_page_may_only_run_own_scripts_and_call_its_own_origin() {
    let address = start();
    for target in ["/docs", "/redoc"] {
        let page = ask(address, "GET", target, "").await;
        let policy = page.header("content-security-policy").unwrap();
        for directive in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.split("; ").any(|part| part.trim() == directive), "{directive} in {policy}");
        }
        assert!(!policy.contains("http") && !policy.contains('*'), "{policy}");
        // The policy would block inline scripts and event handlers.
        for script in page.body.split("<script").skip(1) {
            let (tag, rest) = script.split_once('>').unwrap();
            assert!(tag.contains("src=\"/") && rest.trim_start().starts_with("</script>"), "{script} on {target}");
        }
        for handler in ["onload=", "onclick=", "onerror=", "javascript:"] {
            assert!(!page.body.contains(handler), "{handler} on {target}");
        }
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    }
    let bundle = ask(address, "GET", "/redoc/redoc.standalone.js", "").await;
    assert!(bundle.body.len() > 500_000 && bundle.body.contains("Redoc"), "{} bytes", bundle.body.len());
    assert!(!bundle.body.contains("cdn.redoc.ly") && !bundle.body.contains("fonts.googleapis"));
}

#[actix_web::test]
async fn swagger_ui_loads_the_spec_and_keeps_the_token() {
    let start = ask(start(), "GET", "/docs/swagger-initializer.js", "").await;
    for setting in [r#""url": "/openapi.json""#, r#""persistAuthorization": true"#, r#""tryItOutEnabled": true"#] {
        assert!(start.body.contains(setting), "{setting} in {}", start.body);
    }
    assert!(!start.body.contains("petstore"));
}

#[actix_web::test]
async fn an_unknown_file_is_not_found() {
    let address = start();
    for target in ["/docs/nothing.js", "/docs/..%2f..%2fetc%2fpasswd", "/redoc/nothing/", "/redoc/nothing.js"] {
        assert_eq!(ask(address, "GET", target, "").await.problem().status, 404, "{target}");
    }
}

#[actix_web::test]
async fn pages_are_compressed_for_clients_that_accept_it() {
    let address = start();
    for target in ["/docs", "/docs/swagger-ui.css", "/redoc"] {
        let plain = ask(address, "HEAD", target, "").await;
        let gzip = ask(address, "HEAD", target, "Accept-Encoding: gzip, br\r\n").await;
        let length = |response: &Response| response.header("content-length").unwrap().parse::<u32>().unwrap();
        assert_eq!((plain.status, plain.header("content-encoding")), (200, None), "{target}");
        assert_eq!((gzip.status, gzip.header("content-encoding")), (200, Some("gzip")), "{target}");
        assert!(length(&gzip) < length(&plain), "{target}");
        for response in [&plain, &gzip] {
            assert_eq!(response.header("vary"), Some("Accept-Encoding"), "{target}");
        }
        let tag = gzip.header("etag").unwrap();
        assert_ne!(plain.header("etag"), Some(tag), "{target}");
        let known = format!("If-None-Match: {tag}\r\n");
        assert_eq!(ask(address, "HEAD", target, &known).await.status, 200, "{target} in the other encoding");
        let again = ask(address, "GET", target, &format!("{known}Accept-Encoding: gzip\r\n")).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{target}");
    }
}
