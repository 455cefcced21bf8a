//! Filters by creation, last sign-in and lock-out.

use chrono::TimeDelta;
use steward_domain::lockout::{LockoutRules, Network, Source};
use steward_domain::ports::{Admission, Attempt};
use steward_domain::user::UserQuery;
use steward_domain::{
    LastLogin, Order, PageRequest, Role, SearchTerm, TimeSpan, Timestamp, Total, User, UserFilter, UserSort,
};

use super::listing::{everyone, fill, ids, sorted, walk};
use crate::contracts::Store;
use crate::contracts::fixture::page_size;
use crate::{a_user, an_entry, at};

fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> TimeSpan {
    TimeSpan::parse(from, to).unwrap()
}

fn by(filter: UserFilter) -> UserQuery {
    UserQuery { filter, sort: UserSort::UserId, order: Order::Asc }
}

/// The rule of `UserFilter`'s documentation.
fn passes(filter: &UserFilter, user: &User) -> bool {
    filter.role.is_none_or(|role| role.roles().contains(&user.role))
        && filter.is_active.is_none_or(|is_active| is_active == user.is_active)
        && filter.search.as_ref().is_none_or(|term| user.email.as_str().contains(term.as_str()))
        && filter.created.contains(user.created_at)
        && match filter.last_login {
            None => true,
            Some(LastLogin::Never) => user.last_login.is_none(),
            Some(LastLogin::Within(span)) => user.last_login.is_some_and(|at| span.contains(at)),
        }
}

/// Makes failed attempts for an account, one by each of these addresses.
async fn guess(store: &Store, account: &str, addresses: impl Iterator<Item = u32>, now: Timestamp) {
    for address in addresses {
        let source = Source::Address(Network::of(Some(std::net::Ipv4Addr::from_bits(address).into())));
        let attempt = Attempt { account: account.to_owned(), source, counts_for_account: true, at: now };
        let rules = LockoutRules::default();
        if store.login_attempts.begin(&attempt, &rules).await.unwrap() == Admission::Admitted {
            store.login_attempts.fail(&attempt, &rules).await.unwrap();
        }
    }
}

/// For every sort key, alone and combined with role, status and search. A span includes its start and excludes its end.
/// A user who never signed in matches no span of sign-ins.
pub async fn spans_apply_to_every_page_and_the_total(store: Store) {
    fill(&store).await;
    let everyone = everyone(&store).await;
    let tick = TimeDelta::microseconds(1);
    let created = [
        span(None, None),
        span(Some(at(0)), Some(at(1))),
        span(Some(at(-1) + tick), None),
        span(None, Some(at(1))),
        span(Some(Timestamp::MIN_UTC), Some(Timestamp::MAX_UTC)),
    ];
    let last_login = [
        None,
        Some(LastLogin::Never),
        Some(LastLogin::Within(span(None, None))),
        Some(LastLogin::Within(span(Some(at(11)), Some(at(12) + tick)))),
        Some(LastLogin::Within(span(None, Some(at(12))))),
        Some(LastLogin::Within(span(Some(Timestamp::MIN_UTC), None))),
    ];
    let mut seen = 0;
    for (created, last_login) in created.iter().flat_map(|created| last_login.iter().map(move |last| (*created, *last)))
    {
        let spans = UserFilter { created, last_login, ..UserFilter::default() };
        for (nth, filter) in [
            UserFilter { role: Some(steward_domain::user::RoleFilter::Administrators), ..spans.clone() },
            UserFilter { is_active: Some(true), search: SearchTerm::parse(".m_").unwrap(), ..spans.clone() },
            spans,
        ]
        .into_iter()
        .enumerate()
        {
            let matching: Vec<User> = everyone.iter().filter(|user| passes(&filter, user)).cloned().collect();
            seen += matching.len();
            for sort in UserSort::ALL {
                let order = if nth % 2 == 0 { Order::Asc } else { Order::Desc };
                let query = UserQuery { filter: filter.clone(), sort, order };
                let expected = sorted(matching.clone(), sort, order);
                assert_eq!(ids(&walk(&store, &query, page_size(5)).await), ids(&expected), "{query:?}");
                let second = PageRequest { number: 2, size: page_size(3), after: None };
                let second = store.users.list(&query, &second, at(0)).await.unwrap();
                assert_eq!(second.total, Total::exact(expected.len() as u64), "{query:?}");
                assert_eq!(ids(&second.items), ids(&expected.iter().skip(3).take(3).cloned().collect::<Vec<_>>()));
            }
        }
    }
    assert!(seen > 300, "{seen} matches in all");
}

