use askama::Template;
use steward_contracts::bodies::{SegmentBody, UserPage};
use steward_domain::{Order, UserSort};

use super::chips::{Chip, chips};
use super::columns::{Column, Columns};
use super::fields::Fields;
use super::paging::Paging;
use super::query::{ListQuery, Place, usual_order};
use super::rows::{Row, open};
use super::stored::from_stored;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::request::SignedIn;

#[derive(Template)]
#[template(path = "users.html")]
pub(super) struct ListPage {
    frame: Frame,
    /// What the fields of the filters hold.
    fields: Fields,
    segments: Vec<SegmentLink>,
    /// Whether the list is of everyone, in the usual order.
    is_everyone: bool,
    chips: Vec<Chip>,
    /// How many match, in digits and in words.
    total: String,
    count: String,
    columns: Columns,
    headings: Vec<Heading>,
    rows: Vec<Row>,
    /// Whether the filter says that all of them are locked.
    locked: bool,
    /// What the whole list is asked for, at the moment that this page is of.
    everything: String,
    paging: Paging,
}

/// A saved segment.
struct SegmentLink {
    name: String,
    to: String,
    is_current: bool,
}

/// The heading of a column.
struct Heading {
    text: String,
    sort: Option<Sorting>,
}

/// How a column is sorted now, for `aria-sort`, and the list as it is when that is clicked.
struct Sorting {
    now: &'static str,
    to: String,
}

impl ListPage {
    pub(super) fn new(
        who: &SignedIn,
        query: &ListQuery,
        page: UserPage,
        segments: &[SegmentBody],
        columns: Columns,
    ) -> Self {
        let context = &who.context;
        let frame = Frame::signed_in(who, Section::Users, context.t("user-management"));
        let (now, language) = (context.now(), context.language());
        let (address, open) = (query.address(), open(context.target()));
        let paging = Paging::new(query, &page, now);
        let total = frame.number(&page.total) + if page.total_is_exact { "" } else { "+" };
        Self {
            fields: Fields::new(language, query),
            segments: segments.iter().map(|segment| SegmentLink::new(segment, query)).collect(),
            is_everyone: query.is_like(&ListQuery::default()),
            chips: chips(language, query),
            count: if page.total == 1 {
                frame.tw("users-count", "count", page.total)
            } else {
                frame.tw("users-count", "count", &total)
            },
            total,
            columns,
            headings: headings(language, query, columns),
            locked: query.filter.locked == Some(true),
            everything: query.at(Place::First, now).print(),
            rows: page.items.into_iter().map(|user| Row::new(user, &who.session, &address, open.as_deref())).collect(),
            paging,
            frame,
        }
    }

    fn current_segment(&self) -> Option<&SegmentLink> {
        self.segments.iter().find(|segment| segment.is_current)
    }

    /// Which users of how many these are.
    fn span(&self, from: &u64, to: &u64) -> String {
        let Self { frame, total, .. } = self;
        let span = format!("{}–{}", frame.number(from), frame.number(to));
        frame.tw2("users-span", "span", span, "total", total)
    }

    /// How many columns there are, with the box, the user and the arrow.
    fn width(&self) -> usize {
        self.columns.shown().count() + 3
    }
}

impl SegmentLink {
    fn new(segment: &SegmentBody, query: &ListQuery) -> Self {
        let list = from_stored(segment);
        let to = ListQuery { page_size: query.page_size, ..list.clone() }.address();
        Self { name: segment.name.clone(), to, is_current: list.is_like(query) }
    }
}

fn headings(language: Language, query: &ListQuery, columns: Columns) -> Vec<Heading> {
    let user = Heading { text: language.text("users-user"), sort: Some(Sorting::new(query, UserSort::Name)) };
    let others = columns.shown().map(|column| Heading {
        text: language.text(column.text()),
        sort: column.sort().map(|sort| Sorting::new(query, sort)),
    });
    std::iter::once(user).chain(others).collect()
}

impl Sorting {
    /// Sorted by this the usual way; or the other way round, where it is so already.
    fn new(query: &ListQuery, sort: UserSort) -> Self {
        let usual = usual_order(sort);
        let opposite = if usual == Order::Asc { Order::Desc } else { Order::Asc };
        let is_now = query.sort == sort;
        let order = if is_now && query.order == usual { opposite } else { usual };
        let now = match (is_now, query.order) {
            (false, _) => "none",
            (true, Order::Asc) => "ascending",
            (true, Order::Desc) => "descending",
        };
        Self { now, to: ListQuery { sort, order, ..query.at_the_start() }.address() }
    }
}
