package sink

import (
	"context"
	"crypto/rand"

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
	// A token of its own, as a tag may have been moved and moved back: what the block
	// holds may have been stored before.
	token := schema.Setting{Name: "insert_deduplication_token", Value: rand.Text()}
	return session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text:     "INSERT INTO " + db.Table("releases") + " " + input.Columns() + " VALUES",
			Input:    input,
			Settings: append(insertSettings, token),
		}
	})
}
