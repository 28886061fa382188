//! What a command prints: each sentence in both languages, one of which is shown.

use std::fmt::Display;
use std::io::{self, Write};

use crate::lang::Lang;

/// Where a command prints, and in which language.
pub struct Out {
    lang: Lang,
    to: Box<dyn Write + Send>,
}

impl Out {
    /// Prints in this language.
    #[must_use]
    pub fn new(lang: Lang, to: Box<dyn Write + Send>) -> Self {
        Self { lang, to }
    }

    /// The language.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// One sentence.
    ///
    /// # Errors
    /// When nothing can be printed.
    pub fn say(&mut self, zh: impl Display, en: impl Display) -> io::Result<()> {
        match self.lang {
            Lang::Zh => writeln!(self.to, "{zh}"),
            Lang::En => writeln!(self.to, "{en}"),
        }
    }

    /// Text that is the same in every language: ids, codes, tables, JSON.
    ///
    /// # Errors
    /// When nothing can be printed.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.to, "{text}")
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// When nothing can be printed.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)?;
        self.to.flush()
    }
}
