//! Analytics about users, as charts, tables and CSV.

pub(super) mod charts;
mod range;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::{Path, ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use futures_util::future::{join3, try_join};
use steward_client::Error;
use steward_contracts::bodies::{Activity, Overview, UserAnalytics};

use super::part::{PartFailure, panel};
use crate::charts::{Chart, Percent, percent};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::request::{Administrator, SignedIn};
use crate::times::Times;
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
    let range = Range::parse(request.query_string(), caller.session.times().day(context.now()));
    let charts = over_time(&caller, request.query_string());
    let (users, overview, charts) = join3(caller.api.user_analytics(), caller.api.overview(), charts).await;
    let page = AnalyticsPage {
        users: panel(context, users)?.map(|users| {
            let chart = roles(language, &users);
            (users, chart)
        }),
        overview: panel(context, overview)?,
        charts: panel(context, charts)?.transpose(),
        frame: Frame::signed_in(&caller, Section::Analytics, context.t("nav-analytics")),
        range,
    };
    let status = if page.range.error().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    context.render(status, &page)
}

fn roles(language: Language, users: &UserAnalytics) -> Chart {
    charts::roles(language, &users.role_distribution, language.text("analytics-roles-title"))
}

/// Returns the charts by day, week or month; `None` if the range is not valid.
///
/// The API counts active users in days of UTC. In another zone, their chart therefore has a range of its own.
async fn over_time(caller: &SignedIn, query: &str) -> Result<Option<Vec<Chart>>, Error> {
    let (language, times) = (caller.context.language(), caller.session.times());
    let local = Counts::fetch(caller, query, times);
    let (local, utc, active_users) = if times.zone().is_none() {
        let counts = local.await?;
        (counts.clone(), counts, "analytics-active-users-title")
    } else {
        let (local, utc) = try_join(local, Counts::fetch(caller, query, Times::default())).await?;
        (local, utc, "analytics-active-users-utc-title")
    };
    let charts = local.zip(utc).map(|(local, utc)| {
        vec![local.sign_ins(language), utc.active_users(language, active_users), local.registrations(language)]
    });
    Ok(charts)
}

/// The activity in a range.
#[derive(Clone)]
struct Counts {
    activity: Activity,
    today: NaiveDate,
}

impl Counts {
    /// Fetches the activity in days of this zone; `None` if the range is not valid.
    async fn fetch(caller: &SignedIn, query: &str, times: Times) -> Result<Option<Self>, Error> {
        let today = times.day(caller.context.now());
        let Some(days) = Range::parse(query, today).to_api(times) else { return Ok(None) };
        Ok(Some(Self { activity: caller.api.activity(&days).await?, today }))
    }

    fn sign_ins(&self, language: Language) -> Chart {
        charts::sign_ins(language, &self.activity, self.today, language.text("analytics-sign-ins-title"))
    }

    fn active_users(&self, language: Language, title: &str) -> Chart {
        charts::active_users(language, &self.activity, self.today, language.text(title))
    }

    fn registrations(&self, language: Language) -> Chart {
        charts::registrations(language, &self.activity, self.today, language.text("analytics-registrations-title"))
    }
}

/// Returns the numbers of a chart as a CSV file.
async fn csv(caller: Administrator, chart: Path<String>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let (language, times) = (caller.context.language(), caller.session.times());
    let counts = async |times| {
        let counts = Counts::fetch(&caller, request.query_string(), times).await?;
        counts.ok_or(Failure::NotFound)
    };
    let name = chart.into_inner();
    let (chart, times) = match &*name {
        "roles" => (roles(language, &caller.api.user_analytics().await?), None),
        "sign-ins" => (counts(times).await?.sign_ins(language), Some(times)),
        "active-users" => {
            let utc = Times::default();
            (counts(utc).await?.active_users(language, "analytics-active-users-title"), Some(utc))
        }
        "registrations" => (counts(times).await?.registrations(language), Some(times)),
        _ => return Err(Failure::NotFound),
    };
    let name = match times {
        None => name,
        Some(times) => {
            let range = Range::parse(request.query_string(), times.day(caller.context.now()));
            format!("{name}-{}-{}", range.from, range.to)
        }
    };
    let mut response = HttpResponse::Ok();
    response.content_type("text/csv; charset=utf-8; header=present");
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"steward-{name}.csv\"")));
    Ok(response.body(chart.csv().into_text()))
}
