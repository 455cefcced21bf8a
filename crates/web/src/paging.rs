//! Page numbers and cursors of lists: parsed from the query's parameters, and written to the response.

use steward_domain::{Cursor, Page, PageRequest, PageSize};

use crate::fields::Field;
use crate::{Fields, HttpError, text};

/// The parsed parameters `page`, `page_size` and `cursor`.
pub struct PagingFields(Field<Option<u32>>, Field<Option<PageSize>>, Field<Option<String>>);

/// The values of `page`, `page_size` and `cursor`.
pub struct Paging {
    number: Option<u32>,
    size: Option<PageSize>,
    cursor: Option<String>,
}

/// Parses the parameters of a query.
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
    /// Returns the requested page of the list that `canonical` names. A cursor contains its page number, so `page` is
    /// then ignored.
    pub fn request(self, canonical: &str) -> Result<PageRequest, HttpError> {
        let size = self.size.unwrap_or_default();
        match self.cursor {
            None => Ok(PageRequest { number: self.number.unwrap_or(1), size, after: None }),
            Some(cursor) => {
                let cursor = Cursor::parse(&cursor, canonical)
                    .map_err(|invalid| HttpError::invalid_field("cursor", &invalid))?;
                Ok(PageRequest { number: cursor.page, size, after: Some(cursor.position) })
            }
        }
    }
}

/// Returns the number of pages.
pub fn total_pages<T>(page: &Page<T>, request: &PageRequest) -> u64 {
    page.total.count.div_ceil(u64::from(request.size.get()))
}

/// Returns the cursor of the next page, or `None` on the last page.
pub fn next_cursor<T>(page: &Page<T>, request: &PageRequest, canonical: &str) -> Option<String> {
    let position = page.next.clone()?;
    Some(Cursor { page: request.number.saturating_add(1), position }.encode(canonical))
}
