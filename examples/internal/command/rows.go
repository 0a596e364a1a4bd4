package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/sink/card"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
	"github.com/commitflow/commitflow/stage/dataset/tokenizer"
)

// Rows is the training set that a command writes. All that makes rows of commits is
// here.
type Rows struct {
	out, per, answer, tokenizer, dropped string
	duplicates                           string
	mode                                 dataset.Mode
	format                               dataset.Format
	maxTokens, limit                     int

	Partitions
	// Tips are what the revisions mean, for the card.
	Tips []string
	// History tells which commits belong together; it is needed where there are splits.
	History *stage.ChainLinker
	// Model is the model whose scores count for tiers, if it is not any.
	Model string

	flags      *flag.FlagSet
	options    dataset.Options
	drops      dataset.DropList
	maker      dataset.Maker
	leaks      dataset.LeakCheck
	statistics dataset.Statistics
	shards     *sink.JSONL[*dataset.Row]
}

// DefaultMaxTokens is a length that a model of 7 billion weights can be trained at on
// one card. Training leaves out what is longer than its sequences, or cuts it in two,
// so rows are made to fit unless somebody has room for more.
const DefaultMaxTokens = 4096

// Flags adds the flags.
func (r *Rows) Flags(flags *flag.FlagSet) {
	r.flags = flags
	flags.StringVar(&r.out, "out", "dataset", "directory to write the training set to")
	flags.StringVar((*string)(&r.mode), "mode", string(dataset.ModeStandard), "what the rows teach: "+names(dataset.Modes()))
	flags.StringVar((*string)(&r.format), "format", string(dataset.Alpaca), "how rows are written: "+names(dataset.Formats()))
	flags.StringVar(&r.answer, "answer", "patch", "how answers show code: patch, blocks (to search and replace), or code (the functions as they become)")
	flags.IntVar(&r.maxTokens, "max-tokens", DefaultMaxTokens, "most tokens that a row may have: code far from the change is left out, and rows that are too long all the same; 0 for no limit")
	flags.StringVar(&r.tokenizer, "tokenizer", "", "a model's tokenizer.json, or a .tiktoken file, to count with (default cl100k_base)")
	flags.StringVar(&r.per, "per", "commit", "what one row is: commit or file")
	flags.StringVar(&r.dropped, "dropped", "", "file to list what is left out in, with the reasons: JSON Lines, compressed if it ends in .zst")
	flags.StringVar(&r.duplicates, "duplicates", "drop", "what becomes of rows that repeat an earlier one, by patch-id or text: drop or keep")
	r.Partitions.Flags(flags)
	flags.IntVar(&r.limit, "limit", 0, "number of rows after which to stop; 0 for all")
}

// Check tells what is wrong with the flags' values.
func (r *Rows) Check() (err error) {
	if r.options.Per, err = dataset.ParsePer(r.per); err != nil {
		return fmt.Errorf("-per: %w", err)
	}
	if r.options.Form, err = dataset.ParseForm(r.answer); err != nil {
		return fmt.Errorf("-answer: %w", err)
	}
	if err := r.mode.Check(); err != nil {
		return fmt.Errorf("-mode: %w", err)
	}
	if err := r.format.Check(); err != nil {
		return fmt.Errorf("-format: %w", err)
	}
	if formats := r.mode.Formats(); !slices.Contains(formats, r.format) {
		return fmt.Errorf("-format %s has no place for what mode %s makes: choose %s", r.format, r.mode, names(formats))
	}
	if r.duplicates != "drop" && r.duplicates != "keep" {
		return fmt.Errorf("-duplicates %s: want drop or keep", r.duplicates)
	}
	if err := r.Partitions.Check(); err != nil {
		return err
	}
	if r.duplicates == "keep" && r.HasSplits() {
		return errors.New("-duplicates keep: what repeats an earlier row could be in another split than that: drop them, or have no splits")
	}
	if r.maxTokens < 0 || r.limit < 0 {
		return fmt.Errorf("-max-tokens %d, -limit %d: want numbers from 0", r.maxTokens, r.limit)
	}
	return nil
}

// Open makes the stage that makes the examples. commits is where it looks up others
// than those of the pipeline; horizon is asked if the mode wants to know how long a
// commit has been known.
func (r *Rows) Open(ctx context.Context, commits stage.Commits, horizon func(context.Context) (stage.Horizon, error)) (err error) {
	r.options.Related = &dataset.Related{Commits: commits}
	r.options.MaxTokens = r.maxTokens
	if r.tokenizer == "" {
		r.options.Tokenizer, err = tokenizer.Default()
	} else {
		r.options.Tokenizer, err = tokenizer.Load(r.tokenizer)
	}
	if err == nil && r.mode == dataset.ModeReview {
		r.options.Horizon, err = horizon(ctx)
	}
	if err != nil {
		return err
	}
	r.maker, err = r.mode.Maker(r.options)
	return err
}

