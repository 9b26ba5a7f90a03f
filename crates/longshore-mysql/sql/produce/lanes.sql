-- Committed on its own before the jobs, so that two open transactions never wait for one new lane.
INSERT INTO longshore_lanes (queue, tenant, `rank`)
SELECT n.queue, n.tenant, n.`rank`
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    queue  VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    tenant VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[1]',
    `rank` TINYINT PATH '$[2]'
)) AS n
ON DUPLICATE KEY UPDATE `rank` = longshore_lanes.`rank`
