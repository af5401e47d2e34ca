//! The data files of physical numbers: every one reads, and those that stand in for each other
//! have the same rows.

use models::data::{Evidence, Table};
use std::path::PathBuf;

fn read(file: &str) -> Table {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../scenarios")
        .join(file);
    let text = std::fs::read_to_string(&path).expect(file);
    Table::parse(&text).unwrap_or_else(|why| panic!("{file}: {why}"))
}

fn rows(file: &str) -> Vec<String> {
    read(file).keys().map(str::to_owned).collect()
}

#[test]
fn the_platforms_have_the_same_rows() {
    assert_eq!(
        rows("platforms/aws-us-east-1.toml"),
        rows("platforms/constant.toml")
    );
}

#[test]
fn the_readme_says_how_many_rows_are_official_and_how_many_assumed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(path).expect("the README");
    let words: Vec<&str> = readme.split_whitespace().collect();
    let readme = words.join(" ");
    for file in [
        "platforms/aws-us-east-1.toml",
        "prices/aws-us-east-1-2026.toml",
    ] {
        let table = read(file);
        let count = |kind: Evidence| {
            let rows = table.keys().filter_map(|key| table.row(key));
            rows.filter(|row| row.kind == kind).count()
        };
        let told = [
            (Evidence::Official, "official"),
            (Evidence::Measured, "measured"),
            (Evidence::ThirdParty, "third-party"),
            (Evidence::Assumption, "assumptions"),
        ];
        let told: Vec<String> = told
            .into_iter()
            .filter(|(kind, _)| count(*kind) > 0)
            .map(|(kind, name)| format!("{} {name}", count(kind)))
            .collect();
        let told = format!("(scenarios/{file}): {}", told.join(", "));
        assert!(readme.contains(&told), "README.md: {told}");
    }
}

#[test]
fn the_prices_have_the_same_rows() {
    assert_eq!(
        rows("prices/aws-us-east-1-2026.toml"),
        rows("prices/aws-us-east-1-2024.toml")
    );
}

#[test]
fn platforms_that_stand_in_for_each_other_count_in_the_same_units() {
    let (aws, constant) = (
        read("platforms/aws-us-east-1.toml"),
        read("platforms/constant.toml"),
    );
    for key in aws.keys() {
        let unit = |table: &Table| table.row(key).map(|row| row.unit.clone());
        assert_eq!(unit(&aws), unit(&constant), "{key}");
    }
}

#[test]
fn the_constant_platform_has_no_chance_and_claims_no_measurement() {
    let table = read("platforms/constant.toml");
    for key in table.keys() {
        assert!(table.number(key).is_ok(), "{key} is not a number");
        let kind = table.row(key).map(|row| row.kind);
        assert_eq!(kind, Some(Evidence::Assumption), "{key}");
    }
}

#[test]
fn fitted_laws_meet_the_quantiles_they_were_fitted_to() {
    let table = read("platforms/aws-us-east-1.toml");
    for (key, quantile, value) in [
        ("function.invoke_ms", 0.5, 11.0),
        ("function.async_dispatch_ms", 0.5, 73.0),
        ("kv.get_ms", 0.5, 3.94),
        ("kv.get_ms", 0.99, 9.64),
        ("kv.put_ms", 0.5, 5.64),
        ("kv.put_ms", 0.99, 12.66),
        ("kv.transact_ms", 0.5, 25.3),
        ("object.get_ms", 0.5, 27.02),
        ("object.get_ms", 0.99, 102.66),
        ("object.put_ms", 0.5, 41.43),
        ("object.put_ms", 0.9, 77.31),
        ("durable.checkpoint_ms", 0.95, 39.0),
        ("durable.resume_ms", 0.5, 98.1),
    ] {
        let law = table.law(key).expect(key);
        let found = percentile(&law, quantile);
        assert!(
            (found / value - 1.0).abs() < 0.06,
            "{key} at {quantile}: {found} against {value}"
        );
    }
}

/// The empirical percentile: a mixture's `quantile` is a draw, not an ordered one.
fn percentile(law: &models::Law, p: f64) -> f64 {
    let n = 20_000;
    let mut draws: Vec<f64> = (0..n)
        .map(|i| law.quantile((f64::from(i) + 0.5) / f64::from(n)))
        .collect();
    draws.sort_by(f64::total_cmp);
    draws[(p * f64::from(n)) as usize]
}
