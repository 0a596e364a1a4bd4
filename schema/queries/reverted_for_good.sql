-- Reverted for good: commits that were reverted and not applied again, the newest
-- first.
SELECT lower(hex(hash)) AS commit, toDate(committer_time) AS day, subject
FROM {database}.commits FINAL
WHERE repo = {repo:String} AND state = 'reverted'
ORDER BY position DESC
LIMIT 100
