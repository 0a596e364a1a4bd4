// Package clickhousetest starts private ClickHouse engines for tests: real
// ones, on free ports of this machine, with their data in the test's temporary
// directory, gone when the test is.
//
// [StartServer] runs the clickhouse-server that is installed. That may be an
// old one, such as Debian's 18.16: it shows how a real server behaves on the
// wire, when it is killed and when it comes back. [StartCurrent] runs the
// current engine, from libchdb, behind a bridge that speaks the same protocol:
// it shows what the real schema and the queries do.
//
// Where an engine is not installed, the test is skipped and told what to
// install.
package clickhousetest

import (
	"net/url"
	"testing"
)

// Engine is a running ClickHouse.
type Engine struct {
	// Address is its host and port.
	Address string

	parameters url.Values
}

// DSN is what leads to a database of the engine. The database need not exist.
func (e *Engine) DSN(database string) string {
	dsn := url.URL{Scheme: "clickhouse", Host: e.Address, Path: "/" + database, RawQuery: e.parameters.Encode()}
	return dsn.String()
}

// Each runs a test on every engine, as a subtest.
func Each(t *testing.T, test func(t *testing.T, engine *Engine)) {
	t.Run("server", func(t *testing.T) { test(t, &StartServer(t).Engine) })
	t.Run("current engine", func(t *testing.T) { test(t, StartCurrent(t)) })
}
