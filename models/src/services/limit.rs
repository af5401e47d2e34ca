//! Limits read from a platform file: whole numbers.

use crate::data::Table;

/// A whole number from 1 on. The error names the row and what stands there.
pub(crate) fn whole(table: &Table, key: &str) -> Result<u64, String> {
    let value = table.number(key)?;
    if (1.0..9e15).contains(&value) && value.fract() == 0.0 {
        Ok(value as u64)
    } else {
        Err(format!(
            "row `{key}` must be a whole number from 1, not {value}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Law;

    #[test]
    fn a_limit_that_is_not_a_whole_number_is_refused_by_name() {
        let row = "value = 5\nunit = 'n'\nregion = 'all'\ndate = '2026'\nkind = 'assumption'\nsource = 'ours'";
        let mut table = Table::parse(&format!("[kv.limit]\n{row}")).expect("a table");
        assert_eq!(whole(&table, "kv.limit"), Ok(5));
        for wrong in [0.0, 0.5, 1e300] {
            let law = Law::Constant(wrong);
            table.replace("kv.limit", law).expect("the row exists");
            let error = whole(&table, "kv.limit").expect_err("not a limit");
            assert!(error.contains("kv.limit"), "{error}");
        }
    }
}
