//! The history of an account and its sessions, newest first. It merges sources that storage keeps separately.

use crate::{ActorKind, Cursor, Invalid, MailState, Origin, PageSize, Position, SessionId, Timestamp};

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineItem {
    /// The position of the entry; unique.
    pub cursor: TimelineCursor,
    /// The event.
    pub event: TimelineEvent,
    /// The origin of the event.
    pub origin: Origin,
}

/// An event of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEvent {
    /// The user signed in.
    SignIn {
        /// The session that the sign-in opened.
        session: Option<SessionId>,
    },
    /// A sign-in as the user failed.
    FailedSignIn {
        /// The reason. It is text, because a newer release may have written a reason that this release does not know.
        reason: String,
    },
    /// A session ended.
    SessionEnd {
        /// The session.
        session: SessionId,
        /// Whether the session expired. Otherwise it was ended.
        expired: bool,
    },
    /// The account changed.
    Change {
        /// Name of the action.
        action: String,
        /// The kind of the actor.
        actor_kind: ActorKind,
        /// User id of the actor.
        actor_id: String,
        /// Name of the actor.
        actor_name: String,
        /// The changed fields.
        details: Option<String>,
    },
    /// A mail to the user was caused.
    Mail {
        /// The kind as stored. It is text for the same reason as the reason of a failed sign-in.
        kind: String,
        /// The state.
        state: MailState,
        /// Number of attempts to send it.
        attempts: u32,
        /// When a mail server accepted the mail.
        sent_at: Option<Timestamp>,
    },
}

/// The sources of events. Their order decides between events at the same instant, because a change can end sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventSource {
    /// Entries of the audit trail about the user.
    Changes,
    /// Successful and failed sign-ins.
    SignIns,
    /// Sessions that have ended.
    SessionEnds,
    /// Mails to the user.
    Mails,
}

impl EventSource {
    /// Every source, in order.
    pub const ALL: [Self; 4] = [Self::Changes, Self::SignIns, Self::SessionEnds, Self::Mails];

    /// The sources of the events that the user of the account sees. Administrators see all.
    pub const OF_OWNER: [Self; 3] = [Self::Changes, Self::SignIns, Self::SessionEnds];
}

/// The position of an event in a user's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimelineCursor {
    /// When the event happened, in whole microseconds.
    pub at: Timestamp,
    /// The source of the event.
    pub source: EventSource,
    /// Storage's key of the event in its source.
    pub id: i64,
}

impl TimelineCursor {
    /// Returns the upper bound in `source`: exactly the events before this cursor have a smaller pair of instant and
    /// id.
    pub fn bound_in(&self, source: EventSource) -> (Timestamp, i64) {
        let id = match source.cmp(&self.source) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => self.id,
            std::cmp::Ordering::Greater => i64::MIN,
        };
        (self.at, id)
    }

    /// Encodes the cursor for the list that `canonical` names.
    pub fn encode(&self, canonical: &str) -> String {
        let key = format!("{} {}", self.at.timestamp_micros(), self.source as u8);
        Cursor { page: 2, position: Position { key, id: self.id } }.encode(canonical)
    }

    /// Parses a cursor that was encoded for the same list.
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

/// One page of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelinePage {
    /// The events, newest first.
    pub items: Vec<TimelineItem>,
    /// The cursor after which the next page begins; `None` on the last page.
    pub next: Option<TimelineCursor>,
}

impl TimelinePage {
    /// Returns the number of events to read from each source: enough to fill a page and to detect that more follow.
    pub fn needed(size: PageSize) -> i64 {
        i64::from(size.get()) + 1
    }

    /// Merges the events of all sources into a page. Each source must contain its newest [`TimelinePage::needed`]
    /// events, in any order.
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

    /// Returns the newest events of one source before a cursor, as storage does.
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
        // Few instants, so that many events share one.
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
        fn the_pages_contain_every_event_once_newest_first(all in cursors(), size in 1_u32..10) {
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
        fn a_cursor_is_valid_only_for_its_list(micros in 0..i64::from(u32::MAX), source in 0..4_usize, id in any::<i64>()) {
            let cursor = TimelineCursor { at: at(micros), source: EventSource::ALL[source], id };
            prop_assert_eq!(TimelineCursor::parse(&cursor.encode("one"), "one"), Ok(cursor));
            prop_assert!(TimelineCursor::parse(&cursor.encode("one"), "another").is_err());
        }

        #[test]
        fn a_forged_cursor_is_refused_or_well_formed(key in "[^\0]{0,40}") {
            let forged = Cursor { page: 2, position: Position { key: key.clone(), id: 1 } }.encode("list");
            if let Ok(cursor) = TimelineCursor::parse(&forged, "list") {
                prop_assert_eq!(TimelineCursor::parse(&cursor.encode("list"), "list"), Ok(cursor));
            }
        }
    }
}
