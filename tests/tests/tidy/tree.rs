//! The files of the project.

use std::path::{Path, PathBuf};

/// A file: its path from the top of the project, with `/`, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The file's lines of code: without comments, and without the tests at its end or in a file of their own.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.is_of_tests();
        let lines = self.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        lines.zip(1..).filter(move |_| !tests).filter_map(|(line, n)| {
            let code = line.split("//").next().unwrap_or_default();
            (!code.trim().is_empty()).then_some((n, code))
        })
    }

    /// Whether its parent names it for tests only.
    fn is_of_tests(&self) -> bool {
        let inside = self.path.trim_end_matches(".rs");
        let Some((parent, name)) = inside.rsplit_once('/') else { return false };
        let parents = [format!("{parent}.rs"), format!("{parent}/lib.rs")];
        let pages = parents.iter().filter_map(|parent| std::fs::read_to_string(top().join(parent)).ok());
        let marks = ["mod ", "pub(crate) mod ", "pub mod "].map(|word| format!("#[cfg(test)]\n{word}{name};"));
        pages.into_iter().any(|page| marks.iter().any(|mark| page.contains(mark)))
    }
}

/// The top of the project.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the project").to_owned()
}

/// The text of one file.
pub(crate) fn text(path: &str) -> String {
    let full = top().join(path);
    std::fs::read_to_string(&full).unwrap_or_else(|problem| panic!("{}: {problem}", full.display()))
}

/// Every file below `folder` whose name ends in `ending`, in order; hidden and built files are left out.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&top().join(folder), &mut |path| {
        let name = path.strip_prefix(top()).expect("below the top").to_string_lossy().replace('\\', "/");
        if name.ends_with(ending) {
            found.push(Source { text: text(&name), path: name });
        }
    });
    assert!(!found.is_empty(), "no file *{ending} in {folder:?}: the check looks at the wrong place");
    found
}

/// Every Rust file of the project.
pub(crate) fn rust() -> Vec<Source> {
    files("", ".rs")
}

fn walk(folder: &Path, see: &mut impl FnMut(&Path)) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" || name == "doorstep-data" {
            continue;
        }
        if path.is_dir() { walk(&path, see) } else { see(&path) }
    }
}
