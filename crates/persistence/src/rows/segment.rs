use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{Segment, SegmentName, SegmentQuery, Timestamp, UserKey};

use crate::schema::segments;
use crate::timestamp::DbTimestamp;

/// A stored segment.
#[derive(Queryable, Selectable)]
#[diesel(table_name = segments)]
pub(crate) struct SegmentRow {
    id: i64,
    name: String,
    query: String,
    created_at: DbTimestamp,
    updated_at: DbTimestamp,
}

impl TryFrom<SegmentRow> for Segment {
    type Error = StoreError;

    fn try_from(row: SegmentRow) -> Result<Self, StoreError> {
        let unreadable = |column: &'static str| {
            move |reason| StoreError::failed(format!("segments.{column} of the segment with id {}: {reason}", row.id))
        };
        Ok(Self {
            name: SegmentName::from_stored(row.name),
            query: SegmentQuery::parse(&row.query).map_err(unreadable("query"))?,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}

/// A segment to insert, or to write over the one with the same name.
#[derive(Insertable)]
#[diesel(table_name = segments)]
pub(crate) struct NewSegmentRow {
    pub(crate) owner: i64,
    pub(crate) name: String,
    pub(crate) name_key: String,
    pub(crate) query: String,
    created_at: DbTimestamp,
    pub(crate) updated_at: DbTimestamp,
}

impl NewSegmentRow {
    /// A segment of the user with this key.
    pub(crate) fn new(owner: UserKey, name: &SegmentName, query: &SegmentQuery, now: Timestamp) -> Self {
        Self {
            owner: owner.get(),
            name_key: name.key(),
            name: name.as_str().to_owned(),
            query: query.as_str().to_owned(),
            created_at: now.into(),
            updated_at: now.into(),
        }
    }
}
