-- Stable requests: the fixes of each year that ask for the stable trees, and how many
-- of them a commit of this database says it brings there.
SELECT toYear(committer_time) AS year,
       count() AS requests,
       countIf(hash IN (
           SELECT hash FROM {database}.commit_links FINAL WHERE repo = {repo:String} AND kind = 'backported-to'
       )) AS brought
FROM {database}.commits FINAL
WHERE repo = {repo:String} AND length(`stable.no_autosel`) > 0
GROUP BY year
ORDER BY year
