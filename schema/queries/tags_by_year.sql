-- What the work is about: the commits of each tag by year.
SELECT toYear(committer_time) AS year, tag, count() AS commits
FROM {database}.commit_tags AS tags FINAL
INNER JOIN {database}.commits AS commits FINAL ON commits.repo = tags.repo AND commits.position = tags.position
WHERE tags.repo = {repo:String} AND tags.tag != ''
GROUP BY year, tag
ORDER BY year, commits DESC, tag
