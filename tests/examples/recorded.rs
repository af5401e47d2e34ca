//! Shows which programs of a recording the durable engine runs otherwise than the SDK did.
//!
//! ```text
//! cd tests/recorded
//! python random_programs.py 7 40 > new.csv           programs nobody has chosen
//! node record.mjs new.csv > new.js.csv               what the SDK does
//! cargo run --release -p promises --example recorded js new.js.csv
//! ```
//!
//! Exit code 1 if a program differs.

use promises::recorded::{Sdk, rows};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [sdk, file] = &arguments[..] else {
        eprintln!("usage: recorded python|js FILE");
        return ExitCode::from(2);
    };
    let Some(sdk) = Sdk::named(sdk) else {
        eprintln!("error: no SDK `{sdk}`; one of python, js");
        return ExitCode::from(2);
    };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("error: {file}: {error}");
            return ExitCode::from(2);
        }
    };
    let rows = rows(&text);
    let (mut differing, mut close) = (0, 0);
    for row in &rows {
        let exactly = row.differences(sdk);
        let differences = row.differences_in(sdk, 20);
        close += u32::from(!exactly.is_empty() && differences.is_empty());
        if !differences.is_empty() {
            differing += 1;
            let ours: Vec<String> = differences.iter().map(ToString::to_string).collect();
            println!("{}\n    here: {}", row.line, ours.join(", "));
        }
    }
    println!(
        "{} programs: {} agree, {close} of them by a millisecond more or less a request; {differing} differ",
        rows.len(),
        rows.len() - differing,
    );
    ExitCode::from(u8::from(differing > 0))
}
