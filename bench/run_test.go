package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/sink"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// runKind is what a whole run makes of a history.
type runKind string

const (
	// commitRows is renames, patches, hunks, score, subsystems by directories, tags
	// and links, as rows of JSON, compressed. No commit is left out.
	commitRows runKind = "commit rows"
	// labelledRows is the same with all else that the library finds out about a
	// commit: patch-ids, people, sections of MAINTAINERS in place of the
	// directories, the authors' experience and expertise.
	labelledRows runKind = "labelled rows"
	// exampleRows is commitRows, with the rows of a training set instead, for
	// which the files' contents are read as well.
	exampleRows runKind = "example rows"
	// changedPaths is the commits with their changed files and no patches.
	changedPaths runKind = "changed paths"
	// allMessages is the quick pass over all messages that a linker begins with.
	allMessages runKind = "all messages"
)

// order tells what to run.
type order struct {
	Kind    runKind
	Repo    string
	Workers int
	Out     string // directory for rows
}

// result is what a run has made, and how it went on.
type result struct {
	Commits  int
	Rows     int64
	Files    int   // changed ones
	Bytes    int64 // of the rows before compression, or of messages and paths
	Progress []mark
}

// mark tells when so many commits were done.
type mark struct {
	Elapsed time.Duration
	Done    uint64
}

// run does what the order says.
func (o order) run(ctx context.Context) (result, error) {
	switch o.Kind {
	case commitRows, labelledRows:
		return o.toJSON(ctx)
	case exampleRows:
		return o.toDataset(ctx)
	case changedPaths:
		return o.toPaths(ctx)
	case allMessages:
		return o.toMessages(ctx)
	default:
		return result{}, fmt.Errorf("unknown kind of run %q", o.Kind)
	}
}

// markInterval is short enough for the least run to leave some marks.
const markInterval = 5 * time.Millisecond

func (o order) toJSON(ctx context.Context) (result, error) {
	var out result
	p := stage.New(string(o.Kind), stage.WithProgress(markInterval, func(p stage.Progress) {
		out.Progress = append(out.Progress, mark{p.Elapsed, p.Done})
	}))
	rows := &sink.JSONL[*stage.Commit]{Dir: o.Out}
	stage.To(o.commits(p, stage.DiffParser{}), rows, stage.Workers(o.Workers))
	report, err := p.Run(ctx)
	if err != nil {
		return result{}, err
	}
	out.Commits, out.Rows, out.Bytes = commitsRead(report), rows.Manifest().Rows, rows.Manifest().Bytes
	return out, nil
}

func (o order) toDataset(ctx context.Context) (result, error) {
	p := stage.New(string(o.Kind))
	rows := &sink.JSONL[*dataset.Row]{Dir: o.Out}
	examples := stage.Through(o.commits(p, stage.DiffParser{Contents: true}), &dataset.Standard{}, stage.Workers(o.Workers))
	formatted := stage.Through(examples, dataset.Formatter{}, stage.Workers(o.Workers))
	stage.To(formatted, rows, stage.Workers(o.Workers))
	report, err := p.Run(ctx)
	if err != nil {
		return result{}, err
	}
	return result{Commits: commitsRead(report), Rows: rows.Manifest().Rows, Bytes: rows.Manifest().Bytes}, nil
}

// commits is the pipeline up to the rows.
func (o order) commits(p *stage.Pipeline, parser stage.DiffParser) stage.Stream[*stage.Commit] {
	git := o.git()
	w := stage.Workers(o.Workers)
	parsed := stage.Through(stage.From(p, git, w), parser, w)
	known := stage.Through(parsed, score.Heuristic{}, w)
	if o.Kind == labelledRows {
		known = stage.Through(known, stage.PatchIDs{}, w)
		known = stage.Through(known, &stage.People{Mailmaps: git}, w)
		known = stage.Through(known, &stage.Maintainers{Mailmaps: git}, w)
		known = stage.Through(known, &stage.Authors{})
		known = stage.Through(known, score.Expertise{}, w)
	} else {
		known = stage.Through(known, stage.Subsystems{}, w)
	}
	tagged := stage.Through(known, stage.Classifier{}, w)
	return stage.Through(tagged, &stage.ChainLinker{Messages: git}, w)
}

func (o order) git() *source.Git { return &source.Git{Repo: o.Repo, Workers: o.Workers} }

func commitsRead(report *stage.Report) int { return int(report.Stages[0].Out) }

func (o order) toPaths(ctx context.Context) (out result, err error) {
	p := stage.New(string(o.Kind))
	commits := stage.From(p, o.git(), stage.Workers(o.Workers))
	stage.To(commits, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		out.Commits++
		out.Files += len(it.Value.Files)
		out.Bytes += int64(len(it.Value.Message))
		for i := range it.Value.Files {
			out.Bytes += int64(len(it.Value.Files[i].Path()))
		}
		return nil
	}))
	_, err = p.Run(ctx)
	return out, err
}

func (o order) toMessages(ctx context.Context) (out result, err error) {
	git := o.git()
	defer func() {
		if closeErr := git.Close(); err == nil {
			err = closeErr
		}
	}()
	err = git.Messages(ctx, func(m stage.Message) error {
		out.Commits++
		out.Bytes += int64(len(m.Text))
		return nil
	})
	return out, err
}
