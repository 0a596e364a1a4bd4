package source

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/stage"
)

var (
	_ stage.ResumableSource = (*ClickHouse)(nil)
	_ stage.Configured      = (*ClickHouse)(nil)
)

// clickHouseState is what a checkpoint keeps of what was read from.
type clickHouseState struct {
	Repo string `json:"repo"`
	// End is the position behind the last commit.
	End uint64 `json:"end"`
	// Runs is how many runs have written commits before End, and Judgements how
	// many the model has made that chooses.
	Runs       uint64 `json:"runs"`
	Judgements uint64 `json:"judgements"`
}

// Resume makes the coming Read begin with the commit that is the next-th of the
// selection. Open fails with [ErrRewritten] if the commits before the end of that
// time have been written anew since, or judged anew where a model chooses: others
// might fit now. Commits behind that end are read.
func (s *ClickHouse) Resume(state []byte, next stage.Position) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past, s.next = nil, next
	if state == nil {
		return nil
	}
	s.past = new(clickHouseState)
	if err := json.Unmarshal(state, s.past); err != nil {
		return fmt.Errorf("the state of the database: %w", err)
	}
	return nil
}

// State tells for a checkpoint what the database holds.
func (s *ClickHouse) State() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return nil, errDatabaseNotOpen
	}
	return json.Marshal(s.state)
}

// Configuration names what a checkpoint must not change under a run.
func (s *ClickHouse) Configuration() map[string]string {
	selection, err := json.Marshal(s.Selection)
	if err != nil {
		selection = []byte(err.Error()) // what is no number; Open refuses it
	}
	return map[string]string{
		"database":  s.Database.Name,
		"repo":      s.Repo,
		"selection": string(selection),
	}
}

// findState asks for the state, and compares it with that of an earlier run.
func (s *ClickHouse) findState(ctx context.Context, session *schema.Session, repo string) (state clickHouseState, err error) {
	state.Repo = repo
	number := func(query string, arguments ...schema.Argument) (value uint64) {
		if err != nil {
			return 0
		}
		var column proto.ColUInt64
		err = session.Do(ctx, func() schema.Query {
			return schema.Query{
				Text:      query,
				Arguments: append(arguments, schema.Argument{Name: "repo", Value: repo}),
				Result:    proto.Results{{Data: &column}},
				OnResult: func(context.Context, proto.Block) error {
					for _, v := range column {
						value = v
					}
					return nil
				},
			}
		})
		return value
	}
	runs := func(end uint64) uint64 {
		return number("SELECT count() FROM "+s.Database.Table("runs")+" FINAL WHERE repo = {repo:String} AND first < {end:UInt64}",
			schema.Argument{Name: "end", Value: end})
	}
	state.End = number("SELECT max(position) + 1 FROM " + s.Database.Table("commits") + " WHERE repo = {repo:String}")
	state.Runs = runs(state.End)
	if s.Selection.Model != "" {
		state.Judgements = number("SELECT count() FROM "+s.Database.Table("model_scores")+" WHERE repo = {repo:String} AND model = {model:String}",
			schema.Argument{Name: "model", Value: s.Selection.Model})
	}
	if past := s.past; past != nil {
		if again := runs(past.End); err == nil && (past.Repo != repo || past.Runs != again || past.Judgements != state.Judgements) {
			return state, fmt.Errorf("clickhouse: %w: what was read of %q has been written anew since: begin again, with another checkpoint and another output", ErrRewritten, past.Repo)
		}
	}
	return state, err
}

// begin gives the position at which Read begins.
func (s *ClickHouse) begin(ctx context.Context, session *schema.Session, repo string) (from uint64, err error) {
	if s.next == 0 {
		return 0, nil
	}
	from = s.state.End // nothing, if there are not so many
	conditions, arguments := s.Selection.conditions(s.Database)
	var column proto.ColUInt64
	err = session.Do(ctx, func() schema.Query {
		return schema.Query{
			Text: "SELECT position FROM " + s.Database.Table("commits") + " FINAL WHERE repo = {repo:String}" + conditions +
				fmt.Sprintf(" ORDER BY position LIMIT %d, 1", s.next),
			Arguments: append([]schema.Argument{{Name: "repo", Value: repo}}, arguments...),
			Result:    proto.Results{{Data: &column}},
			OnResult: func(context.Context, proto.Block) error {
				for _, v := range column {
					from = v
				}
				return nil
			},
		}
	})
	return from, err
}
