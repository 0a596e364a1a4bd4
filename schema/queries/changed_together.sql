-- Files that change together with a file, most often first. Commits with many
-- files say little, and are left out.
-- path String Makefile
-- files UInt64 20
SELECT if(new_path = '', old_path, new_path) AS other, count() AS times
FROM {database}.file_changes FINAL
WHERE repo = {repo:String}
  AND other != {path:String}
  AND position IN (SELECT position FROM {database}.author_expertise FINAL WHERE repo = {repo:String} AND path = {path:String})
  AND position NOT IN (SELECT position FROM {database}.commits FINAL WHERE repo = {repo:String} AND files > {files:UInt64})
GROUP BY other
ORDER BY times DESC, other
LIMIT 50
