package dataset

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/commitflow/commitflow/stage"
)

// Statistics is a stage that passes rows on as they are and counts what a dataset's
// card tells of them. It stands before the sink, and is read after the run. It runs
// on one worker; a checkpoint keeps its counts, so that those of a run which was
// interrupted are those of a whole one. The zero value is ready, by pointer.
type Statistics struct {
	// First is called before the first row passes, if it is set, and ends the run if
	// it fails: for what has to be put away before a dataset changes.
	First func() error

	counts counts
}

// counts are the state of a checkpoint.
type counts struct {
	Rows     int64            `json:"rows"`
	Repaired int64            `json:"repaired"`
	LeftOut  int64            `json:"left_out"`
	Prompt   Histogram        `json:"prompt"`
	Output   Histogram        `json:"output"`
	Total    Histogram        `json:"total"`
	Licenses map[string]int64 `json:"licenses"`
	Repos    map[string]int64 `json:"repos"`
	Oldest   string           `json:"oldest"`
	Newest   string           `json:"newest"`
}

// maxDistinct is how many different names are counted by themselves: they come from
// the files of a repository, and a hostile one could have any number.
const maxDistinct = 1000

// Others is the name under which the rows of further licences or repositories are
// counted when there are more than a thousand.
const Others = "others"

var (
	_ stage.Processor[*Row, *Row] = (*Statistics)(nil)
	_ stage.Snapshotter           = (*Statistics)(nil)
)

// Process counts a row and passes it on.
func (s *Statistics) Process(_ context.Context, r *Row, emit func(*Row)) error {
	if s.First != nil {
		if err := s.First(); err != nil {
			return err
		}
		s.First = nil
	}
	c := &s.counts
	c.Rows++
	if r.Repaired {
		c.Repaired++
	}
	if len(r.LeftOut) > 0 {
		c.LeftOut++
	}
	c.Prompt.Add(r.PromptTokens)
	c.Output.Add(r.OutputTokens)
	c.Total.Add(r.PromptTokens + r.OutputTokens)
	count(&c.Licenses, r.License)
	count(&c.Repos, r.Repo)
	if c.Oldest == "" || r.Date < c.Oldest {
		c.Oldest = r.Date
	}
	c.Newest = max(c.Newest, r.Date)
	emit(r)
	return nil
}

func count(names *map[string]int64, name string) {
	if *names == nil {
		*names = map[string]int64{}
	}
	if _, known := (*names)[name]; !known && len(*names) >= maxDistinct {
		name = Others
	}
	(*names)[name]++
}

// Snapshot gives the counts.
func (s *Statistics) Snapshot() ([]byte, error) { return json.Marshal(&s.counts) }

// Restore takes the counts of an earlier run.
func (s *Statistics) Restore(state []byte) error { return json.Unmarshal(state, &s.counts) }

// Rows is the number of rows.
func (s *Statistics) Rows() int64 { return s.counts.Rows }

// Repaired is the number of rows with a text that was not UTF-8.
func (s *Statistics) Repaired() int64 { return s.counts.Repaired }

// LeftOut is the number of rows whose input does not show all of the code.
func (s *Statistics) LeftOut() int64 { return s.counts.LeftOut }

// Prompt is the distribution of the rows' prompt_tokens.
func (s *Statistics) Prompt() *Histogram { return &s.counts.Prompt }

// Output is the distribution of the rows' output_tokens.
func (s *Statistics) Output() *Histogram { return &s.counts.Output }

// Total is the distribution of the sum of both.
func (s *Statistics) Total() *Histogram { return &s.counts.Total }

// Licenses counts the rows by SPDX expression; "" is none known.
func (s *Statistics) Licenses() map[string]int64 { return maps.Clone(s.counts.Licenses) }

// Repos counts the rows by repository.
func (s *Statistics) Repos() map[string]int64 { return maps.Clone(s.counts.Repos) }

// Dates gives the first and the last date of the rows, in RFC 3339; "" without rows.
func (s *Statistics) Dates() (oldest, newest string) { return s.counts.Oldest, s.counts.Newest }

// Histogram counts values exactly. It takes memory for each distinct value, of which
// token counts have some ten thousand. The zero value is empty.
type Histogram struct {
	counts map[int]int64
	n      int64
}

// Add counts a value.
func (h *Histogram) Add(value int) {
	if h.counts == nil {
		h.counts = map[int]int64{}
	}
	h.counts[value]++
	h.n++
}

// Len is the number of values.
func (h *Histogram) Len() int64 { return h.n }

// Quantile gives the smallest value that at least the share q of all values do not
// exceed: 0.5 is the median, and 1 the largest. It is 0 without values.
func (h *Histogram) Quantile(q float64) int {
	left := q * float64(h.n)
	values := slices.Sorted(maps.Keys(h.counts))
	for _, value := range values {
		if left -= float64(h.counts[value]); left <= 0 {
			return value
		}
	}
	if len(values) == 0 {
		return 0
	}
	return values[len(values)-1]
}

// Above is the number of values larger than limit.
func (h *Histogram) Above(limit int) (n int64) {
	for value, count := range h.counts {
		if value > limit {
			n += count
		}
	}
	return n
}

// MarshalJSON gives an object of values and their counts.
func (h *Histogram) MarshalJSON() ([]byte, error) { return json.Marshal(h.counts) }

// UnmarshalJSON is the inverse of MarshalJSON.
func (h *Histogram) UnmarshalJSON(text []byte) error {
	*h = Histogram{}
	if err := json.Unmarshal(text, &h.counts); err != nil {
		return err
	}
	for _, count := range h.counts {
		h.n += count
	}
	return nil
}
