-- The best commits to train on: of high quality, small enough to learn from,
-- neither merges nor reverts, and not reverted or fixed later.
-- quality Float64 50
-- lines UInt64 200
SELECT lower(hex(hash)) AS commit, quality, added + deleted AS changed_lines, subject
FROM {database}.commits FINAL
WHERE repo = {repo:String}
  AND quality >= {quality:Float64}
  AND length(parents) < 2
  AND changed_lines BETWEEN 1 AND {lines:UInt64}
  AND hash NOT IN (SELECT hash FROM {database}.commit_links FINAL
                   WHERE repo = {repo:String} AND kind IN ('reverts', 'reverted-by', 'fixed-by') AND reason = '')
ORDER BY quality DESC, position DESC
LIMIT 100
