-- The areas with the most reverted commits, and their share.
SELECT subsystem,
       count() AS commits,
       countIf(reverted) AS reverted_commits,
       round(100 * reverted_commits / commits, 2) AS percent
FROM
(
    SELECT arrayJoin(subsystems) AS subsystem,
           hash IN (SELECT hash FROM {database}.commit_links FINAL WHERE repo = {repo:String} AND kind = 'reverted-by' AND reason = '') AS reverted
    FROM {database}.commits FINAL
    WHERE repo = {repo:String}
)
GROUP BY subsystem
HAVING reverted_commits > 0
ORDER BY reverted_commits DESC, subsystem
LIMIT 50
