//! A server that stops finishes the requests in flight, and closes idle connections at once.

mod common;

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::web::Bytes;
use actix_web::{App, HttpRequest, HttpResponse, web};
use common::{Process, Response};
use futures_util::{StreamExt as _, stream};
use steward_web::server::{self, ServerSettings, bind, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

#[actix_web::test]
async fn draining_finishes_active_requests_and_closes_idle_connections() {
    let process = Process::new();
    let listener = bind(([127, 0, 0, 1], 0).into()).unwrap().listen().unwrap();
    let address = listener.local_addr().unwrap();
    let connections = process.connections();
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrived_there, go_on_there) = (Arc::clone(&arrived), Arc::clone(&go_on));
    let server = serve(
        listener,
        ServerSettings { workers: 1, blocking_threads: 1 },
        process.refusals(),
        connections.clone(),
        move || {
            let (arrived, go_on) = (Arc::clone(&arrived_there), Arc::clone(&go_on_there));
            App::new().route(
                "/slow",
                web::get().to(move || {
                    let (arrived, go_on) = (Arc::clone(&arrived), Arc::clone(&go_on));
                    async move {
                        arrived.notify_one();
                        go_on.notified().await;
                        "done"
                    }
                }),
            )
        },
    )
    .unwrap();
    let handle = server.handle();
    let server = actix_rt::spawn(server);

    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    let mut buffer = [0; 1_024];
    assert!(idle.read(&mut buffer).await.unwrap() > 0);

    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    arrived.notified().await;
    let stopped = handle.stop(true);
    assert_eq!(idle.read(&mut buffer).await.unwrap(), 0, "the idle connection closes during the other request");
    common::until("the idle connection is no longer counted", || connections.open() <= 1).await;
    assert_eq!(connections.open(), 1, "the connection of the active request is still counted");
    go_on.notify_one();
    let mut response = Vec::new();
    busy.read_to_end(&mut response).await.unwrap();
    let response = Response::parse(&response);
    assert_eq!((response.status, response.body.as_str()), (200, "done"));
    assert_eq!(response.header("connection"), Some("close"));
    stopped.await;
    server.await.unwrap().unwrap();
    assert_eq!(connections.open(), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[actix_web::test]
async fn stopping_an_idle_server_leaves_other_servers_running() {
    let process = Process::new();
    let listener = bind(([127, 0, 0, 1], 0).into()).unwrap().listen().unwrap();
    let sizes = ServerSettings { workers: 1, blocking_threads: 1 };
    let idle = serve(listener, sizes, process.refusals(), process.connections(), App::new).unwrap();
    let other = process.serve(|| App::new().route("/", web::get().to(async || "served")));
    let handle = idle.handle();
    let idle = actix_rt::spawn(idle);
    handle.stop(true).await;
    idle.await.unwrap().unwrap();
    assert_eq!(common::ask(other, "GET", "/", "").await.body, "served");
}

#[actix_web::test]
async fn an_endless_response_ends_when_its_server_drains() {
    let process = Process::new();
    let listener = bind(([127, 0, 0, 1], 0).into()).unwrap().listen().unwrap();
    let address = listener.local_addr().unwrap();
    let sizes = ServerSettings { workers: 1, blocking_threads: 1 };
    let server = serve(listener, sizes, process.refusals(), process.connections(), || {
        App::new().route(
            "/events",
            web::get().to(async |request: HttpRequest| {
                let first = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(b"event")) });
                HttpResponse::Ok().streaming(first.chain(stream::pending()).take_until(server::draining(&request)))
            }),
        )
    })
    .unwrap();
    let handle = server.handle();
    let server = actix_rt::spawn(server);
    let mut watching = TcpStream::connect(address).await.unwrap();
    watching.write_all(b"GET /events HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"event\r\n") {
        assert!(watching.read_buf(&mut response).await.unwrap() > 0);
    }
    let stopped = handle.stop(true);
    watching.read_to_end(&mut response).await.unwrap();
    assert!(response.ends_with(b"\r\n0\r\n\r\n"), "the response is complete");
    stopped.await;
    server.await.unwrap().unwrap();
}
