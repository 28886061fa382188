//! Rosters that offices keep as tables: nobody types 500 shops.
//!
//! A file becomes a [`Table`] of plain cells (CSV or XLSX), the table becomes rows with doubts ([`rows::read`]), and the
//! rows become a plan against what exists ([`plan::plan`]). Nothing here touches the database: a dry run prints the
//! plan, the real run applies the same plan. What the columns mean is the matter of one [`rows::Sheet`] for each kind of
//! roster.

pub mod cells;
pub mod columns;
pub mod csv;
pub mod elders;
pub mod plan;
pub mod premises;
pub mod rows;
pub mod template;
pub mod xlsx;

use std::fmt;

use serde::Serialize;

/// What one import may hold. A roster of a whole street stays far below.
pub const LIMITS: Limits = Limits { file_bytes: 10 * 1024 * 1024, rows: 20_000, columns: 64, cell_chars: 300 };

/// The size of a table, see [`LIMITS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: usize,
    /// Rows, titles and header included.
    pub rows: usize,
    /// Columns that are looked at; what stands to the right is ignored.
    pub columns: usize,
    /// Characters of one cell.
    pub cell_chars: usize,
}

/// A table as it stands in a file: only lines that hold something.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Table {
    /// The lines from top to bottom.
    pub lines: Vec<Line>,
}

/// One line of a table.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1, as an editor or Excel shows it.
    pub number: u32,
    /// Its cells from the left.
    pub cells: Vec<Cell>,
}

/// One cell: trimmed text, and what the spreadsheet did to it.
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The text, with runs of white space as one space.
    pub text: String,
    /// Why the text is not what somebody typed.
    pub damage: Option<Damage>,
}

/// What spreadsheets do to codes when a column is not formatted as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// A long number kept only its first 15 digits.
    DigitsLost,
    /// A code such as `3-12` became a date.
    BecameDate,
    /// A formula failed.
    FailedFormula,
}

impl fmt::Debug for Cell {
    /// A cell may hold a resident id: only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.text.chars().count();
        f.debug_struct("Cell").field("length", &length).field("damage", &self.damage).finish()
    }
}

impl Cell {
    /// A cell with this text, tidied.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { text: tidy(text), damage: None }
    }

    /// A cell that the spreadsheet has damaged; the text is what is left of it.
    #[must_use]
    pub fn damaged(text: &str, damage: Damage) -> Self {
        Self { text: tidy(text), damage: Some(damage) }
    }
}

/// White space of any width collapses, control characters go.
fn tidy(text: &str) -> String {
    let shown: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| *c != '\u{FEFF}').collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows done.
    pub done: usize,
    /// Rows in all.
    pub total: usize,
}

/// How bad an [`Issue`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The row is imported all the same.
    Warning,
    /// The row is left out until it is corrected.
    Error,
}

/// Something about one row, in words for the person who keeps the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The line in the file.
    pub line: u32,
    /// The column's heading as it stands in the file; none when the whole row is meant.
    pub column: Option<String>,
    /// Whether the row can be imported.
    pub level: Level,
    /// A stable code.
    pub code: &'static str,
    /// The words in Chinese.
    pub zh: String,
    /// The words in English.
    pub en: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Larger than [`Limits::file_bytes`].
    #[error("the file is larger than {} MB", .0 / 1024 / 1024)]
    FileTooLarge(usize),
    /// More rows than [`Limits::rows`].
    #[error("the file has more than {0} rows; split it")]
    TooManyRows(usize),
    /// Neither CSV nor XLSX.
    #[error("the file is neither CSV nor XLSX (an old .xls must be saved as .xlsx first)")]
    UnknownFormat,
    /// An XLSX file that asks for a password.
    #[error("the file is protected by a password; save it without")]
    Password,
    /// Text that is neither UTF-8 nor GB18030.
    #[error("the text is neither UTF-8 nor GB18030")]
    Encoding,
    /// A damaged file.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// Nothing in it.
    #[error("the file holds no rows")]
    Empty,
    /// No line with the headings that are needed.
    #[error("no header found: in the first {lines} lines none holds a heading for the name ({zh} or {en})")]
    NoHeader {
        /// Among how many lines it was looked for.
        lines: usize,
        /// The heading of the template in Chinese.
        zh: &'static str,
        /// The heading of the template in English.
        en: &'static str,
    },
    /// Two columns with headings of one meaning.
    #[error("the columns \"{0}\" and \"{1}\" mean the same; remove one")]
    RepeatedColumn(String, String),
}

