-- Where a model and the heuristic score disagree most, both from 0 to 100.
-- model String judge
SELECT lower(hex(hash)) AS commit, quality, (score - 1) * 25 AS judged, abs((score - 1) * 25 - quality) AS difference, rubric, subject
FROM
(
    SELECT hash, score, rubric FROM {database}.model_scores FINAL
    WHERE repo = {repo:String} AND model = {model:String} AND score > 0
) AS scores
INNER JOIN
(
    SELECT hash, quality, subject FROM {database}.commits FINAL WHERE repo = {repo:String}
) AS kept ON kept.hash = scores.hash
ORDER BY difference DESC, commit, rubric
LIMIT 50
