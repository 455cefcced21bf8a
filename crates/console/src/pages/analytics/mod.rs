//! Analytics about users, as charts, tables and CSV.

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
    /// `None` if the range is not valid.
    charts: Option<Result<Vec<Chart>, PartFailure>>,
}

async fn show(caller: Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let (context, language) = (&caller.context, caller.context.language());
    let today = context.now().date_naive();
    let range = Range::parse(request.query_string(), today);
    let days = range.to_api();
    let activity = OptionFuture::from(days.as_ref().map(|days| caller.api.activity(days)));
    let (users, overview, activity) = join3(caller.api.user_analytics(), caller.api.overview(), activity).await;
    let charts = activity.map(|activity| panel(context, activity)).transpose()?;
    let page = AnalyticsPage {
        users: panel(context, users)?.map(|users| {
            let chart = roles(language, &users);
            (users, chart)
        }),
        overview: panel(context, overview)?,
        charts: charts.map(|activity| activity.map(|activity| over_time(language, &activity, today))),
        frame: Frame::signed_in(&caller, Section::Analytics, context.t("nav-analytics")),
        range,
    };
    let status = if page.range.error().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    context.render(status, &page)
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

/// Returns the numbers of a chart as a CSV file.
async fn csv(caller: Administrator, chart: Path<String>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let range = Range::parse(request.query_string(), caller.context.now().date_naive());
    let name = chart.into_inner();
    let (chart, name) = match &*name {
        "roles" => (roles(caller.context.language(), &caller.api.user_analytics().await?), name),
        "sign-ins" | "active-users" | "registrations" => {
            let Some(chart) = chart_of(&caller, &range, &name).await? else { return Err(Failure::NotFound) };
            let name = format!("{name}-{}-{}", range.from, range.to);
            (chart, name)
        }
        _ => return Err(Failure::NotFound),
    };
    let mut response = HttpResponse::Ok();
    response.content_type("text/csv; charset=utf-8; header=present");
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"steward-{name}.csv\"")));
    Ok(response.body(chart.csv().into_text()))
}

/// Returns the chart with this name; `None` if the range is not valid.
async fn chart_of(caller: &SignedIn, range: &Range, name: &str) -> Result<Option<Chart>, Failure> {
    let Some(days) = range.to_api() else { return Ok(None) };
    let activity = caller.api.activity(&days).await?;
    let charts = over_time(caller.context.language(), &activity, caller.context.now().date_naive());
    Ok(charts.into_iter().find(|chart| chart.id == name))
}
