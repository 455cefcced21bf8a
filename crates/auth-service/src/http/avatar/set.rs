use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, put};
use steward_contracts::Problem;
use steward_contracts::bodies::Image;
use steward_web::responses::{Anywhere, NeedsToken, ReturnsProfile};
use steward_web::{ApiError, Caller, CallerOrigin, HttpError, IntoProblem, RawBody, profile_response};

use crate::AuthService;
use crate::avatar::{DecodeError, InvalidPicture, SetAvatarError};

/// The accepted media types.
const MEDIA_TYPES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

/// The time after which a user may send another picture while one is in work.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Set own picture
///
/// The image has at most 256 KiB and 4096 × 4096 pixels. A centred square of it is scaled to 256 pixels and encoded
/// again, without metadata. A user has one image in work at a time (429); if too many images of others wait, the response
/// is 503.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    request_body(content((Image = "image/png"), (Image = "image/jpeg"), (Image = "image/webp"))),
    responses(
        Anywhere,
        ReturnsProfile,
        (
            status = 408, body = Problem, content_type = "application/problem+json",
            description = "The body did not arrive in time"
        ),
        (
            status = 413, body = Problem, content_type = "application/problem+json",
            description = "The body is larger than 256 KiB"
        ),
        (
            status = 415, body = Problem, content_type = "application/problem+json",
            description = "The body is not a PNG, JPEG or WebP image, or has a content coding",
            headers(("Accept" = String, description = "The accepted media types"))
        ),
        (
            status = 422, body = Problem, content_type = "application/problem+json",
            description = "The image is damaged, or has too many pixels"
        ),
        NeedsToken,
    )
)]
#[put("/api/auth/me/avatar")]
pub(in crate::http) async fn set_own_avatar(
    service: Data<AuthService>,
    caller: Caller,
    origin: CallerOrigin,
    request: HttpRequest,
    body: RawBody<{ Image::MAX }>,
) -> Result<HttpResponse, ApiError> {
    let image = body.bytes()?;
    if !has_image_type(&request) {
        return Err(InvalidPicture::UnknownFormat.into());
    }
    Ok(profile_response(service.set_own_avatar(&caller.session, image, origin.0).await?))
}

fn has_image_type(request: &HttpRequest) -> bool {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES.iter().any(|accepted| essence.eq_ignore_ascii_case(accepted))
}

impl IntoProblem for InvalidPicture {
    fn into_problem(self) -> ApiError {
        match self {
            Self::UnknownFormat => ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-an-image",
                "Unsupported media type",
                "The body must be a PNG, JPEG or WebP image with its Content-Type",
            )
            .with_header(ACCEPT, HeaderValue::from_static("image/png, image/jpeg, image/webp")),
            Self::TooLarge => ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "image-too-large",
                "Invalid image",
                "The image must have at most 4096 × 4096 pixels",
            ),
            Self::Damaged => ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "image-damaged",
                "Invalid image",
                "The image cannot be decoded",
            ),
        }
    }
}

impl IntoProblem for SetAvatarError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Decode(error) => error.into(),
            Self::Change(error) => error.into(),
        }
    }
}

