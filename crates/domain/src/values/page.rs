use super::{Invalid, Position};

/// The direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Smallest or earliest first, A to Z.
    Asc,
    /// Largest or latest first, Z to A.
    #[default]
    Desc,
}

impl Order {
    /// Parses `asc` or `desc`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "asc" => Ok(Self::Asc),
            "desc" => Ok(Self::Desc),
            _ => Err(Invalid::new("must be asc or desc")),
        }
    }

    /// Returns the direction's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// The maximum number of items on a page: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageSize(u32);

impl PageSize {
    /// The largest page size.
    pub const MAX: u32 = 100;

    /// Parses a number of items.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text.parse() {
            Ok(size @ 1..=Self::MAX) => Ok(Self(size)),
            _ => Err(Invalid::new("must be a whole number from 1 to 100")),
        }
    }

    /// Returns the largest page size.
    pub fn most() -> Self {
        Self(Self::MAX)
    }

    /// Returns the number of items.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(10)
    }
}

/// A request for a page: its number, from 1, and its start.
///
/// A page that is requested by number skips `(number - 1) * size` rows, which storage must read. A page that continues
/// from a position needs no skipped rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The page's number, from 1.
    pub number: u32,
    /// The page size.
    pub size: PageSize,
    /// Position of the last item of the previous page, if the client has it.
    pub after: Option<Position>,
}

impl PageRequest {
    /// Parses a page number from 1 to 2³¹ − 1.
    pub fn parse_number(text: &str) -> Result<u32, Invalid> {
        match text.parse::<u32>() {
            Ok(number) if (1..=0x7fff_ffff).contains(&number) => Ok(number),
            _ => Err(Invalid::new("must be a whole number from 1 to 2147483647")),
        }
    }

    /// Returns the number of rows to skip; 0 if the page continues from a position.
    pub fn offset(&self) -> i64 {
        match self.after {
            Some(_) => 0,
            None => i64::from(self.number - 1) * i64::from(self.size.get()),
        }
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { number: 1, size: PageSize::default(), after: None }
    }
}

/// The number of matching items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The number of matches, or the cap if counting stopped there to limit the response time.
    pub count: u64,
    /// Whether `count` is exact.
    pub exact: bool,
}

impl Total {
    /// The maximum number of matches that a list counts.
    pub const CAP: u64 = 1_000;

    /// The total of more matches than a list counts.
    pub const ABOVE_CAP: Self = Self { count: Self::CAP, exact: false };

    /// Creates an exact total.
    pub fn exact(count: u64) -> Self {
        Self { count, exact: true }
    }

    /// Creates the total for a count that stopped after [`Total::CAP`] + 1 matches.
    pub fn capped(counted: u64) -> Self {
        Self::capped_at(Self::CAP, counted)
    }

    /// Creates the total for a count that stopped after `cap` + 1 matches.
    pub fn capped_at(cap: u64, counted: u64) -> Self {
        Self { count: counted.min(cap), exact: counted <= cap }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the requested order.
    pub items: Vec<T>,
    /// The number of matching items.
    pub total: Total,
    /// The position after which the next page begins; `None` on the last page.
    pub next: Option<Position>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_numbers_have_limits() {
        assert_eq!(PageSize::parse("100").unwrap().get(), 100);
        for text in ["0", "101", "-1", "ten", "", "1.5", "4294967297"] {
            assert!(PageSize::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(PageRequest::parse_number("2147483647"), Ok(0x7fff_ffff));
        for text in ["0", "-1", "2147483648", "99999999999999999999", "x"] {
            assert!(PageRequest::parse_number(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_largest_offset_does_not_overflow() {
        let deepest = PageRequest { number: 0x7fff_ffff, size: PageSize::parse("100").unwrap(), after: None };
        assert_eq!(deepest.offset(), 214_748_364_600);
    }

    #[test]
    fn a_capped_total_is_not_exact() {
        assert_eq!(Total::capped(1_000), Total { count: 1_000, exact: true });
        assert_eq!(Total::capped(1_001), Total { count: 1_000, exact: false });
    }
}
