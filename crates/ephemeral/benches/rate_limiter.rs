//! The time of one decision: less than 2 µs in memory, and less than 100 µs in a Redis on the same machine.

#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter};
use steward_ephemeral::{Failover, Memory, Redis};
use steward_testkit::{TestClock, servers};
use tokio::runtime::{Builder, Runtime};

/// Number of concurrent calls on one thread.
const CONCURRENT: usize = 64;

/// Creates a runtime with one thread, as each worker of the server has.
fn worker_runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Decides about two pairs, as for a call with a token. Nearly all keys are new.
async fn decide(limiter: &impl RateLimiter, n: usize) {
    let quota = Quota::parse("6000/min").unwrap();
    let (token, address) = (format!("session-{n}"), format!("2001:db8:{n:x}::/64"));
    let charges =
        [Charge { rule: "api_token", key: &token, quota }, Charge { rule: "api_address", key: &address, quota }];
    black_box(limiter.check(&charges).await.unwrap());
}

async fn run_concurrently<F: Future<Output = ()>>(call: impl Fn(usize) -> F) {
    futures_util::future::join_all((0..CONCURRENT).map(call)).await;
}

fn memory(criterion: &mut Criterion) {
    let (worker, memory) = (worker_runtime(), Memory::new(Arc::new(TestClock::default())));
    let mut n = 0;
    criterion.bench_function("memory", |bencher| {
        bencher.iter(|| {
            n = (n + 1) % 1_000_000;
            worker.block_on(decide(&memory, n));
        });
    });
}

fn redis(criterion: &mut Criterion) {
    let server = servers::Redis::start().unwrap();
    let connect = || Redis::new(&server.url().parse().unwrap()).with_timeout(Duration::from_secs(20));
    let (worker, redis) = (worker_runtime(), connect());
    worker.block_on(redis.ping()).unwrap();
    criterion.bench_function("redis, one at a time", |bencher| {
        bencher.iter(|| worker.block_on(decide(&redis, 1)));
    });
    let failover = Failover::new(connect(), Memory::new(Arc::new(TestClock::default())));
    worker.block_on(failover.ping()).unwrap();
    let mut group = criterion.benchmark_group("redis, under load");
    group.throughput(Throughput::Elements(CONCURRENT as u64));
    group.bench_function("64 at once", |bencher| {
        bencher.iter(|| worker.block_on(run_concurrently(|n| decide(&redis, n))));
    });
    group.bench_function("64 at once, with memory to stand in", |bencher| {
        bencher.iter(|| worker.block_on(run_concurrently(|n| decide(&failover, n))));
    });
    group.finish();
}

criterion_group!(benches, memory, redis);
criterion_main!(benches);
