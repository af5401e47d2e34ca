//! Measured encodes as they were: seconds and bytes of real chunks.

use serde::{Deserialize, Serialize};

/// One measured encode, one thread. In files it is a line of its fields.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Measured {
    /// Group of clips cut from one film, the clip, and the chunk's place in it.
    pub source: String,
    pub clip: String,
    pub offset_s: f64,
    pub chunk_s: f64,
    pub height: f64,
    pub fps: f64,
    pub preset: String,
    pub crf: f64,
    pub cpu_s: f64,
    /// Bytes of the stream without container.
    pub es_bytes: f64,
}

impl From<Measured> for String {
    fn from(row: Measured) -> String {
        let names = [&row.source, &row.clip].map(String::as_str).join(",");
        let place = [row.offset_s, row.chunk_s, row.height, row.fps].map(|v| v.to_string());
        let result = [row.crf, row.cpu_s, row.es_bytes].map(|v| v.to_string());
        format!(
            "{names},{},{},{}",
            place.join(","),
            row.preset,
            result.join(",")
        )
    }
}

impl TryFrom<String> for Measured {
    type Error = String;

    fn try_from(line: String) -> Result<Measured, String> {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |place: usize| -> Result<f64, String> {
            let field = fields[place].parse();
            field.map_err(|_| format!("`{}` in `{line}` is no number", fields[place]))
        };
        match fields.len() {
            10 => Ok(Measured {
                source: fields[0].to_owned(),
                clip: fields[1].to_owned(),
                offset_s: number(2)?,
                chunk_s: number(3)?,
                height: number(4)?,
                fps: number(5)?,
                preset: fields[6].to_owned(),
                crf: number(7)?,
                cpu_s: number(8)?,
                es_bytes: number(9)?,
            }),
            count => Err(format!("`{line}` has {count} fields, expected 10")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was_and_a_wrong_one_is_refused() {
        let line = "bbb,bbb_a,4,1,720,24,slow,23,0.5,65482".to_owned();
        let row = Measured::try_from(line.clone()).unwrap();
        assert_eq!((row.cpu_s, row.es_bytes), (0.5, 65482.0));
        assert_eq!(String::from(row), line);
        assert!(Measured::try_from("a,b".to_owned()).is_err());
        assert!(Measured::try_from(line.replace("0.5", "x")).is_err());
    }
}
