use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::Segment;
use utoipa::ToSchema;

/// A named filter and sort order of the user list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Segment)]
pub struct SegmentBody {
    /// The name, unique among the caller's segments in any case.
    #[schema(example = "Dormant admins")]
    pub name: String,
    /// The query string for `GET /api/admin/users`, without `?`, its parameters sorted by name.
    #[schema(example = "is_active=false&role=admin")]
    pub query: String,
    /// When the segment was created.
    pub created_at: DateTime<Utc>,
    /// When the segment was last saved.
    pub updated_at: DateTime<Utc>,
}

impl From<Segment> for SegmentBody {
    fn from(segment: Segment) -> Self {
        Self {
            name: segment.name.as_str().to_owned(),
            query: segment.query.as_str().to_owned(),
            created_at: segment.created_at,
            updated_at: segment.updated_at,
        }
    }
}

/// The caller's segments.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SegmentList {
    /// The segments, sorted by name in any case; at most 50.
    pub items: Vec<SegmentBody>,
}

/// A segment to save.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"query": "role=admin&is_active=false"}))]
#[serde(deny_unknown_fields)]
pub struct SaveSegmentRequest {
    /// A query string for `GET /api/admin/users`, without `?`, `page` and `cursor`; empty for all users. The saved
    /// query has at most 1000 characters. Parameters without a value are removed and special characters are escaped.
    pub query: String,
}
