//! A running `longshore`, and the signals that reach it.

use std::{
    fs::File,
    process::{Child, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A process that is killed when the test is over.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it; its log goes where the test's own output goes, unless `LOG` beside it takes it.
    pub(crate) fn start(mut command: Command) -> Self {
        let log = command.get_current_dir().and_then(|folder| {
            File::options().create(true).append(true).open(folder.join("log")).ok()
        });
        command.stdout(Stdio::null()).stderr(log.map_or_else(Stdio::inherit, Stdio::from));
        Self(command.spawn().unwrap())
    }

    /// One that was started otherwise.
    pub(crate) fn of(child: Child) -> Self {
        Self(child)
    }

    /// Its number in the system.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stop(self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.end()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be stopped (SIGSTOP) or gone.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
