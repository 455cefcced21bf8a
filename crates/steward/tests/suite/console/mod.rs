//! The console as people meet it: in a browser, with and without JavaScript.
//!
//! How to add a test: start a [`Console`](crate::support::Console), open a browser in it, find things by the words on
//! them, and ask for [`errors`](steward_testkit::browser::Browser::errors) at the end.
//!
//! - `guide`: the guide's tests 1 to 5, literally. `signing_in`: in and out. `actions`: everything that can be done.
//! - `policy`: who sees what. `attacks`: forged forms, names that are scripts, redirects, cookies.
//! - `states`: the API away, slow or too busy, and sessions that end. `accessibility`: axe-core, narrow windows, shifts.
//! - `words`: the texts in both languages. `looking`: what is looked at on most pages. `wire`: what no browser sends.
//! - `streams`: what arrives by itself, in many windows. `palette`: finding by keyboard. `origins`: host names, proxies,
//!   other sites. `tabs`: signing in and out in several tabs. `twice`: double clicks.
//! - `framing`: offers of other protocols, slashes at the end, compressed forms.
//! - `line`: what lies between a console and its API, and can fail.

mod accessibility;
mod actions;
mod attacks;
mod framing;
mod guide;
mod line;
mod looking;
mod origins;
mod palette;
mod policy;
mod signing_in;
mod states;
mod streams;
mod tabs;
mod twice;
mod wire;
mod words;
