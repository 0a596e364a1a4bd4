-- The history of a file, youngest change first.
-- path String Makefile
SELECT change.position AS place, commit.committer_time AS time, lower(hex(commit.hash)) AS hash, commit.author_name AS author, change.added AS added_lines, change.deleted AS deleted_lines, commit.subject AS subject
FROM
(
    SELECT position, added, deleted
    FROM {database}.author_expertise FINAL
    WHERE repo = {repo:String} AND path = {path:String}
) AS change
INNER JOIN
(
    SELECT position, committer_time, hash, author_name, subject
    FROM {database}.commits FINAL
    WHERE repo = {repo:String}
) AS commit ON commit.position = change.position
ORDER BY place DESC
LIMIT 100
