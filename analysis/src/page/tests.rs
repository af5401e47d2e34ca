use super::*;
use crate::sample::{cell, run};
use crate::{compare_engines, summarise};
use models::records::{CellRuns, Measure};

fn cells() -> Vec<CellRuns> {
    let axes = [("faults.fail_rate", 0.1)];
    let mut cells = vec![
        cell(0, "counter", "local", &axes),
        cell(1, "counter", "durable <b>", &axes),
        cell(2, "counter", "local", &[("faults.fail_rate", 0.2)]),
    ];
    for (cell, factor) in cells.iter_mut().zip([1.0, 3.0, 2.0]) {
        let values = |r: u64| {
            [
                (Measure::LatencyS, factor * (r + 1) as f64),
                (Measure::Succeeded, 1.0),
                (Measure::CostUsd, factor * 1e-6),
                (Measure::Bodies, 11.0),
                (Measure::VirtualS, 1.0),
            ]
        };
        cell.runs = (0..8).map(|r| run(r, &values(r))).collect();
    }
    cells[2].runs[0].invalid = Some("too long".to_owned());
    cells
}

fn page() -> Page {
    let cells = cells();
    Page {
        title: "What & why <script>alert(1)</script>".to_owned(),
        comment: vec!["Set `a < b` and \"c\".".to_owned()],
        results: Some(Results {
            summary: summarise(&cells),
            comparison: compare_engines(&cells),
            cells: cells.into_iter().map(|runs| runs.cell).collect(),
        }),
        figures: vec![Figure {
            name: "figures/a\"b.svg".to_owned(),
            svg: "<svg viewBox=\"0 0 1 1\"></svg>\n".to_owned(),
        }],
        scenario: "title = \"<i>\"".to_owned(),
        ..Page::default()
    }
}

#[test]
fn all_text_is_escaped_and_figures_are_put_in() {
    let text = render(&page());
    for tag in ["<script", "<i>", "<b>"] {
        assert!(!text.contains(tag), "{tag}");
    }
    for part in [
        "<title>What &amp; why &lt;script&gt;",
        "Set <code>a &lt; b</code> and ",
        "aria-label=\"figures/a&quot;b.svg\"",
        "<svg viewBox=\"0 0 1 1\"></svg></div>",
        "<th scope=\"row\">durable &lt;b&gt;</th>",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}

#[test]
fn numbers_stand_with_their_intervals() {
    let text = render(&page());
    // Median of 1 to 8 s, and the order statistics around it; 7 of 8 runs of the last cell count.
    let latency = "<td class=\"number\">4.50 s<small>[1.00, 8.00]</small></td>";
    // Runs 1 to 8 s against 3 to 24 s: a ratio of exactly 3, whatever is drawn.
    let ratio = "<td class=\"number\">3.00<small>[3.00, 3.00]</small></td>";
    for part in [
        latency,
        ratio,
        "+9.00 s",
        "<td class=\"number\">7/8</td>",
        ", against local</h3>",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}

#[test]
fn what_there_is_nothing_for_is_left_out() {
    let text = render(&page());
    for (id, is_there) in [
        ("summary", true),
        ("comparison", true),
        ("intervals", true),
        ("faults", false),
        ("invalid", false),
        ("violations", false),
        ("data", false),
    ] {
        let section = format!("<section id=\"{id}\">");
        assert_eq!(text.contains(&section), is_there, "{id}");
        assert_eq!(text.contains(&format!("href=\"#{id}\"")), is_there, "{id}");
    }
}

#[test]
fn a_page_needs_nothing_else() {
    let text = render(&page());
    assert!(text.contains("default-src 'none'"));
    for word in ["src=", "@import", "url(", "<link", "http://", "https://"] {
        assert!(!text.contains(word), "{word}");
    }
}
