//! The cases of the suites about the state that processes share.

/// Runs every case of [`task_leases`](super::super::task_leases). The argument is the name of an async function in the parent
/// module that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! task_leases_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            task_leases, $store,
            a_lease_has_one_holder_until_it_expires,
            a_holder_extends_and_shortens_a_lease,
            the_lease_of_a_killed_holder_is_taken_over_after_it_expired,
            a_released_lease_is_free,
            a_clock_that_is_behind_waits_longer_and_one_ahead_waits_less,
            of_concurrent_holders_one_acquires_a_lease,
        }
    };
}

/// Runs every case of [`replay`](super::super::replay). The argument is the name of an async function in the parent module
/// that returns an `Arc<dyn ReplayGuard>`.
#[macro_export]
macro_rules! replay_contract {
    ($guard:ident) => {
        $crate::contract_tests! {
            replay, $guard,
            a_nonce_is_claimed_once,
            different_nonces_are_independent,
            similar_nonces_are_distinct,
            concurrent_claims_of_a_nonce_succeed_once,
            concurrent_claims_of_many_nonces_succeed_once_each,
            a_second_claim_does_not_shorten_the_first,
        }
    };
}

/// Runs every case of [`rate_limiter`](super::super::rate_limiter). The argument is the name of an async function in the
/// parent module that returns a [`Limiter`](super::super::Limiter).
#[macro_export]
macro_rules! rate_limiter_contract {
    ($limiter:ident) => {
        $crate::contract_tests! {
            rate_limiter, $limiter,
            a_burst_is_allowed_and_the_next_call_is_rejected,
            a_call_is_allowed_after_retry_after,
            a_verdict_reports_the_remaining_calls,
            a_drained_key_has_its_full_burst_again,
            a_clock_change_rejects_calls_at_most_for_a_full_burst,
            a_rejected_call_charges_no_pair,
            similar_pairs_are_distinct,
            a_duplicate_pair_is_charged_once,
            an_empty_call_is_allowed,
            concurrent_calls_share_one_burst,
            overlapping_concurrent_calls_are_charged_atomically,
            setting_the_clock_back_does_not_block_callers,
            a_changed_quota_applies_at_once,
        }
    };
}

/// Runs every case of [`idempotency_keys`](super::super::idempotency_keys). The argument is the name of an async function in the
/// parent module that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! idempotency_keys_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            idempotency_keys, $store,
            a_repeated_request_gets_the_first_answer,
            another_request_does_not_get_the_key_until_it_expires,
            the_key_of_a_killed_request_is_claimed_after_its_lease,
            a_released_key_is_new,
            of_concurrent_requests_one_claims_a_key,
            expired_keys_are_purged_in_batches,
            the_keys_of_a_deleted_user_are_deleted,
        }
    };
}
