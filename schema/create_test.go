package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func database(t testing.TB, dsn string) schema.Database {
	t.Helper()
	db, err := schema.ParseDSN(dsn)
	require.NoError(t, err)
	return db
}

func TestCreate(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		for _, name := range []string{"commitflow", "Odd-name_2"} {
			db := database(t, engine.DSN(name))
			_, err := schema.Open(t.Context(), db)
			assert.ErrorIs(t, err, schema.ErrNoDatabase)
			require.NoError(t, schema.Create(t.Context(), db))
			require.NoError(t, schema.Create(t.Context(), db), "again")
			session, err := schema.Open(t.Context(), db)
			require.NoError(t, err)
			session.Close()
		}
	})
}
