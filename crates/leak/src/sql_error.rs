//! Messages of databases about statements that failed.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "sql-error",
    group: Group::Trace,
    triggers: &[
        Trigger::Texts(
            &[
                "You have an error in your SQL syntax",
                "SQLSTATE[",
                "SQLSTATE:",
                "SQLSTATE=",
                "ERROR: syntax error at or near",
                "syntax error at or near \\\"",
                "syntax error at or near \"",
                "unterminated quoted string at or near",
                "PG::SyntaxError",
                "org.postgresql.util.PSQLException",
                "psycopg2.errors",
                "duplicate key value violates unique constraint",
                "violates foreign key constraint",
                "violates not-null constraint",
                "com.mysql.jdbc",
                "com.mysql.cj",
                "MySqlException",
                "Duplicate entry '",
                "Unknown column '",
                "Warning: mysqli",
                "mysql_fetch_",
                "Unclosed quotation mark after the character string",
                "Incorrect syntax near",
                "System.Data.SqlClient",
                "Microsoft OLE DB Provider",
                "SQLServerException",
                "ODBC SQL Server Driver",
                "[SQL Server]",
                "SQLITE_ERROR",
                "sqlite3.OperationalError",
                "SQLite3::",
                "unrecognized token: ",
                "no such column: ",
                "no such table: ",
                "UNIQUE constraint failed: ",
                "java.sql.SQL",
                "SQLSyntaxErrorException",
                "oracle.jdbc",
                "org.hibernate.",
                "sqlalchemy.exc.",
                "SequelizeDatabaseError",
                "PrismaClientKnownRequestError",
                "ActiveRecord::",
                "DB2 SQL error",
                "CLI Driver][DB2",
                "com.ibm.db2",
                "Dynamic SQL Error",
                "MongoServerError",
                "E11000 duplicate key",
                "pymongo.errors",
            ],
            whole,
        ),
        Trigger::Texts(&["ORA-0", "ORA-1", "ORA-2"], oracle),
        Trigger::Texts(&["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "], statement),
    ],
    doc: DOC,
};

fn whole(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, |byte| !matches!(byte, b'\n' | b'"'));
    Some(at..end.max(at + 4))
}

/// `ORA-00933`.
fn oracle(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at + 4, text::is_digit);
    (text::begins_word(text, at) && end - at == 9).then_some(at..end)
}

/// A statement, in capital letters: `SELECT id FROM orders WHERE`.
fn statement(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, |byte| !matches!(byte, b'"' | b'\n')).min(at + 400);
    let statement = text.get(at..end)?;
    let has = |word: &str| statement.windows(word.len()).any(|part| part == word.as_bytes());
    let is_statement = match statement.first()? {
        b'S' => {
            has(" FROM ")
                && (has(" WHERE ")
                    || has(" JOIN ")
                    || has(" LIMIT ")
                    || has(" ORDER BY ")
                    || has("`")
                    || has("*"))
        }
        b'I' => has(" VALUES"),
        b'U' => has(" SET ") && has("="),
        b'D' => has(" WHERE "),
        _ => false,
    };
    let is_upper = statement.get(..4).is_some_and(|word| word.iter().all(u8::is_ascii_uppercase));
    (is_statement && is_upper && text::begins_word(text, at)).then_some(at..end)
}

const DOC: &str = r#"
What PostgreSQL, MySQL, SQL Server, Oracle, SQLite, Db2, MongoDB and the libraries in front of them say when a statement
fails, and the statements themselves.

~~~found
{"error":"ERROR: syntax error at or near \"FROM\" at character 12"}
~~~
~~~found
{"message":"SQLSTATE[42S22]: Column not found: 1054 Unknown column 'x' in 'field list'"}
~~~
~~~found
ORA-00933: SQL command not properly ended
~~~
~~~found
{"query":"SELECT id, total FROM orders WHERE id = 7"}
~~~
~~~clean
{"hint":"Select one from the list where it fits","code":"ORA-7","note":"UPDATE your app"}
~~~
"#;
