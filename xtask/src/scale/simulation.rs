//! Producers and workers at one server, as events in time. Nothing is left to chance.
//!
//! Each process begins first. A producer enqueues a thousand jobs, and again. A worker is three loops, as in the runtime:
//! the fetcher claims while there is room for half a claim, and claims double from 16 to 2,000 while they come back
//! full; runs take their time; the finisher writes what has ended while its last call was on its way. A call goes from
//! the client to a connection of the server, from there into the log, and back. Cores are shared evenly by whoever
//! needs one, a connection takes one at most; one flush of the log serves everybody who waits for it. The more
//! make the same calls, the dearer each of them is for the server.

mod cores;
mod log;
mod worker;

use self::cores::Cores;
use self::log::Log;
use self::worker::Fetcher;
use super::model::{Call, Model};

/// Jobs in a call of a producer, and most that a finisher writes at once.
const ENQUEUED: u64 = 1000;
const FINISHED: u64 = 2000;
/// Runs are followed by so many at once, which saves time and changes nothing to be seen.
const RUNS: u64 = 16;
/// Producers rest while so many jobs wait for each worker: more would only be enqueued, and not run.
const AHEAD: u64 = 3000;

/// What everything runs on. Times are in µs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) cores: f64,
    /// Whether clients run on these cores, too; else each process has a machine with so many.
    pub(super) clients: Clients,
    pub(super) flush: f64,
    /// Bytes of the log that are written in a µs, which is MB in a second.
    pub(super) log_speed: f64,
    /// From the client to the server and back, besides what the model has learned on one machine.
    pub(super) way: f64,
}

/// Where clients run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Clients {
    Here,
    Elsewhere { cores: f64 },
}

/// What there is to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) producers: u64,
    pub(super) workers: u64,
    /// Jobs that go through: enqueued if there are producers, run if there are workers.
    pub(super) jobs: u64,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    /// Jobs a second that came to their end.
    pub(super) rate: f64,
    /// The same, without the time until a tenth was done: workers begin with small claims.
    pub(super) steady: f64,
    /// Parts of the time that the server's cores worked, and that the log was being written.
    pub(super) busy: f64,
    pub(super) logging: f64,
    /// Commits of all calls.
    pub(super) commits: u64,
}

/// A loop of a process.
#[derive(Clone, Copy, Debug)]
enum Actor {
    Beginning,
    Producer,
    Fetcher,
    Runs,
    Finisher,
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Idle,
    AtClient,
    AtServer,
    InLog,
    OnWay,
    Running,
}

#[derive(Debug)]
struct Loop {
    actor: Actor,
    process: usize,
    stage: Stage,
    jobs: u64,
}

struct Simulation<'m> {
    model: &'m Model,
    site: Site,
    load: Load,
    now: f64,
    /// Which processes are through with their beginning.
    begun: Vec<bool>,
    loops: Vec<Loop>,
    fetchers: Vec<Fetcher>,
    cores: Cores,
    log: Log,
    timers: Vec<(f64, usize)>,
    enqueued: u64,
    backlog: u64,
    done: u64,
    tenth: Option<f64>,
    commits: u64,
}

/// Lets it happen.
pub(super) fn simulate(model: &Model, site: Site, load: Load) -> Course {
    Simulation::new(model, site, load).run()
}

impl<'m> Simulation<'m> {
    fn new(model: &'m Model, site: Site, load: Load) -> Self {
        let mut loops = Vec::new();
        let mut enter = |actor, process| {
            loops.push(Loop { actor, process, stage: Stage::Idle, jobs: 0 });
        };
        let (workers, producers) = (load.workers as usize, load.producers as usize);
        for process in 0..workers {
            let of_worker = [Actor::Beginning, Actor::Fetcher, Actor::Runs, Actor::Finisher];
            of_worker.into_iter().for_each(|actor| enter(actor, process));
        }
        for process in workers..workers + producers {
            [Actor::Beginning, Actor::Producer].into_iter().for_each(|actor| enter(actor, process));
        }
        let backlog = if load.producers == 0 { load.jobs } else { 0 };
        Self {
            model,
            site,
            load,
            now: 0.0,
            begun: vec![false; workers + producers],
            loops,
            fetchers: (0..workers).map(|_| Fetcher::default()).collect(),
            cores: Cores::new(site, workers + producers),
            log: Log::default(),
            timers: Vec::new(),
            enqueued: 0,
            backlog,
            done: 0,
            tenth: None,
            commits: 0,
        }
    }

    fn run(mut self) -> Course {
        self.begin_what_can();
        while self.done < self.load.jobs {
            let timer = self.timers.iter().map(|(at, _)| *at).fold(f64::INFINITY, f64::min);
            let log = self.log.ends().unwrap_or(f64::INFINITY);
            let next = timer.min(log).min(self.now + self.cores.until_next());
            if !next.is_finite() {
                break;
            }
            let ended = self.cores.work(next - self.now);
            self.now = next;
            ended.into_iter().for_each(|it| self.advance(it));
            if log <= next {
                let written = self.log.end(self.now, &self.site);
                written.into_iter().for_each(|it| self.advance(it));
            }
            if timer <= next {
                let (due, later) = self.timers.iter().partition(|(at, _)| *at <= next);
                self.timers = later;
                let due: Vec<(f64, usize)> = due;
                due.into_iter().for_each(|(_, it)| self.advance(it));
            }
            self.begin_what_can();
        }
        let took = self.now.max(f64::MIN_POSITIVE);
        let tenth = self.load.jobs as f64 / 10.0;
        let since_tenth = took - self.tenth.unwrap_or_default();
        Course {
            rate: self.done as f64 * 1e6 / took,
            steady: (self.done as f64 - tenth) * 1e6 / since_tenth.max(f64::MIN_POSITIVE),
            busy: self.cores.worked() / took / self.site.cores,
            logging: self.log.worked() / took,
            commits: self.commits,
        }
    }

