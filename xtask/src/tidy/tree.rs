//! The text files of the repository, read once for all rules.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Folders that are built, not written.
const SKIPPED: [&str; 5] = [".git", ".idea", ".vscode", "__pycache__", "target"];

/// All text files, in order of their paths.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

/// A text file; its path is relative to the repository, with `/` between folders.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl Tree {
    /// Reads everything that is written by hand. Symbolic links are not followed: what they lead to is
    /// read where it lies.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        gather(root, "", &mut files).with_context(|| format!("cannot read {}", root.display()))?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    /// The Rust sources.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// All files but the rules themselves, which must spell out what they forbid.
    pub(super) fn except_the_rules(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| !file.path.starts_with("xtask/src/tidy/"))
    }

    /// The file of that path.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file =
            |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
        Self { files: files.iter().map(file).collect() }
    }
}

impl File {
    /// The lines with their 1-based numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Whether this source defines a function of that name.
    pub(super) fn defines(&self, function: &str) -> bool {
        let definition = format!("fn {function}");
        let mut found = self.text.match_indices(&definition);
        found.any(|(at, _)| self.text[at + definition.len()..].starts_with(['(', '<']))
    }
}

fn gather(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        // `CACHEDIR.TAG` marks a build folder that cargo made, whatever its name.
        if kind.is_dir()
            && !SKIPPED.contains(&&*name)
            && !entry.path().join("CACHEDIR.TAG").exists()
        {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
        {
            files.push(File { path, text });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_its_whole_name() {
        let tree = Tree::of(&[("a.rs", "pub fn claim<T>(x: T) {}\nasync fn finish() {}")]);
        let defines = |name| tree.rust().any(|file| file.defines(name));
        assert!(defines("claim") && defines("finish"));
        assert!(!defines("fin") && !defines("enqueue"));
    }

    #[test]
    fn build_folders_and_links_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("out")).unwrap();
        fs::write(root.path().join("out/CACHEDIR.TAG"), "").unwrap();
        fs::create_dir_all(root.path().join("target/debug")).unwrap();
        fs::write(root.path().join("target/debug/generated.rs"), "").unwrap();
        fs::create_dir_all(root.path().join("src")).unwrap();
        fs::write(root.path().join("src/lib.rs"), "//! Hello.").unwrap();
        std::os::unix::fs::symlink("lib.rs", root.path().join("src/link.rs")).unwrap();
        let tree = Tree::read(root.path()).unwrap();
        let paths: Vec<_> = tree.files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["src/lib.rs"]);
    }
}
