//! The cases of each suite, as macros that create a test for each case.

mod audit;
mod mail;
mod shared_state;
mod sign_in;
mod users;

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let lists = concat!(
            include_str!("lists/audit.rs"),
            include_str!("lists/mail.rs"),
            include_str!("lists/shared_state.rs"),
            include_str!("lists/sign_in.rs"),
            include_str!("lists/users.rs")
        );
        let suites = [
            include_str!("account_exports.rs"),
            include_str!("accounts.rs"),
            include_str!("accounts/password_change.rs"),
            include_str!("activity.rs"),
            include_str!("audit_log/mod.rs"),
            include_str!("audit_log/filtering.rs"),
            include_str!("deletions.rs"),
            include_str!("idempotency_keys.rs"),
            include_str!("invitations.rs"),
            include_str!("invitations/accepting.rs"),
            include_str!("invitations/changing.rs"),
            include_str!("links.rs"),
            include_str!("links/using.rs"),
            include_str!("login_attempts.rs"),
            include_str!("login_attempts/undecided.rs"),
            include_str!("mailer.rs"),
            include_str!("outbox/claiming.rs"),
            include_str!("outbox/finishing.rs"),
            include_str!("outbox/linking.rs"),
            include_str!("outbox/listing.rs"),
            include_str!("outbox/managing.rs"),
            include_str!("profiles.rs"),
            include_str!("rate_limiter.rs"),
            include_str!("replay.rs"),
            include_str!("segments.rs"),
            include_str!("sessions.rs"),
            include_str!("sessions/ending.rs"),
            include_str!("sessions/listing.rs"),
            include_str!("sessions/refreshing.rs"),
            include_str!("sign_ins.rs"),
            include_str!("sign_ins/listing.rs"),
            include_str!("task_leases.rs"),
            include_str!("users/changing.rs"),
            include_str!("users/deleting.rs"),
            include_str!("users/filtering.rs"),
            include_str!("users/folding.rs"),
            include_str!("users/listing.rs"),
            include_str!("users/racing.rs"),
            include_str!("users/searching.rs"),
            include_str!("users/statistics.rs"),
            include_str!("users/stored.rs"),
        ];
        let mut cases = 0;
        for line in suites.iter().flat_map(|suite| suite.lines()) {
            let Some(case) = line.strip_prefix("pub async fn ").and_then(|line| line.split('(').next()) else {
                continue;
            };
            assert!(lists.lines().any(|line| line.trim() == format!("{case},")), "{case} is in no list");
            cases += 1;
        }
        assert!(cases > 80, "{cases} cases");
    }
}
