-- Roles with exactly the rights that Longshore's parts need, where its tables stand in a database of their
-- own, `longshore`. (Programs reach it from any other database of the server inside one transaction.)
-- Run it once as whoever may create roles, after the first migration. Then let users in:
-- GRANT longshore_worker TO app@'%'; and, so that the role holds as soon as they connect, on MariaDB
-- SET DEFAULT ROLE longshore_worker FOR app@'%'; and on MySQL SET DEFAULT ROLE longshore_worker TO app@'%';
-- None of the roles may create, alter or truncate a table. The partitions of coming weeks are made by
-- whoever migrates: run `longshore migrate` as a user with all rights on this database at least once a
-- month. Where that is forgotten rows go to the catch-all partition, and move to their week when it is made.
-- Old weeks are dropped by the same user, too: `longshore weeks rotate` once a week.

CREATE ROLE longshore_worker, longshore_enqueuer, longshore_viewer;

-- Reads everything, payloads too.
GRANT SELECT ON longshore.* TO longshore_viewer;

-- Brings jobs, alone or inside the program's own transactions, and asks about them.
GRANT SELECT ON longshore.* TO longshore_enqueuer;
GRANT INSERT ON longshore.longshore_jobs TO longshore_enqueuer;
GRANT INSERT ON longshore.longshore_labels TO longshore_enqueuer;
GRANT INSERT ON longshore.longshore_queue TO longshore_enqueuer;
GRANT INSERT, UPDATE ON longshore.longshore_lanes TO longshore_enqueuer;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_uniques TO longshore_enqueuer;
-- Whoever brings ids of earlier weeks shares a row. For that MySQL before 8.0.22 wants the right to change it.
GRANT UPDATE ON longshore.longshore_guard TO longshore_enqueuer;

-- Brings and runs jobs, and steps in by hand. What was asked for and what happened is only added to, but for
-- payload and labels of jobs that wait: nobody with this role rewrites history. (LOCK TABLES lets it lock
-- rows that it may not change.)
GRANT SELECT, LOCK TABLES ON longshore.* TO longshore_worker;
GRANT INSERT, UPDATE (payload, labels) ON longshore.longshore_jobs TO longshore_worker;
GRANT INSERT, DELETE ON longshore.longshore_labels TO longshore_worker;
GRANT INSERT ON longshore.longshore_attempts TO longshore_worker;
GRANT INSERT ON longshore.longshore_results TO longshore_worker;
GRANT INSERT, UPDATE ON longshore.longshore_lanes TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_queue TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_leases TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_dead TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_uniques TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_queues TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_workers TO longshore_worker;
GRANT INSERT, UPDATE, DELETE ON longshore.longshore_samples TO longshore_worker;
