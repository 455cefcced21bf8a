use steward_web::server::ConnectionLimits;

use crate::config::Edge;

/// Most connections of a process if neither a setting nor the system allows fewer. A connection takes about 20 KiB
/// while its client does not read.
const DEFAULT: u64 = 2_048;
/// Files besides connections: listeners, event queues, the log, Redis.
const OTHER_FILES: u64 = 128;
/// Files per connection to the database: `SQLite` opens the database, its log and its index.
const FILES_PER_DATABASE_CONNECTION: u64 = 3;

/// The limits on connections for a process that may open `open_files` files.
pub(crate) fn limits(edge: &Edge, db_pool_size: u32, open_files: u64) -> ConnectionLimits {
    let database = u64::from(db_pool_size) * FILES_PER_DATABASE_CONNECTION;
    // The gateway and the console open connections of their own to answer requests.
    let others = (OTHER_FILES + database).max(open_files / 4);
    let room = open_files.saturating_sub(others).max(open_files / 4);
    let total = edge.max_connections.map_or(DEFAULT, u64::from);
    if total > room && edge.max_connections.is_some() {
        tracing::warn!(open_files, room, "STEWARD_MAX_CONNECTIONS exceeds the limit on open files");
    }
    let total = total.min(room).max(1);
    let per_address = edge.max_connections_per_address.map_or(total * 2 / 3, u64::from);
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    ConnectionLimits { total: count(total), per_address: count(per_address.clamp(1, total)) }
}

#[cfg(test)]
mod tests {
    use steward_gateway::LimitSettings;

    use super::*;

    fn limits_of(set: (Option<u32>, Option<u32>), db_pool_size: u32, open_files: u64) -> (usize, usize) {
        let edge = Edge {
            trusted_proxies: steward_web::TrustedProxies::default(),
            origins: steward_gateway::AllowedOrigins::default(),
            limits: LimitSettings::strict(),
            max_connections: set.0,
            max_connections_per_address: set.1,
        };
        let limits = limits(&edge, db_pool_size, open_files);
        (limits.total, limits.per_address)
    }

    #[test]
    fn connections_leave_room_for_other_files() {
        for (open_files, expected) in [(u64::MAX, (2_048, 1_365)), (4_096, (2_048, 1_365)), (1_024, (768, 512))] {
            assert_eq!(limits_of((None, None), 15, open_files), expected, "{open_files}");
        }
        assert_eq!(limits_of((None, None), 200, 1_024), (296, 197), "a large pool reserves more");
        assert_eq!(limits_of((None, None), 500, 1_024), (256, 170), "but never all");
    }

    #[test]
    fn settings_apply_up_to_the_limit_on_open_files() {
        assert_eq!(limits_of((Some(10_000), None), 15, 65_536), (10_000, 6_666));
        assert_eq!(limits_of((Some(100), Some(500)), 15, 65_536), (100, 100));
        assert_eq!(limits_of((Some(10_000), Some(20)), 15, 1_024), (768, 20));
    }
}
