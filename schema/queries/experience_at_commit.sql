-- The experience that an author had with the files of a commit when making it:
-- how often each file had been changed, and how often by the author.
-- commit String 0000000000000000000000000000000000000000
SELECT change.path AS path, count() - 1 AS earlier_changes, countIf(past.author_mail = change.author_mail) - 1 AS by_the_author
FROM
(
    SELECT repo, position, author_mail, if(new_path = '', old_path, new_path) AS path
    FROM {database}.file_changes FINAL
    WHERE repo = {repo:String} AND hash = unhex({commit:String})
) AS change
INNER JOIN {database}.author_expertise AS past FINAL ON past.repo = change.repo AND past.path = change.path
WHERE past.position <= change.position
GROUP BY path
ORDER BY path
