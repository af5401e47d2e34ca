//! Fields of comma-separated lines. A row is always one line: ends of line inside of a text
//! become spaces.

/// Appends a field, quoted if it must be.
pub fn push(line: &mut String, field: &str) {
    if !line.is_empty() && !line.ends_with('\n') {
        line.push(',');
    }
    let field = field.replace(['\n', '\r'], " ");
    if field.contains([',', '"']) {
        line.push('"');
        line.push_str(&field.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(&field);
    }
}

/// The fields of one line.
pub fn split(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                field.push('"');
                letters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back() {
        let mut line = String::new();
        for field in ["0", "a, \"b\"", "", "two\nlines"] {
            push(&mut line, field);
        }
        assert_eq!(line, "0,\"a, \"\"b\"\"\",,two lines");
        assert_eq!(split(&line), ["0", "a, \"b\"", "", "two lines"]);
    }
}
