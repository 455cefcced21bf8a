use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::{Fields, HttpError};

/// The maximum size of a body, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// The time limit for receiving a whole body, however slowly the client sends it.
pub const BODY_DEADLINE: Duration = Duration::from_secs(10);
/// The length in bytes above which a body counts as long.
const LONG_BODY: usize = 2 * 1024;
/// The number of long bodies that a process reads concurrently. Others wait, within [`BODY_DEADLINE`].
///
/// Without this bound, clients that withhold the end of long bodies could fill the memory.
static LONG_BODIES: Semaphore = Semaphore::const_new(256);

/// A request body that must be a JSON object.
///
/// The extractor never fails, so that a handler checks permissions first (401, 403). [`JsonBody::fields`] then reports
/// the errors of the body (400, 408, 413, 415, 422).
pub struct JsonBody(Result<Bytes, HttpError>);

impl FromRequest for JsonBody {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let is_json = is_json(&request);
            let bytes = read(request.headers(), payload).await;
            Ok(Self(bytes.and_then(
                |bytes| {
                    if is_json || bytes.is_empty() { Ok(bytes) } else { Err(HttpError::NotJson) }
                },
            )))
        })
    }
}

impl JsonBody {
    /// Returns the fields of the body.
    pub fn fields(self) -> Result<Fields, HttpError> {
        parse(&self.0?)
    }

    /// Returns the fields of the body, or no fields if the body is empty.
    pub fn fields_if_any(self) -> Result<Fields, HttpError> {
        let bytes = self.0?;
        if bytes.is_empty() { Ok(Fields::new(Map::new())) } else { parse(&bytes) }
    }
}

/// A request body of any media type, of at most `LIMIT` bytes.
///
/// The extractor never fails, so that a handler checks permissions first (401, 403). [`RawBody::bytes`] then reports the
/// errors of the body (400, 408, 413, 415).
pub struct RawBody<const LIMIT: usize>(Result<Bytes, HttpError>);

impl<const LIMIT: usize> FromRequest for RawBody<LIMIT> {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(read_at_most(request.headers(), payload, LIMIT).await)) })
    }
}

impl<const LIMIT: usize> RawBody<LIMIT> {
    /// Returns the bytes of the body.
    pub fn bytes(self) -> Result<Bytes, HttpError> {
        self.0
    }
}

/// Reads the whole body of a request with these headers, within [`BODY_LIMIT`] and [`BODY_DEADLINE`].
pub async fn read(headers: &HeaderMap, payload: Payload) -> Result<Bytes, HttpError> {
    read_at_most(headers, payload, BODY_LIMIT).await
}

/// Reads the whole body of a request with these headers, within `limit` bytes and [`BODY_DEADLINE`].
pub async fn read_at_most(headers: &HeaderMap, payload: Payload, limit: usize) -> Result<Bytes, HttpError> {
    read_up_to(headers, payload, limit, Some(&LONG_BODIES)).await
}

/// Reads a whole body of at most `limit` bytes within [`BODY_DEADLINE`].
///
/// Returns an error at once if the headers announce a longer body, a content coding or a charset other than UTF-8. A
/// long body waits for a permit of `long_bodies`.
pub(crate) async fn read_up_to(
    headers: &HeaderMap,
    mut payload: Payload,
    limit: usize,
    long_bodies: Option<&Semaphore>,
) -> Result<Bytes, HttpError> {
    if is_encoded(headers) {
        return Err(HttpError::ContentEncoding);
    }
    if !is_utf8(headers) {
        return Err(HttpError::Charset);
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(HttpError::BodyTooLarge(limit));
    }
    let collect = async {
        let mut body = BytesMut::new();
        let mut permit = None;
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| match error {
                PayloadError::Overflow => HttpError::BodyTooLarge(limit),
                error => HttpError::Malformed(format!("The body cannot be read: {error}").into()),
            })?;
            if body.len() + chunk.len() > limit {
                return Err(HttpError::BodyTooLarge(limit));
            }
            if let (None, Some(long_bodies)) = (&permit, long_bodies.filter(|_| body.len() + chunk.len() > LONG_BODY)) {
                permit = long_bodies.acquire().await.ok();
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(BODY_DEADLINE, collect).await.unwrap_or(Err(HttpError::BodyTimeout))
}

/// Whether the body has a content coding (RFC 9110, 8.4). The server decodes none, because a small body could expand to
/// a large one.
fn is_encoded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(CONTENT_ENCODING).flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    codings.map(<[u8]>::trim_ascii).any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

/// Whether `Content-Type` names UTF-8, its subset US-ASCII, or no charset.
fn is_utf8(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parameters = media_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).all(|(_, charset)| {
        let charset = charset.trim().trim_matches('"');
        ["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
    })
}

/// Removes the byte order mark that some clients send (RFC 8259, 8.1).
fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Whether the text is UTF-16 or UTF-32.
///
/// Such a text starts with a byte order mark that is invalid in UTF-8, or has a null byte among its first two bytes.
/// JSON starts with an ASCII character.
fn is_utf16_or_32(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..])
}

