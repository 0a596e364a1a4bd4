package stage_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// wordLists stand for those of the pipeline that this library replaces. They
// are a reconstruction: its sources were not at hand, only the remark that its
// security pattern "fires on any leak or locking".
var wordLists = map[string]*regexp.Regexp{
	stage.TagSecurity:      regexp.MustCompile(`(?i)leak|overflow|vulnerab|security|locking|race|use.after.free|double.free|out.of.bounds|\bcve\b|exploit|sanitiz`),
	stage.TagPerformance:   regexp.MustCompile(`(?i)performance|optimi[sz]|speed|faster|slow|latency|throughput|cache`),
	stage.TagRefactor:      regexp.MustCompile(`(?i)refactor|clean.?up|simplif|restructur|rename|move|consolidat|split|remove unused`),
	stage.TagDocumentation: regexp.MustCompile(`(?i)\bdocs?\b|documentation|comment|readme|kerneldoc`),
	stage.TagDriver:        regexp.MustCompile(`(?i)driver`),
	stage.TagBackport:      regexp.MustCompile(`(?i)backport|cherry.pick|upstream commit|commit \w+ upstream`),
	stage.TagRevert:        regexp.MustCompile(`(?i)\brevert`),
	stage.TagFix:           regexp.MustCompile(`(?i)\bfix|\bbug|correct|repair`),
	stage.TagFeature:       regexp.MustCompile(`(?i)\badd|implement|introduce|support|\bnew\b|enable`),
	stage.TagTest:          regexp.MustCompile(`(?i)\btests?\b|selftest|kunit`),
	stage.TagBuild:         regexp.MustCompile(`(?i)build|kconfig|makefile|compil`),
}

// labelled is a commit of testdata/tags_uboot.txt.
type labelled struct {
	tags    []string
	uniform bool
}

func readLabels(t *testing.T) map[stage.Hash]labelled {
	text, err := os.ReadFile("testdata/tags_uboot.txt")
	require.NoError(t, err)
	labels := map[stage.Hash]labelled{}
	known := stage.Classifier{}.TagNames()
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.SplitN(line, " ", 3)
		require.Len(t, fields, 3, line)
		hash, err := stage.ParseHash(fields[0])
		require.NoError(t, err)
		l := labelled{uniform: fields[1] == "uniform"}
		require.Contains(t, []string{"uniform", "stratified"}, fields[1])
		if fields[2] != "-" {
			for part := range strings.SplitSeq(fields[2], "; ") {
				tag, reason, found := strings.Cut(part, ": ")
				require.True(t, found && reason != "", "%s: every label has its reason", line)
				require.Contains(t, known, tag)
				l.tags = append(l.tags, tag)
			}
		}
		require.NotContains(t, labels, hash)
		labels[hash] = l
	}
	return labels
}

func TestTheLabelledCommits(t *testing.T) {
	labels := readLabels(t)
	assert.Len(t, labels, 300)
	uniform := 0
	for _, l := range labels {
		if l.uniform {
			uniform++
		}
	}
	assert.Equal(t, 153, uniform)
}

// score counts how often a label was given, rightly or not.
type score struct{ right, wrong, missed int }

func (s *score) add(given, wanted bool) {
	switch {
	case given && wanted:
		s.right++
	case given:
		s.wrong++
	case wanted:
		s.missed++
	}
}

func (s score) precision() float64 { return float64(s.right) / float64(s.right+s.wrong) }

func (s score) String() string {
	recall := float64(s.right) / float64(s.right+s.missed)
	low, high := wilson(s.right, s.right+s.wrong)
	return fmt.Sprintf("precision %3d/%3d = %.2f (%.2f–%.2f), recall %3d/%3d = %.2f",
		s.right, s.right+s.wrong, s.precision(), low, high, s.right, s.right+s.missed, recall)
}

// wilson gives the 95 % confidence interval of a proportion (E. B. Wilson,
// "Probable inference, the law of succession, and statistical inference", 1927).
func wilson(hits, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(hits)/float64(n), float64(n)
	centre, spread := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return (centre - spread) / (1 + z*z/m), (centre + spread) / (1 + z*z/m)
}

// revisionsPresent gives the arguments that read those of the commits which the
// repository has.
func revisionsPresent(repo string, commits iter.Seq[stage.Hash]) []string {
	revisions := []string{"--no-walk=unsorted"}
	for hash := range commits {
		if messageGit(repo, "cat-file", "-e", hash.String()).Run() == nil {
			revisions = append(revisions, hash.String())
		}
	}
	return revisions
}

// TestTagsOfARealHistory holds the classifier against the labels of a reader,
// see testdata/tags_uboot.txt, next to plain word lists.
func TestTagsOfARealHistory(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to U-Boot's repository to measure the tags against those of a reader")
	}
	labels := readLabels(t)
	revisions := revisionsPresent(repo, maps.Keys(labels))
	if present := len(revisions) - 1; present < len(labels)/2 { // a history that began as U-Boot's has its first ones
		t.Skipf("COMMITFLOW_REPO has %d of the %d labelled commits, which are U-Boot's: set it to its repository", present, len(labels))
	}
	require.Len(t, revisions, 1+len(labels), "all of the labelled commits are in HEAD's history")
	names := append(stage.Classifier{}.TagNames(), "")
	ours, uniform, theirs := map[string]*score{}, map[string]*score{}, map[string]*score{}
	for _, name := range names {
		ours[name], uniform[name], theirs[name] = &score{}, &score{}, &score{}
	}
	p := stage.New("tags")
	tagged := stage.Through(stage.From(p, &source.Git{Repo: repo, Revisions: revisions}), stage.Classifier{})
	stage.To(tagged, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		c := it.Value
		l := labels[c.Hash]
		for _, name := range names {
			wanted := slices.Contains(l.tags, name)
			ours[name].add(c.HasTag(name), wanted)
			if l.uniform {
				uniform[name].add(c.HasTag(name), wanted)
			}
			if list := wordLists[name]; list != nil {
				theirs[name].add(list.MatchString(c.Subject+"\n"+c.Body), wanted)
			}
			if given := c.HasTag(name); given != wanted {
				t.Logf("%.12s %s: given %v, by the reader %v: %.80s", c.Hash, name, given, wanted, c.Subject)
			}
		}
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	for _, name := range names[:len(names)-1] {
		t.Logf("%-13s ours       %v", name, ours[name])
		t.Logf("%-13s uniform    %v", "", uniform[name])
		t.Logf("%-13s word lists %v", "", theirs[name])
	}
	for _, name := range []string{stage.TagSecurity, stage.TagRefactor} {
		assert.GreaterOrEqual(t, ours[name].precision(), 0.95, name)
		assert.Greater(t, ours[name].precision(), theirs[name].precision(), name)
	}
}
