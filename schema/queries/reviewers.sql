-- Who reviews: the people of Reviewed-by lines, by subsystem.
SELECT subsystem, reviewer, count() AS reviews
FROM
(
    SELECT arrayJoin(subsystems) AS subsystem,
           arrayJoin(arrayFilter((v, k) -> lower(k) = 'reviewed-by', `trailers.value`, `trailers.key`)) AS reviewer
    FROM {database}.commits FINAL
    WHERE repo = {repo:String}
)
GROUP BY subsystem, reviewer
ORDER BY reviews DESC, subsystem, reviewer
LIMIT 100
