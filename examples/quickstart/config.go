package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage/dataset"
	"github.com/commitflow/commitflow/stage/dataset/tokenizer"
)

// config is what the command line says.
type config struct {
	repo, clone, out, rev, per string
	mode                       dataset.Mode
	format                     dataset.Format
	answer, tokenizer          string
	checkpoint, dropped        string
	limit, workers, maxTokens  int
	revisions                  []string
	rows                       dataset.Per
	form                       dataset.Form
	filter                     dataset.Filter
}

// settings are the flags that shape the rows, beyond what the stages know.
func (c *config) settings() map[string]string {
	return map[string]string{
		"-limit": fmt.Sprint(c.limit),
		"-mode":  string(c.mode),
	}
}

// maker gives the stage that makes the examples.
func (c *config) maker(ctx context.Context, git *source.Git) (_ dataset.Maker, err error) {
	o := dataset.Options{Per: c.rows, Related: &dataset.Related{Commits: git}}
	o.Form, o.MaxTokens = c.form, c.maxTokens
	if c.tokenizer == "" {
		o.Tokenizer, err = tokenizer.Default()
	} else {
		o.Tokenizer, err = tokenizer.Load(c.tokenizer)
	}
	if err == nil && c.mode == dataset.ModeReview {
		// Not of the pipeline's source, which opens when the run begins.
		ahead := &source.Git{Repo: c.repo, Revisions: c.revisions}
		defer ahead.Close()
		o.Horizon, err = ahead.Horizon(ctx)
	}
	if err != nil {
		return nil, err
	}
	return c.mode.Maker(o)
}

// parse reads the command line and checks it before any work is done.
func parse(args []string) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.StringVar(&c.repo, "repo", "", `directory of the repository (default "."; with -clone, where the clone goes)`)
	flags.StringVar(&c.clone, "clone", "", "URL of a repository to clone first, bare")
	flags.StringVar(&c.rev, "rev", "", "revision or range to read (default HEAD); arguments of git rev-list go after --")
	flags.StringVar(&c.out, "out", "dataset", "directory to write the training set to")
	flags.StringVar((*string)(&c.mode), "mode", string(dataset.ModeStandard), "what the rows teach: "+names(dataset.Modes()))
	flags.StringVar((*string)(&c.format), "format", string(dataset.Alpaca), "how rows are written: "+names(dataset.Formats()))
	flags.StringVar(&c.answer, "answer", "patch", "how answers show code: patch, blocks (to search and replace), or code (the functions as they become)")
	flags.IntVar(&c.maxTokens, "max-tokens", 0, "most tokens that a row may have: code far from the change is left out, and rows that are too long all the same; 0 for no limit")
	flags.StringVar(&c.tokenizer, "tokenizer", "", "a model's tokenizer.json, or a .tiktoken file, to count with (default cl100k_base)")
	flags.StringVar(&c.per, "per", "commit", "what one row is: commit or file")
	flags.StringVar(&c.dropped, "dropped", "", "file to list what is left out in, with the reasons: JSON Lines, compressed if it ends in .zst")
	conditions := filterFlags(flags, &c.filter)
	flags.IntVar(&c.limit, "limit", 0, "number of rows after which to stop; 0 for all")
	flags.StringVar(&c.checkpoint, "checkpoint", "", "file that keeps the place of the run: the same command goes on there after an interruption, and adds what is new after the end")
	flags.IntVar(&c.workers, "workers", 0, "number of workers of each stage; 0 for one per CPU")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if err := conditions(); err != nil {
		return nil, err
	}
	return c, c.check(flags.Args())
}

func (c *config) check(revisions []string) error {
	switch {
	case c.repo == "" && c.clone != "":
		c.repo = source.CloneName(c.clone)
	case c.repo == "":
		c.repo = "."
	}
	if err := c.checkRows(); err != nil {
		return err
	}
	if c.limit < 0 || c.workers < 0 {
		return fmt.Errorf("-limit %d, -workers %d: want numbers from 0", c.limit, c.workers)
	}
	c.revisions = append(strings.Fields(c.rev), revisions...)
	return nil
}

// checkRows checks the flags that say what rows are.
func (c *config) checkRows() (err error) {
	if c.rows, err = dataset.ParsePer(c.per); err != nil {
		return fmt.Errorf("-per: %w", err)
	}
	if c.form, err = dataset.ParseForm(c.answer); err != nil {
		return fmt.Errorf("-answer: %w", err)
	}
	if err := c.mode.Check(); err != nil {
		return fmt.Errorf("-mode: %w", err)
	}
	if err := c.format.Check(); err != nil {
		return fmt.Errorf("-format: %w", err)
	}
	if formats := c.mode.Formats(); !slices.Contains(formats, c.format) {
		return fmt.Errorf("-format %s has no place for what mode %s makes: choose %s", c.format, c.mode, names(formats))
	}
	if c.maxTokens < 0 {
		return fmt.Errorf("-max-tokens %d: want a number from 0", c.maxTokens)
	}
	return nil
}

// names lists names for people.
func names[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, name := range list {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}
