//! A server that is asked to stop answers what is in flight, and closes what is idle at once.

mod common;

use std::sync::Arc;

use actix_web::{App, web};
use common::{Answer, Process};
use steward_web::server::{Refusals, ServerSettings, listen, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

#[actix_web::test]
async fn draining_answers_what_is_in_flight_and_closes_what_is_idle() {
    let process = Process::new();
    let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrived_there, go_on_there) = (Arc::clone(&arrived), Arc::clone(&go_on));
    let server = serve(
        listener,
        ServerSettings { workers: 1, blocking_threads: 1 },
        Refusals::new(Arc::clone(&process.ids), process.metrics.http()),
        async { drop(stopped.await) },
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
    let server = actix_rt::spawn(server);

    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    let mut buffer = [0; 1_024];
    assert!(idle.read(&mut buffer).await.unwrap() > 0);

    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    arrived.notified().await;
    stop.send(()).unwrap();
    assert_eq!(idle.read(&mut buffer).await.unwrap(), 0, "the idle connection is closed while the other is served");
    go_on.notify_one();
    let mut answer = Vec::new();
    busy.read_to_end(&mut answer).await.unwrap();
    let answer = Answer::parse(&answer);
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert_eq!(answer.header("connection"), Some("close"));
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