impl ImportError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileTooLarge(_) => "import_file_too_large",
            Self::TooManyRows(_) => "import_too_many_rows",
            Self::UnknownFormat => "import_unknown_format",
            Self::Password => "import_password",
            Self::Encoding => "import_encoding",
            Self::Damaged(_) => "import_damaged",
            Self::Empty => "import_empty",
            Self::NoHeader { .. } => "import_no_header",
            Self::RepeatedColumn(..) => "import_repeated_column",
        }
    }

    /// The error in Chinese; `Display` has it in English.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::FileTooLarge(bytes) => format!("文件超过{}MB", bytes / 1024 / 1024),
            Self::TooManyRows(rows) => format!("文件超过{rows}行，请拆分"),
            Self::UnknownFormat => "文件既不是CSV也不是XLSX(旧版.xls请先另存为.xlsx)".to_owned(),
            Self::Password => "文件设有密码，请另存为不加密的文件".to_owned(),
            Self::Encoding => "文字编码既不是UTF-8也不是GB18030".to_owned(),
            Self::Damaged(why) => format!("文件已损坏：{why}"),
            Self::Empty => "文件里没有数据".to_owned(),
            Self::NoHeader { lines, zh, en } => format!("没有找到表头：前{lines}行中没有“{zh}”({en})一列"),
            Self::RepeatedColumn(first, second) => format!("“{first}”和“{second}”两列含义相同，请删去一列"),
        }
    }
}

/// Reads a file by its content, not its name: an XLSX file is a zip archive, everything else is tried as text.
///
/// # Errors
/// When the file as a whole cannot be read. Doubts about single rows come later.
pub fn read_table(bytes: &[u8]) -> Result<Table, ImportError> {
    if bytes.len() > LIMITS.file_bytes {
        return Err(ImportError::FileTooLarge(LIMITS.file_bytes));
    }
    let table = if bytes.starts_with(b"PK\x03\x04") {
        xlsx::read(bytes)?
    } else if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        // The container of .xls, and of an .xlsx with a password.
        return Err(xlsx::explain_old_container(bytes));
    } else {
        csv::read(bytes)?
    };
    if table.lines.is_empty() { Err(ImportError::Empty) } else { Ok(table) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_tidied() {
        assert_eq!(Cell::text(" \u{3000}阿桂\t肠粉\r\n店\u{FEFF} ").text, "阿桂 肠粉 店");
        assert_eq!(Cell::text("a\u{0}b").text, "a b");
    }

    #[test]
    fn files_that_cannot_be_read_say_why() {
        assert_eq!(read_table(b""), Err(ImportError::Empty));
        assert_eq!(read_table(b" \r\n,,\r\n"), Err(ImportError::Empty));
        assert_eq!(read_table(b"\xD0\xCF\x11\xE0rest of an old workbook"), Err(ImportError::UnknownFormat));
        assert_eq!(read_table(&vec![b'a'; LIMITS.file_bytes + 1]), Err(ImportError::FileTooLarge(LIMITS.file_bytes)));
        assert!(matches!(read_table(b"PK\x03\x04 but no archive"), Err(ImportError::Damaged(_))));
    }

    #[test]
    fn every_error_has_its_own_code_and_words_in_both_languages() {
        let all = [
            ImportError::FileTooLarge(1 << 20),
            ImportError::TooManyRows(1),
            ImportError::UnknownFormat,
            ImportError::Password,
            ImportError::Encoding,
            ImportError::Damaged("x".into()),
            ImportError::Empty,
            ImportError::NoHeader { lines: 5, zh: "甲", en: "a" },
            ImportError::RepeatedColumn("a".into(), "b".into()),
        ];
        let codes: std::collections::BTreeSet<_> = all.iter().map(ImportError::code).collect();
        assert_eq!(codes.len(), all.len());
        for error in all {
            assert!(!error.zh().is_ascii() && !error.to_string().is_empty());
        }
    }
}
