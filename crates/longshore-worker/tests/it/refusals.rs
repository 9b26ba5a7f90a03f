//! Wrong handlers do not compile, and the compiler says in one sentence what a handler is.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

const RIGHT: &str = "async fn handler<J: Job>(_: J, _: Ctx, _: State<()>) -> Result<u32> { Ok(1) }";
/// No `Result`, an argument of no use, not async, no function.
const WRONG: [&str; 4] = [
    "async fn handler<J: Job>(_: J) -> u32 { 1 }",
    "async fn handler<J: Job>(_: J, _: u8) -> Result { Ok(()) }",
    "fn handler<J: Job>(_: J) -> Result { Ok(()) }",
    "struct handler<J: Job>(J);",
];

/// Checks a program with the compiler and the library that this test was built with: its messages.
fn messages(library: &Path, folder: &Path, handler: &str) -> Option<String> {
    let program = format!(
        "#![allow(unused, non_camel_case_types)]\nuse longshore_worker::{{Ctx, Job, Result, State, Worker}};\n\
         {handler}\npub fn work<J: Job>(worker: Worker) {{ let _ = worker.handle(handler::<J>); }}\n"
    );
    let file = folder.join("handler.rs");
    std::fs::write(&file, program).unwrap();
    let mut compiler = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    compiler.args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--out-dir"]);
    compiler.arg(folder).arg(&file).arg("--extern");
    compiler.arg(format!("longshore_worker={}", library.display()));
    compiler.arg("-L").arg(format!("dependency={}", library.parent().unwrap().display()));
    let output = compiler.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(said)
}

/// The libraries beside this test, newest first: the build folder keeps those of other builds, too.
fn libraries() -> Vec<PathBuf> {
    let test = env::current_exe().unwrap();
    let beside = std::fs::read_dir(test.parent().unwrap()).unwrap();
    let mut libraries: Vec<_> = beside
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("liblongshore_worker-") && name.ends_with(".rlib")
        })
        .collect();
    libraries.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().modified().unwrap()));
    libraries
}

#[test]
fn a_wrong_handler_does_not_compile_and_one_sentence_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let libraries = libraries();
    let library = libraries
        .iter()
        .find(|library| messages(library, folder.path(), RIGHT).is_none())
        .unwrap_or_else(|| panic!("{:?}", messages(&libraries[0], folder.path(), RIGHT)));
    for handler in WRONG {
        let said = messages(library, folder.path(), handler).expect(handler);
        for words in [
            "is no job handler for a worker with state `()`",
            "write `async fn name(payload: P, [Ctx], [State<T>]) -> Result<R, E>`",
            "1 previous error",
        ] {
            assert!(said.contains(words), "{handler}\n{said}");
        }
        assert!(said.lines().count() < 20, "{handler}\n{said}");
    }
}
