package schema

import (
	"context"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema/clickhousetest"
)

// applied lists the migrations that a database has seen.
func applied(t *testing.T, conn *connection) (versions []uint32) {
	t.Helper()
	var column proto.ColUInt32
	require.NoError(t, conn.do(t.Context(), Query{
		Text:   "SELECT version FROM " + conn.db.Table("schema_version") + " ORDER BY version",
		Result: proto.Results{{Data: &column}},
		OnResult: func(context.Context, proto.Block) error {
			versions = append(versions, column...)
			return nil
		},
	}))
	return versions
}

func TestMigration(t *testing.T) {
	first := "CREATE TABLE IF NOT EXISTS {database}.notes (text String) ENGINE = MergeTree ORDER BY text SETTINGS index_granularity = 8192;\n"
	second := "ALTER TABLE {database}.notes ADD COLUMN author String;\n"
	broken := "ALTER TABLE {database}.notes\n    DROP COLUMN IF EXISTS author;\n" +
		"ALTER TABLE {database}.notes\n    ADD COLUMN IF NOT EXISTS pages UInt8 AFTER text,\n    ADD COLUMN IF NOT EXISTS title String;\nCREATE TABLE IF NOT EXISTS {database}.more (n UInt8) ENGINE = MergeTree ORDER BY n SETTINGS index_granularity = 8192;\nALTER TABLE {database}.nothing ADD COLUMN x UInt8;\n"
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db, err := ParseDSN(engine.DSN("migrated"))
		require.NoError(t, err)
		require.NoError(t, create(t.Context(), db, []string{first}))
		conn, err := db.connect(t.Context(), "migrated")
		require.NoError(t, err)
		defer conn.close()
		write := func(columns string) error {
			other, err := db.connect(t.Context(), "migrated")
			require.NoError(t, err)
			defer other.close()
			return other.do(t.Context(), Query{Text: "INSERT INTO " + db.Table("notes") + " (" + columns + ") SELECT 'x'"})
		}
		require.NoError(t, write("text"))
		assert.Error(t, write("author"))

		require.NoError(t, create(t.Context(), db, []string{first, second}))
		require.NoError(t, write("author"))
		assert.Equal(t, []uint32{1, 2}, applied(t, conn))
		require.NoError(t, create(t.Context(), db, []string{first, second}))
		assert.Equal(t, []uint32{1, 2}, applied(t, conn), "nothing to do")

		err = create(t.Context(), db, []string{first, second, broken})
		assert.ErrorContains(t, err, "schema version 3: ")
		assert.Equal(t, []uint32{1, 2}, applied(t, conn), "not there before it is complete")
		repaired := broken[:len(broken)-len("ALTER TABLE {database}.nothing ADD COLUMN x UInt8;\n")]
		require.NoError(t, create(t.Context(), db, []string{first, second, repaired}), "also what has been done in part")
		assert.Equal(t, []uint32{1, 2, 3}, applied(t, conn))
		require.NoError(t, write("title"))
		assert.Error(t, write("author"))

		missing := "ALTER TABLE {database}.notes\n    ADD COLUMN IF NOT EXISTS place String AFTER nothing;\n"
		assert.ErrorContains(t, create(t.Context(), db, []string{first, second, repaired, missing}), "schema version 4: ")

		assert.ErrorIs(t, create(t.Context(), db, []string{first}), ErrVersion)
	})
}

// The current engine reads what a cluster is told, down to the last word; there
// is no cluster to tell it to.
func TestClusterStatementsParse(t *testing.T) {
	db, err := ParseDSN(clickhousetest.StartCurrent(t).DSN("commitflow") + "?cluster=all")
	require.NoError(t, err)
	local := db
	local.Cluster = ""
	conn, err := local.connect(t.Context(), "default")
	require.NoError(t, err)
	defer conn.close()
	var statements []string
	for _, migration := range append([]string{versionTable}, migrations...) {
		statements = append(statements, db.statements(migration)...)
	}
	assert.Greater(t, len(statements), 15)
	for _, statement := range statements {
		var column proto.ColStr
		lines := 0
		err := conn.do(t.Context(), Query{
			Text:   "EXPLAIN AST " + statement,
			Result: proto.Results{{Data: &column}},
			OnResult: func(context.Context, proto.Block) error {
				lines += column.Rows()
				return nil
			},
		})
		require.NoError(t, err, statement)
		assert.GreaterOrEqual(t, lines, 3)
	}
}
