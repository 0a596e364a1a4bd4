// Modelscore asks language models which commits of a history teach something:
//
//	go run ./examples/modelscore -repo linux -endpoint http://localhost:11434/v1 -model qwen3 -limit 1000
//
// It asks about the best commits first, as the heuristic score has it, and keeps
// every answer as it comes: the same command goes on where it was interrupted,
// and pays for nothing twice.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/examples/internal/terminal"
	"github.com/commitflow/commitflow/schema"
	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/score/judge"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func main() { terminal.Main("modelscore", run) }

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	from, store, err := c.places()
	if err != nil {
		return err
	}
	models := make([]*judge.Model, len(c.models))
	for i, name := range c.models {
		m := c.model
		m.Name, m.Store = name, store
		models[i] = &m
	}
	best := &score.Candidates{
		From: from, Label: c.label, MinQuality: float32(c.minQuality), Tags: c.tags, Subsystems: c.subsystems,
		Limit: c.limit, InOrder: c.inOrder, Until: func() bool { return over(models) },
	}
	if c.dsn != "" { // the database has the labels, and makes the choice itself
		best.Label, best.MinQuality, best.Tags, best.Subsystems = nil, 0, nil, nil
	}
	agreement := &score.Agreement{}

	p := stage.New("modelscore", stage.OnError(stage.Skip), terminal.WithProgress(os.Stderr, "commits", func() string { return spent(models) }))
	commits := stage.From(p, best, stage.Workers(0))
	if c.dsn == "" {
		commits = stage.Through(c.label(commits), stage.DiffParser{Contents: true}, stage.Workers(0))
	}
	judged := stage.Through(judge.Ask(commits, models...), agreement)
	stage.To(judged, stage.SinkFunc[*stage.Commit](func(context.Context, stage.Item[*stage.Commit]) error { return nil }))

	report, err := p.Run(ctx)
	if err != nil && ctx.Err() == nil {
		return err
	}
	fmt.Println(report)
	if n := best.Unreadable(); n > 0 {
		fmt.Printf("%d commits cannot be read\n", n)
	}
	for _, m := range models {
		fmt.Println(m.Usage())
	}
	if text := agreement.String(); text != "" {
		fmt.Println(text)
	}
	fmt.Println("scores:", c.place())
	if ctx.Err() != nil {
		return &terminal.Interrupted{Left: "what was answered is kept, and the same command goes on"}
	}
	for _, m := range models {
		if err := m.Over(); err != nil && !errors.Is(err, judge.ErrBudget) {
			return err
		}
	}
	return nil
}

// places gives where the commits come from, and where the scores go.
func (c *config) places() (stage.Source[*stage.Commit], score.Store, error) {
	if c.dsn == "" {
		return &source.Git{Repo: c.repo, Revisions: c.revisions}, &score.Journal{Path: c.out}, nil
	}
	db, err := schema.ParseDSN(c.dsn)
	if err != nil {
		return nil, nil, err
	}
	from := &source.ClickHouse{Database: db, Repo: c.repo, Contents: true, Selection: source.Selection{
		MinQuality: float32(c.minQuality), Tags: c.tags, Subsystems: c.subsystems, NoMerges: true,
	}}
	if c.out != "" {
		return from, &score.Journal{Path: c.out}, nil
	}
	return from, &score.Table{Rows: &sink.ModelScores{Database: db, Repo: c.repo}}, nil
}

// label adds what the choice of commits depends on.
func (c *config) label(commits stage.Stream[*stage.Commit]) stage.Stream[*stage.Commit] {
	workers := stage.Workers(0)
	judged := stage.Through(commits, score.Heuristic{}, workers)
	return stage.Through(stage.Through(judged, stage.Subsystems{}, workers), stage.Classifier{}, workers)
}

// over reports whether there is nobody left to ask, or something is wrong with a
// model.
func over(models []*judge.Model) bool {
	return !slices.ContainsFunc(models, func(m *judge.Model) bool { return m.Over() == nil }) ||
		slices.ContainsFunc(models, func(m *judge.Model) bool { return m.Over() != nil && !errors.Is(m.Over(), judge.ErrBudget) })
}

// spent tells what the models have cost so far.
func spent(models []*judge.Model) string {
	var sum judge.Usage
	for _, m := range models {
		u := m.Usage()
		sum.Scored, sum.Failed, sum.Stored = sum.Scored+u.Scored, sum.Failed+u.Failed, sum.Stored+u.Stored
		sum.PromptTokens, sum.AnswerTokens, sum.Cost = sum.PromptTokens+u.PromptTokens, sum.AnswerTokens+u.AnswerTokens, sum.Cost+u.Cost
	}
	parts := []string{
		fmt.Sprintf("%d scored, %d failed, %d known", sum.Scored, sum.Failed, sum.Stored),
		fmt.Sprintf("%d + %d tokens", sum.PromptTokens, sum.AnswerTokens),
	}
	if sum.Cost > 0 {
		parts = append(parts, fmt.Sprintf("cost %.4f", sum.Cost))
	}
	return strings.Join(parts, ", ")
}
