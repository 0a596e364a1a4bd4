package schema

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write commitflow.sql anew")

// The file commitflow.sql is for those who make the tables without this library,
// such as the container of the examples.
func TestScriptFile(t *testing.T) {
	const name = "commitflow.sql"
	script, err := Script(Database{})
	require.NoError(t, err)
	script = "-- Made of the files in migrations: go test ./schema -run TestScriptFile -update\n\n" + script
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(script), 0o666))
	}
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, script, strings.ReplaceAll(string(text), "\r\n", "\n"), "run the tests of this package with -update")
}
