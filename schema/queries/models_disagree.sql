-- Where a model and the heuristic score disagree most.
-- model String judge
SELECT lower(hex(hash)) AS commit, quality, score, abs(score - quality) AS difference, subject
FROM
(
    SELECT hash, score FROM {database}.model_scores FINAL
    WHERE repo = {repo:String} AND model = {model:String}
) AS judged
INNER JOIN
(
    SELECT hash, quality, subject FROM {database}.commits FINAL WHERE repo = {repo:String}
) AS kept ON kept.hash = judged.hash
ORDER BY difference DESC, commit
LIMIT 50
