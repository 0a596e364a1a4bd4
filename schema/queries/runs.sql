-- What was extracted when, from what and by which version.
SELECT started, finished, source, created_by, first, next, commits, files,
       if(finished < started, 'not finished', 'finished') AS state
FROM {database}.runs FINAL
WHERE repo = {repo:String}
ORDER BY started, run
