use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::Segment;
use utoipa::ToSchema;

/// Filters and order of the user list that the caller keeps under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Segment)]
pub struct SegmentBody {
    /// Unique among the caller's, in any case.
    #[schema(example = "Dormant admins")]
    pub name: String,
    /// The query string for `GET /api/admin/users`, without `?`, its parameters sorted by name.
    #[schema(example = "is_active=false&role=admin")]
    pub query: String,
    /// When a segment of this name was first saved.
    pub created_at: DateTime<Utc>,
    /// When it was last saved.
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

/// Everything that the caller keeps.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SegmentList {
    /// The segments, sorted by name in any case; 50 at the most.
    pub items: Vec<SegmentBody>,
}

/// What to keep.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"query": "role=admin&is_active=false"}))]
#[serde(deny_unknown_fields)]
pub struct SaveSegmentRequest {
    /// A query string for `GET /api/admin/users`, without `?`, `page` and `cursor`; empty for everyone. What is
    /// kept of it is at most 1000 characters: parameters without a value are not, and other characters are escaped.
    pub query: String,
}
