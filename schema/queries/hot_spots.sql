-- Hot spots: the files with the most changes in the last years of the history,
-- and how many people made them.
-- years UInt64 2
SELECT path,
       count() AS changes,
       uniqExact(author_mail) AS authors,
       sum(added) + sum(deleted) AS changed_lines
FROM {database}.author_expertise FINAL
WHERE repo = {repo:String}
  AND author_seconds > (SELECT max(committer_seconds) FROM {database}.commits WHERE repo = {repo:String}) - 31557600 * {years:UInt64}
GROUP BY path
ORDER BY changes DESC, path
LIMIT 50
