package schema_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/schema/clickhousetest"
)

func TestParseDSN(t *testing.T) {
	for _, c := range []struct {
		dsn, text string
		want      schema.Database
	}{
		{"clickhouse://", "clickhouse 127.0.0.1:9000 database commitflow", schema.Database{}},
		{"clickhouse://host", "clickhouse host:9000 database commitflow", schema.Database{Address: "host"}},
		{"clickhouse://host:1234/", "clickhouse host:1234 database commitflow", schema.Database{Address: "host:1234"}},
		{"clickhouse://[::1]/x", "clickhouse [::1]:9000 database x", schema.Database{Address: "[::1]", Name: "x"}},
		{"clickhouse://[::1]:77/x", "clickhouse [::1]:77 database x", schema.Database{Address: "[::1]:77", Name: "x"}},
		{"clickhouse://me:p%40ss%2F%3A@host/linux?compress=zstd", "clickhouse host:9000 database linux",
			schema.Database{Address: "host", User: "me", Password: "p@ss/:", Name: "linux", Compression: schema.ZSTD}},
		{"clickhouse://host/?secure=true", "clickhouse host:9440 database commitflow",
			schema.Database{Address: "host", TLS: &tls.Config{MinVersion: tls.VersionTLS12}}},
		{"clickhouse://host/?secure=false&protocol=54031&schema=plain", "clickhouse host:9000 database commitflow",
			schema.Database{Address: "host", Protocol: 54031, Plain: true}},
		{"clickhouse:///?cluster=all-of-it&compress=none", "clickhouse 127.0.0.1:9000 database commitflow",
			schema.Database{Cluster: "all-of-it", Compression: schema.Uncompressed}},
	} {
		t.Run(c.dsn, func(t *testing.T) {
			db, err := schema.ParseDSN(c.dsn)
			require.NoError(t, err)
			assert.Equal(t, c.want, db)
			assert.Equal(t, c.text, db.String())
			assert.Equal(t, c.text, fmt.Sprintf("%#v", db))
		})
	}
}

// Nothing is compressed on its way within the machine, unless asked for.
func TestWireCompression(t *testing.T) {
	for dsn, want := range map[string]schema.Compression{
		"clickhouse://":                        schema.Uncompressed,
		"clickhouse://localhost":               schema.Uncompressed,
		"clickhouse://127.0.0.1:9001/x":        schema.Uncompressed,
		"clickhouse://127.3.2.1/":              schema.Uncompressed,
		"clickhouse://[::1]":                   schema.Uncompressed,
		"clickhouse://[::1]:77/?secure=true":   schema.Uncompressed,
		"clickhouse://localhost?compress=lz4":  schema.LZ4,
		"clickhouse://127.0.0.1?compress=zstd": schema.ZSTD,
		"clickhouse://host":                    schema.LZ4,
		"clickhouse://localhost.example.org":   schema.LZ4,
		"clickhouse://10.0.0.1":                schema.LZ4,
		"clickhouse://[2001:db8::1]:9000":      schema.LZ4,
		"clickhouse://host?compress=none":      schema.Uncompressed,
	} {
		t.Run(dsn, func(t *testing.T) {
			db, err := schema.ParseDSN(dsn)
			require.NoError(t, err)
			assert.Equal(t, want, db.WireCompression())
		})
	}
}

