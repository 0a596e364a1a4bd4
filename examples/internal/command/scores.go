package command

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/stage"
)

// Scores are what language models have said of the commits, as modelscore keeps it, by
// the flags -scores, -model and -min-model-score.
type Scores struct {
	// Wanted tells that the scores are to be read though no commit is left out by them.
	Wanted bool

	from, model string
	min         float64
	store       score.Store
}

// Flags adds the flags.
func (s *Scores) Flags(flags *flag.FlagSet) {
	flags.StringVar(&s.from, "scores", "", "where the scores of language models are: the file that modelscore has written, or clickhouse://…/database")
	flags.StringVar(&s.model, "model", "", "the model whose scores count; if empty, the lowest score of all models")
	flags.Float64Var(&s.min, "min-model-score", 0, "lowest overall score, 1 to 5, of the commits to keep; those that no model has judged have none")
}

// Check tells what is wrong with the flags' values.
func (s *Scores) Check() error {
	if !(s.min >= 0 && s.min <= 5) {
		return fmt.Errorf("-min-model-score %v: want a number up to 5", s.min)
	}
	switch {
	case strings.HasPrefix(s.from, "clickhouse://"):
		database, err := schema.ParseDSN(s.from)
		if err != nil {
			return fmt.Errorf("-scores: %w", err)
		}
		s.store = nil
		s.InTable(database, "")
	case s.from != "":
		if _, err := os.Stat(s.from); err != nil { // a Journal would make the file
			return fmt.Errorf("-scores: %w", err)
		}
		s.store = &score.Journal{Path: s.from}
	}
	return nil
}

// CheckPlace tells whether scores are asked for and nobody has said where they are.
func (s *Scores) CheckPlace() error {
	if s.asked() && s.store == nil {
		return errors.New("-min-model-score and -tiers model go by scores of language models: say where they are with -scores")
	}
	return nil
}

// InTable makes the table model_scores of a database the place of the scores, unless
// another is given; repo is the repository there, "" for any.
func (s *Scores) InTable(database schema.Database, repo string) {
	if s.store == nil {
		s.store = &score.Table{Rows: &sink.ModelScores{Database: database, Repo: repo}}
	}
}

// ModelName is the model whose scores count, "" for any.
func (s *Scores) ModelName() string { return s.model }

// InDatabase tells that the scores are where export finds the commits.
func (s *Scores) InDatabase() bool { return s.from == "" }

func (s *Scores) asked() bool { return s.min > 0 || s.Wanted }

// add adds the scores to the commits, if they are asked for.
func (s *Scores) add(commits stage.Stream[*stage.Commit], workers stage.StageOption) stage.Stream[*stage.Commit] {
	if !s.asked() {
		return commits
	}
	return stage.Through(commits, score.Stored{Store: s.store}, workers)
}