/// The results change after a sign-in, although no other field of the user has changed.
pub async fn filters_see_a_sign_in_at_once(store: Store) {
    let alice = a_user("alice").create(&*store.accounts).await;
    a_user("bob").create(&*store.accounts).await;
    let found = async |last_login, search: &str| {
        let search = SearchTerm::parse(search).unwrap();
        let query = by(UserFilter { last_login: Some(last_login), search, ..UserFilter::default() });
        let page = store.users.list(&query, &PageRequest::default(), at(0)).await.unwrap();
        assert_eq!(page.total, Total::exact(page.items.len() as u64));
        ids(&page.items).join(" ")
    };
    let signed_in = LastLogin::Within(TimeSpan::default());
    let (before, since) = (LastLogin::Within(span(None, Some(at(10)))), LastLogin::Within(span(Some(at(10)), None)));
    for search in ["", "example"] {
        assert_eq!(found(LastLogin::Never, search).await, "alice bob");
        assert_eq!(found(signed_in, search).await, "");
    }
    store.open(&alice, at(5)).await;
    for search in ["", "example"] {
        assert_eq!(found(LastLogin::Never, search).await, "bob");
        assert_eq!(found(signed_in, search).await, "alice");
    }
    assert_eq!((found(before, "").await.as_str(), found(since, "").await.as_str()), ("alice", ""));
    store.open(&alice, at(10)).await;
    assert_eq!((found(before, "").await.as_str(), found(since, "").await.as_str()), ("", "alice"));
}

/// A user matches while one source is locked out, until the lock ends. Slowed-down accounts, accounts with few failures
/// and unknown ids do not match.
pub async fn the_lock_out_filter_uses_the_current_time(store: Store) {
    for id in ["Alice", "bob", "carol", "dave"] {
        a_user(id).role(if id == "bob" { Role::Admin } else { Role::User }).create(&*store.accounts).await;
    }
    guess(&store, "alice", std::iter::repeat_n(1, 5), at(0)).await;
    guess(&store, "alice", std::iter::repeat_n(2, 5), at(10)).await;
    guess(&store, "bob", std::iter::repeat_n(1, 5), at(10)).await;
    guess(&store, "carol", std::iter::repeat_n(1, 4), at(0)).await;
    guess(&store, "dave", 1..=30, at(0)).await;
    guess(&store, "unknown", std::iter::repeat_n(1, 5), at(0)).await;
    let assert_listed = async |filter: UserFilter, now: Timestamp, locked: &[&str], others: &[&str]| {
        for (wanted, expected) in [(true, locked), (false, others)] {
            for sort in UserSort::ALL {
                let filter = UserFilter { locked: Some(wanted), ..filter.clone() };
                let query = UserQuery { filter, sort, order: Order::Asc };
                let page = store.users.list(&query, &PageRequest::default(), now).await.unwrap();
                let mut listed = ids(&page.items);
                listed.sort_unstable();
                assert_eq!((listed, page.total), (expected.to_vec(), Total::exact(expected.len() as u64)), "{query:?}");
            }
        }
    };
    let all = UserFilter::default;
    let tick = TimeDelta::microseconds(1);
    assert_listed(all(), at(10), &["Alice", "bob"], &["carol", "dave"]).await;
    assert_listed(all(), at(70) - tick, &["Alice", "bob"], &["carol", "dave"]).await;
    assert_listed(all(), at(70), &[], &["Alice", "bob", "carol", "dave"]).await;
    let role = Some(steward_domain::user::RoleFilter::Exactly(Role::User));
    assert_listed(UserFilter { role, ..all() }, at(10), &["Alice"], &["carol", "dave"]).await;
    let search = SearchTerm::parse("BOB").unwrap();
    assert_listed(UserFilter { search, ..all() }, at(10), &["bob"], &[]).await;
    let last_login = Some(LastLogin::Never);
    assert_listed(UserFilter { last_login, ..all() }, at(10), &["Alice", "bob"], &["carol", "dave"]).await;
    let entry = an_entry(steward_domain::Action::UserUnlocked, "alice", at(11));
    store.login_attempts.unlock(&crate::user_id("alice"), Box::new(|_| Ok(entry.into()))).await.unwrap();
    assert_listed(all(), at(11), &["bob"], &["Alice", "carol", "dave"]).await;
}

/// Like the total of a search, while there are that many users.
pub async fn the_total_of_a_filter_is_exact_up_to_the_cap(store: Store) {
    let many = usize::try_from(Total::CAP).unwrap();
    let users = (0..many).map(|n| a_user(&format!("many{n}")).registration()).collect();
    assert!(store.accounts.create_first(users).await.unwrap());
    let never = by(UserFilter { last_login: Some(LastLogin::Never), ..UserFilter::default() });
    let created = by(UserFilter { created: span(Some(at(0)), None), ..UserFilter::default() });
    let unlocked = by(UserFilter { locked: Some(false), ..UserFilter::default() });
    let total = async |query: &UserQuery| {
        let page = store.users.list(query, &PageRequest::default(), at(1)).await.unwrap();
        assert_eq!((page.items.len(), page.next.is_some()), (10, true), "{query:?}");
        page.total
    };
    for query in [&never, &created, &unlocked] {
        assert_eq!(total(query).await, Total::exact(Total::CAP), "{query:?}");
    }
    let more = a_user("many-more").create(&*store.accounts).await;
    for query in [&never, &created, &unlocked] {
        assert_eq!(total(query).await, Total::ABOVE_CAP, "{query:?}");
    }
    store.open(&more, at(1)).await;
    guess(&store, "many1", std::iter::repeat_n(1, 5), at(1)).await;
    assert_eq!(total(&created).await, Total::ABOVE_CAP);
    for query in [&never, &unlocked] {
        assert_eq!(total(query).await, Total::exact(Total::CAP), "{query:?}");
    }
}
