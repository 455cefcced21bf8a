//! Only the erasure of a deleted user changes entries of the audit trail.

use diesel::connection::SimpleConnection;

use super::raw::Raw;
use super::{postgres, sqlite};

/// What a program may try with a name of an erased user.
macro_rules! only_an_erasure_changes_entries {
    ($connection:expr, $begin:expr) => {
        $connection.seed();
        let erased = "UPDATE audit_logs SET admin_name = '[erased]' WHERE admin_id = 'gone'";
        let begin = |user: &str| $begin.replace("USER", user);
        let deleted = "DELETE FROM users WHERE user_id = 'gone'";
        for (attempt, sql) in [
            ("without a named user", format!("{deleted}; {erased}")),
            ("of an existing user", format!("{}; {erased}", begin("gone"))),
            ("of another user", format!("{}; {deleted}; {erased}", begin("nobody"))),
            ("to another text", format!("{}; {deleted}; UPDATE audit_logs SET admin_name = 'x' WHERE admin_id = 'gone'", begin("gone"))),
            ("to no text", format!("{}; {deleted}; UPDATE audit_logs SET details = NULL WHERE admin_id = 'gone'", begin("gone"))),
            ("of the action", format!("{}; {deleted}; UPDATE audit_logs SET action = '[erased]' WHERE admin_id = 'gone'", begin("gone"))),
            ("of the target", format!("{}; {deleted}; UPDATE audit_logs SET target = '[erased]' WHERE admin_id = 'gone'", begin("gone"))),
            ("of the kind", format!("{}; {deleted}; UPDATE audit_logs SET actor_kind = 'cli' WHERE admin_id = 'gone'", begin("gone"))),
            ("of the time", format!("{}; {deleted}; UPDATE audit_logs SET timestamp = '2020-01-01T00:00:00.000000Z' WHERE admin_id = 'gone'", begin("gone"))),
(
                "of entries about another address",
                format!("{}; {deleted}; UPDATE audit_logs SET details = '[erased]' WHERE target IS NULL", begin("gone")),
            ),
            ("of all entries", format!("{}; {deleted}; UPDATE audit_logs SET admin_name = '[erased]'", begin("gone"))),
            ("as a deletion", format!("{}; {deleted}; DELETE FROM audit_logs WHERE admin_id = 'gone'", begin("gone"))),
        ] {
            $connection.batch_execute("BEGIN").unwrap();
            let error = $connection.batch_execute(&sql).unwrap_err().to_string();
            assert!(error.contains("insert-only"), "{attempt}: {error}");
            $connection.batch_execute("ROLLBACK").unwrap();
        }
        $connection.batch_execute(&format!("BEGIN; {}; {deleted}; {erased}; ROLLBACK", begin("gone"))).unwrap();
    };
}

#[tokio::test]
async fn only_the_erasure_of_a_deleted_user_changes_entries() {
    let (_copy, mut connection, _database) = postgres().await;
    let begin = "SELECT set_config('steward.erased_user', 'USER', true),
        set_config('steward.erased_address', 'm4rkmark@example.com', true)";
    only_an_erasure_changes_entries!(&mut connection, begin);
    for truncate in ["TRUNCATE audit_logs", "TRUNCATE audit_logs CASCADE"] {
        connection.batch_execute("BEGIN; SELECT set_config('steward.erased_user', 'gone', true)").unwrap();
        let error = connection.batch_execute(truncate).unwrap_err().to_string();
        assert!(error.contains("insert-only"), "{truncate}: {error}");
        connection.batch_execute("ROLLBACK").unwrap();
    }

    let (_folder, mut connection, _database) = sqlite().await;
    let begin = "INSERT INTO audit_erasures (user_id, address) VALUES ('USER', 'm4rkmark@example.com')";
    only_an_erasure_changes_entries!(&mut connection, begin);
}
