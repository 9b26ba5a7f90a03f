//! Cores that are shared evenly: whoever needs one gets one, or an equal part of them all.

use super::{Clients, Site};

/// Work that is left, by machine: the first one is the server's.
#[derive(Debug)]
pub(super) struct Cores {
    machines: Vec<Machine>,
    clients_here: bool,
    worked: f64,
}

#[derive(Debug)]
struct Machine {
    cores: f64,
    /// Loops with what they still need.
    tasks: Vec<(usize, f64)>,
}

/// What is left after rounding: times grow to 10^8 µs, of which a number holds seven more digits.
const NOTHING: f64 = 1e-4;

impl Cores {
    pub(super) fn new(site: Site, processes: usize) -> Self {
        let mut machines = vec![Machine { cores: site.cores, tasks: Vec::new() }];
        if let Clients::Elsewhere { cores } = site.clients {
            machines.extend((0..processes).map(|_| Machine { cores, tasks: Vec::new() }));
        }
        Self { machines, clients_here: site.clients == Clients::Here, worked: 0.0 }
    }

    pub(super) fn add_client(&mut self, at: usize, process: usize, work: f64) {
        let machine = if self.clients_here { 0 } else { process + 1 };
        self.machines[machine].tasks.push((at, work));
    }

    pub(super) fn add_server(&mut self, at: usize, work: f64) {
        self.machines[0].tasks.push((at, work));
    }

    /// Until the next work is done, if nothing else comes.
    pub(super) fn until_next(&self) -> f64 {
        let of = |machine: &Machine| {
            let least = machine.tasks.iter().map(|(_, work)| *work).fold(f64::INFINITY, f64::min);
            least / machine.speed()
        };
        self.machines.iter().map(of).fold(f64::INFINITY, f64::min)
    }

    /// Works so long; whose work is done.
    pub(super) fn work(&mut self, time: f64) -> Vec<usize> {
        let mut ended = Vec::new();
        for (number, machine) in self.machines.iter_mut().enumerate() {
            let step = time * machine.speed();
            if number == 0 {
                self.worked += step * machine.tasks.len() as f64;
            }
            machine.tasks.retain_mut(|(at, work)| {
                *work -= step;
                let is_done = *work <= NOTHING;
                if is_done {
                    ended.push(*at);
                }
                !is_done
            });
        }
        ended
    }

    /// What the server's cores have worked so far.
    pub(super) fn worked(&self) -> f64 {
        self.worked
    }
}

impl Machine {
    /// Of each task.
    fn speed(&self) -> f64 {
        (self.cores / self.tasks.len().max(1) as f64).min(1.0)
    }
}
