/// Rows of text as comma-separated values (RFC 4180).
///
/// Spreadsheets evaluate a cell that begins like a formula. Such a cell is prefixed with an apostrophe, as OWASP
/// recommends ("CSV Injection").
#[derive(Debug, Default)]
pub(crate) struct Csv(String);

impl Csv {
    pub(crate) fn row(&mut self, cells: impl Iterator<Item = impl AsRef<str>>) {
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.cell(cell.as_ref());
        }
        self.0.push_str("\r\n");
    }

    fn cell(&mut self, text: &str) {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let is_quoted = is_formula || text.contains([',', '"', '\r', '\n']) || text.trim() != text;
        if !is_quoted {
            self.0.push_str(text);
            return;
        }
        self.0.push('"');
        if is_formula {
            self.0.push('\'');
        }
        self.0.push_str(&text.replace('"', "\"\""));
        self.0.push('"');
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_escaped() {
        for (cell, written) in [
            ("2026-11-23", "2026-11-23"),
            ("42", "42"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" padded", "\" padded\""),
            ("=1+1", "\"'=1+1\""),
            ("+82 10", "\"'+82 10\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("홍길동", "홍길동"),
        ] {
            let mut csv = Csv::default();
            csv.row(["x", cell].into_iter());
            assert_eq!(csv.into_text(), format!("x,{written}\r\n"), "{cell}");
        }
    }
}
