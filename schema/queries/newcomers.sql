-- Newcomers: the first commits of people, by year, and how many of these were
-- reviewed.
SELECT toYear(author_time) AS year,
       count() AS newcomers,
       countIf(length(`reviewers.name`) > 0) AS reviewed
FROM {database}.commits FINAL
WHERE repo = {repo:String} AND length(parents) < 2 AND author_commits = 0 AND mapped_author_mail != ''
GROUP BY year
ORDER BY year
