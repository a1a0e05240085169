-- The rows of this bundle on either side of the onset, and how many of them the number is made of.
-- Run it in this folder:  duckdb -c ".read query.sql"
-- What is asked stands in recipe.json: no text of the followed files is in this query.
SELECT
  side,
  count(*) AS n,
  min(ts) AS first,
  max(ts) AS last,
  count(*) FILTER (WHERE ts >= recipe.start AND ts < recipe."end") AS counted
FROM (
  SELECT 1 AS place, 'before' AS side, ts FROM read_parquet('before.parquet')
  UNION ALL
  SELECT 2 AS place, 'after' AS side, ts FROM read_parquet('after.parquet')
) AS rows
CROSS JOIN read_json(
  'recipe.json', columns = {start: 'TIMESTAMP', "end": 'TIMESTAMP'}
) AS recipe
GROUP BY place, side
ORDER BY place
