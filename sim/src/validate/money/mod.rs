//! Money: metered runs against the price list's own example and published calculations.
//!
//! Costs come from what runs are metered for (operations, bytes, invocations, billed time), times the rows of
//! the price file; Step Functions, which no engine here is, from its published price alone.

mod own;
mod runs;

use super::Study;
use super::csv::{self, Row, number};
use super::study::{
    Basis, Effort, Finding, Missing, Parameter, Prediction, Quantity, Tolerance, mark,
};
use analysis::figures::paper::{Mark, Place};
use runs::Checkpoints;
use std::fmt::Write;

/// The study.
pub const STUDY: Study = Study {
    name: "money",
    about: "the price list's example to the cent, published cost tables, break-evens",
    run,
};

fn run(effort: &Effort) -> Result<Finding, String> {
    let mut finding = Finding::default();
    example(effort, &mut finding)?;
    let checkpoints = Checkpoints::run(effort)?;
    break_evens(effort, &checkpoints, &mut finding)?;
    tables(effort, &checkpoints, &mut finding)?;
    curves(effort, &checkpoints, &mut finding)?;
    etl(effort, &mut finding)?;
    finding.parameters = vec![Parameter {
        name: "prices".to_owned(),
        value: "aws-us-east-1-2026".to_owned(),
        origin: "price lists, row by row in scenarios/prices; nothing is fitted".to_owned(),
    }];
    Ok(finding)
}

fn exact(name: impl Into<String>, published: f64, simulated: f64) -> Quantity {
    Quantity {
        name: name.into(),
        published: Some(published),
        simulated,
        error: 0.0,
        tolerance: Tolerance::Equal,
        basis: Basis::Exact,
    }
}

fn cents(usd: f64) -> f64 {
    (usd * 100.0).round() / 100.0
}

/// A million executions of the price list's example.
fn example(effort: &Effort, finding: &mut Finding) -> Result<(), String> {
    let costs = runs::example(effort)?;
    let parts = [
        ("compute", 421.34, costs.compute),
        ("requests", 0.20, costs.requests),
        ("durable operations and data", 68.92, costs.durable),
        ("total", 490.46, costs.total()),
    ];
    let quantity = |(what, published, usd): (&str, f64, f64)| {
        exact(format!("AWS's example, {what}, USD"), published, cents(usd))
    };
    finding.quantities.extend(parts.map(quantity));
    Ok(())
}

/// Where two ways cost the same, from the metered cost of a checkpoint.
fn break_evens(effort: &Effort, of: &Checkpoints, finding: &mut Finding) -> Result<(), String> {
    let published = csv::rows(&effort.published("analytic_reference.csv")?)?;
    let value = |id: &str| {
        let row = published.iter().find(|row| row["id"] == id);
        row.and_then(|row| number(row, "value"))
            .ok_or_else(|| format!("no row {id}"))
    };
    let list = csv::rows(&effort.published("aws_durable_pricing.csv")?)?;
    let price = |item: &str| list_price(&list, item);
    let transition = price("step_functions_standard_transition")? / 1e6;
    let put = of.prices.object_put_thousand / 1e3;
    let kb = |usd: f64| usd / of.usd_per_byte / 1e3;
    let rows = [
        (
            "cost_df_vs_sfn_kb",
            "a checkpoint costs a Step Functions transition at, KB",
            kb(transition - of.operation_usd),
        ),
        (
            "cost_s3_offload_kb",
            "a checkpoint's data cost an S3 PUT at, KB",
            kb(put),
        ),
        (
            "cost_2ops_gbs",
            "two durable operations cost as much as, GB-s",
            2.0 * of.operation_usd / of.prices.gb_s_x86,
        ),
    ];
    for (id, what, simulated) in rows {
        let simulated = (simulated * 1e9).round() / 1e9;
        let published = (value(id)? * 1e9).round() / 1e9;
        finding.quantities.push(exact(what, published, simulated));
    }
    Ok(())
}

fn list_price(list: &[Row], item: &str) -> Result<f64, String> {
    let row = list.iter().find(|row| row["item"] == item);
    row.and_then(|row| number(row, "price"))
        .ok_or_else(|| format!("no published price of {item}"))
}

/// Published tables of the cost of a million checkpoints and replays.
fn tables(effort: &Effort, of: &Checkpoints, finding: &mut Finding) -> Result<(), String> {
    let rows = csv::rows(&effort.published("aws_durable_cost_examples.csv")?)?;
    let mut text = String::from("quantity,checkpoint_kb,system,usd\n");
    for row in &rows {
        let published = number(row, "usd").ok_or("no cost")?;
        let by_hand = row["system"].starts_with("own");
        let usd = match by_hand {
            true => own::cost(effort, row)?,
            false => of.published(row)?,
        };
        let usd = (usd * 1e9).round() / 1e3;
        let quantity = match row["quantity"].contains(',') {
            true => format!("\"{}\"", row["quantity"]),
            false => row["quantity"].clone(),
        };
        let _ = writeln!(
            text,
            "{quantity},{},{},{usd}",
            row["checkpoint_kb"], row["system"]
        );
        let name = format!(
            "{}, {} KB, {}, USD",
            row["quantity"], row["checkpoint_kb"], row["system"]
        );
        let mut quantity = exact(name, published, usd);
        if published == 3.735 {
            // 0.4 + 0.125 + 8 x 0.4: the published sum has a slip of one cent.
            quantity.tolerance = Tolerance::Share(0.01);
            quantity.basis = Basis::Predicted;
        }
        finding.quantities.push(quantity);
    }
    finding.predictions.push(Prediction {
        file: "aws_durable_cost_examples.csv".to_owned(),
        csv: text,
    });
    Ok(())
}

