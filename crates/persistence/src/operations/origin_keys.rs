//! The keys of address and device, by which filters find sign-in attempts and open sessions, in rows of an earlier
//! release.

use diesel::prelude::*;
use steward_domain::ports::StoreError;

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::{OriginKeys, OriginRow};
use crate::schema::{sessions, sign_in_events};

/// The number of rows per query, few enough not to delay other transactions, even if each is a commit of its own.
const BATCH: u16 = 100;

impl Database {
    /// Adds the keys to each sign-in attempt and open session that an earlier release stored without them, and returns
    /// their number. Until then no filter by address or device finds them. Any number of processes may call this at once.
    /// An earlier release may run beside them; the next call finds the rows that it stores. A read-only database stays as
    /// it is.
    pub async fn add_origin_keys(&self) -> Result<u64, StoreError> {
        if self.is_read_only().await? {
            return Ok(0);
        }
        let mut rows = 0;
        loop {
            let added = self.call(add_to_attempts).await? + self.call(add_to_sessions).await?;
            if added == 0 {
                return Ok(rows);
            }
            rows += added;
        }
    }
}

fn add_to_attempts(db: &Database) -> Result<u64, Failure> {
    each!(db, |conn| conn.write(|conn| {
        let rows: Vec<OriginRow> = sign_in_events::table
            .filter(sign_in_events::device_key.is_null())
            .order(sign_in_events::id)
            .limit(BATCH.into())
            .select((sign_in_events::id, sign_in_events::ip_address, sign_in_events::user_agent))
            .load(conn)?;
        let mut added = 0;
        for (id, ip_address, user_agent) in rows {
            let keys = OriginKeys::new(ip_address, user_agent);
            added += diesel::update(sign_in_events::table.find(id)).set(keys).execute(conn)? as u64;
        }
        Ok(added)
    }))
}

/// Each session is a transaction of its own: a transaction that locks several could deadlock with one that ends them.
fn add_to_sessions(db: &Database) -> Result<u64, Failure> {
    each!(db, |conn| {
        let rows: Vec<OriginRow> = sessions::table
            .filter(sessions::device_key.is_null().and(sessions::ended_at.is_null()))
            .order(sessions::id)
            .limit(BATCH.into())
            .select((sessions::id, sessions::ip_address, sessions::user_agent))
            .load(conn)?;
        let mut added = 0;
        for (id, ip_address, user_agent) in rows {
            let OriginKeys { address_key, device_key } = OriginKeys::new(ip_address, user_agent);
            added += diesel::update(sessions::table.find(id))
                .set((sessions::address_key.eq(address_key), sessions::device_key.eq(device_key)))
                .execute(conn)? as u64;
        }
        Ok(added)
    })
}
