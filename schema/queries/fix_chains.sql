-- Commits that took the most fixes.
SELECT lower(hex(fixed.hash)) AS commit, count() AS fixes, any(fixed.subject) AS subject
FROM {database}.commit_links AS link FINAL
INNER JOIN {database}.commits AS fixed FINAL ON fixed.repo = link.repo AND fixed.hash = link.linked
WHERE link.repo = {repo:String} AND link.kind = 'fixes' AND link.reason = ''
GROUP BY fixed.hash
ORDER BY fixes DESC, commit
LIMIT 50
