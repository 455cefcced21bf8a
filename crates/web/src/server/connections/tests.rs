use std::time::Duration;

use futures_util::task::noop_waker;

use super::*;
use crate::Metrics;

fn new_connections(total: usize, per_address: usize) -> (Metrics, Connections) {
    let metrics = Metrics::new().unwrap();
    let connections = Connections::new(ConnectionLimits { total, per_address }, metrics.http());
    (metrics, connections)
}

fn enter(connections: &Connections, address: &str) -> Option<Connection> {
    connections.enter(address.parse().unwrap())
}

fn is_closed(connection: &Connection) -> bool {
    connection.is_closed(&Context::from_waker(&noop_waker()))
}

fn closed(connections: &[Connection]) -> Vec<usize> {
    connections.iter().enumerate().filter(|(_, one)| is_closed(one)).map(|(index, _)| index).collect()
}

async fn advance(milliseconds: u64) {
    tokio::time::advance(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_replaces_the_one_that_keeps_the_server_waiting_longest() {
    let (_, connections) = new_connections(10, 3);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(enter(&connections, "192.0.2.1").unwrap());
        advance(1).await;
    }
    open[0].state().mark_waiting();
    open[1].state().begin_request(Some(0));
    open.push(enter(&connections, "192.0.2.1").unwrap());
    assert_eq!(closed(&open), [2], "the first waits for a shorter time, and the second has an active request");
    assert_eq!(connections.open(), 3);
    drop(open.remove(2));
    assert_eq!(connections.open(), 3, "the closed connection is no longer counted");
    drop(open);
    assert_eq!(connections.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_recent_response_keeps_its_connection() {
    let (_, connections) = new_connections(10, 3);
    let mut open = vec![enter(&connections, "192.0.2.1").unwrap()];
    open[0].state().begin_request(Some(0));
    open[0].state().end_request(false);
    advance(500).await;
    open.extend((0..2).map(|_| enter(&connections, "192.0.2.1").unwrap()));
    open.push(enter(&connections, "192.0.2.1").unwrap());
    assert!(matches!(closed(&open)[..], [1 | 2]), "{:?}", closed(&open));
    advance(GRACE / 1_000_000).await;
    open.retain(|one| !is_closed(one));
    open[1..].iter().for_each(|one| one.state().mark_waiting());
    open.push(enter(&connections, "192.0.2.1").unwrap());
    assert_eq!(closed(&open), [0], "after the grace period it is closed");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_refused_if_all_others_have_active_requests() {
    let (metrics, connections) = new_connections(10, 2);
    let open: Vec<_> = (0..2).map(|_| enter(&connections, "192.0.2.1").unwrap()).collect();
    for one in &open {
        one.state().begin_request(Some(0));
    }
    assert!(enter(&connections, "192.0.2.1").is_none());
    assert!(closed(&open).is_empty());
    assert!(enter(&connections, "192.0.2.2").is_some(), "there is room for others");
    let text = String::from_utf8(metrics.text().unwrap()).unwrap();
    assert!(text.contains(r#"steward_http_connections_closed_total{reason="refused"} 1"#), "{text}");
}

#[tokio::test(start_paused = true)]
async fn the_address_with_most_connections_makes_room_for_others() {
    let (_, connections) = new_connections(5, 4);
    let quiet = enter(&connections, "192.0.2.9").unwrap();
    advance(1).await;
    let crowd: Vec<_> = (0..4).map(|_| enter(&connections, "192.0.2.1").unwrap()).collect();
    for address in ["192.0.2.2", "2001:db8::1", "::1"] {
        advance(1).await;
        let other = enter(&connections, address).unwrap();
        assert_eq!(connections.open(), 5);
        drop(other);
        // The freed place returns to the address with most connections.
        drop(enter(&connections, "192.0.2.1"));
    }
    assert!(!is_closed(&quiet), "the quiet connection stays although it is idle longest");
    assert!(!closed(&crowd).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_ipv6_network_is_one_client() {
    let (_, connections) = new_connections(10, 2);
    let open: Vec<_> =
        ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(|address| enter(&connections, address).unwrap()).into();
    assert_eq!(closed(&open).len(), 1);
    let mapped: Vec<_> =
        ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"].map(|address| enter(&connections, address).unwrap()).into();
    assert_eq!(closed(&mapped).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_total_limits_proxies_and_services() {
    let (_, connections) = new_connections(6, 2);
    let proxies = TrustedProxies::parse("192.0.2.0/28").unwrap();
    for listener in [connections.clone().behind(proxies), connections.clone().internal()] {
        let open: Vec<_> = (0..6).map(|_| enter(&listener, "192.0.2.1").unwrap()).collect();
        assert!(closed(&open).is_empty());
        drop(enter(&listener, "192.0.2.1"));
        assert_eq!(closed(&open).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_task_of_a_closed_connection_is_woken() {
    let (_, connections) = new_connections(10, 1);
    let first = enter(&connections, "192.0.2.1").unwrap();
    let closed =
        std::future::poll_fn(
            |cx| {
                if first.is_closed(cx) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            },
        );
    let ((), second) = futures_util::future::join(closed, async { enter(&connections, "192.0.2.1") }).await;
    assert!(second.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_again_is_still_waited_for_if_its_body_is_missing() {
    let (_, connections) = new_connections(10, 1);
    let open = enter(&connections, "192.0.2.1").unwrap();
    let state = open.state();
    state.begin_request(Some(10));
    assert!(!state.is_waiting());
    state.await_body();
    // The client did not read an interim response, and now does.
    state.mark_waiting();
    state.resume();
    assert!(state.is_waiting());
    assert!(enter(&connections, "192.0.2.1").is_some() && is_closed(&open), "it makes room");
    state.end_wait();
    assert!(!state.is_waiting());
}
