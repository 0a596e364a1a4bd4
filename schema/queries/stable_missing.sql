-- Stable requests that no commit of this database brings to a stable tree, though
-- they are in effect: what was asked for, the newest first.
SELECT lower(hex(hash)) AS commit, toDate(committer_time) AS day, `stable.note` AS notes, subject
FROM {database}.commits FINAL
WHERE repo = {repo:String}
  AND state != 'reverted'
  AND has(`stable.no_autosel`, 0)
  AND hash NOT IN (SELECT hash FROM {database}.commit_links FINAL
                   WHERE repo = {repo:String} AND kind IN ('backported-to', 'backport-of') AND reason = '')
ORDER BY position DESC
LIMIT 100
