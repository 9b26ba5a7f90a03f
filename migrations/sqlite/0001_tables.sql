-- The tables that every storage of Longshore has. State is which table a row is in.
-- Ids are 16 bytes; times are microseconds since 1970; states and reasons are stable codes.

CREATE TABLE longshore_migrations (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

-- What was asked for. Insert-only, but for an owner's update.
CREATE TABLE longshore_jobs (
    id             BLOB    NOT NULL UNIQUE,
    tenant         TEXT    NOT NULL,
    queue          TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    version        TEXT,
    name           TEXT,
    payload        TEXT    NOT NULL,
    context        TEXT,
    labels         TEXT,
    rank           INTEGER NOT NULL,
    run_at         INTEGER NOT NULL,
    max_attempts   INTEGER NOT NULL,
    backoff        TEXT,
    timeout_ms     INTEGER,
    unique_key     TEXT,
    correlation_id TEXT,
    completes_siblings INTEGER,
    event_id       BLOB,
    parent_id      BLOB,
    batch_id       BLOB,
    line           INTEGER,
    first_state    INTEGER NOT NULL,
    created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX longshore_jobs_event ON longshore_jobs (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX longshore_jobs_batch ON longshore_jobs (batch_id, line) WHERE batch_id IS NOT NULL;
CREATE INDEX longshore_jobs_correlation ON longshore_jobs (correlation_id) WHERE correlation_id IS NOT NULL;

-- The labels of jobs once more, to find jobs by them. A value is the digits of an integer, or a string
-- between quotes, nothing in it escaped.
CREATE TABLE longshore_labels (
    job_id BLOB NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (job_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX longshore_labels_value ON longshore_labels (name, value, job_id);

-- One row for each job that waits. The primary key is the order of claims.
CREATE TABLE longshore_queue (
    id           BLOB    NOT NULL,
    queue        TEXT    NOT NULL,
    tenant       TEXT    NOT NULL,
    rank         INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    attempt      INTEGER NOT NULL,
    last_attempt INTEGER NOT NULL,
    crashes      INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    waiting      INTEGER NOT NULL,
    flags        INTEGER NOT NULL,
    PRIMARY KEY (queue, tenant, rank, due_at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX longshore_queue_id ON longshore_queue (id);

-- One row for each running attempt.
CREATE TABLE longshore_leases (
    id               BLOB    NOT NULL PRIMARY KEY,
    queue            TEXT    NOT NULL,
    tenant           TEXT    NOT NULL,
    rank             INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,
    kind             TEXT    NOT NULL,
    attempt          INTEGER NOT NULL,
    last_attempt     INTEGER NOT NULL,
    crashes          INTEGER NOT NULL,
    seq              INTEGER NOT NULL,
    waiting          INTEGER NOT NULL,
    flags            INTEGER NOT NULL,
    worker_id        BLOB    NOT NULL,
    started_at       INTEGER NOT NULL,
    lease_until      INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    progress         TEXT
) STRICT, WITHOUT ROWID;

-- The ledger: one row for each closed attempt or other change. Insert-only.
CREATE TABLE longshore_attempts (
    job_id       BLOB    NOT NULL,
    seq          INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,
    state_before INTEGER NOT NULL,
    state_after  INTEGER NOT NULL,
    reason       INTEGER NOT NULL,
    started_at   INTEGER,
    at           INTEGER NOT NULL,
    due_at       INTEGER,
    worker_id    BLOB,
    error        TEXT,
    log          TEXT,
    PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;

-- Dead letters.
CREATE TABLE longshore_dead (
    id           BLOB    NOT NULL PRIMARY KEY,
    at           INTEGER NOT NULL,
    queue        TEXT    NOT NULL,
    tenant       TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    rank         INTEGER NOT NULL,
    attempt      INTEGER NOT NULL,
    last_attempt INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    flags        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX longshore_dead_queue ON longshore_dead (queue, id);

-- Taken unique keys. Scope: 0 until its job ends, 1 for a window, 2 for ever.
CREATE TABLE longshore_uniques (
    tenant     TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    job_id     BLOB    NOT NULL,
    scope      INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX longshore_uniques_job ON longshore_uniques (job_id);

-- Every combination in which jobs ever stood in line. Insert-only.
CREATE TABLE longshore_lanes (
    queue  TEXT    NOT NULL,
    tenant TEXT    NOT NULL,
    rank   INTEGER NOT NULL,
    PRIMARY KEY (queue, tenant, rank)
) STRICT, WITHOUT ROWID;

-- What handlers returned, only where they did.
CREATE TABLE longshore_results (
    job_id BLOB NOT NULL PRIMARY KEY,
    result TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE longshore_queues (
    queue        TEXT NOT NULL PRIMARY KEY,
    paused_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE longshore_workers (
    id         BLOB    NOT NULL PRIMARY KEY,
    facts      TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last count of each queue.
CREATE TABLE longshore_samples (
    queue         TEXT    NOT NULL PRIMARY KEY,
    available     INTEGER NOT NULL,
    scheduled     INTEGER NOT NULL,
    retryable     INTEGER NOT NULL,
    running       INTEGER NOT NULL,
    dead          INTEGER NOT NULL,
    oldest_due_at INTEGER,
    sampled_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The ledger as single state changes. The arrival has ordinal 1; ledger row `seq` holds its claim as
-- 2 * seq and what followed as 2 * seq + 1; an open lease is a claim.
CREATE VIEW longshore_transitions
    (job_id, ordinal, event_id, seq, attempt, state_before, state_after, reason, worker_id, error, at)
AS
SELECT id, 1, event_id, 0, 0, NULL, first_state,
       CASE first_state WHEN 0 THEN 2 WHEN 1 THEN 1 ELSE 0 END, NULL, NULL, created_at
  FROM longshore_jobs
UNION ALL
SELECT a.job_id, 2 * a.seq, (SELECT event_id FROM longshore_jobs WHERE id = a.job_id), a.seq, a.attempt,
       a.state_before, 3, 4, a.worker_id, NULL, a.started_at
  FROM longshore_attempts AS a
 WHERE a.started_at IS NOT NULL
UNION ALL
SELECT a.job_id, 2 * a.seq + 1, (SELECT event_id FROM longshore_jobs WHERE id = a.job_id), a.seq, a.attempt,
       CASE WHEN a.started_at IS NULL THEN a.state_before ELSE 3 END, a.state_after, a.reason, a.worker_id,
       a.error, a.at
  FROM longshore_attempts AS a
UNION ALL
SELECT l.id, 2 * l.seq, (SELECT event_id FROM longshore_jobs WHERE id = l.id), l.seq, l.attempt,
       l.waiting, 3, 4, l.worker_id, NULL, l.started_at
  FROM longshore_leases AS l;
