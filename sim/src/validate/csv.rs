//! Published files: lines that start with `#` name the source; the first other line is the header.

use std::collections::BTreeMap;

/// A row by column.
pub type Row = BTreeMap<String, String>;

/// The rows of a published file.
pub fn rows(text: &str) -> Result<Vec<Row>, String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let mut lines = lines.into_iter();
    let header = fields(lines.next().ok_or("an empty file")?);
    Ok(lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| header.iter().cloned().zip(fields(line)).collect())
        .collect())
}

/// Fields of a line; quoted ones may hold commas.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().expect("there is one").push(c),
        }
    }
    fields
}

/// A number of a row.
pub fn number(row: &Row, column: &str) -> Option<f64> {
    row.get(column)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_skipped_and_quotes_hold_commas() {
        let rows = rows("# source\na,b\n1,\"x, y\"\n").unwrap();
        assert_eq!(number(&rows[0], "a"), Some(1.0));
        assert_eq!(rows[0]["b"], "x, y");
    }
}
