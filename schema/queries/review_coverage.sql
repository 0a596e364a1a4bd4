-- Review coverage: the share of commits with a Reviewed-by or Acked-by of
-- somebody else than the author, by subsystem and year. Merges do not count.
SELECT subsystem,
       toYear(committer_time) AS year,
       count() AS commits,
       countIf(arrayExists((k, v) -> lower(k) IN ('reviewed-by', 'acked-by') AND position(v, author_mail) = 0, `trailers.key`, `trailers.value`)) AS reviewed,
       round(100 * reviewed / commits, 1) AS percent
FROM {database}.commits FINAL
ARRAY JOIN subsystems AS subsystem
WHERE repo = {repo:String} AND length(parents) < 2
GROUP BY subsystem, year
ORDER BY subsystem, year
