//! A response to a forgotten password does not reveal whether an account exists, by its content or its duration.

use std::time::Instant;

use serde_json::json;
use steward_domain::ports::IdGenerator;
use steward_testkit::TestIds;

use crate::support::{Deployment, Shape};

/// The accounts: one that exists, then those that an attacker could distinguish from it.
const ACCOUNTS: [&str; 5] = ["alice", "unknown", "inactive_user", "user123", "bob"];

/// Enough to find one more query by an index for some of the accounts: it deviates by 7 to 18, on a busy machine, too.
const ROUNDS: u16 = 300;

/// Standard deviations. If all durations have one distribution, a sum of ranks deviates by more in one of 700,000 runs.
const BOUND: f64 = 5.0;

/// Every round calls each account once, in a random order. In a round, an account has a rank by its duration: the load
/// of the machine changes the durations of a round, but not the distribution of the ranks.
async fn responses_are_equal(shape: Shape) {
    let deployment = Deployment::start_with(shape, &[("STEWARD_LIMIT_MAIL", "off")]).await;
    let user = deployment.user().await;
    user.delete("/api/auth/me").json(json!({"password": "password123"})).send().await.expect(202);
    for _ in 0..5 {
        deployment.api.login("bob", "wrong").await.expect(401);
    }
    deployment.api.login("bob", "test123").await.expect(429);

    let ids = TestIds::seeded(5);
    let mut sums = [0.0; ACCOUNTS.len()];
    for round in 0..=ROUNDS {
        let mut order: [_; ACCOUNTS.len()] = std::array::from_fn(|account| (ids.token_id(), account));
        order.sort();
        let mut durations = Vec::new();
        for (_, account) in order {
            let call = deployment.api.post("/api/auth/forgot-password").json(json!({"user_id": ACCOUNTS[account]}));
            let began = Instant::now();
            let response = call.send().await;
            durations.push((began.elapsed(), account));
            assert_eq!((response.status(), response.bytes()), (202, &b""[..]), "{}", ACCOUNTS[account]);
        }
        // The first calls open connections and prepare statements.
        if round > 0 {
            durations.sort();
            for (rank, (_, account)) in (1_u8..).zip(durations) {
                sums[account] += f64::from(rank);
            }
        }
    }
    // Of n ranks from 1 to 5, the sum has the mean 3n and the variance 2n.
    let rounds = f64::from(ROUNDS);
    let deviations = sums.map(|sum| (sum - 3.0 * rounds) / (2.0 * rounds).sqrt());
    assert!(deviations.iter().all(|deviation| deviation.abs() < BOUND), "{ACCOUNTS:?}: {deviations:?}");
}

#[tokio::test]
async fn a_forgotten_password_takes_equally_long_for_every_account_in_one_process() {
    responses_are_equal(Shape::Postgres).await;
}

#[tokio::test]
async fn a_forgotten_password_takes_equally_long_for_every_account_in_a_process_per_service() {
    responses_are_equal(Shape::Split).await;
}