fn is_json(request: &HttpRequest) -> bool {
    let Some(media_type) = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn parse(bytes: &[u8]) -> Result<Fields, HttpError> {
    if is_utf16_or_32(bytes) {
        return Err(HttpError::Malformed("The body is UTF-16 or UTF-32: send UTF-8".into()));
    }
    let bytes = without_bom(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        HttpError::Malformed(format!("The body is not UTF-8 at byte {}", error.valid_up_to()).into())
    })?;
    match serde_json::from_str(text) {
        Ok(Object(fields)) => Ok(Fields::new(fields)),
        Err(error) if error.is_data() && error.to_string().starts_with(DUPLICATE) => {
            Err(HttpError::Malformed(format!("The body is ambiguous: {error}").into()))
        }
        Err(error) if error.is_data() => Err(HttpError::Malformed("The body must be a JSON object".into())),
        Err(error) => Err(HttpError::Malformed(format!("The body is not valid JSON: {error}").into())),
    }
}

const DUPLICATE: &str = "duplicate field";

/// A JSON object with unique names.
///
/// No standard defines which of two values counts (RFC 8259, 4). An intermediary may have used the other one.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Map<String, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut map = Map::new();
                while let Some((name, value)) = fields.next_entry()? {
                    if map.insert(name, value).is_some() {
                        return Err(A::Error::custom(DUPLICATE));
                    }
                }
                Ok(map)
            }
        }

        deserializer.deserialize_map(Fields).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn payload(chunks: impl futures_util::Stream<Item = Result<Bytes, PayloadError>> + 'static) -> Payload {
        Payload::Stream { payload: Box::pin(chunks) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_times_out_at_the_deadline() {
        let trickle = stream::unfold((), |()| async {
            tokio::time::advance(Duration::from_secs(1)).await;
            Some((Ok(Bytes::from_static(b" ")), ()))
        });
        let started = tokio::time::Instant::now();
        assert!(matches!(read(&HeaderMap::new(), payload(Box::pin(trickle))).await, Err(HttpError::BodyTimeout)));
        assert!(started.elapsed() <= BODY_DEADLINE + Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_not_read_to_its_end() {
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[0; 1_000])));
        assert!(matches!(read(&HeaderMap::new(), payload(endless)).await, Err(HttpError::BodyTooLarge(BODY_LIMIT))));
        let full = stream::iter([Ok(Bytes::from(vec![0; BODY_LIMIT]))]);
        assert_eq!(read(&HeaderMap::new(), payload(full)).await.unwrap().len(), BODY_LIMIT);
    }

    fn poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> std::task::Poll<T> {
        Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }

    #[tokio::test(start_paused = true)]
    async fn long_bodies_wait_for_one_another_and_short_ones_do_not() {
        let long_bodies = Semaphore::new(1);
        let (none, length) = (HeaderMap::new(), LONG_BODY + 1);
        let read = |payload| read_up_to(&none, payload, BODY_LIMIT, Some(&long_bodies));
        let incomplete = stream::iter([Ok(Bytes::from(vec![0; length]))]).chain(stream::pending());
        let mut unfinished = Box::pin(read(payload(incomplete)));
        assert!(poll(&mut unfinished).is_pending());
        let long = || payload(stream::iter([Ok(Bytes::from(vec![0; length]))]));
        let mut waiting = Box::pin(read(long()));
        assert!(poll(&mut waiting).is_pending());
        let short = payload(stream::iter([Ok(Bytes::from(vec![0; LONG_BODY]))]));
        assert_eq!(read(short).await.unwrap().len(), LONG_BODY);
        drop(unfinished);
        assert_eq!(waiting.await.unwrap().len(), length);
        assert_eq!(read(long()).await.unwrap().len(), length);
    }

    #[tokio::test(start_paused = true)]
    async fn an_announced_length_over_the_limit_is_rejected_at_once() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, "65537".parse().unwrap());
        let silent = payload(stream::pending());
        assert!(matches!(read(&headers, silent).await, Err(HttpError::BodyTooLarge(BODY_LIMIT))));
    }

    fn headers(name: &actix_web::http::header::HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), value.parse().unwrap());
        }
        headers
    }

    #[tokio::test]
    async fn a_content_coding_is_rejected_at_once() {
        for codings in [&["gzip"][..], &["br"], &["deflate"], &["zstd"], &["x-none"], &["identity, GZIP"], &["", "br"]]
        {
            let rejected = read(&headers(&CONTENT_ENCODING, codings), payload(stream::pending())).await;
            assert!(matches!(rejected, Err(HttpError::ContentEncoding)), "{codings:?}");
        }
        for codings in [&["identity"][..], &["Identity"], &[""], &["identity, identity"], &[]] {
            let body = payload(stream::iter([Ok(Bytes::from_static(b"{}"))]));
            assert!(read(&headers(&CONTENT_ENCODING, codings), body).await.is_ok(), "{codings:?}");
        }
    }

    #[tokio::test]
    async fn another_charset_is_rejected_at_once() {
        for charset in ["utf-16", "UTF-16LE", "iso-8859-1", "\"euc-kr\"", "utf-8; charset=utf-32", "utf-8x", ""] {
            let media_type = format!("application/json; charset={charset}");
            let rejected = read(&headers(&CONTENT_TYPE, &[&media_type]), payload(stream::pending())).await;
            assert!(matches!(rejected, Err(HttpError::Charset)), "{charset}");
        }
        for parameters in
            ["", ";", "; charset=utf-8", ";CHARSET=\"UTF-8\"", "; charset=UTF8; q=1", "; charset=us-ascii"]
        {
            let body = payload(stream::iter([Ok(Bytes::from_static(b"{}"))]));
            let media_type = format!("application/json{parameters}");
            assert!(read(&headers(&CONTENT_TYPE, &[&media_type]), body).await.is_ok(), "{parameters}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_other_encodings_are_rejected() {
        assert!(parse(b"\xef\xbb\xbf{\"role\": \"user\"}").is_ok());
        let text = r#"{"role": "user"}"#;
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let utf32: Vec<u32> = text.chars().map(u32::from).collect();
        for bytes in [
            utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>(),
            utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            utf32.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            utf32.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            [0xfeff].iter().chain(&utf16).flat_map(|unit| unit.to_le_bytes()).collect(),
            [0xfeff].iter().chain(&utf16).flat_map(|unit| unit.to_be_bytes()).collect(),
        ] {
            let Err(HttpError::Malformed(detail)) = parse(&bytes) else { panic!("{bytes:?}") };
            assert_eq!(detail, "The body is UTF-16 or UTF-32: send UTF-8");
        }
        for twice in [&b"\xef\xbb\xbf\xef\xbb\xbf{}"[..], b"{\xef\xbb\xbf}", b"\xef\xbb\xbf"] {
            assert!(matches!(parse(twice), Err(HttpError::Malformed(_))), "{twice:?}");
        }
    }

    #[test]
    fn a_duplicate_field_is_reported_with_its_position() {
        let rejected = |body: &str| match parse(body.as_bytes()).map(drop) {
            Err(HttpError::Malformed(detail)) => detail.into_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            rejected(r#"{"role": "user", "role": "admin"}"#),
            "The body is ambiguous: duplicate field at line 1 column 33"
        );
        for other_value in ["[]", "1", "null", "\"text\""] {
            assert_eq!(rejected(other_value), "The body must be a JSON object");
        }
        assert!(rejected("{").starts_with("The body is not valid JSON: "));
        assert!(parse(br#"{"role": "user", "Role": "admin"}"#).is_ok());
    }
}
