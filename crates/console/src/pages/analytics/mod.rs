//! Numbers about users and what they do, as charts, tables and CSV.

pub(super) mod charts;
mod range;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::{Path, ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use futures_util::future::{OptionFuture, join3};
use steward_contracts::bodies::{Activity, Overview, UserAnalytics};

use super::part::{PartFailure, panel};
use crate::charts::{Chart, Percent, percent};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::request::{Administrator, SignedIn};
use range::{INTERVALS, NAMED, Range};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/analytics", get().to(show)).route("/analytics/{chart}.csv", get().to(csv));
}

#[derive(Template)]
#[template(path = "analytics.html")]
struct AnalyticsPage {
    frame: Frame,
    range: Range,
    users: Result<(UserAnalytics, Chart), PartFailure>,
    overview: Result<Overview, PartFailure>,
    /// None while the days that were typed are none.
    charts: Option<Result<Vec<Chart>, PartFailure>>,
}

async fn show(who: Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(who) = who;
    let (context, language) = (&who.context, who.context.language());
    let today = context.now().date_naive();
    let range = Range::of(request.query_string(), today);
    let asked = range.asked();
    let activity = OptionFuture::from(asked.as_ref().map(|asked| who.api.activity(asked)));
    let (users, overview, activity) = join3(who.api.user_analytics(), who.api.overview(), activity).await;
    let charts = activity.map(|activity| panel(context, activity)).transpose()?;
    let page = AnalyticsPage {
        users: panel(context, users)?.map(|users| {
            let chart = roles(language, &users);
            (users, chart)
        }),
        overview: panel(context, overview)?,
        charts: charts.map(|activity| activity.map(|activity| over_time(language, &activity, today))),
        frame: Frame::signed_in(&who, Section::Analytics, context.t("nav-analytics")),
        range,
    };
    let status = if page.range.wrong().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    context.page(status, &page)
}

fn roles(language: Language, users: &UserAnalytics) -> Chart {
    charts::roles(language, &users.role_distribution, language.text("analytics-roles-title"))
}

fn over_time(language: Language, activity: &Activity, today: NaiveDate) -> Vec<Chart> {
    vec![
        charts::sign_ins(language, activity, today, language.text("analytics-sign-ins-title")),
        charts::active_users(language, activity, today, language.text("analytics-active-users-title")),
        charts::registrations(language, activity, today, language.text("analytics-registrations-title")),
    ]
}

/// The numbers of a chart, for a spreadsheet.
async fn csv(who: Administrator, chart: Path<String>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(who) = who;
    let range = Range::of(request.query_string(), who.context.now().date_naive());
    let name = chart.into_inner();
    let (chart, name) = match &*name {
        "roles" => (roles(who.context.language(), &who.api.user_analytics().await?), name),
        "sign-ins" | "active-users" | "registrations" => {
            let Some(chart) = chart_of(&who, &range, &name).await? else { return Err(Failure::NotFound) };
            let name = format!("{name}-{}-{}", range.from, range.to);
            (chart, name)
        }
        _ => return Err(Failure::NotFound),
    };
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/csv; charset=utf-8; header=present");
    answer.insert_header((CACHE_CONTROL, "no-store"));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"steward-{name}.csv\"")));
    Ok(answer.body(chart.csv().into_text()))
}

/// The chart of this name; none while the days that were typed are none.
async fn chart_of(who: &SignedIn, range: &Range, name: &str) -> Result<Option<Chart>, Failure> {
    let Some(asked) = range.asked() else { return Ok(None) };
    let activity = who.api.activity(&asked).await?;
    let charts = over_time(who.context.language(), &activity, who.context.now().date_naive());
    Ok(charts.into_iter().find(|chart| chart.id == name))
}
