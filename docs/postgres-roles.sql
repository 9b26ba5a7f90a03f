-- Roles with exactly the rights that Longshore's parts need, for its schema `longshore`.
-- Run it once as the owner of the schema (who migrates), and again after each migration. Then let users
-- in by membership: GRANT longshore_worker TO app;
-- None of the roles may create, alter or truncate a table. The partitions of coming weeks are made by
-- whoever migrates: run `longshore migrate` as the owner at least once a month. Where that is forgotten
-- rows go to the catch-all partition, and move to their week when it is made. Old weeks are dropped by the
-- owner, too: `longshore weeks rotate` once a week.

CREATE ROLE longshore_worker NOLOGIN;
CREATE ROLE longshore_enqueuer NOLOGIN;
CREATE ROLE longshore_viewer NOLOGIN;
GRANT USAGE ON SCHEMA longshore TO longshore_worker, longshore_enqueuer, longshore_viewer;

-- Reads everything. Payloads too: leave out `jobs` and `transitions` where those are not for all eyes.
GRANT SELECT ON ALL TABLES IN SCHEMA longshore TO longshore_viewer;

-- Brings jobs, alone or inside the program's own transactions, and asks about them.
GRANT SELECT ON ALL TABLES IN SCHEMA longshore TO longshore_enqueuer;
GRANT INSERT ON longshore.jobs, longshore.labels, longshore.queue, longshore.lanes TO longshore_enqueuer;
GRANT INSERT, UPDATE, DELETE ON longshore.uniques TO longshore_enqueuer;

-- Brings and runs jobs, and steps in by hand. What was asked for and what happened is only added to, but for
-- payload and labels of jobs that wait: nobody with this role rewrites history.
GRANT SELECT ON ALL TABLES IN SCHEMA longshore TO longshore_worker;
GRANT INSERT ON longshore.jobs, longshore.attempts, longshore.results, longshore.lanes TO longshore_worker;
GRANT UPDATE (payload, labels) ON longshore.jobs TO longshore_worker;
GRANT INSERT, DELETE ON longshore.labels TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON
    longshore.queue, longshore.leases, longshore.dead, longshore.uniques, longshore.queues,
    longshore.workers, longshore.samples
    TO longshore_worker;
