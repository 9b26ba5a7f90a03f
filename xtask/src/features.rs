//! The facade with other engines than all of them, which is how the rest of the workspace builds it, and with
//! what is off by default.

use anyhow::{Context, Result};

use crate::house::cargo;

/// The engines that a program may choose alone.
const ENGINES: [&str; 3] = ["sqlite", "postgres", "mysql"];
/// What a program without any is told.
const WITHOUT: &str = "switch on an engine";

/// Everything that comes with OpenTelemetry, in one build: its features, and its tests.
const TRACED: &[&str] = &[
    "--package=longshore-cli",
    "--features=longshore-worker/logs,longshore-worker/otel,longshore-cli/otel",
    "--test=it",
    "--test=heard",
    "traces",
];

/// Whether each engine compiles alone, none at all is refused with a hint, and what an engine that is
/// switched off answers is tested, as are the features that measure, trace and keep logs.
pub(crate) fn hold() -> Result<bool> {
    let mut good = true;
    for engine in ENGINES {
        println!("the engine `{engine}` alone");
        let mut check = facade("check");
        check.args(["--lib", "--no-default-features", "--features", engine]);
        good &= check.status().with_context(|| format!("cannot start {check:?}"))?.success();
    }
    println!("no engine");
    let mut none = facade("check");
    let said = none.args(["--lib", "--no-default-features"]).output()?;
    let refused = !said.status.success() && String::from_utf8_lossy(&said.stderr).contains(WITHOUT);
    if !refused {
        eprintln!("the facade without an engine must fail to compile and say: {WITHOUT}");
    }
    // In one build: what an engine that is switched off answers does not depend on who measures.
    println!("the default engine, measured");
    let mut tested = facade("test");
    tested.args(["--features=metrics", "--test=it", "--", "connecting", "metered"]);
    let tested = tested.status()?.success();
    println!("traced");
    let traced = package_of("test", "longshore-worker").args(TRACED).status()?.success();
    Ok(good && refused && tested && traced)
}

fn facade(verb: &str) -> std::process::Command {
    package_of(verb, "longshore")
}

fn package_of(verb: &str, package: &str) -> std::process::Command {
    cargo([verb, "--quiet", "--locked", "--package", package])
}
