//! Page numbers and cursors of lists: from the query's parameters, and back into the envelope.

use steward_domain::{Cursor, Page, PageRequest, PageSize};

use crate::fields::Field;
use crate::{ApiError, Fields, text};

/// The parameters `page`, `page_size` and `cursor`, before it is known which list they page through.
pub struct PagingFields(Field<Option<u32>>, Field<Option<PageSize>>, Field<Option<String>>);

/// `page`, `page_size` and `cursor` as they were sent.
pub struct Paging {
    number: Option<u32>,
    size: Option<PageSize>,
    cursor: Option<String>,
}

/// Takes the parameters out of a query.
pub fn take(fields: &mut Fields) -> PagingFields {
    PagingFields(
        fields.optional("page", text(PageRequest::parse_number)),
        fields.optional("page_size", text(PageSize::parse)),
        fields.optional("cursor", text(|text| Ok(text.to_owned()))),
    )
}

impl crate::fields::Finish for PagingFields {
    type Values = Paging;

    fn values(self) -> Option<Paging> {
        let (number, size, cursor) = (self.0, self.1, self.2).values()?;
        Some(Paging { number, size, cursor })
    }
}

impl Paging {
    /// The page of the list that `canonical` names. A cursor says which page it leads to: `page` beside it is ignored.
    pub fn request(self, canonical: &str) -> Result<PageRequest, ApiError> {
        let size = self.size.unwrap_or_default();
        match self.cursor {
            None => Ok(PageRequest { number: self.number.unwrap_or(1), size, after: None }),
            Some(cursor) => {
                let cursor =
                    Cursor::parse(&cursor, canonical).map_err(|invalid| ApiError::invalid_field("cursor", &invalid))?;
                Ok(PageRequest { number: cursor.page, size, after: Some(cursor.position) })
            }
        }
    }
}

/// `total` in pages.
pub fn total_pages<T>(page: &Page<T>, request: &PageRequest) -> u64 {
    page.total.count.div_ceil(u64::from(request.size.get()))
}

/// What leads to the next page; `None` on the last.
pub fn next_cursor<T>(page: &Page<T>, request: &PageRequest, canonical: &str) -> Option<String> {
    let position = page.next.clone()?;
    Some(Cursor { page: request.number.saturating_add(1), position }.encode(canonical))
}