// Options are those of a pipeline that lists what it leaves out, if that was asked
// for.
func (r *Rows) Options() []stage.Option {
	if r.dropped == "" {
		return nil
	}
	return []stage.Option{stage.WithDropped(r.drops.Add)}
}

// ListsDrops tells whether what is left out is listed.
func (r *Rows) ListsDrops() bool { return r.dropped != "" }

// Store ends a stream of commits, which have patches and contents, in the
// training set. from is what the manifest says of where they come from.
func (r *Rows) Store(commits stage.Stream[*stage.Commit], from string, workers stage.StageOption) {
	r.shards = &sink.JSONL[*dataset.Row]{Dir: r.out, Source: from, Settings: r.settings, Partitions: r.Partitions.list()}
	drop := r.duplicates == "drop"
	if drop {
		commits = stage.Through(commits, stage.PatchIDs{}, workers)
	}
	examples := r.divide(stage.Through(commits, r.maker, workers), r.History, r.mode, r.Model, workers)
	if drop {
		examples = stage.Through(examples, &dataset.Duplicates{})
	}
	if r.limit > 0 {
		examples = stage.Limit(examples, r.limit)
	}
	rows := stage.Through(examples, dataset.Formatter{Format: r.format}, workers)
	if r.HasSplits() {
		r.leaks.History = r.History
		rows = stage.Through(rows, &r.leaks)
		r.shards.Verify = r.leaks.Err
	}
	r.statistics.First = func() error { return card.Remove(r.out) }
	stage.To(stage.Through(rows, &r.statistics), r.shards, workers)
}

// Explain makes an error about what the commits lack one about what to do.
func (r *Rows) Explain(err error, do string) error {
	if errors.Is(err, dataset.ErrNoContents) {
		return fmt.Errorf("rows show the code before the change, and it is not there: %s (%w)", do, err)
	}
	return err
}

// Close writes the card and the list of what was left out, if that was asked for,
// and prints what was written.
func (r *Rows) Close(report *stage.Report) error {
	if r.dropped != "" {
		if err := r.drops.WriteFile(r.dropped); err != nil {
			return err
		}
	}
	m := r.shards.Manifest()
	if err := r.card(m, report).Write(r.out); err != nil {
		return err
	}
	fmt.Printf("\n%d rows, %.1f MB (%.1f MB compressed), in %d shards: %s\nmanifest: %s/manifest.json\ncard: %s/%s, with %s and %s\n",
		m.Rows, float64(m.Bytes)/1e6, float64(m.CompressedBytes)/1e6, len(m.Shards()), r.out+"/data", r.out, r.out, card.Name, card.Axolotl, card.AxolotlFull)
	if len(r.Partitions.list()) == 0 {
		return nil
	}
	for _, config := range m.Configs {
		for _, split := range config.Splits {
			fmt.Printf("%s/%s: %d rows\n", config.Name, split.Name, split.Rows)
		}
	}
	return nil
}

// card is what the card of the training set tells. Where a run stopped after some
// rows, its counts depend on how far the stages had come, and are left out.
func (r *Rows) card(m *sink.Manifest, report *stage.Report) *card.Card {
	if r.limit > 0 && m.Rows >= int64(r.limit) {
		report = nil
	}
	c := &card.Card{
		Mode: r.mode, Format: r.format, Manifest: m, Statistics: &r.statistics, Tips: r.Tips, Report: report,
		MaxTokens: r.maxTokens, Tokenizer: r.options.Tokenizer.Name(), Settings: r.settings(), Columns: r.Partitions.columns(),
	}
	for _, told := range []string{"mode", "format", "tokenizer"} {
		delete(c.Settings, told)
	}
	return c
}

// settings are what shaped the rows: the flags, but for those that only say where
// things are, or how fast, or nothing; and what is known since the run.
func (r *Rows) settings() map[string]string {
	settings := map[string]string{"tokenizer": r.options.Tokenizer.Name()}
	if r.HasSplits() {
		settings["splits"] = r.splits.String()
	}
	elsewhere := []string{"repo", "clone", "rev", "dsn", "out", "dropped", "checkpoint", "workers", "vulns", "scores", "tokenizer"}
	if !r.HasSplits() {
		elsewhere = append(elsewhere, "gap")
	}
	r.flags.VisitAll(func(f *flag.Flag) {
		nothing := f.Value.String() == f.DefValue && slices.Contains([]string{"", "0", "false"}, f.DefValue)
		if !nothing && !slices.Contains(elsewhere, f.Name) {
			settings[f.Name] = f.Value.String()
		}
	})
	return settings
}

// names lists names for people.
func names[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, name := range list {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}
