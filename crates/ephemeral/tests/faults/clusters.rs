use std::time::Duration;

use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter, ReplayGuard};
use steward_ephemeral::Redis;
use steward_testkit::servers;

use crate::support::{tell, until};

/// Two nodes that have half of the slots each.
async fn a_cluster() -> [servers::Redis; 2] {
    let nodes = [servers::Redis::start_cluster_node().unwrap(), servers::Redis::start_cluster_node().unwrap()];
    tell::<()>(&nodes[0].url(), "CLUSTER ADDSLOTSRANGE 0 8191");
    tell::<()>(&nodes[1].url(), "CLUSTER ADDSLOTSRANGE 8192 16383");
    tell::<()>(&nodes[1].url(), "CLUSTER SET-CONFIG-EPOCH 2");
    tell::<()>(&nodes[0].url(), &format!("CLUSTER MEET 127.0.0.1 {}", nodes[1].port()));
    for node in &nodes {
        until("a cluster", async || {
            let info: String = tell(&node.url(), "CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains("cluster_slots_assigned:16384")
        })
        .await;
    }
    nodes
}

#[tokio::test]
async fn a_cluster_is_found_by_any_of_its_nodes() {
    let nodes = a_cluster().await;
    let quota = Quota::parse("60/min:20").unwrap();
    for (n, node) in nodes.iter().enumerate() {
        let url = format!("redis+cluster://127.0.0.1:1,127.0.0.1:{}", node.port());
        let redis = Redis::connect(&url.into()).unwrap().with_timeout(Duration::from_secs(20));
        redis.ping().await.unwrap();
        for key in 0..50 {
            // The keys of a call are on one node, since no script runs across nodes.
            let key = key.to_string();
            let charge = |rule| Charge { rule, key: &key, quota };
            let verdicts = redis.check(&[charge("api_token"), charge("api_address")]).await.unwrap();
            assert!(verdicts.iter().all(|verdict| verdict.allowed && verdict.remaining >= 18));
            // Nonces are on both.
            assert_eq!(redis.claim(&key, Duration::from_mins(1)).await.unwrap(), n == 0, "{key}");
        }
    }
    for node in &nodes {
        assert!(tell::<u64>(&node.url(), "DBSIZE") > 10);
    }
}
