//! `longshore completions`: for bash, zsh, fish and others.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::exit::Exit;

/// Options of `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let mut text = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut crate::args::Args::command(),
            "longshore",
            &mut text,
        );
        io::stdout().lock().write_all(&text)?;
        Ok(Exit::Ok)
    }
}
