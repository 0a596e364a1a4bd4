-- References that lead nowhere, by kind and reason, with an example of each.
SELECT kind, reason, count() AS times, any(lower(hex(hash))) AS example, any(stated_hash) AS says_hash, any(stated_subject) AS says_subject
FROM {database}.commit_links FINAL
WHERE repo = {repo:String} AND reason != ''
GROUP BY kind, reason
ORDER BY times DESC, kind, reason
