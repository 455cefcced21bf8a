//! Lists of users: order, pages, cursors, filters, totals.

use steward_domain::user::{RoleFilter, UserQuery};
use steward_domain::{
    DisplayName, Order, PageRequest, PageSize, Position, Role, Total, User, UserChange, UserFilter, UserSort,
};

use crate::contracts::Store;
use crate::contracts::fixture::page_size;
use crate::{UserBuilder, a_user, at, the_beginning};

/// Number of users that [`fill`] creates: a multiple of some page sizes, but not of others.
const USERS: usize = 24;

/// Creates users with ties in every possible sort key, and with names that code points and locales sort differently.
/// Half of them have never signed in.
pub(super) async fn fill(store: &Store) {
    let names = ["Kim", "kim", "Éva", "eva", "Zoë", "홍길동", "\u{ff5e}wave", "\u{1f980}crab"];
    let fill = (0..USERS).zip(names.iter().cycle()).map(|(n, name)| {
        // Created in another order than sorted; underscores and digits sort around letters.
        let id = format!("{}{}", ["m_", "M-", "a9", "Z."][n % 4], (n * 7) % USERS);
        let seconds = i64::try_from(n / 5).unwrap() - 2;
        a_user(&id)
            .email(&format!("{}.{id}@example.com", ["x", "b", "m", "a", "z"][n % 5]))
            .name(name)
            .role(Role::ALL[n % 3])
            .created_at(at(seconds))
    });
    for (n, user) in fill.enumerate() {
        let user = if n % 4 == 3 { user.inactive() } else { user };
        let user = user.create(&*store.accounts).await;
        if user.is_active && n % 2 == 0 {
            store.open(&user, at(10 + i64::try_from(n / 6).unwrap())).await;
        }
    }
}

/// The users in the order that the documentation of `UserSort` defines.
pub(super) fn sorted(mut users: Vec<User>, sort: UserSort, order: Order) -> Vec<User> {
    let by_key = |a: &User, b: &User| match sort {
        UserSort::CreatedAt => a.created_at.cmp(&b.created_at),
        UserSort::UserId => a.user_id.key().cmp(b.user_id.key()),
        UserSort::Email => a.email.as_str().cmp(b.email.as_str()),
        UserSort::Name => a.name.as_str().cmp(b.name.as_str()),
        UserSort::LastLogin => a.last_login.cmp(&b.last_login),
    };
    let ascending = |a: &User, b: &User| by_key(a, b).then(a.id.cmp(&b.id));
    users.sort_by(|a, b| match order {
        Order::Asc => ascending(a, b),
        Order::Desc => ascending(b, a),
    });
    users
}

/// All users, in order of id.
pub(super) async fn everyone(store: &Store) -> Vec<User> {
    let mut users = Vec::new();
    for record in store.trail().await {
        users.push(store.user(record.target.as_deref().unwrap()).await);
    }
    users
}

/// Follows the cursors from the first page to the last one.
pub(super) async fn walk(store: &Store, query: &UserQuery, size: PageSize) -> Vec<User> {
    let mut users = Vec::new();
    let mut request = PageRequest { size, ..PageRequest::default() };
    loop {
        let page = store.users.list(query, &request, at(0)).await.unwrap();
        assert!(page.items.len() <= size.get() as usize);
        users.extend(page.items);
        let Some(next) = page.next else { return users };
        assert!(!users.is_empty() && users.len() % size.get() as usize == 0, "a page in the middle is full");
        request = PageRequest { number: request.number + 1, size, after: Some(next) };
        assert!(request.number < 1000, "the cursors go in a circle");
    }
}

/// The ids of users, for short failure messages.
pub(super) fn ids(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.user_id.as_str()).collect()
}

/// No items, a total of zero, no next page.
pub async fn an_empty_store_lists_nothing(store: Store) {
    for sort in UserSort::ALL {
        let query = UserQuery { sort, ..UserQuery::default() };
        let page = store.users.list(&query, &PageRequest::default(), at(0)).await.unwrap();
        assert_eq!((page.items, page.total, page.next), (vec![], Total::exact(0), None));
    }
}

