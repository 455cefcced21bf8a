//! The contract of `Users`.

mod changing;
mod deleting;
mod filtering;
mod folding;
mod listing;
mod racing;
mod searching;
mod statistics;
mod stored;

pub use changing::*;
pub use deleting::*;
pub use filtering::*;
pub use folding::*;
pub use listing::*;
pub use racing::*;
pub use searching::*;
pub use statistics::*;
pub use stored::*;
