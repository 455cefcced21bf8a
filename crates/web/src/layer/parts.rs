use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// The size of a part, in bytes. A part and a head of 1 KiB fit in actix's buffer of 8 KiB, so that the buffer does not
/// grow.
const PART: usize = 7 * 1024;

/// Splits a long body into parts.
///
/// actix copies each part into a buffer of the connection. The buffer keeps its size while the client does not read.
pub(super) fn in_parts(body: BoxBody) -> BoxBody {
    match body.size() {
        BodySize::Sized(length) if length > PART as u64 => match body.try_into_bytes() {
            Ok(bytes) => BoxBody::new(Parts(bytes)),
            Err(stream) => stream,
        },
        _ => body,
    }
}

struct Parts(Bytes);

impl MessageBody for Parts {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.0.len().min(PART);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn a_long_body_is_sent_in_parts_that_share_its_memory() {
        let bytes = Bytes::from((0..=u8::MAX).cycle().take(PART * 2 + 1).collect::<Vec<_>>());
        let mut body = in_parts(BoxBody::new(bytes.clone()));
        assert_eq!(body.size(), BodySize::Sized(bytes.len() as u64));
        let (mut lengths, mut position) = (Vec::new(), bytes.as_ptr());
        while let Some(part) = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await {
            let part = part.unwrap();
            assert_eq!(part.as_ptr(), position);
            position = position.wrapping_add(part.len());
            lengths.push(part.len());
        }
        assert_eq!(lengths, [PART, PART, 1]);
    }

    #[test]
    fn a_short_body_is_unchanged() {
        let body = in_parts(BoxBody::new(Bytes::from(vec![0; PART])));
        assert_eq!(body.try_into_bytes().unwrap().len(), PART);
    }
}
