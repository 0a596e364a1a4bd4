-- How sure the tags are: for each, how many commits have it by who vouches for it,
-- and the precision that was measured for its rules on average (0: not measured).
SELECT tag, transform(strength, [0, 1, 2, 3], ['keyword', 'stable', 'syzbot', 'cve'], 'unknown') AS vouched_by,
       count() AS commits, round(avg(confidence), 2) AS confidence_on_average
FROM {database}.commit_tags FINAL
WHERE repo = {repo:String} AND tag != ''
GROUP BY tag, strength
ORDER BY tag, strength DESC
