//! Static files that are the same for every client: stored once in memory, compressed once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;

use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, ETAG, Encoding, EntityTag, Header, HeaderName,
    HeaderValue, IfNoneMatch, VARY,
};
use actix_web::web::{Bytes, block};
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::OnceCell;

/// A file: its bytes, which all responses share, and its headers.
pub struct StaticFile {
    media_type: HeaderValue,
    headers: Vec<(HeaderName, HeaderValue)>,
    identity: Representation,
    /// Created at the first request that accepts gzip; `None` if compression does not shorten the file.
    gzip: OnceCell<Option<Representation>>,
}

#[derive(Clone)]
struct Representation {
    bytes: Bytes,
    tag: EntityTag,
}

impl StaticFile {
    /// Creates a file of this media type. An invalid media type becomes `application/octet-stream`.
    pub fn new(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let tag = EntityTag::new_strong(format!("{:016x}", hasher.finish()));
        let media_type = HeaderValue::from_str(media_type);
        Self {
            media_type: media_type.unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream")),
            headers: Vec::new(),
            identity: Representation { bytes, tag },
            gzip: OnceCell::new(),
        }
    }

    /// Adds a header to each response.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// Returns the file in the encoding that the client prefers, or 304 if the client has it.
    pub async fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let gzip = if accepts_gzip(request) { self.gzip().await } else { None };
        let chosen = gzip.unwrap_or(&self.identity);
        let is_known = is_known(request, &chosen.tag);
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, chosen.tag.clone())).insert_header((VARY, "Accept-Encoding"));
        for header in &self.headers {
            response.insert_header(header.clone());
        }
        if is_known {
            return response.finish();
        }
        response.insert_header((CONTENT_TYPE, self.media_type.clone()));
        if gzip.is_some() {
            response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
        }
        response.body(chosen.bytes.clone())
    }

    async fn gzip(&self) -> Option<&Representation> {
        let compressed = self.gzip.get_or_init(|| async {
            let Representation { bytes, tag } = self.identity.clone();
            let length = bytes.len();
            let compressed = block(move || compress(&bytes)).await.ok()?.ok()?;
            let tag = EntityTag::new_strong(format!("{}-gzip", tag.tag()));
            (compressed.len() < length).then(|| Representation { bytes: compressed.into(), tag })
        });
        compressed.await.as_ref()
    }
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    let mut compressed = encoder.finish()?;
    compressed.shrink_to_fit();
    Ok(compressed)
}

fn accepts_gzip(request: &HttpRequest) -> bool {
    const GZIP: Encoding = Encoding::Known(ContentEncoding::Gzip);
    const SUPPORTED: [Encoding; 2] = [GZIP, Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.and_then(|accepted| accepted.negotiate(SUPPORTED.iter())) == Some(GZIP)
}

/// Whether the client has the representation with this tag (RFC 9110, 13.1.2).
pub(crate) fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use actix_web::body::{MessageBody, to_bytes};
    use actix_web::http::StatusCode;
    use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_LENGTH, IF_NONE_MATCH};
    use actix_web::test::TestRequest;
    use flate2::read::GzDecoder;

    use super::*;

    const TEXT: &str = "the same for every client, and the same again: the same for every client";

    fn text_file() -> StaticFile {
        StaticFile::new("text/plain", TEXT.repeat(20)).with(CACHE_CONTROL, "no-cache")
    }

    async fn ask(file: &StaticFile, headers: &[(HeaderName, &str)]) -> HttpResponse {
        let mut request = TestRequest::get();
        for header in headers {
            request = request.append_header(header.clone());
        }
        file.answer(&request.to_http_request()).await
    }

    fn header(response: &HttpResponse, name: &HeaderName) -> Option<String> {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[actix_web::test]
    async fn a_client_gets_the_encoding_that_it_prefers() {
        let file = text_file();
        for (accepted, encoding) in [
            (None, None),
            (Some("gzip"), Some("gzip")),
            (Some("br, gzip;q=0.5"), Some("gzip")),
            (Some("gzip, deflate, br, zstd"), Some("gzip")),
            (Some("br"), None),
            (Some("gzip;q=0"), None),
            (Some("identity"), None),
            (Some(""), None),
        ] {
            let accepted: Vec<_> = accepted.map(|accepted| (ACCEPT_ENCODING, accepted)).into_iter().collect();
            let response = ask(&file, &accepted).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(header(&response, &CONTENT_ENCODING).as_deref(), encoding, "{accepted:?}");
            assert_eq!(header(&response, &VARY).as_deref(), Some("Accept-Encoding"));
            assert_eq!(header(&response, &CONTENT_TYPE).as_deref(), Some("text/plain"));
            assert_eq!(header(&response, &CACHE_CONTROL).as_deref(), Some("no-cache"));
            let body = to_bytes(response.into_body()).await.unwrap();
            let mut text = String::new();
            match encoding {
                Some(_) => GzDecoder::new(&*body).read_to_string(&mut text).unwrap(),
                None => (&*body).read_to_string(&mut text).unwrap(),
            };
            assert_eq!(text, TEXT.repeat(20));
        }
    }

    #[actix_web::test]
    async fn each_encoding_has_a_tag_of_its_own() {
        let file = text_file();
        let gzip = (ACCEPT_ENCODING, "gzip");
        let plain_tag = header(&ask(&file, &[]).await, &ETAG).unwrap();
        let gzip_tag = header(&ask(&file, std::slice::from_ref(&gzip)).await, &ETAG).unwrap();
        assert_ne!(plain_tag, gzip_tag);
        assert!(plain_tag.starts_with('"') && gzip_tag.starts_with('"'), "strong");
        for (tag, is_known) in [
            (plain_tag.clone(), false),
            (gzip_tag.clone(), true),
            (format!("\"other\", W/{gzip_tag}"), true),
            ("*".to_owned(), true),
            ("nonsense".to_owned(), false),
        ] {
            let response = ask(&file, &[gzip.clone(), (IF_NONE_MATCH, &tag)]).await;
            let expected = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
            assert_eq!(response.status(), expected, "{tag}");
            assert_eq!(header(&response, &ETAG).as_ref(), Some(&gzip_tag));
            assert_eq!(header(&response, &VARY).as_deref(), Some("Accept-Encoding"));
            assert_eq!(header(&response, &CACHE_CONTROL).as_deref(), Some("no-cache"));
            assert_eq!(header(&response, &CONTENT_LENGTH), None);
        }
        let other = StaticFile::new("text/plain", TEXT);
        assert_ne!(header(&ask(&other, &[]).await, &ETAG).unwrap(), plain_tag, "other bytes have another tag");
    }

    #[actix_web::test]
    async fn all_responses_share_the_memory() {
        let file = text_file();
        for headers in [vec![], vec![(ACCEPT_ENCODING, "gzip")]] {
            let first = ask(&file, &headers).await.into_body().try_into_bytes().unwrap();
            let second = ask(&file, &headers).await.into_body().try_into_bytes().unwrap();
            assert_eq!(first.as_ptr(), second.as_ptr());
        }
    }

    #[actix_web::test]
    async fn a_file_that_compression_does_not_shorten_is_not_compressed() {
        let file = StaticFile::new("image/png", Bytes::from_static(b"\x89PNG"));
        let response = ask(&file, &[(ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(header(&response, &CONTENT_ENCODING), None);
    }
}
