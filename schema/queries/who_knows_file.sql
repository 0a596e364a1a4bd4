-- Who knows this file: its authors, with what they did and when last.
-- path String Makefile
SELECT author_mail,
       count() AS changes,
       sum(added) AS added_lines,
       sum(deleted) AS deleted_lines,
       max(author_time) AS last_change
FROM {database}.author_expertise FINAL
WHERE repo = {repo:String} AND path = {path:String}
GROUP BY author_mail
ORDER BY changes DESC, author_mail
LIMIT 20