    fn call(&self, at: usize) -> &'m Call {
        match self.loops[at].actor {
            Actor::Beginning if self.loops[at].process < self.fetchers.len() => {
                &self.model.worker_starts
            }
            Actor::Beginning => &self.model.producer_starts,
            Actor::Producer => &self.model.enqueue,
            Actor::Finisher => &self.model.finish,
            Actor::Fetcher | Actor::Runs => &self.model.claim,
        }
    }

    /// How many make the same calls as this loop.
    fn crowd(&self, at: usize) -> u64 {
        match self.loops[at].actor {
            Actor::Producer => self.load.producers,
            _ => self.load.workers,
        }
    }

    /// Starts every loop that rests and has something to do.
    fn begin_what_can(&mut self) {
        for at in 0..self.loops.len() {
            if self.loops[at].stage != Stage::Idle {
                continue;
            }
            let process = self.loops[at].process;
            let jobs = match self.loops[at].actor {
                Actor::Beginning => u64::from(!self.begun[process]),
                _ if !self.begun[process] => 0,
                Actor::Producer => self.to_enqueue(),
                Actor::Fetcher => self.fetchers[process].room().min(self.backlog),
                Actor::Runs => self.fetchers[process].waiting.min(RUNS),
                Actor::Finisher => self.fetchers[process].ended.min(FINISHED),
            };
            if jobs == 0 {
                continue;
            }
            match self.loops[at].actor {
                Actor::Beginning => {}
                Actor::Producer => self.enqueued += jobs,
                Actor::Fetcher => self.backlog -= jobs,
                Actor::Runs => self.fetchers[process].waiting -= jobs,
                Actor::Finisher => self.fetchers[process].ended -= jobs,
            }
            self.loops[at].jobs = jobs;
            match self.loops[at].actor {
                Actor::Runs => {
                    self.work_at_client(at, Stage::Running, self.model.run * jobs as f64);
                }
                _ => self.work_at_client(at, Stage::AtClient, self.call(at).client.of(jobs as f64)),
            }
        }
    }

    fn to_enqueue(&self) -> u64 {
        let is_ahead = self.load.workers > 0 && self.backlog > AHEAD * self.load.workers;
        let left = match self.load.workers {
            0 => self.load.jobs - self.enqueued,
            _ => ENQUEUED,
        };
        if is_ahead { 0 } else { left.min(ENQUEUED) }
    }

    /// A loop has come to the end of a stage.
    fn advance(&mut self, at: usize) {
        let jobs = self.loops[at].jobs as f64;
        let call = self.call(at);
        match self.loops[at].stage {
            Stage::AtClient => {
                self.loops[at].stage = Stage::AtServer;
                self.cores.add_server(at, call.server.of(jobs) * call.crowd.factor(self.crowd(at)));
            }
            Stage::AtServer => self.write_log(at),
            Stage::InLog => {
                let log = self.site.own_flush(call.log.of(jobs));
                let rest = (call.wait.of(jobs) - log).max(0.0) + self.site.way;
                self.loops[at].stage = Stage::OnWay;
                self.timers.push((self.now + rest, at));
            }
            Stage::OnWay | Stage::Running => self.conclude(at),
            Stage::Idle => {}
        }
    }

    fn write_log(&mut self, at: usize) {
        self.commits += u64::from(!matches!(self.loops[at].actor, Actor::Beginning));
        self.loops[at].stage = Stage::InLog;
        let bytes = self.call(at).log.of(self.loops[at].jobs as f64);
        self.log.commit(at, bytes, self.now, &self.site);
    }

    fn conclude(&mut self, at: usize) {
        let Loop { actor, process, jobs, .. } = self.loops[at];
        self.loops[at].stage = Stage::Idle;
        match actor {
            Actor::Beginning => self.begun[process] = true,
            Actor::Producer => {
                self.backlog += jobs;
                self.count(if self.load.workers == 0 { jobs } else { 0 });
            }
            Actor::Fetcher => self.fetchers[process].claimed(jobs),
            Actor::Runs => self.fetchers[process].ended += jobs,
            Actor::Finisher => {
                self.fetchers[process].unfinished -= jobs;
                self.count(jobs);
            }
        }
    }

    fn count(&mut self, jobs: u64) {
        self.done += jobs;
        if self.tenth.is_none() && self.done * 10 >= self.load.jobs {
            self.tenth = Some(self.now);
        }
    }

    fn work_at_client(&mut self, at: usize, stage: Stage, work: f64) {
        let process = self.loops[at].process;
        self.loops[at].stage = stage;
        self.cores.add_client(at, process, work);
    }
}

#[cfg(test)]
mod tests;
