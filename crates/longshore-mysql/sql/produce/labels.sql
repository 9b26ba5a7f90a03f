-- One row; a call repeats it for each label of the jobs that it stored.
INSERT INTO longshore_labels (job_id, name, value)
VALUES
(?, ?, ?)
