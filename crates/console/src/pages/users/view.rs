use askama::Template;
use steward_contracts::bodies::{SegmentBody, UserPage};
use steward_domain::{Order, UserSort};

use super::chips::{Chip, chips};
use super::columns::{Column, Columns};
use super::fields::Fields;
use super::paging::Paging;
use super::query::{ListQuery, PagePosition, default_order};
use super::rows::{Row, open_user};
use super::stored::from_stored;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::request::SignedIn;
use crate::times::Times;

#[derive(Template)]
#[template(path = "users.html")]
pub(super) struct ListPage {
    frame: Frame,
    /// The values of the filter fields.
    fields: Fields,
    segments: Vec<SegmentLink>,
    /// Whether the list is unfiltered and in the default order.
    is_unfiltered: bool,
    chips: Vec<Chip>,
    /// The number of matches, in digits and as text.
    total: String,
    count: String,
    columns: Columns,
    headings: Vec<Heading>,
    rows: Vec<Row>,
    /// Whether the filter selects locked users only.
    locked: bool,
    /// The query of the whole list, with this page's reference time.
    whole_list: String,
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

/// The current order of a column, for `aria-sort`, and the URL of the list sorted by it.
struct Sorting {
    now: &'static str,
    to: String,
}

impl ListPage {
    pub(super) fn new(
        caller: &SignedIn,
        query: &ListQuery,
        page: UserPage,
        segments: &[SegmentBody],
        columns: Columns,
    ) -> Self {
        let context = &caller.context;
        let frame = Frame::signed_in(caller, Section::Users, context.t("user-management"));
        let (now, language, times) = (context.now(), context.language(), caller.session.times());
        let (address, open) = (query.address(), open_user(context.target()));
        let paging = Paging::new(query, &page, now);
        let total = frame.number(&page.total) + if page.total_is_exact { "" } else { "+" };
        Self {
            fields: Fields::new(language, times, query),
            segments: segments.iter().map(|segment| SegmentLink::new(segment, times, query)).collect(),
            is_unfiltered: query.is_same_list(&ListQuery::default()),
            chips: chips(language, times, query),
            count: if page.total == 1 {
                frame.tw("users-count", "count", page.total)
            } else {
                frame.tw("users-count", "count", &total)
            },
            total,
            columns,
            headings: headings(language, query, columns),
            locked: query.filter.locked == Some(true),
            whole_list: query.at(PagePosition::First, now).to_query(),
            rows: page
                .items
                .into_iter()
                .map(|user| Row::new(user, &caller.session, &address, open.as_deref()))
                .collect(),
            paging,
            frame,
        }
    }

    fn current_segment(&self) -> Option<&SegmentLink> {
        self.segments.iter().find(|segment| segment.is_current)
    }

    /// Formats which rows of how many the page shows.
    fn span(&self, from: &u64, to: &u64) -> String {
        let Self { frame, total, .. } = self;
        let span = format!("{}–{}", frame.number(from), frame.number(to));
        frame.tw2("users-span", "span", span, "total", total)
    }

    /// Returns the number of columns, including those of the checkbox, the user and the arrow.
    fn width(&self) -> usize {
        self.columns.shown().count() + 3
    }
}

impl SegmentLink {
    fn new(segment: &SegmentBody, times: Times, query: &ListQuery) -> Self {
        let list = from_stored(segment, times);
        let to = ListQuery { page_size: query.page_size, ..list.clone() }.address();
        Self { name: segment.name.clone(), to, is_current: list.is_same_list(query) }
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
    /// Links to the default order of this sort key, or to the opposite if the list already has the default order.
    fn new(query: &ListQuery, sort: UserSort) -> Self {
        let default_direction = default_order(sort);
        let opposite = if default_direction == Order::Asc { Order::Desc } else { Order::Asc };
        let is_now = query.sort == sort;
        let order = if is_now && query.order == default_direction { opposite } else { default_direction };
        let now = match (is_now, query.order) {
            (false, _) => "none",
            (true, Order::Asc) => "ascending",
            (true, Order::Desc) => "descending",
        };
        Self { now, to: ListQuery { sort, order, ..query.first_page() }.address() }
    }
}
