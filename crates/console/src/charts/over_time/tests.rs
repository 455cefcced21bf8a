use chrono::Days;

use super::*;

fn chart(style: Style, values: &[&[u64]]) -> Chart {
    let first = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
    let names = ["One", "Two", "Three"];
    let series = values.iter().zip(names).map(|(values, name)| Series {
        name: name.into(),
        key: "key",
        values: values.to_vec(),
        adds_up: true,
    });
    let series = series.collect();
    let buckets = (0..values[0].len() as u64).map(|n| first + Days::new(n)).collect();
    let (id, title, interval) = ("x", "X".into(), Interval::Day);
    let chart = OverTime { id, title, style, interval, buckets, is_unfinished: style == Style::Lines, series };
    chart.chart(Language::English)
}

fn plot(style: Style, values: &[&[u64]]) -> Plot {
    match chart(style, values).drawing {
        Drawing::Plot(plot) => plot,
        Drawing::Bars(_) => panic!("not a plot"),
    }
}

#[test]
fn lines_span_the_plot_and_the_first_has_an_area() {
    let plot = plot(Style::Lines, &[&[0, 5, 10], &[10, 0, 0]]);
    assert_eq!(plot.curves[0].line, "M0 100L50 50L100 0");
    assert_eq!(plot.curves[0].area.as_deref(), Some("M0 100L50 50L100 0L100 100L0 100Z"));
    assert_eq!(plot.curves[1].line, "M0 0L50 100L100 100");
    assert!(plot.curves[1].area.is_none() && !plot.is_empty);
    let dots: Vec<_> = plot.dots.iter().map(|(x, y)| format!("{x} {y}")).collect();
    assert_eq!(dots, ["100 0", "100 100"]);
    let ticks: Vec<_> = plot.ticks.iter().map(|(y, text)| format!("{y} {text}")).collect();
    assert_eq!(ticks, ["100 0", "80 2", "60 4", "40 6", "20 8", "0 10"]);
}

#[test]
fn hit_areas_cover_the_plot() {
    for (style, expected) in [
        (Style::Lines, [("0", "25"), ("25", "50"), ("75", "25")]),
        (Style::Columns, [("0", "33.33"), ("33.33", "33.33"), ("66.66", "33.33")]),
    ] {
        let hit_areas = plot(style, &[&[1, 2, 3]]).hit_areas;
        let edges: Vec<_> =
            hit_areas.iter().map(|hit_area| (hit_area.x.to_string(), hit_area.width.to_string())).collect();
        assert_eq!(edges, expected.map(|(x, width)| (x.to_owned(), width.to_owned())));
        assert_eq!(hit_areas[1].text, "3 Nov 2026\nOne: 2");
    }
}

#[test]
fn many_buckets_have_no_hit_areas() {
    assert_eq!(plot(Style::Lines, &[&[1; 200]]).hit_areas.len(), 200);
    assert_eq!(plot(Style::Lines, &[&[1; 201]]).hit_areas.len(), 0);
}

#[test]
fn columns_are_centred_in_their_buckets() {
    let columns = plot(Style::Columns, &[&[4, 0]]).columns;
    let drawn: Vec<_> = columns.iter().map(|c| format!("{} {} {} {}", c.x, c.y, c.width, c.height)).collect();
    assert_eq!(drawn, ["9.5 0 31 100"], "zero has no column");
}

#[test]
fn a_single_bucket_is_a_dot_in_the_middle() {
    let plot = plot(Style::Lines, &[&[7]]);
    assert!(plot.curves.is_empty());
    assert_eq!((plot.dots[0].0.to_string(), plot.labels[0].x.to_string()), ("50".into(), "50".into()));
    assert_eq!((plot.hit_areas[0].x.to_string(), plot.hit_areas[0].width.to_string()), ("0".into(), "100".into()));
}

#[test]
fn zeros_are_at_the_bottom_and_the_maximum_fits() {
    let zero = plot(Style::Lines, &[&[0, 0]]);
    assert_eq!((zero.curves[0].line.as_str(), zero.is_empty), ("M0 100L100 100", true));
    let much = plot(Style::Lines, &[&[u64::MAX, 0]]);
    assert_eq!(much.curves[0].line, "M0 0L100 100");
    let none = plot(Style::Columns, &[&[]]);
    assert!(none.columns.is_empty() && none.hit_areas.is_empty() && none.labels.is_empty() && none.is_empty);
}

#[test]
fn the_table_and_the_csv_file_contain_all_numbers() {
    let chart = chart(Style::Lines, &[&[1, 2], &[3, 4_000]]);
    assert_eq!(chart.table.headings, ["Day", "One", "Two"]);
    let rows: Vec<_> = chart.table.rows.iter().map(|row| (row.name.as_str(), &row.values[..])).collect();
    assert_eq!(rows, [("2 Nov 2026", &[1, 3][..]), ("3 Nov 2026 (so far)", &[2, 4_000])]);
    assert_eq!(chart.csv().into_text(), "date,key,key\r\n2026-11-02,1,3\r\n2026-11-03,2,4000\r\n");
    assert_eq!(chart.legend, [("One".to_owned(), Some(3)), ("Two".to_owned(), Some(4_003))]);
    assert_eq!(
        chart.description,
        "From 2 Nov 2026 to 3 Nov 2026 (so far). One: at most 2 (3 Nov 2026 (so far)). Two: at most 4,000 (3 Nov 2026 \
         (so far))."
    );
}
