-- What scores are made of: how often each rule gave or took points.
SELECT rule, count() AS commits, round(avg(points), 2) AS points_on_average
FROM {database}.commits FINAL
ARRAY JOIN `quality_parts.rule` AS rule, `quality_parts.points` AS points
WHERE repo = {repo:String}
GROUP BY rule
ORDER BY commits DESC, rule