/// For every sort key, order and page size, with ties and missing sign-ins.
pub async fn pages_by_cursor_return_the_sorted_list(store: Store) {
    fill(&store).await;
    let everyone = everyone(&store).await;
    for sort in UserSort::ALL {
        for order in [Order::Asc, Order::Desc] {
            let query = UserQuery { sort, order, ..UserQuery::default() };
            let expected = sorted(everyone.clone(), sort, order);
            for size in [1, 5, 8, 23, 24, 100] {
                let walked = walk(&store, &query, page_size(size)).await;
                assert_eq!(ids(&walked), ids(&expected), "{sort:?} {order:?} by {size}");
                assert_eq!(walked, expected);
            }
        }
    }
}

/// Only the last page has no next one.
pub async fn pages_by_number_return_the_same_list(store: Store) {
    fill(&store).await;
    let everyone = everyone(&store).await;
    for sort in UserSort::ALL {
        for order in [Order::Asc, Order::Desc] {
            let query = UserQuery { sort, order, ..UserQuery::default() };
            let expected = sorted(everyone.clone(), sort, order);
            for size in [5, 8] {
                let pages = expected.chunks(size as usize);
                let last = pages.len();
                for (number, items) in pages.enumerate() {
                    let request =
                        PageRequest { number: u32::try_from(number).unwrap() + 1, size: page_size(size), after: None };
                    let page = store.users.list(&query, &request, at(0)).await.unwrap();
                    assert_eq!(ids(&page.items), ids(items), "{sort:?} {order:?} page {number} by {size}");
                    assert_eq!(page.total, Total::exact(USERS as u64));
                    assert_eq!(page.next.is_some(), number + 1 < last);
                }
            }
        }
    }
}

/// It has the total. The largest page number is valid, too.
pub async fn a_page_beyond_the_last_is_empty(store: Store) {
    a_user("alice").create(&*store.accounts).await;
    for number in [2, 1000, 0x7fff_ffff] {
        for sort in UserSort::ALL {
            let query = UserQuery { sort, ..UserQuery::default() };
            let request = PageRequest { number, size: page_size(100), after: None };
            let page = store.users.list(&query, &request, at(0)).await.unwrap();
            assert_eq!((page.items, page.total, page.next), (vec![], Total::exact(1), None));
        }
    }
}

/// The user at the cursor may be deleted, and others may be inserted before it: no user is repeated or omitted.
pub async fn a_cursor_remains_valid_after_changes(store: Store) {
    for id in ["user-1", "user-2", "user-3", "user-5"] {
        a_user(id).create(&*store.accounts).await;
    }
    let query = UserQuery { sort: UserSort::UserId, order: Order::Asc, ..UserQuery::default() };
    let request = PageRequest { size: page_size(2), ..PageRequest::default() };
    let page = store.users.list(&query, &request, at(0)).await.unwrap();
    assert_eq!(ids(&page.items), ["user-1", "user-2"]);
    store.delete("user-2", at(1)).await.unwrap();
    a_user("user-0").create(&*store.accounts).await;
    a_user("user-4").create(&*store.accounts).await;
    let request = PageRequest { number: 2, after: page.next, ..request };
    let page = store.users.list(&query, &request, at(0)).await.unwrap();
    assert_eq!(ids(&page.items), ["user-3", "user-4"]);
    assert_eq!(page.total, Total::exact(5));
    let request = PageRequest { number: 3, after: page.next, ..request };
    let page = store.users.list(&query, &request, at(0)).await.unwrap();
    assert_eq!((ids(&page.items), page.next), (vec!["user-5"], None));
}

