package schema

import "context"

// CreateVersion makes the tables as an older version of the library made them.
func CreateVersion(ctx context.Context, db Database, version int) error {
	return create(ctx, db, migrations[:version])
}

// Execute runs a statement, whatever version the tables have.
func Execute(ctx context.Context, db Database, text string) error {
	conn, err := db.connect(ctx, db.name())
	if err != nil {
		return err
	}
	defer conn.close()
	return conn.do(ctx, Query{Text: text})
}
