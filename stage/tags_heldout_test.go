package stage_test

import (
	"context"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// judged is a line of testdata/tags_heldout.txt.
type judged struct {
	sample, project, tag string
	right                bool
}

var judgedLine = regexp.MustCompile(`^([0-9a-f]{40}) (heldout|development) ([\w-]+) (security|refactor) (right|wrong): \S.*$`)

func readJudged(t *testing.T) map[stage.Hash]judged {
	text, err := os.ReadFile("testdata/tags_heldout.txt")
	require.NoError(t, err)
	judgements := map[stage.Hash]judged{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := judgedLine.FindStringSubmatch(line)
		require.NotNil(t, fields, line)
		hash, err := stage.ParseHash(fields[1])
		require.NoError(t, err)
		require.NotContains(t, judgements, hash)
		judgements[hash] = judged{fields[2], fields[3], fields[4], fields[5] == "right"}
	}
	return judgements
}

func TestTheHeldOutCommits(t *testing.T) {
	count := map[string]int{}
	labels := readLabels(t)
	for hash, j := range readJudged(t) {
		count[j.sample+" "+j.project+" "+j.tag]++
		assert.NotContains(t, labels, hash, "it is one of the 300")
	}
	assert.Equal(t, 60, count["heldout u-boot security"])
	assert.Equal(t, 60, count["heldout u-boot refactor"])
}

// TestTagsOfHeldOutCommits measures the precision of two tags on commits of which
// a reader has judged the tag, see testdata/tags_heldout.txt. They are U-Boot's
// and those of other projects: each run measures those that its repository has.
func TestTagsOfHeldOutCommits(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to U-Boot's repository, or that of btrfs-progs, fio, libbpf or opensbi, to measure two tags")
	}
	judgements := readJudged(t)
	revisions := revisionsPresent(repo, maps.Keys(judgements))
	if len(revisions) == 1 {
		t.Skip("COMMITFLOW_REPO has none of the judged commits")
	}
	scores := map[string]*score{}
	heldOut := map[string]*score{}
	p := stage.New("tags")
	tagged := stage.Through(stage.From(p, &source.Git{Repo: repo, Revisions: revisions}), stage.Classifier{})
	stage.To(tagged, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		c := it.Value
		j := judgements[c.Hash]
		name := j.sample + " " + j.project + " " + j.tag
		if scores[name] == nil {
			scores[name] = &score{}
		}
		scores[name].add(c.HasTag(j.tag), j.right)
		if j.sample == "heldout" {
			heldOut[j.tag] = scores[name]
		}
		if c.HasTag(j.tag) && !j.right {
			t.Logf("%.12s is no %s: %.80s", c.Hash, j.tag, c.Subject)
		}
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	for name, s := range scores {
		low, high := wilson(s.right, s.right+s.wrong)
		t.Logf("%-30s precision %3d/%3d = %.2f (%.2f–%.2f); %d right ones are tagged no more", name, s.right, s.right+s.wrong, s.precision(), low, high, s.missed)
	}
	for tag, s := range heldOut {
		assert.GreaterOrEqual(t, s.precision(), 0.95, tag)
	}
}