func TestParseDSNRefuses(t *testing.T) {
	for dsn, want := range map[string]string{
		"":                                                   "want clickhouse://",
		"host:9000":                                          "want clickhouse://",
		"http://me:secret@host":                              "want clickhouse://",
		"clickhouse:me:secret@host":                          "want clickhouse://",
		"clickhouse://me:sec%ret@host":                       "want clickhouse://",
		"clickhouse://me:se/cret@host":                       "want clickhouse://",
		"clickhouse://me:secret@host:port":                   "want clickhouse://",
		"clickhouse://me:12/secret@host/x":                   "want clickhouse://",
		"clickhouse://me:12?secret@host/x":                   "want clickhouse://",
		"clickhouse://me:12#secret@host/x":                   "want clickhouse://",
		"clickhouse://me:secret@h/a.b":                       `database name "a.b": use letters`,
		"clickhouse://me:secret@h/a%60b":                     "use letters",
		"clickhouse://h/system":                              "the server's own",
		"clickhouse://me:secret@h?compress=":                 "",
		"clickhouse://me:secret@h?compress=gzip":             `compression "gzip": want lz4, zstd or none`,
		"clickhouse://me:secret@h?secure=maybe":              `secure="maybe": want true or false`,
		"clickhouse://me:secret@h?schema=old":                `schema="old": want plain`,
		"clickhouse://me:secret@h?protocol=new":              `protocol="new": want a number`,
		"clickhouse://me:secret@h?protocol=-1":               "protocol revision -1",
		"clickhouse://me:secret@h?cluster=a%27b":             "cluster name",
		"clickhouse://me:secret@h?cluster=c&schema=plain":    "no cluster variant",
		"clickhouse://me:secret@h?passwort=secret&user=nobo": "unknown parameter",
	} {
		t.Run(dsn, func(t *testing.T) {
			_, err := schema.ParseDSN(dsn)
			if want == "" {
				assert.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "secret")
			assert.NotContains(t, err.Error(), "cret@")
		})
	}
}

// Arguments arrive as they are, whatever is in them: as parameters where the
// server knows those, and as literals where it does not.
func TestArguments(t *testing.T) {
	texts := []string{"", "plain", `'`, `\`, `\'`, "\t\n\r\x00\b", "ünïcode 😀", "K\xf6ln", `{text:String}`, `' OR '1'='1`, "--", "/*", `"`, "`"}
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := database(t, engine.DSN("commitflow"))
		require.NoError(t, schema.Create(t.Context(), db))
		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		ask := func(query string, arguments ...schema.Argument) (got []string) {
			var column proto.ColStr
			require.NoError(t, session.Do(t.Context(), func() schema.Query {
				return schema.Query{Text: query, Arguments: arguments, Result: proto.Results{{Data: &column}},
					OnResult: func(context.Context, proto.Block) error {
						for i := range column.Rows() {
							got = append(got, column.Row(i))
						}
						return nil
					}}
			}))
			return got
		}
		for _, text := range texts {
			assert.Equal(t, []string{text}, ask("SELECT {text:String}", schema.Argument{Name: "text", Value: text}), "%q", text)
		}
		assert.Equal(t, texts, ask("SELECT arrayJoin({texts:Array(String)})", schema.Argument{Name: "texts", Value: texts}))
		assert.Empty(t, ask("SELECT 'x' WHERE has({none:Array(String)}, 'x')", schema.Argument{Name: "none", Value: []string{}}))
		assert.Equal(t, []string{"18446744073709551615"}, ask("SELECT toString({n:UInt64})", schema.Argument{Name: "n", Value: uint64(1<<64 - 1)}))
		assert.Equal(t, []string{"-5"}, ask("SELECT toString({n:Int64})", schema.Argument{Name: "n", Value: int64(-5)}))
		assert.Equal(t, []string{"0.25"}, ask("SELECT toString({n:Float64})", schema.Argument{Name: "n", Value: 0.25}))
	})
}

func TestMissingArgument(t *testing.T) {
	clickhousetest.Each(t, func(t *testing.T, engine *clickhousetest.Engine) {
		db := database(t, engine.DSN("commitflow"))
		require.NoError(t, schema.Create(t.Context(), db))
		session, err := schema.Open(t.Context(), db)
		require.NoError(t, err)
		defer session.Close()
		assert.Error(t, session.Do(t.Context(), func() schema.Query { return schema.Query{Text: "SELECT {other:String}"} }))
	})
}
