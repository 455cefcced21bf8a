//! HTTP framing: protocol upgrades, trailing slashes, encodings.

use super::visitor::Visitor;
use crate::support::{Console, Shape};

#[tokio::test]
async fn upgrades_slashes_and_encodings_are_handled_as_by_the_api() {
    let console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url).with("upgrade", "websocket");
    visitor.sign_in("admin", "admin123");
    assert_eq!(visitor.get("/users").status, 200);

    for (path, location) in [("/users/?search=a", "../users?search=a"), ("/users/alice/", "../alice")] {
        let page = visitor.get(path);
        assert_eq!((page.status, page.location()), (307, location), "{path}");
    }
    for path in ["/nothing/", "//evil.example/", "/users//"] {
        let page = visitor.get(path);
        assert_eq!((page.status, page.location()), (404, ""), "{path}");
    }

    let csrf = visitor.get("/users").csrf();
    let compressed = visitor.with("content-encoding", "gzip").post("/preferences", &[("csrf", &csrf)]);
    assert_eq!((compressed.status, compressed.headers("accept-encoding")), (415, vec!["identity"]));
}
