//! The charts of the analytics page and the dashboard.

use chrono::NaiveDate;
use steward_contracts::bodies::{Activity, ActivityPoint, RoleDistribution, UserRole};

use crate::charts::{Chart, OverTime, Series, Share, Style, shares};
use crate::language::Language;
use crate::roles;

/// Created accounts.
pub(in crate::pages) fn registrations(
    language: Language,
    activity: &Activity,
    today: NaiveDate,
    title: String,
) -> Chart {
    let name = language.text("analytics-registrations");
    let series = series(activity, name, "registrations", true, |point| point.registrations);
    over_time("registrations", title, Style::Columns, (activity, today), vec![series]).chart(language)
}

/// Successful and failed sign-ins.
pub(in crate::pages) fn sign_ins(language: Language, activity: &Activity, today: NaiveDate, title: String) -> Chart {
    let (succeeded, failed) = (language.text("analytics-succeeded"), language.text("analytics-failed"));
    let series = vec![
        series(activity, succeeded, "sign_ins", true, |point| point.sign_ins),
        series(activity, failed, "failed_sign_ins", true, |point| point.failed_sign_ins),
    ];
    over_time("sign-ins", title, Style::Lines, (activity, today), series).chart(language)
}

/// Active users, each counted once per bucket.
pub(super) fn active_users(language: Language, activity: &Activity, today: NaiveDate, title: String) -> Chart {
    let series =
        series(activity, language.text("analytics-active-users"), "active_users", false, |point| point.active_users);
    over_time("active-users", title, Style::Lines, (activity, today), vec![series]).chart(language)
}

/// Users by role.
pub(super) fn roles(language: Language, users: &RoleDistribution, title: String) -> Chart {
    let share = |role, value| Share { name: language.text(roles::text(role)), key: roles::name(role), value };
    let parts = vec![
        share(UserRole::User, users.user),
        share(UserRole::Admin, users.admin),
        share(UserRole::SuperAdmin, users.super_admin),
    ];
    let headings = [(language.text("analytics-role"), "role"), (language.text("analytics-users"), "users")];
    shares(language, "roles", title, headings, parts)
}

fn series(
    activity: &Activity,
    name: String,
    key: &'static str,
    adds_up: bool,
    value: impl Fn(&ActivityPoint) -> u64,
) -> Series {
    Series { name, key, values: activity.points.iter().map(value).collect(), adds_up }
}

fn over_time(
    id: &'static str,
    title: String,
    style: Style,
    (activity, today): (&Activity, NaiveDate),
    series: Vec<Series>,
) -> OverTime {
    let buckets = activity.points.iter().map(|point| point.date).collect();
    let is_unfinished = activity.to > today;
    OverTime { id, title, style, interval: activity.interval.into(), buckets, is_unfinished, series }
}
