//! The role of whoever steps in.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use longshore_core::{
    Backoff, Command, JobId, JobUpdate, Lane, Limits, Rules, Standing, State, Step, step,
};
use longshore_store::{Cancelled, Deleted, Hint, Operate, Released, Result, Retried, Updated};
use sqlx::SqliteConnection;

use crate::{
    SqliteStore, clock, fault,
    moves::Moves,
    row,
    standing::{self, Known, Place},
    update::Updating,
    writer::Write,
};

const REQUEST_CANCEL: &str = include_str!("../sql/operate/request_cancel.sql");
const DELETE_DEAD: &str = include_str!("../sql/operate/delete_dead.sql");
const PAUSE: &str = include_str!("../sql/operate/pause.sql");
const RESUME: &str = include_str!("../sql/operate/resume.sql");

#[async_trait]
impl Operate for SqliteStore {
    async fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.write(Cancelling(ids.to_vec())).await
    }

    async fn retry(&self, ids: &[JobId]) -> Result<Vec<Retried>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (retried, lanes) = self.write(Retrying(ids.to_vec())).await?;
        lanes.into_iter().for_each(|lane| self.board().post(Hint::Lane(lane)));
        Ok(retried)
    }

    async fn release(&self, ids: &[JobId]) -> Result<Vec<Released>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (released, lanes) = self.write(Releasing(ids.to_vec())).await?;
        lanes.into_iter().for_each(|lane| self.board().post(Hint::Lane(lane)));
        Ok(released)
    }

    async fn update(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        SqliteStore::limits(self).check_update(update)?;
        self.write(Updating { id, update: update.clone() }).await
    }

    async fn delete_dead(&self, ids: &[JobId]) -> Result<Vec<Deleted>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.write(Deleting(ids.to_vec())).await
    }

    async fn pause(&self, queue: &str) -> Result<bool> {
        self.write(Pausing(queue.to_owned())).await
    }

    async fn resume(&self, queue: &str) -> Result<bool> {
        let was_paused = self.write(Resuming(queue.to_owned())).await?;
        if was_paused {
            self.board().post(Hint::Queue(queue.into()));
        }
        Ok(was_paused)
    }

    fn limits(&self) -> Limits {
        SqliteStore::limits(self)
    }
}

/// The steps of one operation: decided one after the other, so that an id that is named twice meets
/// what its first mention made of it; written together.
struct Stepping {
    known: HashMap<JobId, Known>,
    moves: Moves,
    lanes: Vec<Lane>,
    now: i64,
}

impl Stepping {
    async fn on(connection: &mut SqliteConnection, ids: &[JobId]) -> Result<Self> {
        let now = clock::now();
        let known = standing::known(connection, ids, now).await?;
        Ok(Self { known, moves: Moves::default(), lanes: Vec::new(), now })
    }

    /// Decides and notes a step that the caller knows to be legal.
    fn take(
        &mut self,
        id: JobId,
        standing: Standing,
        command: &Command,
        takes_key: bool,
    ) -> Result<()> {
        let Some(known) = self.known.get_mut(&id) else { return Ok(()) };
        let max_attempts = known.max_attempts;
        let rules = Rules { max_attempts, backoff: Backoff::default(), max_crashes: 1, roll: 0.0 };
        let step: Step =
            step(standing, command, &rules).map_err(|error| fault::unreadable("state", error))?;
        known.place = match step.due_in {
            Some(delay) => {
                if delay.is_zero() && !self.lanes.contains(&known.lane) {
                    self.lanes.push(known.lane.clone());
                }
                Place::Waiting(step.standing, self.now.saturating_add(clock::micros(delay)))
            }
            None => Place::Over(step.standing.state),
        };
        self.moves.add(id, &step, takes_key);
        Ok(())
    }
}

pub(crate) struct Cancelling(pub(crate) Vec<JobId>);

#[async_trait]
impl Write for Cancelling {
    type Answer = Vec<Cancelled>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Cancelled>> {
        let mut stepping = Stepping::on(connection, &self.0).await?;
        let mut requests = Vec::new();
        let mut outcomes = Vec::with_capacity(self.0.len());
        for id in &self.0 {
            outcomes.push(match stepping.known.get(id).map(|known| known.place) {
                None => Cancelled::NotFound,
                Some(Place::Held(standing) | Place::Waiting(standing, _)) => {
                    stepping.take(*id, standing, &Command::Cancel, false)?;
                    Cancelled::Done
                }
                Some(Place::Running) => {
                    requests.push(id.0);
                    Cancelled::Requested
                }
                Some(place) => Cancelled::AlreadyOver(place.state(stepping.now)),
            });
        }
        if !requests.is_empty() {
            let asking = sqlx::query(REQUEST_CANCEL).bind(row::ids(requests));
            asking.execute(&mut *connection).await.map_err(fault::error)?;
        }
        stepping.moves.write(connection, stepping.now).await?;
        Ok(outcomes)
    }
}

