package schema

import (
	"net/url"
	"strings"
	"testing"
)

// Whatever the text, an address is one that can be used, or one line that does not
// repeat the password.
func FuzzParseDSN(f *testing.F) {
	for _, seed := range [][3]string{
		{"", "", "clickhouse://"},
		{"user", "password", "host:9000/database?compress=lz4&secure=true"},
		{"user", "long/pass?word#1@x", "host"},
		{"", "secretive", "[::1]:9440/d?schema=plain&protocol=54031&cluster=c"},
		{"u", "secretive", "host/a.b?compress=none&x=%zz"},
		{"u", "secretive", "host/d?secure=perhaps&protocol=-1"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, user, password, rest string) {
		check := func(dsn string) error {
			db, err := ParseDSN(dsn)
			if err == nil {
				if err := db.Check(); err != nil {
					t.Fatalf("%q is let pass, and then refused: %v", dsn, err)
				}
				if strings.ContainsAny(db.Table("commits"), "'\n") || strings.Count(db.Table("commits"), "`") != 4 {
					t.Fatalf("%q gives a table %s", dsn, db.Table("commits"))
				}
				return nil
			}
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("%q: more than one line: %v", dsn, err)
			}
			return err
		}
		_ = check(rest)
		hidden := len(password) >= 8 && !strings.Contains(rest, password) && !strings.Contains(usageOfDSN, password)
		for _, dsn := range []string{
			"clickhouse://" + url.UserPassword(user, password).String() + "@" + rest,
			"clickhouse://user:" + password + "@host/database", // as people forget to escape it
		} {
			if err := check(dsn); err != nil && hidden && strings.Contains(err.Error(), password) {
				t.Fatalf("%q: the password is told: %v", dsn, err)
			}
		}
	})
}
