package schema

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are the files of the directory, the first being version 1.
var migrations = readMigrations(embedded)

func readMigrations(files fs.FS) []string {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		panic(err)
	}
	slices.Sort(names)
	texts := make([]string, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err)
		}
		texts[i] = string(text)
	}
	return texts
}

// Version is the version of the tables that this library reads and writes.
func Version() int { return len(migrations) }

// versionTable is the first thing in a database. Each migration adds its row
// last, so that one that was cut short is done again.
const versionTable = `
-- sharded by: rand()
CREATE TABLE IF NOT EXISTS {database}.schema_version
(
    version UInt32,
    applied DateTime('UTC')
)
ENGINE = MergeTree
ORDER BY version
SETTINGS index_granularity = 8192;
`

// Create makes the database and its tables, or brings those of an older
// version of this library up to date; what is up to date already is left
// alone. It may be called by several machines at once, and again after it
// failed. A database of a newer version is refused with [ErrVersion].
func Create(ctx context.Context, db Database) error {
	return create(ctx, db, migrations)
}

func create(ctx context.Context, db Database, migrations []string) error {
	if err := db.Check(); err != nil {
		return err
	}
	// The database may not exist yet, so log in to one that does.
	conn, err := db.connect(ctx, "default")
	if err != nil {
		return err
	}
	defer func() { conn.close() }()
	run := func(statements []string) error {
		for _, text := range statements {
			err := conn.do(ctx, Query{Text: text, Settings: ddlSettings})
			if err != nil && db.Plain && strings.HasPrefix(text, "ALTER TABLE") && columnsAreSo(err) {
				var next *connection // the error leaves the old one of no more use
				if next, err = db.connect(ctx, "default"); err == nil {
					conn.close()
					conn = next
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := run(append([]string{db.createDatabase()}, db.statements(versionTable)...)); err != nil {
		return err
	}
	at := 0
	if err := conn.do(ctx, db.versionQuery(&at)); err != nil {
		return err
	}
	if at > len(migrations) {
		return db.versionError(at, len(migrations))
	}
	for version := at + 1; version <= len(migrations); version++ {
		if err := run(append(db.statements(migrations[version-1]), db.recordVersion(version))); err != nil {
			return fmt.Errorf("schema version %d: %w", version, err)
		}
	}
	return nil
}

// ddlSettings let a statement return once all servers of a cluster have obeyed.
var ddlSettings = []Setting{{"distributed_ddl_task_timeout", "60"}, {"distributed_foreground_insert", "1"}}

// Script gives all that [Create] does to an empty server, as SQL for
// clickhouse-client.
func Script(db Database) (string, error) {
	if err := db.Check(); err != nil {
		return "", err
	}
	statements := append([]string{db.createDatabase()}, db.statements(versionTable)...)
	for i, text := range migrations {
		statements = append(append(statements, db.statements(text)...), db.recordVersion(i+1))
	}
	return strings.Join(statements, ";\n\n") + ";\n", nil
}

func (db Database) createDatabase() string {
	return "CREATE DATABASE IF NOT EXISTS " + quoteName(db.name()) + db.onCluster()
}

func (db Database) recordVersion(version int) string {
	return fmt.Sprintf("INSERT INTO %s (version, applied) SELECT toUInt32(%d), now()", db.Table("schema_version"), version)
}

// versionQuery asks for the highest version applied.
func (db Database) versionQuery(highest *int) Query {
	var column proto.ColUInt32
	return Query{
		Text:   "SELECT max(version) AS version FROM " + db.Table("schema_version"),
		Result: proto.Results{{Name: "version", Data: &column}},
		OnResult: func(context.Context, proto.Block) error {
			for _, version := range column {
				*highest = max(*highest, int(version))
			}
			return nil
		},
	}
}

// checkVersion tells whether tables of a version can be used.
func (db Database) checkVersion(version int) error {
	if version == Version() {
		return nil
	}
	return db.versionError(version, Version())
}

func (db Database) versionError(has, want int) error {
	e := &serverError{address: db.address(), kind: ErrVersion, cause: ErrVersion}
	switch {
	case has > want:
		e.what = fmt.Sprintf("database %q has schema version %d, and this program knows %d: use a newer one", db.name(), has, want)
	default:
		e.what = fmt.Sprintf("database %q has schema version %d, and this program wants %d: bring it up to date with schema.Create", db.name(), has, want)
	}
	return e
}