/// Callers can put any value into a cursor. The result is some page, not an error.
pub async fn a_forged_cursor_is_not_an_error(store: Store) {
    fill(&store).await;
    let long = "9".repeat(500);
    for key in ["", "x", "'", "\u{1f980}", "9999999999999999999", "-1", "2026-02-31T00:00:00Z", "NaN", &long] {
        for id in [0, -1, i64::MIN, i64::MAX] {
            for sort in UserSort::ALL {
                let query = UserQuery { sort, ..UserQuery::default() };
                let after = Some(Position { key: key.to_owned(), id });
                let request = PageRequest { number: 2, after, ..PageRequest::default() };
                let page = store.users.list(&query, &request, at(0)).await;
                assert!(page.is_ok(), "{sort:?} after {key:?} {id}: {:?}", page.err());
            }
        }
    }
}

/// For every combination of role and status, by cursor, with the exact total on each page.
pub async fn filters_apply_to_every_page_and_the_total(store: Store) {
    fill(&store).await;
    let everyone = everyone(&store).await;
    let roles = Role::ALL.map(RoleFilter::Exactly);
    let roles = roles.into_iter().chain([RoleFilter::Administrators]).map(Some).chain([None]);
    for role in roles {
        for is_active in [None, Some(true), Some(false)] {
            let query =
                UserQuery { filter: UserFilter { role, is_active, ..UserFilter::default() }, ..UserQuery::default() };
            let matches = |user: &User| {
                role.is_none_or(|role| role.roles().contains(&user.role))
                    && is_active.is_none_or(|is_active| is_active == user.is_active)
            };
            let expected: Vec<User> = everyone.iter().filter(|user| matches(user)).cloned().collect();
            assert!(!expected.is_empty());
            let expected = sorted(expected, query.sort, query.order);
            assert_eq!(ids(&walk(&store, &query, page_size(3)).await), ids(&expected), "{query:?}");
            let page = store.users.list(&query, &PageRequest::default(), at(0)).await.unwrap();
            assert_eq!(page.total, Total::exact(expected.len() as u64), "{query:?}");
        }
    }
}

/// Creation, each kind of change and deletion, with each filter and without.
pub async fn the_total_follows_every_change(store: Store) {
    let assert_totals = async |users: &[(Role, bool)]| {
        for role in Role::ALL.map(RoleFilter::Exactly).into_iter().map(Some).chain([None]) {
            for is_active in [None, Some(true), Some(false)] {
                let query = UserQuery {
                    filter: UserFilter { role, is_active, ..UserFilter::default() },
                    ..UserQuery::default()
                };
                let expected = users.iter().filter(|(r, a)| {
                    role.is_none_or(|role| role == RoleFilter::Exactly(*r))
                        && is_active.is_none_or(|active| active == *a)
                });
                let page = store.users.list(&query, &PageRequest::default(), at(0)).await.unwrap();
                assert_eq!(page.total, Total::exact(expected.count() as u64), "{query:?} of {users:?}");
            }
        }
    };
    let create = async |user: UserBuilder| user.create(&*store.accounts).await;
    create(a_user("one")).await;
    create(a_user("two").admin()).await;
    create(a_user("three").inactive()).await;
    assert_totals(&[(Role::User, true), (Role::Admin, true), (Role::User, false)]).await;
    let promoted = UserChange { role: Some(Role::SuperAdmin), is_active: Some(false), ..UserChange::default() };
    store.change("one", promoted.clone(), at(1)).await.unwrap();
    assert_totals(&[(Role::SuperAdmin, false), (Role::Admin, true), (Role::User, false)]).await;
    store.change("one", promoted, at(2)).await.unwrap();
    store.set_active("three", true, at(2)).await;
    let renamed = UserChange { name: Some(DisplayName::parse("New").unwrap()), ..UserChange::default() };
    store.change("three", renamed, at(2)).await.unwrap();
    assert_totals(&[(Role::SuperAdmin, false), (Role::Admin, true), (Role::User, true)]).await;
    store.delete("two", at(3)).await.unwrap();
    store.delete("one", at(3)).await.unwrap();
    assert_totals(&[(Role::User, true)]).await;
    let (taken, record) = a_user("three").created_at(the_beginning()).registration();
    assert!(store.accounts.create(taken, record).await.is_err());
    assert_totals(&[(Role::User, true)]).await;
}
