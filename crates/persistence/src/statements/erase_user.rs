//! The erasure of a user.

/// Deletes a user with every row that belongs to the user or to the user's address, and replaces personal data in the
/// audit entries about the user. Invitations that the user sent and that are open are revoked: a later user may have the
/// same user id. The caller must hold the lock on the user.
///
/// A new table refers to the user by a foreign key with ON DELETE CASCADE, or has a statement here: the test of
/// `tests/erasure.rs` fails for any other.
macro_rules! erase_user {
    ($conn:ident, $user:expr, $now:expr) => {{
        use steward_domain::Email;
        use $crate::rows::is_queued;
        use $crate::schema::{
            account_links, invitations, lower, lower_nullable, outbox, password_reset_requests, users,
        };
        use $crate::statements::forget_failures;
        let user: &steward_domain::User = $user;
        let (id, key) = (user.id.get(), user.user_id.key());
        // The address of the account, that of the invitation from which it comes, and earlier ones. An unused link does
        // not prove that its address was the user's, except that to undo a change, which goes to the replaced address.
        let mut own: Vec<String> =
            invitations::table.filter(invitations::user_id.eq(id)).select(invitations::address).load($conn)?;
        let proven = account_links::used_at
            .is_not_null()
            .or(account_links::purpose.eq(steward_domain::LinkPurpose::UndoEmailChange.as_str()));
        let links = account_links::table.filter(account_links::user_id.eq(id).and(proven));
        own.extend(links.select(account_links::address).load::<String>($conn)?);
        own.push(user.email.to_string());
        own.sort_unstable();
        own.dedup();
        // Another user may have an earlier address now.
        let all_spellings = |address: &String| $crate::statements::spellings(&Email::from_stored(address.clone()));
        let found = users::table.filter(users::email.eq_any(own.iter().flat_map(all_spellings)).and(users::id.ne(id)));
        let of_others: Vec<String> = found.select(users::email).load($conn)?;
        own.retain(|address| !all_spellings(address).iter().any(|spelling| of_others.contains(spelling)));
        forget_failures!($conn, key);
        // The order of the addresses prevents a deadlock with another erasure.
        let mut addresses: Vec<String> = outbox::table
            .filter(outbox::user_id.eq(id).and(is_queued()))
            .select(outbox::address)
            .distinct()
            .load($conn)?;
        addresses.extend_from_slice(&own);
        addresses.sort_unstable();
        addresses.dedup();
        for address in &addresses {
            $conn.acquire_recipient(address)?;
        }
        diesel::delete(outbox::table.filter(outbox::user_id.eq(id))).execute($conn)?;
        diesel::delete(outbox::table.filter(outbox::user_id.is_null().and(outbox::address.eq_any(&own))))
            .execute($conn)?;
        // Mails of other accounts to these addresses may have waited for the deleted ones.
        let remaining = outbox::table.filter(outbox::address.eq_any(&addresses).and(is_queued()));
        diesel::update(remaining).set(outbox::is_waiting.eq(false)).execute($conn)?;
        let to_address = account_links::user_id.is_null().and(account_links::address.eq_any(&own));
        diesel::delete(account_links::table.filter(to_address)).execute($conn)?;
        let of_id = lower_nullable(password_reset_requests::user_id).eq(key);
        diesel::delete(password_reset_requests::table.filter(of_id)).execute($conn)?;
        diesel::delete(password_reset_requests::table.filter(password_reset_requests::email.eq_any(&own)))
            .execute($conn)?;
        let invited = invitations::user_id.is_null().and(invitations::address.eq_any(&own));
        diesel::delete(invitations::table.filter(invited)).execute($conn)?;
        let sent = invitations::table.filter(lower(invitations::inviter_id).eq(key));
        let is_open = invitations::accepted_at.is_null().and(invitations::revoked_at.is_null());
        diesel::update(sent.filter(is_open)).set(invitations::revoked_at.eq($now)).execute($conn)?;
        diesel::update(sent).set(invitations::inviter_name.eq(steward_domain::AuditEntry::ERASED)).execute($conn)?;
        diesel::delete(users::table.find(id)).execute($conn)?;
        // The database permits it only after the user is deleted.
        for address in &own {
            $conn.erase_audit_entries(key, address)?;
        }
    }};
}
pub(crate) use erase_user;
