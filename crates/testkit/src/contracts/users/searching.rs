//! Search: each word must be part of the user id, e-mail address or name. Case and accents are ignored, and no
//! character has a special meaning.

use std::collections::BTreeSet;

use steward_domain::user::UserQuery;
use steward_domain::{
    DisplayName, Email, Order, PageRequest, PageSize, Role, SearchTerm, Total, User, UserChange, UserFilter, UserSort,
};

use super::listing::ids;
use crate::contracts::Store;
use crate::contracts::fixture::page_size;
use crate::{UserBuilder, a_user, at};

/// Names that contain special characters of patterns and query languages, and difficult cases of case folding.
const NAMES: [&str; 20] = [
    "John Doe",
    "JOHNNY",
    "홍길동",
    "김 서준",
    "Éva Nagy",
    "éva kis",
    "Straße 7",
    "ЖУК Жук",
    "ΩΜΕΓΑ",
    "100% sure",
    "100 sure",
    "a_b",
    "axb",
    r"back\slash",
    r"C:\%_x",
    "O'Brien",
    "the \"quoted\" one",
    "x AND y OR NOT z*",
    "(near) ^col:a + b-c",
    "日本語の名前",
];

fn search(term: &str) -> UserQuery {
    let filter = UserFilter { search: SearchTerm::parse(term).unwrap(), ..UserFilter::default() };
    UserQuery { filter, sort: UserSort::UserId, order: Order::Asc }
}

pub(super) async fn found(store: &Store, term: &str) -> Vec<User> {
    let request = PageRequest { size: page_size(PageSize::MAX), ..PageRequest::default() };
    store.users.list(&search(term), &request, at(0)).await.unwrap().items
}

pub(super) async fn create(store: &Store, user: UserBuilder) -> User {
    user.create(&*store.accounts).await
}

/// Every substring of one, two, three and more characters of every field, in its own case, in upper and lower case, and
/// terms without a match.
pub async fn a_search_finds_exactly_the_matches_of_the_term_in_any_case(store: Store) {
    let mut users = Vec::new();
    for (n, name) in NAMES.iter().enumerate() {
        let user = a_user(&format!("User_{n}.x")).email(&format!("m{n}+tag@mail-{}.example.com", n % 3)).name(name);
        users.push(create(&store, user).await);
    }
    let mut terms = BTreeSet::new();
    let fields = users.iter().map(|user| user.name.as_str().to_owned());
    for field in fields.chain(["User_7.x".to_owned(), "m7+tag@mail-1.example.com".to_owned()]) {
        let chars: Vec<char> = field.chars().collect();
        for length in [1, 2, 3, 4, chars.len()] {
            for piece in chars.windows(length) {
                let piece: String = piece.iter().collect();
                terms.extend([piece.to_uppercase(), piece.to_lowercase(), piece]);
            }
        }
    }
    let nowhere =
        ["%%", "__", "_%", "*", "NEAR", "name:john", "\"", "''", r"\\", "e\u{301}va", "eva n", "doe user", "\u{1f980}"];
    terms.extend(nowhere.map(str::to_owned));
    for term in terms.iter().filter_map(|term| SearchTerm::parse(term).unwrap()) {
        assert_found(&store, &users, &term).await;
    }
}

/// Checks that a search returns those of `users` that match by the rule of the domain.
pub(super) async fn assert_found(store: &Store, users: &[User], term: &SearchTerm) {
    let holds = |user: &&User| term.matches([user.user_id.as_str(), user.email.as_str(), user.name.as_str()]);
    let mut expected: Vec<&User> = users.iter().filter(holds).collect();
    expected.sort_by_key(|user| user.user_id.key());
    let request = PageRequest { size: page_size(PageSize::MAX), ..PageRequest::default() };
    let page = store.users.list(&search(term.as_str()), &request, at(0)).await.unwrap();
    assert_eq!(page.total, Total::exact(expected.len() as u64), "{:?}", term.as_str());
    let expected: Vec<&str> = expected.iter().map(|user| user.user_id.as_str()).take(page.items.len()).collect();
    assert_eq!(ids(&page.items), expected, "{:?}", term.as_str());
    assert!(expected.len() == 100 || page.next.is_none());
}

/// With role and status, and with pages by every sort key and order.
pub async fn a_search_is_combined_with_filters_and_cursors(store: Store) {
    for n in 0..12 {
        let user = a_user(&format!("match{n:02}")).name(&format!("N{}", n % 3)).role(Role::ALL[n % 2]);
        create(&store, if n < 4 { user.inactive() } else { user }).await;
        create(&store, a_user(&format!("other{n:02}")).name("N1")).await;
    }
    for term in ["match", "ma", "ATCH0"] {
        for sort in UserSort::ALL {
            for order in [Order::Asc, Order::Desc] {
                let mut query = UserQuery { sort, order, ..search(term) };
                query.filter.is_active = Some(true);
                query.filter.role = Some(steward_domain::user::RoleFilter::Exactly(Role::User));
                let whole = PageRequest { size: page_size(100), ..PageRequest::default() };
                let whole = store.users.list(&query, &whole, at(0)).await.unwrap();
                let expected = if term == "ATCH0" { 3 } else { 4 };
                assert_eq!((whole.items.len(), whole.total), (expected, Total::exact(expected as u64)), "{query:?}");
                assert!(whole.items.iter().all(|user| user.is_active && user.role == Role::User));
                let mut request = PageRequest { size: page_size(1), ..PageRequest::default() };
                for user in &whole.items {
                    let page = store.users.list(&query, &request, at(0)).await.unwrap();
                    assert_eq!((ids(&page.items), page.total), (vec![user.user_id.as_str()], whole.total), "{query:?}");
                    request = PageRequest { number: request.number + 1, after: page.next, ..request };
                }
                assert_eq!(request.after, None);
            }
        }
    }
}

