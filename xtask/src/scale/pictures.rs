//! The pictures of the page: what a job costs by batch, how fast it goes by workers and by jobs, and what
//! larger servers would carry.

use super::chart::{Axis, Chart, Form, Series, short};
use super::model::Model;
use super::predict::{Check, Prediction, Study};
use super::record::Record;

/// Each with its file.
pub(super) fn all(study: &Study) -> Vec<(&'static str, String)> {
    let Study { record, model, drain, servers, .. } = study;
    vec![
        ("docs/scale-batches.svg", batches(record, model).svg()),
        ("docs/scale-workers.svg", workers(drain).svg()),
        ("docs/scale-backlog.svg", backlog(drain).svg()),
        ("docs/scale-cores.svg", cores(record, servers).svg()),
    ]
}

fn batches(record: &Record, model: &Model) -> Chart {
    let mut series = Vec::new();
    for (look, (op, call)) in model.calls().into_iter().enumerate() {
        let of_op = record.batches.iter().filter(|it| it.metric == "batch" && it.op == op);
        let measured = of_op.map(|it| (it.batch as f64, it.connections_us())).collect();
        series.push(Series { name: op.to_owned(), look, form: Form::Dots, points: measured });
        let fitted = (0..=30).map(|step| 10f64.powf(f64::from(step) / 10.0));
        let fitted = fitted.map(|batch| (batch, call.server.each(batch))).collect();
        let name = format!("{op}, model");
        series.push(Series { name, look, form: Form::Dashes, points: fitted });
    }
    Chart {
        title: "What a job costs the server, by the size of its batch",
        words: "Processor time of the server's connection; both axes go by factors of ten.",
        across: by_factors("jobs in a call", &[1.0, 10.0, 100.0, 1000.0]),
        up: by_factors("µs a job", &decades(&series)),
        series,
    }
}

fn workers(drains: &[Check]) -> Chart {
    let mut sizes: Vec<u64> = drains.iter().map(|it| it.measured.jobs).collect();
    sizes.dedup();
    // Those that were run by different numbers of workers.
    let of = |jobs: u64| drains.iter().filter(move |it| it.measured.jobs == jobs);
    sizes.retain(|jobs| of(*jobs).count() > 1);
    let mut series = Vec::new();
    for (look, jobs) in sizes.into_iter().enumerate() {
        let name = format!("{} jobs", short(jobs as f64));
        series.push(measured(name, look, of(jobs), |it| it.measured.workers));
        let model = predicted("model".to_owned(), look, of(jobs), |it| it.measured.workers);
        // It says the same of all large numbers of jobs.
        if series.iter().all(|it: &Series| it.points != model.points) {
            series.push(model);
        }
    }
    Chart {
        title: "Jobs a second by workers",
        words: "Drains on the machine of the record, with client and server; dashed: the simulation.",
        across: by_factors("workers", &[1.0, 2.0, 4.0, 8.0]),
        up: from_zero("jobs a second", most(&series)),
        series,
    }
}

fn backlog(drains: &[Check]) -> Chart {
    let mut crews: Vec<u64> = drains.iter().map(|it| it.measured.workers).collect();
    crews.sort_unstable();
    crews.dedup();
    let of = |workers: u64| drains.iter().filter(move |it| it.measured.workers == workers);
    let mut series = Vec::new();
    for (look, workers) in crews.into_iter().enumerate() {
        let name = if workers == 1 { "1 worker".into() } else { format!("{workers} workers") };
        series.push(measured(name, look, of(workers), |it| it.measured.jobs));
    }
    let sizes: Vec<f64> = drains.iter().map(|it| it.measured.jobs as f64).collect();
    let ends = [f64::min, f64::max].map(|of| sizes.iter().copied().reduce(of).unwrap_or(1.0));
    let powers = (ends[0].log10().floor() as i32)..=(ends[1].log10().ceil() as i32);
    let marks: Vec<f64> = powers.map(|power| 10f64.powi(power)).collect();
    Chart {
        title: "Jobs a second by the jobs that there are",
        words: "Drains on the machine of the record: the tables grow by a thousand times.",
        across: by_factors("jobs that waited when the drain began", &marks),
        up: from_zero("jobs a second", most(&series)),
        series,
    }
}

