//! The nearest valid name to a word that is not one.

/// Below this likeness (0 to 1) a suggestion would confuse more than it helps.
const LIKENESS_MIN: f64 = 0.6;

/// The most similar of the valid names, if any is similar enough.
///
/// A name is also tried by its last part, so that `operations` finds `counter.operations`.
pub fn nearest<'a>(word: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best = (LIKENESS_MIN, None);
    for name in valid {
        let likeness = likeness(word, name);
        if likeness > best.0 {
            best = (likeness, Some(name));
        }
    }
    best.1
}

fn likeness(word: &str, name: &str) -> f64 {
    let whole = strsim::normalized_damerau_levenshtein(word, name);
    let (word_last, name_last) = (last_part(word), last_part(name));
    let last = strsim::normalized_damerau_levenshtein(word_last, name_last);
    whole.max(0.9 * last + 0.1 * whole)
}

fn last_part(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_name() {
        assert_eq!(nearest("durabel", ["local", "durable"]), Some("durable"));
    }

    #[test]
    fn a_key_without_its_table_is_found() {
        let keys = ["video.chunk_s", "counter.operations"];
        assert_eq!(nearest("operations", keys), Some("counter.operations"));
    }

    #[test]
    fn nothing_near_gives_nothing() {
        assert_eq!(nearest("zzz", ["local", "durable"]), None);
    }
}