impl IntoProblem for DecodeError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Invalid(error) => error.into(),
            Self::InProgress => {
                ApiError::too_many("picture-in-progress", "Another picture is being decoded", RETRY_AFTER)
            }
            Self::Overloaded(_) | Self::TimedOut => HttpError::Unavailable(self.to_string()).into(),
            Self::Failed(_) => HttpError::Internal(self.to_string()).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};
    use std::task::{Context, Waker};

    use actix_web::test::TestRequest;
    use steward_domain::UserKey;
    use steward_testkit::a_user;

    use crate::avatar::a_png;
    use crate::testing::http::{delete, get, put, with_token};
    use crate::testing::{PASSWORD, TestApp};
    use steward_contracts::bodies::Image;

    const AVATAR: &str = "/api/auth/me/avatar";

    async fn alice() -> (TestApp, String) {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        (app, token)
    }

    fn upload(token: &str, media_type: &'static str, image: impl Into<actix_web::web::Bytes>) -> TestRequest {
        with_token(put(AVATAR), token).insert_header(("content-type", media_type)).set_payload(image)
    }

    #[actix_web::test]
    async fn a_picture_is_set_served_and_removed() {
        let (app, token) = alice().await;
        assert_eq!(app.call(with_token(get(AVATAR), &token)).await.status, 404);
        let set = app.call(upload(&token, "image/png", a_png(300, 200))).await;
        assert_eq!(set.status, 200, "{}", set.body);
        let hash = set.body["avatar"].as_str().unwrap().to_owned();
        for (url, cache_control) in [
            (format!("{AVATAR}?v={hash}"), "private, max-age=31536000, immutable"),
            (AVATAR.to_owned(), "private, no-cache"),
        ] {
            let picture = app.call(with_token(get(&url), &token)).await;
            let header = |name| picture.headers.get(name).unwrap().to_str().unwrap();
            assert_eq!((picture.status, header("content-type")), (200, "image/webp"));
            assert_eq!((header("cache-control"), header("x-content-type-options")), (cache_control, "nosniff"));
            assert!(picture.bytes.starts_with(b"RIFF") && picture.bytes.len() < 10_000);
            let tag = header("etag").to_owned();
            assert_eq!(tag, format!("\"{hash}\""));
            let known = app.call(with_token(get(&url), &token).insert_header(("if-none-match", tag))).await;
            assert_eq!(
                (known.status, known.headers.get("cache-control").unwrap().to_str().unwrap()),
                (304, cache_control)
            );
        }
        let again = app.call(upload(&token, "image/png", a_png(300, 200))).await;
        assert_eq!((again.status, &again.body), (200, &set.body), "the same picture");
        for _ in 0..2 {
            assert_eq!(app.call(with_token(delete(AVATAR), &token)).await.status, 204);
            assert_eq!(app.call(with_token(get(AVATAR), &token)).await.status, 404);
        }
        let trail = app.audit_trail().await;
        let changes: Vec<_> = trail.iter().filter(|entry| entry.action == "AVATAR_CHANGED").collect();
        let details: Vec<_> = changes.iter().map(|entry| entry.details.as_deref().unwrap()).collect();
        assert_eq!(details, ["picture removed", "picture set"]);
    }

    #[actix_web::test]
    async fn other_bodies_are_rejected() {
        let (app, token) = alice().await;
        let svg = &b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"[..];
        let png = a_png(9, 9);
        for (media_type, body, status) in [
            ("image/svg+xml", svg.to_vec(), 415),
            ("image/png", svg.to_vec(), 415),
            ("image/gif", b"GIF89a".to_vec(), 415),
            ("application/json", png.clone(), 415),
            ("image/png", Vec::new(), 415),
            ("image/png", png[..png.len() / 2].to_vec(), 422),
            ("image/png", vec![0; Image::MAX + 1], 413),
            ("image/webp", png, 200),
        ] {
            let length = body.len();
            let response = app.call(upload(&token, media_type, body)).await;
            assert_eq!(response.status, status, "{media_type} {length}: {}", response.body);
        }
        for request in [get(AVATAR), delete(AVATAR), put(AVATAR)] {
            assert_eq!(app.call(request).await.status, 401);
        }
    }

    #[actix_web::test]
    async fn many_slow_pictures_delay_no_sign_in_and_each_is_answered() {
        let (app, token) = alice().await;
        let (open, gate) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let gate = Arc::new(Mutex::new(gate));
        let slow = |key: i64| {
            let (gate, started) = (Arc::clone(&gate), started.clone());
            // It ends when `open` is dropped.
            let work = move || {
                started.send(()).unwrap();
                gate.lock().unwrap().recv()
            };
            let mut one = Box::pin(app.service.pictures.run(UserKey::new(key).unwrap(), work));
            assert!(one.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            one
        };
        // They occupy the two threads; the others fill the queue.
        let mut images: Vec<_> = (1_001..=1_002).map(slow).collect();
        (0..2).for_each(|_| has_started.recv().unwrap());
        images.extend((1_003..=1_018).map(slow));
        let refused = app.call(upload(&token, "image/png", a_png(9, 9))).await;
        assert_eq!(refused.status, 503, "{}", refused.body);
        assert!(refused.headers.contains_key("retry-after"));
        assert!(app.log_in("alice", PASSWORD).await.is_ok());
        assert_eq!(app.call(with_token(get("/api/auth/me"), &token)).await.status, 200);

        drop(open);
        let results = futures_util::future::join_all(images).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(app.call(upload(&token, "image/png", a_png(9, 9))).await.status, 200);
    }

    #[actix_web::test]
    async fn a_second_picture_of_a_user_is_429_while_one_is_in_work() {
        let (app, token) = alice().await;
        let (open, gate) = mpsc::channel::<()>();
        let key = app.user("alice").await.id;
        let mut slow = Box::pin(app.service.pictures.run(key, move || gate.recv()));
        let _ = slow.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let second = app.call(upload(&token, "image/png", a_png(9, 9))).await;
        assert_eq!((second.status, &second.body["type"]), (429, &"urn:steward:problem:picture-in-progress".into()));
        assert_eq!(second.headers.get("retry-after").unwrap(), "1");
        drop(open);
        assert!(slow.await.is_ok());
        assert_eq!(app.call(upload(&token, "image/png", a_png(9, 9))).await.status, 200);
    }
}
