//! What happened to an account and its sessions, newest first: sources that storage keeps apart, read as one.

use crate::{ActorKind, Cursor, Invalid, Origin, PageSize, Position, SessionId, Timestamp};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineItem {
    /// Where it stands; no two have the same cursor.
    pub cursor: TimelineCursor,
    /// What it was.
    pub event: TimelineEvent,
    /// Where it came from.
    pub origin: Origin,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEvent {
    /// The user signed in.
    SignIn {
        /// The session that this opened.
        session: Option<SessionId>,
    },
    /// Somebody tried to sign in as the user.
    FailedSignIn {
        /// Why they did not; text, since a newer release may have written what this one does not know.
        reason: String,
    },
    /// A session ended.
    SessionEnd {
        /// Which one.
        session: SessionId,
        /// Whether it ended by itself.
        expired: bool,
    },
    /// The account was changed.
    Change {
        /// Name of what was done.
        action: String,
        /// What kind of actor did it.
        actor_kind: ActorKind,
        /// User id of who did it.
        actor_id: String,
        /// Name of who did it.
        actor_name: String,
        /// What changed.
        details: Option<String>,
    },
}

/// The sources, in the order in which things that happen at the same instant follow one another: a change ends sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventSource {
    /// Entries of the audit trail about the user.
    Changes,
    /// Sign-ins, and attempts at it.
    SignIns,
    /// Sessions that are over.
    SessionEnds,
}

impl EventSource {
    /// Every source, in order.
    pub const ALL: [Self; 3] = [Self::Changes, Self::SignIns, Self::SessionEnds];
}

/// Where something stands among everything that happened to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimelineCursor {
    /// When it happened, in whole microseconds.
    pub at: Timestamp,
    /// Where it is kept.
    pub source: EventSource,
    /// Storage's key of it there.
    pub id: i64,
}

impl TimelineCursor {
    /// The instant and the id in `source` that everything before this cursor, and nothing else, is smaller than.
    pub fn bound_in(&self, source: EventSource) -> (Timestamp, i64) {
        let id = match source.cmp(&self.source) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => self.id,
            std::cmp::Ordering::Greater => i64::MIN,
        };
        (self.at, id)
    }

    /// Writes the cursor down for the list that `canonical` names.
    pub fn encode(&self, canonical: &str) -> String {
        let key = format!("{} {}", self.at.timestamp_micros(), self.source as u8);
        Cursor { page: 2, position: Position { key, id: self.id } }.encode(canonical)
    }

    /// Reads a cursor that was written down for the same list.
    pub fn parse(text: &str, canonical: &str) -> Result<Self, Invalid> {
        let position = Cursor::parse(text, canonical)?.position;
        let cursor = || {
            let (at, source) = position.key.split_once(' ')?;
            let at = Timestamp::from_timestamp_micros(at.parse().ok()?)?;
            let source = EventSource::ALL.into_iter().find(|known| source == (*known as u8).to_string())?;
            Some(Self { at, source, id: position.id })
        };
        cursor().ok_or_else(|| Invalid::new("is not a cursor of this list"))
    }
}

/// A part of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelinePage {
    /// What happened, newest first.
    pub items: Vec<TimelineItem>,
    /// The cursor after which the next part begins; `None` on the last.
    pub next: Option<TimelineCursor>,
}

impl TimelinePage {
    /// How many of each source it takes to fill a page, and to know whether more follow.
    pub fn needed(size: PageSize) -> i64 {
        i64::from(size.get()) + 1
    }

    /// The newest items of all sources, of each of which the newest [`TimelinePage::needed`] are given, in any order.
    pub fn merge(sources: impl IntoIterator<Item = Vec<TimelineItem>>, size: PageSize) -> Self {
        let mut items: Vec<_> = sources.into_iter().flatten().collect();
        items.sort_unstable_by_key(|item| std::cmp::Reverse(item.cursor));
        let size = size.get() as usize;
        let more = items.len() > size;
        items.truncate(size);
        let next = items.last().filter(|_| more).map(|last| last.cursor);
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_timestamp_micros(1_767_323_045_000_000 + micros).unwrap()
    }

    fn item(cursor: TimelineCursor) -> TimelineItem {
        TimelineItem { cursor, event: TimelineEvent::SignIn { session: None }, origin: Origin::default() }
    }

    /// What storage answers: the newest of one source before a cursor.
    fn newest(
        all: &BTreeSet<TimelineCursor>,
        source: EventSource,
        after: Option<TimelineCursor>,
        limit: i64,
    ) -> Vec<TimelineItem> {
        let before = |cursor: &TimelineCursor| {
            after.is_none_or(|after| (cursor.at, cursor.id) < after.bound_in(source)) && cursor.source == source
        };
        let limit = usize::try_from(limit).unwrap();
        all.iter().rev().copied().filter(before).take(limit).map(item).collect()
    }

    fn cursors() -> impl Strategy<Value = BTreeSet<TimelineCursor>> {
        // Few instants, so that many things happen at the same one.
        let cursor = (0_i64..6, 0..EventSource::ALL.len(), 1_i64..6);
        let cursor = cursor.prop_map(|(micros, source, id)| TimelineCursor {
            at: at(micros),
            source: EventSource::ALL[source],
            id,
        });
        prop::collection::btree_set(cursor, 0..60)
    }

    proptest! {
        #[test]
        fn page_by_page_everything_is_there_once_and_newest_first(all in cursors(), size in 1_u32..10) {
            let size = PageSize::parse(&size.to_string()).unwrap();
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let sources = EventSource::ALL.map(|source| newest(&all, source, after, TimelinePage::needed(size)));
                let page = TimelinePage::merge(sources, size);
                prop_assert!(page.items.len() <= size.get() as usize);
                seen.extend(page.items.into_iter().map(|item| item.cursor));
                let Some(next) = page.next else { break };
                after = Some(TimelineCursor::parse(&next.encode("list"), "list").unwrap());
            }
            let expected: Vec<_> = all.into_iter().rev().collect();
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn a_place_is_read_back_for_its_list_alone(micros in 0..i64::from(u32::MAX), source in 0..3_usize, id in any::<i64>()) {
            let cursor = TimelineCursor { at: at(micros), source: EventSource::ALL[source], id };
            prop_assert_eq!(TimelineCursor::parse(&cursor.encode("one"), "one"), Ok(cursor));
            prop_assert!(TimelineCursor::parse(&cursor.encode("one"), "another").is_err());
        }

        #[test]
        fn what_somebody_made_up_is_no_place(key in "[^\0]{0,40}") {
            let forged = Cursor { page: 2, position: Position { key: key.clone(), id: 1 } }.encode("list");
            if let Ok(cursor) = TimelineCursor::parse(&forged, "list") {
                prop_assert_eq!(TimelineCursor::parse(&cursor.encode("list"), "list"), Ok(cursor));
            }
        }
    }
}
