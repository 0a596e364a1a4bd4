-- Review load: who has reviewed, acknowledged or tested the commits of others, under
-- the names that the mailmap gives them, for how many authors, and until when.
SELECT reviewer_mail, any(reviewer_name) AS reviewer, count() AS commits, uniqExact(mapped_author_mail) AS authors,
       max(committer_time) AS last_time
FROM {database}.commits FINAL
ARRAY JOIN `reviewers.name` AS reviewer_name, `reviewers.mail` AS reviewer_mail
WHERE repo = {repo:String} AND reviewer_mail != '' AND reviewer_mail != mapped_author_mail
GROUP BY reviewer_mail
ORDER BY commits DESC, reviewer_mail
LIMIT 100
