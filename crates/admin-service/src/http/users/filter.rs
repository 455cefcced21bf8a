use steward_contracts::FieldError;
use steward_domain::user::RoleFilter;
use steward_domain::{LastLogin, SearchTerm, TimeSpan, Timestamp, UserFilter};
use steward_web::{ApiError, HttpError};

/// The start and the end of a time span, as sent.
type Ends = (Option<Timestamp>, Option<Timestamp>);

/// The filter parameters, each of which is valid by itself.
pub(super) struct UserListParams {
    pub(super) search: Option<SearchTerm>,
    pub(super) role: Option<RoleFilter>,
    pub(super) is_active: Option<bool>,
    pub(super) created: Ends,
    pub(super) last_login: Ends,
    pub(super) never_signed_in: Option<bool>,
    pub(super) locked: Option<bool>,
}

impl UserListParams {
    /// Combines the parameters into a filter. Reports contradictions between them.
    pub(super) fn filter(self) -> Result<UserFilter, ApiError> {
        let mut errors = Vec::new();
        let created = span(self.created, "created_to", &mut errors);
        let signed_in = span(self.last_login, "last_login_to", &mut errors);
        let (from, to) = self.last_login;
        if self.never_signed_in == Some(true) {
            let sent = [("last_login_from", from), ("last_login_to", to)].into_iter().filter(|(_, at)| at.is_some());
            errors.extend(sent.map(|(field, _)| error(field, "cannot be combined with never_signed_in=true")));
        }
        if !errors.is_empty() {
            return Err(HttpError::Invalid(errors).into());
        }
        let last_login = match self.never_signed_in {
            Some(true) => Some(LastLogin::Never),
            Some(false) => Some(LastLogin::Within(signed_in)),
            None => (signed_in != TimeSpan::default()).then_some(LastLogin::Within(signed_in)),
        };
        let Self { search, role, is_active, locked, .. } = self;
        Ok(UserFilter { search, role, is_active, created, last_login, locked })
    }
}

/// Returns the span between two instants. If it is empty, the error names the field of its end.
fn span((from, to): Ends, end: &str, errors: &mut Vec<FieldError>) -> TimeSpan {
    TimeSpan::parse(from, to).map_err(|reason| errors.push(error(end, &reason.to_string()))).unwrap_or_default()
}

fn error(field: &str, message: &str) -> FieldError {
    FieldError { field: field.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_domain::Network;
    use steward_domain::lockout::{LockoutRules, Source};
    use steward_domain::ports::{Attempt, LoginAttempts};
    use steward_testkit::at;

    use crate::testing::TestApp;
    use crate::testing::http::{TestResponse, get};

    const USERS: &str = "/api/admin/users?sort=user_id&order=asc";

    async fn list(app: &TestApp, query: &str) -> TestResponse {
        app.call("boss", get(&format!("{USERS}&{query}"))).await
    }

    fn instant(seconds: i64) -> String {
        at(seconds).to_rfc3339().replace("+00:00", "Z")
    }

    #[actix_web::test]
    async fn users_are_filtered_by_creation_and_last_sign_in() {
        let app = TestApp::new().await;
        // The caller signs in a minute after the accounts were created.
        let before = format!("last_login_to={}", instant(60));
        let since = format!("last_login_from={}", instant(60));
        for (query, expected) in [
            ("never_signed_in=true", &["alice", "chief", "eve", "queen", "root"][..]),
            ("never_signed_in=false", &["boss"]),
            (&since, &["boss"]),
            (&before, &[]),
            (&format!("{since}&never_signed_in=0&role=admin"), &["boss"]),
            ("never_signed_in=1&role=user&is_active=true", &["alice"]),
            (&format!("created_from={}", instant(0)), &["alice", "boss", "chief", "eve", "queen", "root"]),
            (&format!("created_to={}", instant(0)), &[]),
            (&format!("created_to={}&search=EE", instant(1)), &["queen"]),
        ] {
            let response = list(&app, query).await;
            assert_eq!((response.status, response.user_ids()), (200, expected.to_vec()), "{query}");
            assert_eq!(
                (&response.body["total"], &response.body["total_is_exact"]),
                (&json!(expected.len()), &json!(true))
            );
        }
    }

    #[actix_web::test]
    async fn a_lock_matches_the_filter_until_it_expires() {
        let app = TestApp::new().await;
        let source = Source::Address(Network::of(Some([192, 0, 2, 1].into())));
        let attempt = Attempt { account: "alice".to_owned(), source, counts_for_account: true, at: at(60) };
        for _ in 0..5 {
            app.login_attempts.begin(&attempt, &LockoutRules::default()).await.unwrap();
            app.login_attempts.fail(&attempt, &LockoutRules::default()).await.unwrap();
        }
        assert_eq!(list(&app, "locked=true").await.user_ids(), ["alice"]);
        assert_eq!(list(&app, "locked=false").await.user_ids(), ["boss", "chief", "eve", "queen", "root"]);
        app.clock.set(at(120));
        assert!(list(&app, "locked=true").await.user_ids().is_empty());
        assert_eq!(list(&app, "locked=false").await.body["total"], 6);
    }

    #[actix_web::test]
    async fn contradictory_parameters_are_rejected_by_field() {
        let app = TestApp::new().await;
        let (early, late) = (instant(1), instant(2));
        for (query, fields) in [
            (format!("created_from={late}&created_to={early}"), &["created_to"][..]),
            (format!("created_from={late}&created_to={late}"), &["created_to"]),
            (format!("last_login_from={late}&last_login_to={early}"), &["last_login_to"]),
            (format!("never_signed_in=true&last_login_from={early}"), &["last_login_from"]),
            (format!("never_signed_in=true&last_login_to={early}"), &["last_login_to"]),
            (
                format!("created_from={late}&created_to={early}&never_signed_in=true&last_login_from={early}"),
                &["created_to", "last_login_from"],
            ),
        ] {
            let response = list(&app, &query).await;
            assert_eq!((response.status, response.wrong_fields()), (422, fields.to_vec()), "{query}");
        }
    }
}