fn cores(record: &Record, predictions: &[Prediction]) -> Chart {
    let of = |value: fn(&Prediction) -> f64| -> Vec<(f64, f64)> {
        predictions.iter().map(|it| (it.cores as f64, value(it))).collect()
    };
    let (most_of, least_of) = (of(|it| it.most), of(|it| it.least));
    let around = most_of.iter().chain(least_of.iter().rev()).copied().collect();
    let line = |name: &str, look, points| Series {
        name: name.to_owned(),
        look,
        form: Form::Dashes,
        points,
    };
    let mut series = vec![
        Series { name: "range".into(), look: 0, form: Form::Band, points: around },
        line("upper end", 0, most_of),
        line("lower end", 1, least_of),
    ];
    // A whole life on this machine: its enqueue, and its run.
    let rate = |phase| record.largest(phase).map(|line| line.rate);
    if let (Some(bulk), Some(drain)) = (rate("bulk"), rate("drain")) {
        let whole = vec![(record.machine.cores, 1.0 / (1.0 / bulk + 1.0 / drain))];
        let name = "measured, with its clients".to_owned();
        series.push(Series { name, look: 2, form: Form::Dots, points: whole });
    }
    Chart {
        title: "Jobs a second by the cores of the server",
        words: "Enqueued, claimed and finished, clients elsewhere, a log that keeps up: a prediction.",
        across: by_factors("cores", &[2.0, 4.0, 8.0, 16.0, 32.0, 64.0]),
        up: by_factors("jobs a second", &decades(&series)),
        series,
    }
}

fn measured<'c>(
    name: String,
    look: usize,
    of: impl Iterator<Item = &'c Check>,
    at: fn(&Check) -> u64,
) -> Series {
    let points = of.map(|it| (at(it) as f64, it.measured.rate)).collect();
    Series { name, look, form: Form::Line, points }
}

fn predicted<'c>(
    name: String,
    look: usize,
    of: impl Iterator<Item = &'c Check>,
    at: fn(&Check) -> u64,
) -> Series {
    let points = of.map(|it| (at(it) as f64, it.predicted.rate)).collect();
    Series { name, look, form: Form::Dashes, points }
}

fn by_factors(name: &'static str, marks: &[f64]) -> Axis {
    let marks = marks.iter().map(|at| (*at, short(*at))).collect();
    Axis { name, marks, by_factors: true }
}

/// Round steps from zero.
fn from_zero(name: &'static str, most: f64) -> Axis {
    let rough = most.max(1.0) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|it| it * power);
    let step = steps.into_iter().find(|it| *it >= rough).unwrap_or(10.0 * power);
    let count = (most / step).ceil() as u32;
    let marks = (0..=count).map(|number| f64::from(number) * step);
    Axis { name, marks: marks.map(|at| (at, short(at))).collect(), by_factors: false }
}

fn most(series: &[Series]) -> f64 {
    series.iter().flat_map(|it| &it.points).map(|(_, y)| *y).fold(0.0, f64::max)
}

/// Powers of ten around all values.
fn decades(series: &[Series]) -> Vec<f64> {
    let values = || series.iter().flat_map(|it| &it.points).map(|(_, y)| *y);
    let least = values().fold(f64::INFINITY, f64::min).max(1e-3);
    let from = least.log10().floor() as i32;
    let to = values().fold(least, f64::max).log10().ceil() as i32;
    (from..=to.max(from + 1)).map(|power| 10f64.powi(power)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::made_up;
    use super::*;

    #[test]
    fn there_are_four_pictures_of_what_the_record_has() {
        let pictures = all(&Study::of(Record::parse(&made_up()).unwrap()).unwrap());
        assert_eq!(pictures.len(), 4);
        let [batches, _, backlog, cores] = [0, 1, 2, 3].map(|at| &pictures[at].1);
        assert!(batches.contains("claim: 1: 210, 10: 30, 100: 12, 1000: 10"), "{batches}");
        assert!(backlog.contains("2 workers: 100000: 40k"), "{backlog}");
        assert!(cores.contains("measured, with its clients: 2: 20k"), "{cores}");
    }

    #[test]
    fn axes_have_round_marks() {
        let marks = |axis: Axis| axis.marks.into_iter().map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(marks(from_zero("", 43_000.0)), ["0", "10k", "20k", "30k", "40k", "50k"]);
        let points = vec![(1.0, 8.0), (2.0, 420.0)];
        let series = [Series { name: String::new(), look: 0, form: Form::Dots, points }];
        assert_eq!(decades(&series), [1.0, 10.0, 100.0, 1000.0]);
    }
}
