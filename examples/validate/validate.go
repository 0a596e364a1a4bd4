package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// validation is the state of a run. Its memory grows by some hundred bytes for each
// row: what has to be unique, and what no two splits may share.
type validation struct {
	dir    string
	list   int
	report report

	mu       sync.Mutex // of the report's problems
	columns  []feature
	firstRow *row
	splits   map[string]uint8 // a bit for each, by name
	tokens   map[string]*dataset.Histogram
	prompt   dataset.Histogram
	length   dataset.Histogram

	ids, texts map[uint64]place
	patches    map[uint64]owner
	commits    map[uint64]owner
}

// place is where a row stands.
type place struct {
	shard  *shard
	number int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.shard.Path, p.number) }

// owner is the split that something was first seen in, and the row.
type owner struct {
	place
	split uint8
}

// checked is a row with what its own line tells of it.
type checked struct {
	place
	row      *row
	size     int
	problems []string
	outcome  string
	patchID  stage.Hash
	wrong    string // with the patch
}

// validate checks the dataset in a directory. An error tells that this could not be
// done; what is wrong with the dataset is in the report.
func validate(ctx context.Context, dir string, list, workers int) (*report, error) {
	m, shards, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	v := &validation{
		dir: dir, list: list,
		report:  report{Dataset: dir, Problems: []problem{}, Patches: map[string]int64{}, ByCheck: map[string]int64{}},
		splits:  map[string]uint8{},
		ids:     map[uint64]place{},
		texts:   map[uint64]place{},
		patches: map[uint64]owner{},
		commits: map[uint64]owner{},
	}
	v.checkManifest(m, shards)
	card := v.readCard()
	v.columns = v.features(card)
	v.checkCard(card, shards)
	for _, s := range shards {
		if _, known := v.splits[s.split]; !known {
			if len(v.splits) >= 8 {
				return nil, fmt.Errorf("%s: the manifest has more than eight splits", dir)
			}
			v.splits[s.split] = 1 << len(v.splits)
		}
	}
	p := stage.New("validate")
	read := stage.From(p, &lines{dir, shards, v.problem})
	rows := stage.Map(read, "check", func(_ context.Context, l *line) (*checked, error) {
		return v.check(l), nil
	}, stage.Workers(workers))
	stage.To(rows, stage.SinkFunc[*checked](func(_ context.Context, it stage.Item[*checked]) error {
		v.compare(it.Value)
		return nil
	}))
	if _, err := p.Run(ctx); err != nil {
		return nil, err
	}
	v.finish(shards)
	return &v.report, nil
}

// check looks at a line by itself.
func (v *validation) check(l *line) *checked {
	c := &checked{place: place{l.shard, l.number}, size: len(l.text)}
	if c.row, c.problems = parseRow(l.text, v.columns); c.row == nil {
		return c
	}
	c.outcome, c.patchID, c.wrong = c.row.checkPatch()
	// All but what is compared with other rows is done with.
	c.row.prompt, c.row.answer, c.row.chosen = "", "", ""
	return c
}

// compare looks at a row beside all that came before it. It is called in the order of
// the rows.
func (v *validation) compare(c *checked) {
	v.report.Rows++
	v.length.Add(c.size)
	for _, why := range c.problems {
		v.problem(c.shard.Path, c.number, "rows", why)
	}
	r := c.row
	if r == nil {
		return
	}
	v.prompt.Add(r.promptTokens)
	v.count(c.shard.split, r.tokens)
	if v.firstRow == nil {
		v.firstRow = r
	} else if v.columns == nil && r.keys != v.firstRow.keys {
		v.problem(c.shard.Path, c.number, "rows", "its columns are not those of the first row")
	}
	if c.wrong != "" {
		v.problem(c.shard.Path, c.number, "patches", c.wrong)
	} else {
		v.report.Patches[c.outcome]++
	}
	if first, seen := v.ids[xxhash.Sum64String(r.id)]; seen {
		v.problem(c.shard.Path, c.number, "duplicates", fmt.Sprintf("the id %q is that of %v", r.id, first))
	} else {
		v.ids[xxhash.Sum64String(r.id)] = c.place
	}
	if first, seen := v.texts[r.text]; seen {
		v.problem(c.shard.Path, c.number, "duplicates", fmt.Sprintf("it says the same as %v", first))
	} else {
		v.texts[r.text] = c.place
	}
	v.checkSplits(c)
}

// grouping are the links between commits that tell of the same change.
var grouping = []string{
	string(stage.Fixes), string(stage.FixedBy), string(stage.Reverts), string(stage.RevertedBy), string(stage.Reapplies),
	string(stage.ReappliedBy), string(stage.BackportOf), string(stage.BackportedTo),
}

// checkSplits looks for the row's patch, its commit, and those that it is linked to in
// other splits.
func (v *validation) checkSplits(c *checked) {
	split := v.splits[c.shard.split]
	own := owner{c.place, split}
	see := func(seen map[uint64]owner, key uint64, what string, name any) {
		first, there := seen[key]
		switch {
		case !there:
			seen[key] = own
		case first.split != split:
			v.problem(c.shard.Path, c.number, "splits", fmt.Sprintf("%s %v is in split %s, too: %v", what, name, first.shard.split, first.place))
		}
	}
	if c.patchID != (stage.Hash{}) {
		see(v.patches, binary.LittleEndian.Uint64(c.patchID[:]), "the change with patch-id", c.patchID)
	}
	see(v.commits, xxhash.Sum64String(c.row.commit), "commit", c.row.commit)
	for _, l := range c.row.links {
		if slices.Contains(grouping, l.kind) {
			see(v.commits, xxhash.Sum64String(l.commit), "commit ("+l.kind+")", l.commit)
		}
	}
}

func (v *validation) count(split string, tokens int) {
	if v.tokens == nil {
		v.tokens = map[string]*dataset.Histogram{}
	}
	h := v.tokens[split]
	if h == nil {
		h = &dataset.Histogram{}
		v.tokens[split] = h
	}
	h.Add(tokens)
}

// problem notes what is wrong with a file, or a line of it if that is not 0.
func (v *validation) problem(file string, line int, check, why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.report.ProblemCount++
	v.report.ByCheck[check]++
	if len(v.report.Problems) < v.list {
		v.report.Problems = append(v.report.Problems, problem{file, line, check, why})
	}
}
