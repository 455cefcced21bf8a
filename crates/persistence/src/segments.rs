//! The port [`Segments`].

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::ports::{SaveSegmentError, SavedSegment, Segments, StoreError};
use steward_domain::{Segment, SegmentName, SegmentQuery, Timestamp, UserKey};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::{NewSegmentRow, SegmentRow};
use crate::schema::segments;

/// The segments in a database.
pub struct SqlSegments {
    db: Database,
}

impl SqlSegments {
    /// The segments in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Segments for SqlSegments {
    async fn list(&self, owner: UserKey) -> Result<Vec<Segment>, StoreError> {
        let rows: Vec<SegmentRow> = self
            .db
            .call(move |db| {
                let list = segments::table.filter(segments::owner.eq(owner.get())).order(segments::name_key);
                each!(db, |conn| Ok(list.select(SegmentRow::as_select()).load(conn)?))
            })
            .await?;
        // An invalid row is left out, so that the other segments remain readable.
        let readable = rows.into_iter().filter_map(|row| {
            Segment::try_from(row).inspect_err(|error| tracing::error!(%error, "left out of a list")).ok()
        });
        Ok(readable.collect())
    }

    async fn save(
        &self,
        owner: UserKey,
        name: SegmentName,
        query: SegmentQuery,
        now: Timestamp,
    ) -> Result<SavedSegment, SaveSegmentError> {
        let row = NewSegmentRow::new(owner, &name, &query, now);
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    // Serializes the calls for one owner, so that each counts the segments of the others.
                    if !conn.lock_owner(row.owner)? {
                        return Err(Failure::Refused(SaveSegmentError::OwnerGone));
                    }
                    let is_owned = segments::owner.eq(row.owner);
                    let has_name = is_owned.and(segments::name_key.eq(&row.name_key));
                    let replaced: Option<SegmentRow> = diesel::update(segments::table.filter(has_name))
                        .set((
                            segments::name.eq(&row.name),
                            segments::query.eq(&row.query),
                            segments::updated_at.eq(row.updated_at),
                        ))
                        .returning(SegmentRow::as_returning())
                        .get_result(conn)
                        .optional()?;
                    if let Some(row) = replaced {
                        return Ok(SavedSegment { segment: row.try_into()?, is_new: false });
                    }
                    let count: i64 = segments::table.filter(is_owned).count().get_result(conn)?;
                    if count >= i64::from(Segment::MOST) {
                        return Err(Failure::Refused(SaveSegmentError::Full));
                    }
                    let added: SegmentRow = diesel::insert_into(segments::table)
                        .values(&row)
                        .returning(SegmentRow::as_returning())
                        .get_result(conn)?;
                    Ok(SavedSegment { segment: added.try_into()?, is_new: true })
                }))
            })
            .await
    }

    async fn delete(&self, owner: UserKey, name: &SegmentName) -> Result<bool, StoreError> {
        let key = name.key();
        let delete = move |db: &Database| {
            let named = segments::owner.eq(owner.get()).and(segments::name_key.eq(&key));
            each!(db, |conn| conn.write(|conn| Ok(diesel::delete(segments::table.filter(named)).execute(conn)?)))
        };
        Ok(self.db.call(delete).await? > 0)
    }
}
