-- Directories that hang on one person: who made most of the changes there.
-- changes UInt64 10
SELECT directory, sum(changes) AS all_changes, argMax(author_mail, changes) AS main_author,
       round(100 * max(changes) / all_changes) AS percent
FROM
(
    SELECT replaceRegexpOne(path, '[^/]*$', '') AS directory, author_mail, count() AS changes
    FROM {database}.author_expertise FINAL
    WHERE repo = {repo:String}
    GROUP BY directory, author_mail
)
GROUP BY directory
HAVING all_changes >= {changes:UInt64}
ORDER BY percent DESC, all_changes DESC, directory
LIMIT 50
