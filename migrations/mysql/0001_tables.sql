-- Where a job stands is which table its row is in; see the ledger and the view at the end.
-- Names and keys are bytes: no collation folds them, no comparison pads them. Times are UTC.
-- The weeks of jobs, labels, attempts and results are made by the program, as ranges of ids. Each
-- statement ends with a semicolon at the end of its line.

CREATE TABLE longshore_jobs (
    id             BINARY(16)     NOT NULL PRIMARY KEY,
    tenant         VARBINARY(100) NOT NULL,
    queue          VARBINARY(100) NOT NULL,
    kind           VARBINARY(100) NOT NULL,
    version        VARBINARY(100),
    name           VARCHAR(512),
    payload        LONGTEXT       NOT NULL,
    context        LONGTEXT,
    labels         LONGTEXT,
    `rank`         TINYINT        NOT NULL,
    run_at         DATETIME(6)    NOT NULL,
    max_attempts   INT            NOT NULL,
    backoff        TEXT,
    timeout_ms     BIGINT,
    unique_key     VARBINARY(512),
    correlation_id VARBINARY(512),
    event_id       BINARY(16),
    parent_id      BINARY(16),
    batch_id       BINARY(16),
    line           BIGINT,
    completes_siblings TINYINT,
    first_state    TINYINT        NOT NULL,
    created_at     DATETIME(6)    NOT NULL,
    KEY jobs_by_event (event_id),
    KEY jobs_by_batch (batch_id),
    KEY jobs_by_correlation (correlation_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE COLUMNS (id) (PARTITION catch_all VALUES LESS THAN (MAXVALUE));

-- The labels of jobs once more, to find jobs by them. A value is the digits of an integer, or a string
-- between quotes, nothing in it escaped.
CREATE TABLE longshore_labels (
    job_id BINARY(16)     NOT NULL,
    name   VARBINARY(512) NOT NULL,
    value  VARBINARY(514) NOT NULL,
    PRIMARY KEY (job_id, name),
    KEY labels_by_value (name, value, job_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE COLUMNS (job_id) (PARTITION catch_all VALUES LESS THAN (MAXVALUE));

-- One row for each job that waits, stored in claim order. The second index is not unique, although no
-- job is in here twice: a unique one would lock the gaps around rows that left a moment ago.
CREATE TABLE longshore_queue (
    queue        VARBINARY(100) NOT NULL,
    tenant       VARBINARY(100) NOT NULL,
    `rank`       TINYINT        NOT NULL,
    due_at       DATETIME(6)    NOT NULL,
    id           BINARY(16)     NOT NULL,
    kind         VARBINARY(100) NOT NULL,
    attempt      INT            NOT NULL,
    last_attempt INT            NOT NULL,
    crashes      INT            NOT NULL,
    seq          INT            NOT NULL,
    waiting      TINYINT        NOT NULL,
    flags        TINYINT        NOT NULL,
    PRIMARY KEY (queue, tenant, `rank`, due_at, id),
    KEY queue_by_id (id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row for each running attempt. Heartbeats touch no indexed column.
CREATE TABLE longshore_leases (
    id               BINARY(16)     NOT NULL PRIMARY KEY,
    worker_id        BINARY(16)     NOT NULL,
    due_at           DATETIME(6)    NOT NULL,
    started_at       DATETIME(6)    NOT NULL,
    lease_until      DATETIME(6)    NOT NULL,
    attempt          INT            NOT NULL,
    last_attempt     INT            NOT NULL,
    crashes          INT            NOT NULL,
    seq              INT            NOT NULL,
    `rank`           TINYINT        NOT NULL,
    waiting          TINYINT        NOT NULL,
    flags            TINYINT        NOT NULL,
    cancel_requested TINYINT        NOT NULL DEFAULT 0,
    queue            VARBINARY(100) NOT NULL,
    tenant           VARBINARY(100) NOT NULL,
    kind             VARBINARY(100) NOT NULL,
    progress         LONGTEXT
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The ledger. A row with started_at is a closed attempt and stands for two changes: into running when
-- it started, out of it at its end. A row without is one change.
CREATE TABLE longshore_attempts (
    job_id       BINARY(16)  NOT NULL,
    seq          INT         NOT NULL,
    at           DATETIME(6) NOT NULL,
    started_at   DATETIME(6),
    due_at       DATETIME(6),
    attempt      INT         NOT NULL,
    state_before TINYINT     NOT NULL,
    state_after  TINYINT     NOT NULL,
    reason       TINYINT     NOT NULL,
    worker_id    BINARY(16),
    error        MEDIUMTEXT,
    log          MEDIUMTEXT,
    PRIMARY KEY (job_id, seq)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE COLUMNS (job_id) (PARTITION catch_all VALUES LESS THAN (MAXVALUE));

CREATE TABLE longshore_results (
    job_id BINARY(16) NOT NULL PRIMARY KEY,
    result LONGTEXT   NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE COLUMNS (job_id) (PARTITION catch_all VALUES LESS THAN (MAXVALUE));

-- Dead letters: retention never touches them.
CREATE TABLE longshore_dead (
    id           BINARY(16)     NOT NULL PRIMARY KEY,
    at           DATETIME(6)    NOT NULL,
    attempt      INT            NOT NULL,
    last_attempt INT            NOT NULL,
    seq          INT            NOT NULL,
    `rank`       TINYINT        NOT NULL,
    flags        TINYINT        NOT NULL,
    queue        VARBINARY(100) NOT NULL,
    tenant       VARBINARY(100) NOT NULL,
    kind         VARBINARY(100) NOT NULL,
    KEY dead_by_queue (queue, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Taken unique keys. scope: 0 until the job is over, 1 for a window, 2 for ever.
CREATE TABLE longshore_uniques (
    tenant     VARBINARY(100) NOT NULL,
    `key`      VARBINARY(512) NOT NULL,
    job_id     BINARY(16)     NOT NULL,
    expires_at DATETIME(6),
    scope      TINYINT        NOT NULL,
    PRIMARY KEY (tenant, `key`),
    KEY uniques_by_job (job_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE longshore_lanes (
    queue  VARBINARY(100) NOT NULL,
    tenant VARBINARY(100) NOT NULL,
    `rank` TINYINT        NOT NULL,
    PRIMARY KEY (queue, tenant, `rank`)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE longshore_queues (
    queue        VARBINARY(512) NOT NULL PRIMARY KEY,
    paused_since DATETIME(6)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE longshore_workers (
    id         BINARY(16)  NOT NULL PRIMARY KEY,
    started_at DATETIME(6) NOT NULL,
    seen_at    DATETIME(6) NOT NULL,
    facts      LONGTEXT    NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE longshore_samples (
    queue         VARBINARY(100) NOT NULL PRIMARY KEY,
    available     BIGINT         NOT NULL,
    scheduled     BIGINT         NOT NULL,
    retryable     BIGINT         NOT NULL,
    running       BIGINT         NOT NULL,
    dead          BIGINT         NOT NULL,
    oldest_due_at DATETIME(6),
    sampled_at    DATETIME(6)    NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row, which nobody changes: whoever drops an old week holds it, and whoever brings jobs with ids of
-- earlier weeks shares it.
CREATE TABLE longshore_guard (
    id TINYINT NOT NULL PRIMARY KEY
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO longshore_guard VALUES (1);

-- Every change of every job. Ordinal 1 is the arrival; 2 * seq the claim of a ledger row, and
-- 2 * seq + 1 what followed. Codes: states 0 held .. 7 discarded; reasons 0 received, 1 scheduled,
-- 2 held, 4 claimed; the rest stand in the ledger.
CREATE SQL SECURITY INVOKER VIEW longshore_transitions AS
SELECT j.id AS job_id, 1 AS ordinal, j.event_id AS event_id, 0 AS seq, 0 AS attempt,
       NULL AS state_before, j.first_state AS state_after,
       CASE j.first_state WHEN 0 THEN 2 WHEN 1 THEN 1 ELSE 0 END AS reason,
       NULL AS worker_id, NULL AS error, j.created_at AS at
FROM longshore_jobs j
UNION ALL
SELECT a.job_id, 2 * a.seq, j.event_id, a.seq, a.attempt, a.state_before, 3, 4, a.worker_id, NULL, a.started_at
FROM longshore_attempts a
LEFT JOIN longshore_jobs j ON j.id = a.job_id
WHERE a.started_at IS NOT NULL
UNION ALL
SELECT a.job_id, 2 * a.seq + 1, j.event_id, a.seq, a.attempt,
       CASE WHEN a.started_at IS NULL THEN a.state_before ELSE 3 END, a.state_after, a.reason,
       a.worker_id, a.error, a.at
FROM longshore_attempts a
LEFT JOIN longshore_jobs j ON j.id = a.job_id
UNION ALL
SELECT l.id, 2 * l.seq, j.event_id, l.seq, l.attempt, l.waiting, 3, 4, l.worker_id, NULL, l.started_at
FROM longshore_leases l
LEFT JOIN longshore_jobs j ON j.id = l.id;
