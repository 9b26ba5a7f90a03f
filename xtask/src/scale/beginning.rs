//! What the beginning of a process costs: connections, their first plans, its first entries.

use anyhow::Result;

use super::model::{Call, Cost, Model};
use super::record::{Line, Record};
use super::simulation::{Load, Site, simulate};

/// A process that was measured when it had hardly anything to do.
struct Beginner {
    /// What the record calls it.
    op: &'static str,
    load: Load,
    /// What a call of it costs, and each job.
    server: Cost,
    client: Cost,
    place: fn(&mut Model) -> &mut Call,
}

/// The model, with beginnings: what beginners cost, less the calls that the model knows.
pub(super) fn with_starts(mut model: Model, record: &Record, site: Site) -> Result<Model> {
    let Model { enqueue, claim, finish, run, .. } = &model;
    let nobody = Load { producers: 0, workers: 0, jobs: 0 };
    // A worker claims as often as it finishes.
    let both = |claim: Cost, finish: Cost| Cost {
        job: claim.job + finish.job,
        call: f64::midpoint(claim.call, finish.call),
    };
    let client = both(claim.client, finish.client);
    let beginners = [
        Beginner {
            op: "enqueue",
            load: Load { producers: 1, ..nobody },
            server: enqueue.server,
            client: enqueue.client,
            place: |model| &mut model.producer_starts,
        },
        Beginner {
            op: "run",
            load: Load { workers: 1, ..nobody },
            server: both(claim.server, finish.server),
            client: Cost { job: client.job + run, ..client },
            place: |model| &mut model.worker_starts,
        },
    ];
    for beginner in beginners {
        beginner.fit(&mut model, record, site)?;
    }
    Ok(model)
}

impl Beginner {
    fn fit(self, model: &mut Model, record: &Record, site: Site) -> Result<()> {
        let measured = |value: fn(&Line) -> f64| record.at_start(self.op, value);
        let jobs = measured(|line| line.jobs as f64)?;
        let load = Load { jobs: jobs as u64, ..self.load };
        let calls = simulate(model, site, load).commits as f64;
        let besides = |each: f64, known: Cost| {
            let all = each * jobs;
            Cost { job: 0.0, call: (all - known.job * jobs - known.call * calls).max(0.0) }
        };
        *(self.place)(model) = Call {
            server: besides(measured(Line::connections_us)?, self.server),
            client: besides(measured(|line| line.client_us)?, self.client),
            ..Call::default()
        };
        // What is left of the time on the wall is waiting.
        let took = jobs * 1e6 / simulate(model, site, load).rate;
        let rest = (jobs * measured(Line::wall_us)? - took).max(0.0);
        (self.place)(model).wait = Cost { job: 0.0, call: rest + site.flush };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::made_up;
    use super::super::simulation::Clients;
    use super::*;

    fn begun(lines: &str) -> Result<(Model, Site)> {
        let record = Record::parse(lines).unwrap();
        let site =
            Site { cores: 2.0, clients: Clients::Here, flush: 100.0, log_speed: 200.0, way: 0.0 };
        with_starts(Model::of(&record).unwrap(), &record, site).map(|model| (model, site))
    }

    #[test]
    fn who_has_little_to_do_takes_as_long_as_was_measured() {
        let (model, site) = begun(&made_up()).unwrap();
        // 15 and 42 µs of a thousand jobs, less 10 and 20 of each, and 200 of each call.
        let [producer, worker] =
            [&model.producer_starts, &model.worker_starts].map(|start| start.server.call);
        assert!((producer - 4_800.0).abs() < 1e-6, "{producer}");
        assert!((18_000.0..21_000.0).contains(&worker), "{worker}");
        for (producers, workers) in [(1, 0), (0, 1)] {
            let rate = simulate(&model, site, Load { producers, workers, jobs: 1000 }).rate;
            assert!((rate / 20_000.0 - 1.0).abs() < 0.01, "{rate}");
        }
    }

    #[test]
    fn a_record_without_starts_is_refused() {
        let lines = made_up();
        let without: Vec<_> = lines.lines().filter(|line| !line.contains("start")).collect();
        let refused = begun(&without.join("\n")).unwrap_err();
        assert!(refused.to_string().contains("no lines of how a process starts"), "{refused}");
    }
}