/// Cost by size, each way.
fn curves(effort: &Effort, of: &Checkpoints, finding: &mut Finding) -> Result<(), String> {
    let list = csv::rows(&effort.published("aws_durable_pricing.csv")?)?;
    let table = csv::rows(&effort.published("aws_durable_cost_examples.csv")?)?;
    let published = |kb: f64, system: &str| {
        let same = |row: &&Row| {
            row["quantity"].starts_with("checkpoint")
                && row["system"].starts_with(system)
                && number(row, "checkpoint_kb") == Some(kb)
        };
        table.iter().find(same).and_then(|row| number(row, "usd"))
    };
    let transition = list_price(&list, "step_functions_standard_transition")?;
    for kb in [
        1.0, 2.0, 4.0, 8.0, 12.0, 15.0, 16.0, 20.0, 32.0, 50.0, 68.0, 100.0, 128.0,
    ] {
        let durable = 1e6 * (of.operation_usd + kb * 1e3 * of.usd_per_byte);
        let by_hand = 1e6 * own::checkpoint_usd(effort, kb as u64)?;
        let place = || Place::At(kb);
        for (series, usd, published) in [
            ("durable function", durable, published(kb, "lambda")),
            (
                "by hand: queue, table, objects",
                by_hand,
                published(kb, "own"),
            ),
            ("Step Functions transition", transition, None),
        ] {
            finding.marks.push(Mark {
                published,
                ..mark(("money", "cost"), series, place(), usd)
            });
        }
    }
    Ok(())
}

/// A thousand workflows that move data and wait for an approval, on two systems.
fn etl(effort: &Effort, finding: &mut Finding) -> Result<(), String> {
    let rows = csv::rows(&effort.published("durable_vs_stepfunctions_etl_cost.csv")?)?;
    let list = csv::rows(&effort.published("aws_durable_pricing.csv")?)?;
    let given = |system: &str, item: &str| {
        let row = rows
            .iter()
            .find(|row| row["system"] == system && row["item"] == item);
        row.and_then(|row| number(row, "value"))
            .ok_or_else(|| format!("no {item} of {system}"))
    };
    let price = |item: &str| Ok::<f64, String>(list_price(&list, item)? / 1e6);
    let mut text = String::from("system,item,value\n");
    for system in ["durable", "step_functions"] {
        let requests = given(system, "lambda_invocations")? * price("lambda_request")?;
        let transitions = match system {
            "durable" => 0.0,
            _ => given(system, "state_transitions")? * price("step_functions_standard_transition")?,
        };
        let rest = ["lambda_duration_usd", "dynamodb_usd", "s3_usd"];
        let rest: f64 = rest
            .iter()
            .map(|item| given(system, item))
            .sum::<Result<f64, String>>()?;
        let total = requests + transitions + rest;
        let close = |what: &str, published: f64, simulated: f64| Quantity {
            tolerance: Tolerance::Share(0.01),
            basis: Basis::Predicted,
            ..exact(
                format!("1,000 ETL workflows, {system}, {what}, USD"),
                published,
                simulated,
            )
        };
        let mut quantities = vec![close(
            "requests",
            given(system, "lambda_request_usd")?,
            requests,
        )];
        let _ = writeln!(text, "{system},lambda_request_usd,{requests:.6}");
        if transitions > 0.0 {
            quantities.push(close(
                "transitions",
                given(system, "transitions_usd")?,
                transitions,
            ));
            let _ = writeln!(text, "{system},transitions_usd,{transitions:.6}");
        }
        quantities.push(close(
            "total as published",
            given(system, "total_usd_published")?,
            total,
        ));
        let _ = writeln!(text, "{system},total_usd_published,{total:.6}");
        if system == "durable" {
            // Start, three or four steps and the approval's callback.
            for operations in [5.0, 6.0] {
                let charged = operations * 1e3 * price("durable_operation")?;
                quantities.push(Quantity {
                    published: None,
                    ..close(
                        &format!("total with {operations} durable operations each, left out there"),
                        0.0,
                        total + charged,
                    )
                });
            }
        }
        finding.quantities.extend(quantities);
    }
    finding.predictions.push(Prediction {
        file: "durable_vs_stepfunctions_etl_cost.csv".to_owned(),
        csv: text,
    });
    finding.missing.push(Missing {
        name: "1,000 ETL workflows: duration, DynamoDB, S3".to_owned(),
        reason: "only their cost was published, not what was used: taken over".to_owned(),
    });
    Ok(())
}
