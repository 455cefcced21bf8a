use std::time::Duration;

use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter, ReplayGuard};
use steward_ephemeral::Redis;
use steward_testkit::servers;

use crate::support::{send, until};

/// Starts two nodes with half of the slots each.
async fn start_cluster() -> [servers::Redis; 2] {
    let nodes = [servers::Redis::start_cluster_node().unwrap(), servers::Redis::start_cluster_node().unwrap()];
    send::<()>(&nodes[0].url(), "CLUSTER ADDSLOTSRANGE 0 8191");
    send::<()>(&nodes[1].url(), "CLUSTER ADDSLOTSRANGE 8192 16383");
    send::<()>(&nodes[1].url(), "CLUSTER SET-CONFIG-EPOCH 2");
    send::<()>(&nodes[0].url(), &format!("CLUSTER MEET 127.0.0.1 {}", nodes[1].port()));
    for node in &nodes {
        until("in a cluster", async || {
            let info: String = send(&node.url(), "CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains("cluster_slots_assigned:16384")
        })
        .await;
    }
    nodes
}

#[tokio::test]
async fn a_cluster_is_found_through_any_of_its_nodes() {
    let nodes = start_cluster().await;
    let quota = Quota::parse("60/min:20").unwrap();
    for (n, node) in nodes.iter().enumerate() {
        let url = format!("redis+cluster://127.0.0.1:1,127.0.0.1:{}", node.port());
        let redis = Redis::new(&url.parse().unwrap()).with_timeout(Duration::from_secs(20));
        redis.ping().await.unwrap();
        for key in 0..50 {
            // All keys of a call are on one node, because scripts cannot use several nodes.
            let key = key.to_string();
            let charge = |rule| Charge { rule, key: &key, quota };
            let verdicts = redis.check(&[charge("api_token"), charge("api_address")]).await.unwrap();
            assert!(verdicts.iter().all(|verdict| verdict.allowed && verdict.remaining >= 18));
            // Nonces are spread over both nodes.
            assert_eq!(redis.claim(&key, Duration::from_mins(1)).await.unwrap(), n == 0, "{key}");
        }
    }
    for node in &nodes {
        assert!(send::<u64>(&node.url(), "DBSIZE") > 10);
    }
}
