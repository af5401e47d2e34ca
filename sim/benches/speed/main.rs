//! Speed of the simulator beside a hand-written one: `cargo bench`.
//!
//! Workload W8: load the state (5 ms); 8 writes of 5 ms; at each write, with probability 0.1, the
//! worker crashes, is down for 100 ms and loads again; 1,000 executions in flight. Ours runs it
//! through the durable engine (JavaScript batching rule, bodies of no length, a checkpoint of 5 ms
//! a step, real node kills), with history, ledger and metrics kept. The baseline is a binary heap
//! of events and a state machine, with none of these. Both make 11.65 waits an execution.
//!
//! Rounds alternate, so that a machine whose speed drifts treats both alike; times are CPU time of
//! the measuring thread where the system tells it (Linux), otherwise elapsed time.

mod baseline;
mod check;
mod clock;
mod ours;

use clock::CpuClock;
use ours::Workload;

const ROUNDS: usize = 5;
/// Executions in one run; more are several runs.
const PER_RUN: u64 = 10_000;

/// Executions per CPU second.
fn rate(executions: u64, run: impl FnOnce()) -> f64 {
    let clock = CpuClock::start();
    run();
    executions as f64 / clock.seconds()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // `cargo bench` passes `--bench`; `cargo test` runs benches without it: then once, small.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        let left = Workload::new(100, 100).run(1);
        assert_eq!((left.executions, left.succeeded), (100, 100));
        check::every_crash();
        return;
    }
    // `cargo bench -- compare` measures that part only.
    let parts: [(&str, fn()); 4] = [
        // First: what later runs free would hide it.
        ("memory", in_flight),
        ("compare", compare),
        ("growth", grow),
        ("check", check::measure),
    ];
    // For profilers: `cargo bench -- once`.
    if arguments.iter().any(|argument| argument == "once") {
        Workload::new(PER_RUN, 1000).run(0);
        return;
    }
    let named = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !parts.iter().any(|(name, _)| named(name));
    for (name, part) in parts {
        if all || named(name) {
            part();
        }
    }
}

fn compare() {
    let (mut des, mut sim) = (Vec::new(), Vec::new());
    let ours = Workload::new(PER_RUN, 1000);
    ours.run(0);
    for round in 0..ROUNDS {
        des.push(rate(200_000, || {
            std::hint::black_box(baseline::run(200_000, 1000, round as u64));
        }));
        sim.push(rate(2 * PER_RUN, || {
            ours.run(2 * round as u64);
            ours.run(2 * round as u64 + 1);
        }));
    }
    let ratios: Vec<f64> = sim.iter().zip(&des).map(|(s, d)| s / d).collect();
    println!("W8, 1,000 in flight, {ROUNDS} rounds, medians");
    println!(
        "  binary-heap baseline   {:>10.0} executions/s/core",
        median(des)
    );
    println!(
        "  durable engine         {:>10.0} executions/s/core",
        median(sim)
    );
    println!("  ratio                  {:>10.3}", median(ratios));
    // What the memory under way costs.
    for in_flight in [100, 1] {
        let ours = Workload::new(PER_RUN, in_flight);
        ours.run(0);
        let fewer = (0..ROUNDS as u64).map(|round| rate(PER_RUN, || _ = ours.run(round)));
        let fewer = median(fewer.collect());
        println!("  with {in_flight:>5} in flight   {fewer:>10.0} executions/s/core");
    }
}

fn grow() {
    println!("growth: runs of {PER_RUN} executions, one after the other");
    println!("  executions    CPU s   us/execution   peak memory (MiB)");
    let ours = Workload::new(PER_RUN, 1000);
    for executions in [10_000, 100_000, 1_000_000] {
        let clock = CpuClock::start();
        for run in 0..executions / PER_RUN {
            ours.run(run);
        }
        let seconds = clock.seconds();
        println!(
            "  {executions:>10} {seconds:>8.2} {:>14.2} {:>19}",
            seconds / executions as f64 * 1e6,
            clock::peak_mib().map_or("unknown".to_owned(), |mib| format!("{mib:.0}")),
        );
    }
}

fn in_flight() {
    println!("memory per execution in flight, without history");
    for count in [1_000, 10_000] {
        let bytes = Workload::new(count, count).bytes_in_flight();
        let shown = bytes.map_or("unknown".to_owned(), |bytes| format!("{bytes:.0} B"));
        println!("  {count:>6} in flight: {shown}");
    }
}
