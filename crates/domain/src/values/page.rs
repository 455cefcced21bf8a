use super::{Invalid, Position};

/// Direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Smallest, earliest, A first.
    Asc,
    /// Largest, latest, Z first.
    #[default]
    Desc,
}

impl Order {
    /// Reads `asc` or `desc`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "asc" => Ok(Self::Asc),
            "desc" => Ok(Self::Desc),
            _ => Err(Invalid::new("must be asc or desc")),
        }
    }

    /// The direction's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// How many items a page holds: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageSize(u32);

impl PageSize {
    /// Most items on a page.
    pub const MAX: u32 = 100;

    /// Reads a number of items.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text.parse() {
            Ok(size @ 1..=Self::MAX) => Ok(Self(size)),
            _ => Err(Invalid::new("must be a whole number from 1 to 100")),
        }
    }

    /// As many items as there may be.
    pub fn most() -> Self {
        Self(Self::MAX)
    }

    /// The number of items.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(10)
    }
}

/// Which page is wanted: its number, from 1, and where it begins.
///
/// A page asked for by number begins `(number - 1) * size` rows in, which storage has to count through. One that
/// continues from a position begins right there, however deep it lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The page's number, from 1.
    pub number: u32,
    /// How many items it holds at the most.
    pub size: PageSize,
    /// The last item before it, when it continues a page already seen.
    pub after: Option<Position>,
}

impl PageRequest {
    /// Reads a page number: a whole number from 1 to 2³¹ − 1.
    pub fn parse_number(text: &str) -> Result<u32, Invalid> {
        match text.parse::<u32>() {
            Ok(number) if (1..=0x7fff_ffff).contains(&number) => Ok(number),
            _ => Err(Invalid::new("must be a whole number from 1 to 2147483647")),
        }
    }

    /// Rows to skip before the page begins; 0 when it continues from a position.
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

/// How many items match in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The number of matches, or [`Total::CAP`] when there are more than that and counting on would keep the
    /// caller waiting.
    pub count: u64,
    /// Whether `count` is the exact number.
    pub exact: bool,
}

impl Total {
    /// Matches are counted one by one up to here, and no further.
    pub const CAP: u64 = 10_000;

    /// An exact total.
    pub fn exact(count: u64) -> Self {
        Self { count, exact: true }
    }

    /// The total for a count that was stopped after [`Total::CAP`] + 1 matches.
    pub fn capped(counted: u64) -> Self {
        Self { count: counted.min(Self::CAP), exact: counted <= Self::CAP }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the order that was asked for.
    pub items: Vec<T>,
    /// How many match in all.
    pub total: Total,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_numbers_have_bounds() {
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
    fn the_deepest_offset_does_not_overflow() {
        let deepest = PageRequest { number: 0x7fff_ffff, size: PageSize::parse("100").unwrap(), after: None };
        assert_eq!(deepest.offset(), 214_748_364_600);
    }

    #[test]
    fn a_capped_total_says_so() {
        assert_eq!(Total::capped(10_000), Total { count: 10_000, exact: true });
        assert_eq!(Total::capped(10_001), Total { count: 10_000, exact: false });
    }
}
