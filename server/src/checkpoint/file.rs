//! A file of checkpoints: lines are added to it, and none is changed.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Adds those of these lines that the file lacks, in their order; makes it when it is not there. How many those were.
/// With the last one there, nothing is missing.
pub(super) fn add(path: &Path, last: &str, lines: &[String]) -> io::Result<usize> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    // A command at this machine writes the same file as the server.
    file.lock()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    // What a crash left of a line is written over.
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let before: BTreeSet<&str> = text[..whole].lines().collect();
    if before.contains(last) {
        return Ok(0);
    }
    let new: Vec<&String> = lines.iter().filter(|line| !before.contains(line.as_str())).collect();
    write(&mut file, whole as u64, text.len() > whole, &new)?;
    Ok(new.len())
}

fn write(file: &mut File, whole: u64, torn: bool, new: &[&String]) -> io::Result<()> {
    // A file that can only be added to is never cut but for this.
    if torn {
        file.set_len(whole)?;
    }
    file.seek(SeekFrom::End(0))?;
    let added: String = new.iter().map(|line| format!("{line}\n")).collect();
    file.write_all(added.as_bytes())?;
    file.sync_all()
}

/// Whether the file ends with this line.
pub(super) fn ends_with(path: &Path, last: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.ends_with(&format!("{last}\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_given_what_it_lacks_and_a_torn_line_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoints");
        let lines: Vec<String> = ["one", "two", "three"].map(str::to_owned).into();
        assert_eq!(add(&path, "two", &lines[..2]).unwrap(), 2);
        assert_eq!(add(&path, "two", &lines[..2]).unwrap(), 0, "it has them");
        std::fs::write(&path, "one\ntw").unwrap();
        assert!(!ends_with(&path, "two"));
        assert_eq!(add(&path, "three", &lines).unwrap(), 2);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
        assert!(ends_with(&path, "three") && !ends_with(&path, "two"));
        // After a restore the file knows more than the database.
        let restored: Vec<String> = ["one", "two again"].map(str::to_owned).into();
        assert_eq!(add(&path, "two again", &restored).unwrap(), 1);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\ntwo again\n");
    }
}
