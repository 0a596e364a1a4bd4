package sink

import (
	"context"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

// storeReleases writes the rows of the table releases, or writes them anew.
func storeReleases(ctx context.Context, session *schema.Session, db schema.Database, repo string, releases []stage.Release) error {
	if len(releases) == 0 {
		return nil
	}
	var repos, names proto.ColStr
	var commits hashes
	commits.Size = len(stage.Hash{})
	for _, release := range releases {
		repos.Append(repo)
		names.Append(release.Name)
		commits.add(release.Commit)
	}
	input := proto.Input{column("repo", &repos), column("name", &names), column("hash", &commits)}
	return session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text:     "INSERT INTO " + db.Table("releases") + " " + input.Columns() + " VALUES",
			Input:    input,
			Settings: releaseSettings,
		}
	})
}

// releaseSettings have a block stored that was stored before: a tag may have been
// moved, and moved back.
var releaseSettings = []schema.Setting{
	{Name: "async_insert", Value: "0"},
	{Name: "insert_deduplicate", Value: "0"},
	{Name: "distributed_foreground_insert", Value: "1"},
}
