package command

import (
	"flag"

	"github.com/commitflow/commitflow/schema"
)

// Database is the ClickHouse that a command uses, by the flag -dsn.
type Database struct {
	schema.Database
	dsn string
}

// Flags adds the flag.
func (d *Database) Flags(flags *flag.FlagSet) {
	flags.StringVar(&d.dsn, "dsn", "clickhouse://127.0.0.1:9000/commitflow", "the database: clickhouse://user:password@host:9000/database?compress=lz4&secure=true")
}

// Parsed reads the flag's value.
func (d *Database) Parsed() (err error) {
	d.Database, err = schema.ParseDSN(d.dsn)
	return err
}
