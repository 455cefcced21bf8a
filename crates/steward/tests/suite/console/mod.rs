//! The console in a browser, with and without JavaScript.
//!
//! How to add a test: start a [`Console`](crate::support::Console), open a browser, find controls by their visible
//! names, and check [`errors`](steward_testkit::browser::Browser::errors) at the end.
//!
//! - `guide`: the guide's tests 1 to 5, literally. `signing_in`: signing in and out. `actions`: every action.
//! - `policy`: permissions. `attacks`: forged forms, markup in names, redirects, cookies.
//! - `states`: an unreachable, slow or busy API, and sessions that end. `accessibility`: axe-core, narrow windows,
//!   shifts.
//! - `language`: the texts in both languages. `helpers`: reads and checks pages. `visitor`: HTTP without a browser.
//! - `streams`: live updates in many windows. `palette`: the command palette. `origins`: host names, proxies, other
//!   sites. `tabs`: signing in and out in several tabs. `double_submit`: double clicks.
//! - `sign_ins`: the sign-in log, the active sessions, and the lists behind the dashboard's cards.
//! - `links`: a forgotten password, mailed links, and the own address, with stubbed endpoints.
//! - `framing`: protocol upgrades, trailing slashes, encodings.
//! - `faulty_proxy`: a proxy between a console and its API, with faults. `stub_api`: one that stubs endpoints.

mod accessibility;
mod actions;
mod attacks;
mod double_submit;
mod faulty_proxy;
mod framing;
mod guide;
mod helpers;
mod language;
mod links;
mod origins;
mod palette;
mod policy;
mod sign_ins;
mod signing_in;
mod states;
mod streams;
mod stub_api;
mod tabs;
mod visitor;
