//! `/api/auth/me/profile`, `/api/auth/me/avatar`, `PUT /api/auth/me`, and profiles and pictures for administrators.

use serde_json::json;

use crate::support::Deployment;

in_every_shape!(
    a_profile_is_shared_by_its_owner_and_administrators,
    a_picture_is_stored_as_a_square_and_cached_by_its_hash,
    a_body_is_longer_than_elsewhere_for_a_picture_only,
    users_rename_themselves,
);

const PROFILE: &str = "/api/auth/me/profile";
const AVATAR: &str = "/api/auth/me/avatar";
/// A red pixel. Decoders ignore bytes after its end.
pub(crate) const PNG: &[u8; 69] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT\
    x\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

fn png_of(bytes: usize) -> Vec<u8> {
    let mut png = PNG.to_vec();
    png.resize(bytes, 0);
    png
}

async fn a_profile_is_shared_by_its_owner_and_administrators(deployment: Deployment) {
    let (user, manager) = (deployment.user().await, deployment.manager().await);
    let attributes = json!({"badge": "A-7", "desk": {"floor": 3, "near": ["window"]}});
    let body = json!({"phone": "+82 10-1234-5678", "time_zone": "asia/seoul", "attributes": attributes});
    let own = user.put(PROFILE).json(body).send().await.expect(200);
    assert_eq!((own.text("phone"), own.text("time_zone")), ("+821012345678", "Asia/Seoul"));
    let theirs = manager.get("/api/admin/users/USER123/profile").send().await.expect(200);
    assert_eq!((own.json(), own.header("etag")), (theirs.json(), theirs.header("etag")));

    let change = json!({"title": "Engineer", "locale": "ko", "attributes": null});
    let path = "/api/admin/users/user123/profile";
    let changed = manager.put(path).header("if-match", theirs.header("etag")).json(&change).send().await.expect(200);
    manager.put(path).header("if-match", theirs.header("etag")).json(&change).send().await.expect(412);
    assert_eq!(user.get(PROFILE).send().await.expect(200).json(), changed.json());
    assert_eq!(user.get("/api/auth/me").send().await.expect(200).text("locale"), "ko");
    manager.put("/api/admin/users/admin/profile").json(&change).send().await.expect(403);
    user.get(path).send().await.expect(403);

    let logs = manager.get("/api/admin/audit-logs?action=PROFILE_UPDATED").send().await.expect(200);
    assert_eq!(logs.column("admin_id"), ["manager", "user123"]);
    let details = &logs.column("details")[0];
    assert!(details.starts_with("title: (none) → Engineer; locale: (none) → ko; attributes: {\"badge\""), "{details}");
}

async fn a_picture_is_stored_as_a_square_and_cached_by_its_hash(deployment: Deployment) {
    let (user, manager) = (deployment.user().await, deployment.manager().await);
    user.get(AVATAR).send().await.problem(404, "The user has no picture");
    let set = user.put(AVATAR).body("image/png", PNG).send().await.expect(200);
    let hash = set.text("avatar").to_owned();
    for (api, path) in [(&user, AVATAR), (&manager, "/api/admin/users/user123/avatar")] {
        for (query, cache_control) in
            [(format!("?v={hash}"), "private, max-age=31536000, immutable"), (String::new(), "private, no-cache")]
        {
            let path = format!("{path}{query}");
            let picture = api.get(&path).send().await.expect(200);
            assert_eq!(
                (picture.media_type(), picture.header("cache-control")),
                ("image/webp", cache_control),
                "{path}"
            );
            assert_eq!(picture.header("x-content-type-options"), "nosniff");
            assert!(picture.bytes().starts_with(b"RIFF"));
            let known = api.get(&path).header("if-none-match", picture.header("etag")).send().await.expect(304);
            assert_eq!(known.header("cache-control"), cache_control, "{path}");
        }
    }
    assert_eq!(user.get(PROFILE).send().await.expect(200).header("cache-control"), "no-store");
    user.delete(AVATAR).send().await.expect(204);
    manager.get("/api/admin/users/user123/avatar").send().await.expect(404);
    let logs = manager.get("/api/admin/audit-logs?action=AVATAR_CHANGED").send().await.expect(200);
    assert_eq!(logs.column("details"), ["picture removed", "picture set"]);
}

async fn a_body_is_longer_than_elsewhere_for_a_picture_only(deployment: Deployment) {
    let user = deployment.user().await;
    user.put(AVATAR).body("image/png", png_of(256 * 1024)).send().await.expect(200);
    let too_long = user.put(AVATAR).body("image/png", png_of(256 * 1024 + 1)).send().await;
    too_long.problem(413, "The body must be at most 262144 bytes");
    let elsewhere = user.put(PROFILE).body("application/json", png_of(64 * 1024 + 1)).send().await;
    elsewhere.problem(413, "The body must be at most 65536 bytes");
    for (content_type, body) in [("image/svg+xml", &b"<svg/>"[..]), ("image/png", b"<svg/>"), ("text/html", PNG)] {
        user.put(AVATAR).body(content_type, body).send().await.expect(415);
    }
    user.put(AVATAR).body("image/png", &PNG[..40]).send().await.problem(422, "The image cannot be decoded");
}

async fn users_rename_themselves(deployment: Deployment) {
    let user = deployment.user().await;
    let renamed = user.put("/api/auth/me").json(json!({"name": "B; role: user → admin"})).send().await.expect(200);
    assert_eq!(renamed.text("name"), "B; role: user → admin");
    let admin = deployment.super_admin().await;
    let logs = admin.get("/api/admin/audit-logs?action=USER_UPDATED").send().await.expect(200);
    assert_eq!(logs.column("details"), ["name: John Doe → \"B; role: user → admin\""]);
    user.put("/api/auth/me").json(json!({"role": "admin"})).send().await.expect(422);
}
