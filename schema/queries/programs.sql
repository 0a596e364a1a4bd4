-- Programs: the commits of each year that programs have made or, by their
-- Assisted-by trailers, helped with.
SELECT toYear(author_time) AS year,
       count() AS commits,
       countIf(bot != '') AS made,
       countIf(length(`assistance.agent`) > 0) AS assisted
FROM {database}.commits FINAL
WHERE repo = {repo:String}
GROUP BY year
ORDER BY year
