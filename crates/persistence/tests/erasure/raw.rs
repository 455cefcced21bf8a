//! The database as another program sees it.

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};

use super::{KEPT, MARK, SEED};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A database of one kind, as another program sees it.
pub(crate) trait Raw: Connection + SimpleConnection {
    /// The expression for a text as bytes.
    fn bytes(text: &str) -> String;

    /// The values of the column `line` that a query returns.
    fn lines(&mut self, sql: &str) -> Vec<String>;

    /// All tables.
    fn tables(&mut self) -> Vec<String>;

    /// The rows of a table as text, with bytes as such.
    fn dump(&mut self, table: &str) -> String;

    fn seed(&mut self) {
        let marks = format!("'{MARK}', '{MARK}', '{MARK}'");
        let sql = SEED
            .replace("$BYTES", &Self::bytes(&MARK.repeat(2)))
            .replace("$HASH", &Self::bytes(&MARK.repeat(4)))
            .replace("$OTHER", &Self::bytes(&format!("12345678{MARK}")))
            .replace("$FORMER", &Self::bytes(&format!("abcdefgh{MARK}")))
            .replace("$TAKEN", &Self::bytes(&format!("taken678{KEPT}")))
            .replace("$THIRD", &Self::bytes(&format!("12345678{KEPT}")))
            .replace("$MARKS", &marks);
        self.batch_execute(&sql).unwrap();
    }

    /// The tables that contain a text.
    fn tables_with(&mut self, text: &str) -> Vec<String> {
        self.tables().into_iter().filter(|table| self.dump(table).contains(text)).collect()
    }
}

impl Raw for PgConnection {
    fn bytes(text: &str) -> String {
        format!("convert_to('{text}', 'UTF8')")
    }

    fn lines(&mut self, sql: &str) -> Vec<String> {
        diesel::sql_query(sql).load::<Line>(self).unwrap().into_iter().map(|row| row.line).collect()
    }

    fn tables(&mut self) -> Vec<String> {
        self.lines("SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'")
    }

    fn dump(&mut self, table: &str) -> String {
        self.batch_execute("SET bytea_output = 'escape'").unwrap();
        self.lines(&format!("SELECT t::text AS line FROM {table} AS t")).join("\n")
    }
}

impl Raw for SqliteConnection {
    fn bytes(text: &str) -> String {
        format!("CAST('{text}' AS BLOB)")
    }

    fn lines(&mut self, sql: &str) -> Vec<String> {
        diesel::sql_query(sql).load::<Line>(self).unwrap().into_iter().map(|row| row.line).collect()
    }

    fn tables(&mut self) -> Vec<String> {
        // The content of a virtual table is in its shadow tables.
        self.lines(
            "SELECT name AS line FROM sqlite_schema
            WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'",
        )
    }

    fn dump(&mut self, table: &str) -> String {
        let columns = self.lines(&format!("SELECT name AS line FROM pragma_table_info('{table}')"));
        let texts: Vec<_> =
            columns.iter().map(|column| format!("coalesce(hex(CAST(\"{column}\" AS BLOB)), '')")).collect();
        let rows = self.lines(&format!("SELECT {} AS line FROM \"{table}\"", texts.join(" || '0A' || ")));
        let bytes = |row: &String| {
            row.as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect::<Vec<u8>>()
        };
        rows.iter().map(|row| String::from_utf8_lossy(&bytes(row)).into_owned()).collect::<Vec<_>>().join("\n")
    }
}
