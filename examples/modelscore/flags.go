package main

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/commitflow/commitflow/examples/internal/command"
	"github.com/commitflow/commitflow/score/judge"
	"github.com/commitflow/commitflow/stage"
)

type config struct {
	repo, dsn, out           string
	revisions                []string
	models, tags, subsystems command.List
	minQuality               float64
	limit                    int
	inOrder                  bool
	model                    judge.Model // what all models have in common
	rev, rubric, budget      string
}

// parse reads the command line and checks it before any work is done.
func parse(args []string) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("modelscore", flag.ContinueOnError)
	flags.StringVar(&c.repo, "repo", "", `directory of the repository (default "."); with -dsn, its name in the database`)
	flags.StringVar(&c.rev, "rev", "", "revision or range to read (default HEAD); arguments of git rev-list go after --")
	flags.StringVar(&c.dsn, "dsn", "", "read a ClickHouse database instead, and keep the scores there: clickhouse://user:password@host:9000/commitflow")
	flags.StringVar(&c.out, "out", "", `file that keeps the scores, and by which an interrupted run goes on (default "scores.jsonl"; with -dsn, the database)`)
	flags.StringVar(&c.model.Endpoint, "endpoint", "http://localhost:11434/v1", "address of a server that speaks OpenAI's chat API, up to /v1")
	flags.Var(&c.models, "model", "model to ask, by the server's name for it; several, separated by commas, are asked about the same commits and compared")
	flags.StringVar(&c.model.KeyVariable, "key-env", "", "environment variable with the server's key (default OPENAI_API_KEY, if set)")
	flags.StringVar(&c.rubric, "rubric", "", "file with a rubric of your own; score/judge/rubrics/teaching.tmpl is an example")
	flags.Float64Var(&c.minQuality, "min-quality", 50, "lowest heuristic score of the commits to ask about, 0 to 100")
	flags.Var(&c.tags, "tags", "ask about commits with any of these tags (comma-separated)")
	flags.Var(&c.subsystems, "subsystems", "ask about commits to any of these subsystems (comma-separated)")
	flags.IntVar(&c.limit, "limit", 0, "number of commits to ask about at most; 0 for all")
	flags.BoolVar(&c.inOrder, "in-order", false, "ask in the order of the history instead of best first")
	flags.IntVar(&c.model.Concurrency, "concurrency", 4, "requests under way at once, for each model")
	flags.IntVar(&c.model.RequestsPerMinute, "rpm", 0, "requests per minute that the server allows; 0 for any number")
	flags.IntVar(&c.model.TokensPerMinute, "tpm", 0, "tokens per minute that the server allows; 0 for any number")
	flags.DurationVar(&c.model.Timeout, "timeout", 0, "longest time for a request (default 2m)")
	flags.IntVar(&c.model.PromptTokens, "prompt-tokens", 0, "largest prompt (default 6000)")
	flags.IntVar(&c.model.AnswerTokens, "answer-tokens", 0, "largest answer (default 1500)")
	flags.Float64Var(&c.model.Temperature, "temperature", 0, "temperature of sampling")
	flags.StringVar(&c.budget, "budget", "", `what each model may cost in this run: "5" in the currency of the prices, "200requests", "1000000tokens", or several of them with commas`)
	flags.Float64Var(&c.model.Price.Prompt, "price-in", 0, "price of a million tokens of prompts")
	flags.Float64Var(&c.model.Price.Answer, "price-out", 0, "price of a million tokens of answers")
	flags.BoolVar(&c.model.RetryFailed, "retry-failed", false, "ask again about commits whose answer could not be used")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return c, c.check(flags.Args())
}

func (c *config) check(revisions []string) (err error) {
	c.revisions = append(strings.Fields(c.rev), revisions...)
	switch {
	case len(c.models) == 0:
		return fmt.Errorf("-model is missing: name the model to ask")
	case c.dsn != "" && len(c.revisions) > 0:
		return fmt.Errorf("-dsn reads what the database has: leave out -rev and what follows --")
	case c.minQuality < 0 || c.minQuality > 100 || c.minQuality != c.minQuality:
		return fmt.Errorf("-min-quality %v: want a number from 0 to 100", c.minQuality)
	case c.limit < 0:
		return fmt.Errorf("-limit %d: want a number from 0", c.limit)
	case c.model.Concurrency < 1:
		return fmt.Errorf("-concurrency %d: want at least 1", c.model.Concurrency)
	}
	for i, name := range c.models {
		if slices.Contains(c.models[:i], name) {
			return fmt.Errorf("-model names %q twice", name)
		}
	}
	known := stage.Classifier{}.TagNames()
	for _, tag := range c.tags {
		if !slices.Contains(known, tag) {
			return fmt.Errorf("there is no tag %q: choose from %s", tag, strings.Join(known, ", "))
		}
	}
	if c.dsn == "" {
		if c.repo == "" {
			c.repo = "."
		}
		if c.out == "" {
			c.out = "scores.jsonl"
		}
	}
	if c.rubric != "" {
		if c.model.Rubric, err = judge.ReadRubric(c.rubric); err != nil {
			return err
		}
	}
	c.model.Budget, err = parseBudget(c.budget)
	return err
}

// parseBudget reads the flag -budget.
func parseBudget(text string) (b judge.Budget, err error) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		var number string
		switch {
		case strings.HasSuffix(part, "requests"):
			number = strings.TrimSuffix(part, "requests")
			b.Requests, err = strconv.Atoi(number)
		case strings.HasSuffix(part, "tokens"):
			number = strings.TrimSuffix(part, "tokens")
			b.Tokens, err = strconv.Atoi(number)
		default:
			number = part
			b.Money, err = strconv.ParseFloat(part, 64)
		}
		if value, _ := strconv.ParseFloat(number, 64); err != nil || !(value > 0) {
			return b, fmt.Errorf("-budget %s: want an amount of money such as 5, or 200requests, or 1000000tokens", part)
		}
	}
	return b, nil
}

// place tells where the scores are.
func (c *config) place() string {
	if c.out != "" {
		return c.out
	}
	return "table model_scores of the database"
}