pub(crate) struct Retrying(pub(crate) Vec<JobId>);

#[async_trait]
impl Write for Retrying {
    type Answer = (Vec<Retried>, Vec<Lane>);

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let mut stepping = Stepping::on(connection, &self.0).await?;
        let mut taken = HashMap::new();
        let mut outcomes = Vec::with_capacity(self.0.len());
        for id in &self.0 {
            let Some(known) = stepping.known.get(id) else {
                outcomes.push(Retried::NotFound);
                continue;
            };
            let (now, place) = (stepping.now, known.place);
            outcomes.push(match place {
                Place::Dead(standing) => {
                    let key = known.key.clone().filter(|_| known.freed_key);
                    let key = key.map(|key| (known.lane.tenant.clone(), key));
                    let holder =
                        key.as_ref().and_then(|key| taken.get(key).copied()).or(known.holder);
                    match (key, holder) {
                        (Some(_), Some(holder)) if holder != *id => Retried::KeyTaken(holder),
                        (key, _) => {
                            stepping.take(*id, standing, &Command::RetryByHand, key.is_some())?;
                            taken.extend(key.map(|key| (key, *id)));
                            Retried::Done
                        }
                    }
                }
                Place::Waiting(standing, due_at)
                    if due_at > now && standing.state != State::Available =>
                {
                    stepping.take(*id, standing, &Command::RetryByHand, false)?;
                    Retried::Done
                }
                place => Retried::Refused(place.state(now)),
            });
        }
        stepping.moves.write(connection, stepping.now).await?;
        Ok((outcomes, stepping.lanes))
    }
}

struct Releasing(Vec<JobId>);

#[async_trait]
impl Write for Releasing {
    type Answer = (Vec<Released>, Vec<Lane>);

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let mut stepping = Stepping::on(connection, &self.0).await?;
        let mut outcomes = Vec::with_capacity(self.0.len());
        for id in &self.0 {
            let now = stepping.now;
            outcomes.push(match stepping.known.get(id).map(|known| (known.place, known.run_at)) {
                None => Released::NotFound,
                Some((Place::Held(standing), run_at)) => {
                    let wait = u64::try_from(run_at.saturating_sub(now)).unwrap_or(0);
                    let command = Command::Release(Duration::from_micros(wait));
                    stepping.take(*id, standing, &command, false)?;
                    Released::Done
                }
                Some((place, _)) => Released::Refused(place.state(now)),
            });
        }
        stepping.moves.write(connection, stepping.now).await?;
        Ok((outcomes, stepping.lanes))
    }
}

struct Deleting(Vec<JobId>);

#[async_trait]
impl Write for Deleting {
    type Answer = Vec<Deleted>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Deleted>> {
        let mut stepping = Stepping::on(connection, &self.0).await?;
        let now = stepping.now;
        let mut outcomes = Vec::with_capacity(self.0.len());
        for id in &self.0 {
            outcomes.push(match stepping.known.get_mut(id) {
                None => Deleted::NotFound,
                Some(known) if matches!(known.place, Place::Dead(_)) => {
                    known.place = Place::Over(State::Discarded);
                    Deleted::Done
                }
                Some(known) => Deleted::Refused(known.place.state(now)),
            });
        }
        let deleting = sqlx::query(DELETE_DEAD).bind(row::ids(self.0.iter().map(|id| id.0)));
        deleting.execute(connection).await.map_err(fault::error)?;
        Ok(outcomes)
    }
}

struct Pausing(String);

#[async_trait]
impl Write for Pausing {
    type Answer = bool;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<bool> {
        let pausing = sqlx::query(PAUSE).bind(&self.0).bind(clock::now());
        let done = pausing.execute(connection).await.map_err(fault::error)?;
        Ok(done.rows_affected() > 0)
    }
}

struct Resuming(String);

#[async_trait]
impl Write for Resuming {
    type Answer = bool;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<bool> {
        let done =
            sqlx::query(RESUME).bind(&self.0).execute(connection).await.map_err(fault::error)?;
        Ok(done.rows_affected() > 0)
    }
}
