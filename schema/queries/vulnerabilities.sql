-- Vulnerabilities: the commits that fix each CVE, and those that the database knows
-- to have introduced it. Needs an extraction with -vulns.
SELECT cve,
       max(score) AS cvss,
       countIf(role = 'fix') AS fixes,
       countIf(role = 'introduces') AS introductions,
       toYear(minIf(committer_time, role = 'fix')) AS fixed
FROM {database}.commits FINAL
ARRAY JOIN `cves.id` AS cve, `cves.role` AS role, `cves.score` AS score
WHERE repo = {repo:String}
GROUP BY cve
ORDER BY cvss DESC, cve
