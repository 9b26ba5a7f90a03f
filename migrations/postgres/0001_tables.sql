-- Where a job stands is which table its row is in; see the ledger and the view at the end.
-- The weeks of jobs, labels, attempts and results are made by the program, as ranges of ids.

CREATE TABLE longshore.jobs (
    id             uuid        NOT NULL PRIMARY KEY,
    tenant         text        COLLATE "C" NOT NULL,
    queue          text        COLLATE "C" NOT NULL,
    kind           text        COLLATE "C" NOT NULL,
    version        text        COLLATE "C",
    name           text,
    payload        text        NOT NULL,
    context        text,
    labels         text,
    rank           smallint    NOT NULL,
    run_at         timestamptz NOT NULL,
    max_attempts   integer     NOT NULL,
    backoff        text,
    timeout_ms     bigint,
    unique_key     text        COLLATE "C",
    correlation_id text        COLLATE "C",
    event_id       uuid,
    parent_id      uuid,
    batch_id       uuid,
    line           bigint,
    completes_siblings boolean,
    first_state    smallint    NOT NULL,
    created_at     timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE longshore.jobs_default PARTITION OF longshore.jobs DEFAULT;
CREATE INDEX jobs_by_event ON longshore.jobs (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX jobs_by_batch ON longshore.jobs (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_by_correlation ON longshore.jobs (correlation_id) WHERE correlation_id IS NOT NULL;

-- The labels of jobs once more, to find jobs by them. A value is the digits of an integer, or a string
-- between quotes, nothing in it escaped.
CREATE TABLE longshore.labels (
    job_id uuid NOT NULL,
    name   text COLLATE "C" NOT NULL,
    value  text COLLATE "C" NOT NULL,
    PRIMARY KEY (job_id, name)
) PARTITION BY RANGE (job_id);
CREATE TABLE longshore.labels_default PARTITION OF longshore.labels DEFAULT;
CREATE INDEX labels_by_value ON longshore.labels (name, value, job_id);

-- One row for each job that waits. The first index is claim order.
CREATE TABLE longshore.queue (
    id           uuid        NOT NULL,
    due_at       timestamptz NOT NULL,
    attempt      integer     NOT NULL,
    last_attempt integer     NOT NULL,
    crashes      integer     NOT NULL,
    seq          integer     NOT NULL,
    rank         smallint    NOT NULL,
    waiting      smallint    NOT NULL,
    flags        smallint    NOT NULL,
    queue        text        COLLATE "C" NOT NULL,
    tenant       text        COLLATE "C" NOT NULL,
    kind         text        COLLATE "C" NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);
CREATE UNIQUE INDEX queue_in_order ON longshore.queue (queue, tenant, rank, due_at, id);
CREATE UNIQUE INDEX queue_by_id ON longshore.queue (id);

-- One row for each running attempt. Heartbeats touch no indexed column and stay on the page.
CREATE TABLE longshore.leases (
    id               uuid        NOT NULL PRIMARY KEY,
    worker_id        uuid        NOT NULL,
    due_at           timestamptz NOT NULL,
    started_at       timestamptz NOT NULL,
    lease_until      timestamptz NOT NULL,
    attempt          integer     NOT NULL,
    last_attempt     integer     NOT NULL,
    crashes          integer     NOT NULL,
    seq              integer     NOT NULL,
    rank             smallint    NOT NULL,
    waiting          smallint    NOT NULL,
    flags            smallint    NOT NULL,
    cancel_requested boolean     NOT NULL DEFAULT false,
    queue            text        COLLATE "C" NOT NULL,
    tenant           text        COLLATE "C" NOT NULL,
    kind             text        COLLATE "C" NOT NULL,
    progress         text
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

-- The ledger. A row with started_at is a closed attempt and stands for two changes: into running when
-- it started, out of it at its end. A row without is one change.
CREATE TABLE longshore.attempts (
    job_id       uuid        NOT NULL,
    at           timestamptz NOT NULL,
    started_at   timestamptz,
    due_at       timestamptz,
    seq          integer     NOT NULL,
    attempt      integer     NOT NULL,
    state_before smallint    NOT NULL,
    state_after  smallint    NOT NULL,
    reason       smallint    NOT NULL,
    worker_id    uuid,
    error        text,
    log          text,
    PRIMARY KEY (job_id, seq)
) PARTITION BY RANGE (job_id);
CREATE TABLE longshore.attempts_default PARTITION OF longshore.attempts DEFAULT;

CREATE TABLE longshore.results (
    job_id uuid NOT NULL PRIMARY KEY,
    result text NOT NULL
) PARTITION BY RANGE (job_id);
CREATE TABLE longshore.results_default PARTITION OF longshore.results DEFAULT;

-- Dead letters: retention never touches them.
CREATE TABLE longshore.dead (
    id           uuid        NOT NULL PRIMARY KEY,
    at           timestamptz NOT NULL,
    attempt      integer     NOT NULL,
    last_attempt integer     NOT NULL,
    seq          integer     NOT NULL,
    rank         smallint    NOT NULL,
    flags        smallint    NOT NULL,
    queue        text        COLLATE "C" NOT NULL,
    tenant       text        COLLATE "C" NOT NULL,
    kind         text        COLLATE "C" NOT NULL
);
CREATE INDEX dead_by_queue ON longshore.dead (queue, id);

-- Taken unique keys. scope: 0 until the job is over, 1 for a window, 2 for ever.
CREATE TABLE longshore.uniques (
    job_id     uuid        NOT NULL,
    expires_at timestamptz,
    scope      smallint    NOT NULL,
    tenant     text        COLLATE "C" NOT NULL,
    key        text        COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX uniques_by_job ON longshore.uniques (job_id);

CREATE TABLE longshore.lanes (
    queue  text     COLLATE "C" NOT NULL,
    tenant text     COLLATE "C" NOT NULL,
    rank   smallint NOT NULL,
    PRIMARY KEY (queue, tenant, rank)
);

CREATE TABLE longshore.queues (
    queue        text COLLATE "C" NOT NULL PRIMARY KEY,
    paused_since timestamptz
);

CREATE TABLE longshore.workers (
    id         uuid        NOT NULL PRIMARY KEY,
    started_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    facts      text        NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE longshore.samples (
    queue         text        COLLATE "C" NOT NULL PRIMARY KEY,
    available     bigint      NOT NULL,
    scheduled     bigint      NOT NULL,
    retryable     bigint      NOT NULL,
    running       bigint      NOT NULL,
    dead          bigint      NOT NULL,
    oldest_due_at timestamptz,
    sampled_at    timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Every change of every job. Ordinal 1 is the arrival; 2 * seq the claim of a ledger row, and
-- 2 * seq + 1 what followed. Codes: states 0 held .. 7 discarded; reasons 0 received, 1 scheduled,
-- 2 held, 4 claimed; the rest stand in the ledger.
CREATE VIEW longshore.transitions AS
SELECT j.id AS job_id, 1::bigint AS ordinal, j.event_id, 0 AS seq, 0 AS attempt,
       NULL::integer AS state_before, j.first_state::integer AS state_after,
       CASE j.first_state WHEN 0 THEN 2 WHEN 1 THEN 1 ELSE 0 END AS reason,
       NULL::uuid AS worker_id, NULL::text AS error, j.created_at AS at
FROM longshore.jobs j
UNION ALL
SELECT a.job_id, 2 * a.seq::bigint, j.event_id, a.seq, a.attempt,
       a.state_before::integer, 3, 4, a.worker_id, NULL, a.started_at
FROM longshore.attempts a
LEFT JOIN longshore.jobs j ON j.id = a.job_id
WHERE a.started_at IS NOT NULL
UNION ALL
SELECT a.job_id, 2 * a.seq::bigint + 1, j.event_id, a.seq, a.attempt,
       CASE WHEN a.started_at IS NULL THEN a.state_before::integer ELSE 3 END, a.state_after::integer,
       a.reason::integer, a.worker_id, a.error, a.at
FROM longshore.attempts a
LEFT JOIN longshore.jobs j ON j.id = a.job_id
UNION ALL
SELECT l.id, 2 * l.seq::bigint, j.event_id, l.seq, l.attempt,
       l.waiting::integer, 3, 4, l.worker_id, NULL, l.started_at
FROM longshore.leases l
LEFT JOIN longshore.jobs j ON j.id = l.id;
