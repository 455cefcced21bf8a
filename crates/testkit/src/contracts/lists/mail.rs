//! The cases of the suites about mails and the links in them.

/// Runs every case of [`invitations`](super::super::invitations). The argument is the name of an async function in the parent
/// module that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! invitations_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            invitations, $store,
            every_field_of_an_invitation_survives_storage,
            invitations_are_listed_newest_first,
            invitations_are_listed_by_state,
            an_invitation_needs_a_valid_session,
            a_registered_address_is_not_invited,
            a_pending_invitation_prevents_another_one,
            concurrent_invitations_of_an_address_create_one,
            another_link_replaces_the_first,
            a_revoked_invitation_is_not_accepted,
            a_closed_invitation_is_neither_renewed_nor_revoked,
            a_decision_can_deny_a_change_of_an_invitation,
            an_accepted_invitation_creates_the_user,
            an_invitation_needs_the_rights_of_its_inviter,
            a_link_of_an_invitation_is_used_once,
            concurrent_acceptances_create_one_user,
            a_taken_value_does_not_use_the_link,
            a_deleted_user_takes_the_invitation_along,
            expired_invitations_are_purged,
        }
    };
}

/// Runs every case of [`links`](super::super::links). The argument is the name of an async function in the parent module that
/// returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! links_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            links, $store,
            a_reset_request_finds_its_account,
            a_resolved_request_writes_its_record,
            concurrent_tasks_resolve_each_request_once,
            a_request_for_a_link_counts_the_recent_ones,
            a_request_for_a_link_needs_a_valid_session,
            an_address_of_a_user_is_taken,
            expired_links_are_purged,
            a_link_of_a_registration_belongs_to_the_new_user,
            a_link_is_used_once_with_its_record,
            of_concurrent_uses_of_a_link_one_succeeds,
            an_unknown_token_or_another_purpose_is_rejected,
            an_expired_link_is_rejected,
            a_newer_link_supersedes_the_earlier_ones,
            a_new_password_supersedes_links_that_give_control,
            a_reset_by_an_administrator_can_mail_a_link,
            a_change_by_an_administrator_supersedes_every_link,
            the_end_of_all_sessions_supersedes_a_change_of_address,
            a_link_of_an_inactive_account_is_superseded,
            a_reset_by_link_replaces_the_password,
            a_verification_confirms_the_address,
            a_confirmed_address_replaces_the_old_one,
            a_later_change_does_not_supersede_an_earlier_undo,
            an_address_that_an_undo_can_restore_is_not_registered,
            an_undo_restores_a_deleted_account,
            a_reset_link_restores_a_deleted_account,
            a_link_to_a_taken_address_is_a_conflict,
            a_link_of_a_sign_in_is_written_with_its_session,
            a_failed_audit_entry_rolls_back_the_use_of_a_link,
        }
    };
}

/// Runs every case of [`outbox`](super::super::outbox). The argument is the name of an async function in the parent module
/// that returns a [`Store`](super::super::Store).
#[macro_export]
macro_rules! outbox_contract {
    ($store:ident) => {
        $crate::contract_tests! {
            outbox, $store,
            a_claimed_mail_has_the_queued_values,
            a_mail_is_due_at_the_time_of_its_change,
            due_mails_are_claimed_oldest_first_up_to_the_limit,
            retries_are_claimed_in_the_order_of_their_times,
            a_claim_ends_with_its_lease,
            a_recipient_gets_mails_in_order,
            notices_do_not_delay_a_recovery_mail,
            notices_do_not_count_for_recovery_mails,
            many_mails_to_one_recipient_do_not_delay_others,
            concurrent_claims_never_share_a_mail,
            mails_of_the_last_hour_are_counted_by_recipient,
            each_outcome_has_its_state,
            the_error_is_that_of_the_last_attempt,
            the_late_outcome_of_a_lost_claim_changes_nothing,
            a_deferred_attempt_does_not_count,
            a_claimed_mail_has_its_link,
            a_new_link_supersedes_the_earlier_ones_of_its_purpose,
            a_new_invitation_supersedes_the_earlier_ones_to_its_address,
            a_mail_whose_link_was_deleted_is_cancelled,
            a_change_that_is_rolled_back_queues_no_mail,
            pages_of_mails_are_sorted_newest_first,
            mails_are_filtered_by_state,
            the_total_of_mails_is_exact_up_to_the_cap,
            a_recent_mail_is_found_by_user_and_kind,
            queued_mails_are_counted_with_the_oldest,
            purging_removes_mails_that_left_the_queue_earlier_up_to_the_limit,
            a_failed_mail_is_queued_again,
            a_mail_that_is_queued_again_keeps_its_place,
            a_queued_or_failed_mail_is_cancelled,
            a_mail_in_another_state_is_not_changed,
            an_actor_without_a_valid_session_changes_no_mail,
            concurrent_changes_leave_no_mail_waiting,
        }
    };
}

/// Runs every case of `mailer` (with the feature `mail`). The argument is the name of an async function in the parent
/// module that returns a `MailerFixture`.
#[macro_export]
macro_rules! mailer_contract {
    ($mailer:ident) => {
        $crate::contract_tests! {
            mailer, $mailer,
            every_kind_of_mail_has_a_text_and_an_html_part,
            a_link_is_in_both_parts,
            each_attempt_has_the_same_message_id,
            a_mail_names_its_recipient,
            values_from_users_are_escaped,
            values_from_users_add_no_header,
            a_mail_is_in_the_recipients_language,
            an_invalid_address_is_a_permanent_error,
            concurrent_mails_are_all_sent,
        }
    };
}
