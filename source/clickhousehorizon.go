package source

import (
	"context"
	"slices"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

var _ stage.ReleaseSource = (*ClickHouse)(nil)

// Releases gives the releases that were stored with the repository, by name. It
// opens s if it is not open yet.
func (s *ClickHouse) Releases(ctx context.Context) ([]stage.Release, error) {
	if err := s.Open(ctx); err != nil {
		return nil, err
	}
	repo, session, err := s.connected(ctx)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	return s.releases(ctx, session, repo)
}

func (s *ClickHouse) releases(ctx context.Context, session *schema.Session, repo string) (found []stage.Release, err error) {
	var names proto.ColStr
	commits := hashColumn()
	err = session.Do(ctx, func() schema.Query {
		found = nil
		return schema.Query{
			Text:      "SELECT name, hash FROM " + s.Database.Table("releases") + " FINAL WHERE repo = {repo:String} ORDER BY name",
			Arguments: []schema.Argument{{Name: "repo", Value: repo}},
			Result:    proto.Results{{Data: &names}, {Data: &commits}},
			OnResult: func(context.Context, proto.Block) error {
				for i := range names.Rows() {
					found = append(found, stage.Release{Name: names.Row(i), Commit: commits.at(i)})
				}
				return nil
			},
		}
	})
	return found, err
}

// Horizon tells when the last commit of the repository was made, whether it fits the
// selection or not, and when there were main releases, by those that were stored with
// it. It opens s if it is not open yet.
func (s *ClickHouse) Horizon(ctx context.Context) (h stage.Horizon, err error) {
	if err := s.Open(ctx); err != nil {
		return h, err
	}
	repo, session, err := s.connected(ctx)
	if err != nil {
		return h, err
	}
	defer session.Close()
	times := func(what string, each func(commit stage.Hash, seconds int64)) {
		if err != nil {
			return
		}
		var seconds proto.ColInt64
		commits := hashColumn()
		err = session.Do(ctx, func() schema.Query {
			return schema.Query{
				Text:      "SELECT hash, committer_seconds FROM " + s.Database.Table("commits") + " FINAL WHERE repo = {repo:String} " + what,
				Arguments: []schema.Argument{{Name: "repo", Value: repo}},
				Result:    proto.Results{{Data: &commits}, {Data: &seconds}},
				OnResult: func(context.Context, proto.Block) error {
					for i, at := range seconds {
						each(commits.at(i), at)
					}
					return nil
				},
			}
		})
	}
	times("ORDER BY position DESC LIMIT 1", func(_ stage.Hash, seconds int64) { h.End = seconds })
	made := map[stage.Hash]int64{}
	times("AND hash IN (SELECT hash FROM "+s.Database.Table("releases")+" WHERE repo = {repo:String})",
		func(commit stage.Hash, seconds int64) { made[commit] = seconds })
	if err != nil {
		return h, err
	}
	releases, err := s.releases(ctx, session, repo)
	for _, release := range releases {
		if seconds, ok := made[release.Commit]; ok && mainRelease.MatchString(release.Name) {
			h.Releases = append(h.Releases, seconds)
		}
	}
	slices.Sort(h.Releases)
	return h, err
}
