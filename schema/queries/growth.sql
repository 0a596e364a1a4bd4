-- The pace of the project: commits, authors and lines by month.
SELECT toStartOfMonth(committer_time) AS month,
       count() AS commits,
       uniqExact(author_mail) AS authors,
       sum(added) AS added_lines,
       sum(deleted) AS deleted_lines
FROM {database}.commits FINAL
WHERE repo = {repo:String} AND length(parents) < 2
GROUP BY month
ORDER BY month
