-- Why commits have a tag: the rules and what they matched, most frequent first.
-- tag String security
SELECT rule, field, lower(text) AS matched, count() AS times
FROM {database}.commit_tags FINAL
ARRAY JOIN `evidence.rule` AS rule, `evidence.field` AS field, `evidence.text` AS text
WHERE repo = {repo:String} AND tag = {tag:String}
GROUP BY rule, field, matched
ORDER BY times DESC, rule, matched
LIMIT 100
