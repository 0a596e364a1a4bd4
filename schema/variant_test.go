package schema

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const example = `
-- What it is.
-- sharded by: cityHash64(repo, hash)
CREATE TABLE IF NOT EXISTS {database}.things
(
    repo LowCardinality(String),
    -- A comment.
    hash FixedString(20) CODEC(NONE),
    list Array(LowCardinality(String)) CODEC(Delta, ZSTD(1)),

    INDEX hash_filter hash TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(scored_at)
PARTITION BY repo
ORDER BY (repo, hash)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.things_feed
TO {database}.others AS
SELECT repo
FROM {database}.things;
`

func TestVariants(t *testing.T) {
	for _, c := range []struct {
		name string
		db   Database
		want []string
	}{
		{"current", Database{}, []string{
			"CREATE TABLE IF NOT EXISTS `commitflow`.things\n(\n    repo LowCardinality(String),\n    hash FixedString(20) CODEC(NONE),\n" +
				"    list Array(LowCardinality(String)) CODEC(Delta, ZSTD(1)),\n    INDEX hash_filter hash TYPE bloom_filter(0.001) GRANULARITY 1\n)\n" +
				"ENGINE = ReplacingMergeTree(scored_at)\nPARTITION BY repo\nORDER BY (repo, hash)\n" +
				"SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000",
			"CREATE MATERIALIZED VIEW IF NOT EXISTS `commitflow`.things_feed\nTO `commitflow`.others AS\nSELECT repo\nFROM `commitflow`.things",
		}},
		{"plain", Database{Plain: true, Name: "x"}, []string{
			"CREATE TABLE IF NOT EXISTS `x`.things\n(\n    repo String,\n    hash FixedString(20),\n    list Array(String)\n)\n" +
				"ENGINE = ReplacingMergeTree(scored_at)\nPARTITION BY repo\nORDER BY (repo, hash)\nSETTINGS index_granularity = 1024",
			"CREATE MATERIALIZED VIEW IF NOT EXISTS `x`.things_feed\nTO `x`.others AS\nSELECT repo\nFROM `x`.things",
		}},
		{"cluster", Database{Cluster: "all"}, []string{
			"CREATE TABLE IF NOT EXISTS `commitflow`.things_local ON CLUSTER `all`\n(\n    repo LowCardinality(String),\n    hash FixedString(20) CODEC(NONE),\n" +
				"    list Array(LowCardinality(String)) CODEC(Delta, ZSTD(1)),\n    INDEX hash_filter hash TYPE bloom_filter(0.001) GRANULARITY 1\n)\n" +
				"ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/commitflow/things', '{replica}', scored_at)\nPARTITION BY repo\nORDER BY (repo, hash)\n" +
				"SETTINGS index_granularity = 1024, replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 2678400",
			"CREATE TABLE IF NOT EXISTS `commitflow`.things ON CLUSTER `all` AS `commitflow`.`things_local`\n" +
				"ENGINE = Distributed(`all`, `commitflow`, `things_local`, cityHash64(repo, hash))",
			"CREATE MATERIALIZED VIEW IF NOT EXISTS `commitflow`.things_feed ON CLUSTER `all`\nTO `commitflow`.others_local AS\nSELECT repo\nFROM `commitflow`.things_local",
		}},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, c.db.statements(example)) })
	}
}

// The real definitions, in all variants: what a variant leaves out is gone, and
// everything else is there.
func TestVariantsOfTheSchema(t *testing.T) {
	tables := strings.Count(strings.Join(migrations, ""), "\nCREATE TABLE ") + 1 // schema_version
	changes := strings.Count(strings.Join(migrations, ""), "\nALTER TABLE ") + strings.Count(strings.Join(migrations, ""), "\nDROP TABLE ")
	for name, db := range map[string]Database{"current": {}, "plain": {Plain: true}, "cluster": {Cluster: "all"}} {
		t.Run(name, func(t *testing.T) {
			script, err := Script(db)
			require.NoError(t, err)
			want := tables
			switch name {
			case "plain":
				for _, absent := range []string{"CODEC", "INDEX", "LowCardinality", "non_replicated", ",\n)", "COLUMN IF"} {
					assert.NotContains(t, script, absent)
				}
			case "cluster":
				want = 2 * tables
				assert.Equal(t, 1+2*tables+1+2*changes, strings.Count(script, " ON CLUSTER `all`"), "database, tables, view, and what changes tables")
				assert.Equal(t, tables, strings.Count(script, "ENGINE = Replicated"))
				assert.NotContains(t, script, "non_replicated")
			}
			assert.Equal(t, want, strings.Count(script, "CREATE TABLE IF NOT EXISTS `commitflow`."))
			assert.NotContains(t, script, "{database}")
			assert.NotContains(t, script, "--")
		})
	}
	_, err := Script(Database{Name: "a b"})
	assert.Error(t, err)
}