/// Creation, a new name or address, and deletion. Old values do not match.
pub async fn a_search_sees_every_change_at_once(store: Store) {
    let assert_found = async |term: &str, expected: &[&str]| {
        assert_eq!(ids(&found(&store, term).await), expected, "{term:?}");
    };
    create(&store, a_user("alice").name("Before").email("before@example.com")).await;
    assert_found("bef", &["alice"]).await;
    let change = UserChange { name: Some(DisplayName::parse("홍길동").unwrap()), ..UserChange::default() };
    store.change("alice", change, at(1)).await.unwrap();
    assert_found("홍길동", &["alice"]).await;
    assert_found("길동", &["alice"]).await;
    assert_found("BEFORE@", &["alice"]).await;
    let change = UserChange { email: Some(Email::parse("after@example.com").unwrap()), ..UserChange::default() };
    store.change("alice", change, at(2)).await.unwrap();
    assert_found("before", &[]).await;
    assert_found("be", &[]).await;
    assert_found("AFTER", &["alice"]).await;
    store.set_active("alice", false, at(3)).await;
    assert_found("after", &["alice"]).await;
    create(&store, a_user("bob").name("after")).await;
    assert_found("after", &["alice", "bob"]).await;
    store.delete("alice", at(4)).await.unwrap();
    assert_found("after", &["bob"]).await;
    assert_found("홍", &[]).await;
}

/// Beyond 1,000 matches the total may be capped, and is marked as capped. Without a search it is exact.
pub async fn the_total_of_a_search_is_exact_up_to_the_cap(store: Store) {
    let many = usize::try_from(Total::CAP).unwrap();
    let users = (0..many).map(|n| a_user(&format!("many{n}")).registration()).collect();
    assert!(store.accounts.create_first(users).await.unwrap());
    let total = async |query: &UserQuery| store.users.list(query, &PageRequest::default(), at(0)).await.unwrap().total;
    let assert_too_many = async |query: &UserQuery| {
        let total = total(query).await;
        assert!([Total::ABOVE_CAP, Total::exact(Total::CAP + 1)].contains(&total), "{query:?}: {total:?}");
    };
    let mut active = search("many");
    active.filter.is_active = Some(true);
    let everyone = UserQuery::default();
    for query in [&search("many"), &search("MA"), &active, &everyone] {
        assert_eq!(total(query).await, Total::exact(Total::CAP), "{query:?}");
    }
    create(&store, a_user("many-more")).await;
    for query in [&search("many"), &search("MA"), &active] {
        assert_too_many(query).await;
    }
    assert_eq!(total(&search("many123")).await, Total::exact(1));
    assert_eq!(total(&everyone).await, Total::exact(Total::CAP + 1));
    store.set_active("many1", false, at(1)).await;
    store.set_active("many2", false, at(1)).await;
    assert_eq!(total(&active).await, Total::exact(Total::CAP - 1));
    assert_too_many(&search("many")).await;
    store.delete("many3", at(2)).await.unwrap();
    for query in [&search("many"), &search("MA"), &everyone] {
        assert_eq!(total(query).await, Total::exact(Total::CAP), "{query:?}");
    }
    assert_eq!(total(&active).await, Total::exact(Total::CAP - 2));
}

/// With many matches, and after other searches.
pub async fn a_page_of_many_matches_sees_every_change_at_once(store: Store) {
    let users = (0..Total::CAP + 200).map(|n| a_user(&format!("many{n:05}")).registration()).collect();
    assert!(store.accounts.create_first(users).await.unwrap());
    let mut active = search("many");
    active.filter.is_active = Some(true);
    let latest = UserQuery { sort: UserSort::LastLogin, order: Order::Desc, ..active.clone() };
    let first = async |query: &UserQuery| {
        let request = PageRequest { size: page_size(3), ..PageRequest::default() };
        let page = store.users.list(query, &request, at(9)).await.unwrap();
        assert_eq!(page.total, Total::ABOVE_CAP, "{query:?}");
        page.items.into_iter().map(|user| format!("{} {}", user.user_id, user.name)).collect::<Vec<_>>()
    };
    let assert_first = async |expected: [&str; 3]| {
        for _ in 0..2 {
            assert_eq!(first(&active).await, expected);
        }
    };
    assert_first(["many00000 many00000", "many00001 many00001", "many00002 many00002"]).await;
    let change = UserChange { name: Some(DisplayName::parse("Other").unwrap()), ..UserChange::default() };
    store.change("many00001", change, at(1)).await.unwrap();
    assert_first(["many00000 many00000", "many00001 Other", "many00002 many00002"]).await;
    store.set_active("many00000", false, at(2)).await;
    assert_first(["many00001 Other", "many00002 many00002", "many00003 many00003"]).await;
    // Of many users with the term, one passes the other filter.
    let mut inactive = active.clone();
    inactive.filter.is_active = Some(false);
    let page = store.users.list(&inactive, &PageRequest::default(), at(9)).await.unwrap();
    assert_eq!((page.total, page.items.len()), (Total::exact(1), 1));
    store.delete("many00002", at(3)).await.unwrap();
    assert_first(["many00001 Other", "many00003 many00003", "many00004 many00004"]).await;
    create(&store, a_user("many.new").name("New")).await;
    assert_first(["many.new New", "many00001 Other", "many00003 many00003"]).await;
    for (user_id, second) in [("many00777", 4), ("many00999", 5)] {
        first(&latest).await;
        let user = found(&store, user_id).await.remove(0);
        store.open(&user, at(second)).await;
        assert!(first(&latest).await[0].starts_with(user_id), "after a sign-in");
    }
}
