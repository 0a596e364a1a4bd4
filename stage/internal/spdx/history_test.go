package spdx

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plainReading prints what stands behind the tag in the first lines of a file,
// and, in a line of its own, what stands before it.
const plainReading = `NR > 32 { exit }
i = index($0, "SPDX-License-Identifier:") {
	text = substr($0, i + 24)
	sub(/\*\/.*/, "", text); sub(/-->.*/, "", text)
	gsub(/[ \t\r]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text)
	gsub(/\( /, "(", text); gsub(/ \)/, ")", text)
	print text; print substr($0, 1, i - 1)
	exit
}`

var (
	code    = regexp.MustCompile(`[A-Za-z0-9"'=]`)
	several = regexp.MustCompile(`^[^ ()]+( [^ ()]+)+$`) // licences without an operator
)

// TestExpressionOverHistory compares with a reading by awk of 2,000 random files
// of random commits. They may differ where a tag is no expression, as in the
// lists of U-Boot's early tags ("GPL-2.0+ X11"), or stands in code or prose.
func TestExpressionOverHistory(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the directory of a repository to compare the licences of 2,000 of its files")
	}
	git := func(args ...string) []byte {
		command := exec.Command("git", append([]string{"-C", repo}, args...)...)
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1")
		out, err := command.Output()
		if err != nil && args[0] == "cat-file" {
			return nil // a blob that the repository does not hold
		}
		require.NoError(t, err, args)
		return out
	}
	commits := strings.Fields(string(git("rev-list", "--no-merges", "HEAD")))
	rng := rand.New(rand.NewPCG(2000, 5))
	var files, equal, none, lists, elsewhere int
	for files < 2000 {
		commit := commits[rng.IntN(len(commits))]
		changes := strings.Split(string(git("diff-tree", "-r", "--root", "--no-commit-id", "--no-renames", "--diff-filter=AM", "-z", commit)), "\x00")
		changes = slices.DeleteFunc(changes, func(s string) bool { return !strings.HasPrefix(s, ":") || strings.Fields(s)[1][:3] != "100" })
		rng.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		for _, change := range changes[:min(3, len(changes))] {
			content := git("cat-file", "blob", strings.Fields(change)[3])
			if bytes.IndexByte(content, 0) >= 0 {
				continue
			}
			awk := exec.Command("awk", plainReading)
			awk.Stdin = bytes.NewReader(content)
			awk.Env = append(os.Environ(), "LC_ALL=C")
			out, err := awk.Output()
			require.NoError(t, err)
			want, before, _ := strings.Cut(string(out), "\n")
			got := Expression(content)
			files++
			switch {
			case got == want:
				equal++
				if got == "" {
					none++
				}
			case got == "" && code.MatchString(before):
				elsewhere++
			case got == "" && several.MatchString(want):
				lists++
			default:
				t.Errorf("%.12s %s: awk reads %q, and we %q", commit, change, want, got)
			}
		}
	}
	t.Logf("%d files: %d as awk reads them (%d without a tag), %d lists without operators, %d tags in code or prose", files, equal, none, lists, elsewhere)
	assert.Greater(t, equal, files*98/100)
}
