-- Lifetime of bugs: the days from a commit to the one that says it fixes it, and the
-- releases that had the bug (0 where none are stored), by the year of the fix.
SELECT toYear(fix.committer_time) AS year,
       count() AS bugs,
       round(quantileExact(0.5)((fix.committer_seconds - bug.committer_seconds) / 86400), 1) AS median_days,
       round(quantileExact(0.9)((fix.committer_seconds - bug.committer_seconds) / 86400), 1) AS ninth_decile_days,
       quantileExact(0.5)(link.releases) AS median_releases,
       max(link.releases) AS most_releases
FROM {database}.commit_links AS link FINAL
INNER JOIN {database}.commits AS fix FINAL ON fix.repo = link.repo AND fix.hash = link.hash
INNER JOIN {database}.commits AS bug FINAL ON bug.repo = link.repo AND bug.hash = link.linked
WHERE link.repo = {repo:String} AND link.kind = 'fixes' AND link.reason = ''
GROUP BY year
ORDER BY year
