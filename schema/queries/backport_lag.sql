-- Backport lag: the days between a commit and its backports, by subsystem.
SELECT subsystem,
       count() AS backports,
       round(quantileExact(0.5)((backport.committer_seconds - original.committer_seconds) / 86400), 1) AS median_days,
       round(max((backport.committer_seconds - original.committer_seconds) / 86400), 1) AS longest_days
FROM {database}.commit_links AS link FINAL
INNER JOIN {database}.commits AS backport FINAL ON backport.repo = link.repo AND backport.hash = link.hash
INNER JOIN {database}.commits AS original FINAL ON original.repo = link.repo AND original.hash = link.linked
ARRAY JOIN original.subsystems AS subsystem
WHERE link.repo = {repo:String} AND link.kind = 'backport-of' AND link.reason = ''
GROUP BY subsystem
ORDER BY backports DESC, subsystem
LIMIT 50
