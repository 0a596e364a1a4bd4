package synthetic

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// smallFiles keeps the huge files of test histories just large enough to count
// as such.
const smallFiles = 160_000

// repo is a repository that git is asked about.
type repo string

func generated(t *testing.T, options Options) repo {
	t.Helper()
	options.Dir = filepath.Join(t.TempDir(), "history.git")
	options.MaxFileBytes = smallFiles
	require.NoError(t, Generate(t.Context(), options))
	return repo(options.Dir)
}

func (r repo) git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := r.run(t, args...)
	require.NoError(t, err, "git %v", args)
	return out
}

func (r repo) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"--git-dir=" + string(r)}, args...)...)
	cmd.Env = gitEnv()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, stderr.Bytes())
	}
	return string(out), err
}

func (r repo) lines(t *testing.T, args ...string) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(r.git(t, args...), "\n"), "\n")
}

func (r repo) refs(t *testing.T) string { return r.git(t, "for-each-ref") }

func TestTheSameOptionsGiveTheSameHashes(t *testing.T) {
	options := Options{Commits: 130, Seed: 7}
	first := generated(t, options).refs(t)
	assert.Equal(t, first, generated(t, options).refs(t))

	options.Seed = 8
	assert.NotEqual(t, first, generated(t, options).refs(t))
}

// The hash changes whenever the generator does; it is here to show that it
// does not change with the machine, with git or with Go.
func TestHashesAreTheSameEverywhere(t *testing.T) {
	r := generated(t, Options{Commits: 120, Seed: 42})
	assert.Equal(t, "ecb39cc5bdf1190175678d7be2e4ac8b5e461ddc", strings.TrimSpace(r.git(t, "rev-parse", "main")))
}

func TestSeveralImportsGiveTheSameHashes(t *testing.T) {
	options := Options{Commits: 250, Seed: 7, MaxFileBytes: smallFiles}
	whole := generated(t, options)
	options.Dir = filepath.Join(t.TempDir(), "parts.git")
	require.NoError(t, options.complete())
	require.NoError(t, generate(t.Context(), options, 40))
	assert.Equal(t, whole.refs(t), repo(options.Dir).refs(t))
	packs, err := filepath.Glob(filepath.Join(options.Dir, "objects/pack/*.pack"))
	require.NoError(t, err)
	assert.Len(t, packs, 7)
}

func TestCommitsAreCounted(t *testing.T) {
	for _, n := range []int{1, 2, 3, 140} {
		r := generated(t, Options{Commits: n})
		assert.Len(t, r.lines(t, "rev-list", "--all"), n)
		assert.Equal(t, "refs/heads/main", strings.TrimSpace(r.git(t, "symbolic-ref", "HEAD")))
		assert.NotContains(t, r.refs(t), "topic-", "all topics are merged")
	}
}

// A tree is as large as it is to be throughout, unless it is to be larger than
// the kernel's first one.
func TestFilesAreAboutAsMany(t *testing.T) {
	r := generated(t, Options{Commits: 600, Files: 300})
	for _, revision := range []string{"main", "main~100", "main~200", ":/Linux-2.6.12-rc2"} {
		assert.InEpsilon(t, 300, len(r.lines(t, "ls-tree", "-r", "--name-only", revision)), 0.1, revision)
	}
	for _, line := range r.lines(t, "ls-tree", "-r", "-l", "main") {
		var size int
		_, _ = fmt.Sscan(strings.Fields(line)[3], &size)
		assert.Less(t, size, 2*smallFiles, line)
	}
}

// One history with everything in it.
func TestHistoryHasEveryFeature(t *testing.T) {
	r := generated(t, Options{Commits: 300, Files: 200, Seed: 3})
	_, err := r.run(t, "fsck", "--full", "--no-dangling")
	require.NoError(t, err)

	raw := r.git(t, "log", "--all", "--raw", "-M", "--find-copies-harder", "--format=")
	messages := r.git(t, "log", "--all", "--format=%B", "--encoding=")
	patches := r.git(t, "log", "--all", "-p", "--format=")
	objects := r.git(t, "log", "--all", "--format=raw", "--encoding=")

	for _, c := range []struct {
		name, in, pattern string
	}{
		{"additions", raw, ` A\t`},
		{"deletions", raw, ` D\t`},
		{"renames without edits", raw, ` R100\t`},
		{"renames with edits", raw, ` R0\d\d\t`},
		{"copies without edits", raw, ` C100\t`},
		{"a file becomes executable", raw, `^:100644 100755 (\w+) (\w+) M\t`},
		{"a symlink is added", raw, `^:000000 120000 `},
		{"a symlink changes", raw, `^:120000 120000 `},
		{"a file becomes a symlink", raw, `^:100(644|755) 120000 \w+ \w+ T\t`},
		{"a symlink becomes a file", raw, `^:120000 100644 \w+ \w+ T\t`},
		{"a submodule is added", raw, `^:000000 160000 `},
		{"a submodule moves on", raw, `^:160000 160000 `},
		{"a file becomes a submodule", raw, `^:100(644|755) 160000 \w+ \w+ T\t`},
		{"a path in UTF-8", raw, `"\S*\\346\\227\\245`},
		{"a path with a tab", raw, `"\S*tab\\t`},
		{"a path with a quote", raw, `"\S*quote\\"`},
		{"a path with a backslash", raw, `"\S*back\\\\slash`},
		{"a path in Latin-1", raw, `"\S*latin\\351`},
		{"a path with a space", raw, `\S*with space `},
		{"binaries", patches, `^Binary files .* differ`},
		{"a last line without end", patches, `^\\ No newline at end of file`},
		{"carriage returns", patches, `(?m)^\+.*\r$`},
		{"headings of functions", patches, `^@@ .* @@ static \w+`},
		{"deleted lines like file headers", patches, `^--- [ab]/\w+$`},
		{"octopus merges", r.git(t, "log", "--all", "--format=%p"), `^\w+ \w+ \w+`},
		{"merges of a tag", messages, `^Merge tag '.*' of git://`},
		{"several roots", fmt.Sprint(len(r.lines(t, "rev-list", "--max-parents=0", "HEAD"))), `^2$`},
		{"commits without changes", r.git(t, "log", "--all", "--no-merges", "--shortstat", "--format=%x3e"), `^>\n>`},
		{"tags", r.git(t, "tag"), `^v\d`},
		{"reverts", messages, `^Revert "`},
		{"reapplied reverts", messages, `^(Reapply|Revert "Revert) `},
		{"upstream markers", messages, `^commit [0-9a-f]{40} upstream\.`},
		{"bracketed upstream markers", messages, `^\[ Upstream commit [0-9a-f]{40} \]`},
		{"cherry-pick markers", messages, `^\(cherry picked from commit [0-9a-f]{40}\)`},
		{"Fixes by the rule", messages, `^Fixes: [0-9a-f]{12} \("`},
		{"Fixes with a short hash", messages, `^Fixes: [0-9a-f]{7} \("`},
		{"Fixes with a whole hash", messages, `^Fixes: [0-9a-f]{40} \("`},
		{"Fixes with a word too many", messages, `^Fixes: commit `},
		{"Fixes without quotes", messages, `^Fixes: [0-9a-f]{12} [^(]`},
		{"Fixes in upper case", messages, `^Fixes: [0-9A-F]*[A-F][0-9A-F]* \("`},
		{"Fixes with an address", messages, `^Fixes: https:`},
		{"stable's copies", messages, `(?i)^Cc: .*stable@`},
		{"reports by syzbot", messages, `^Reported-by: syzbot\+`},
		{"reviews", messages, `^Reviewed-by: `},
		{"links", messages, `^Link: https://lore`},
		{"messages with carriage returns", messages, `\r$`},
		{"commits without message", r.git(t, "log", "--all", "--format=%x3e%B%x3c"), `^><`},
		{"encoding headers", objects, `^encoding EUC-JP`},
		{"authors without name", objects, `^author  <`},
		{"authors without mail", objects, `^author No Mail <> `},
		{"odd zones", objects, `^author .* -7200$`},
		{"dates after 2038", objects, `^author .* 4000000000 `},
		{"dates at the epoch", objects, `^author .* 0 [+-]`},
	} {
		assert.True(t, regexp.MustCompile("(?m)"+c.pattern).MatchString(c.in), c.name)
	}

	var encodings []string
	for _, m := range regexp.MustCompile(`(?m)^encoding (.*)$`).FindAllStringSubmatch(objects, -1) {
		encodings = append(encodings, m[1])
	}
	slices.Sort(encodings)
	assert.Equal(t, []string{"EUC-JP", "ISO-8859-1", "ISO-8859-15", "KOI8-R", "Shift_JIS", "windows-1252"}, slices.Compact(encodings))
	assert.NotRegexp(t, regexp.MustCompile(`(?m)^author .* (0|3600) -`), objects, "a local time before 1970, at which git log gives up")
	assert.Contains(t, patches, "J\xf6rg", "Latin-1 contents")
	assert.Contains(t, messages, "bl\xe5b\xe6r", "neither UTF-8 nor an encoding header")
	assert.Greater(t, strings.Count(patches, "\n@@ "), strings.Count(patches, "\n--- ")*5/4, "several hunks a file")

	sizes := r.git(t, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectsize)")
	assert.Regexp(t, regexp.MustCompile(`(?m)^blob \d{6,}$`), sizes, "huge files")
}

// What messages name by hash are commits made before, with their subjects.
func TestReferencesResolve(t *testing.T) {
	r := generated(t, Options{Commits: 300, Seed: 5})
	type commit struct {
		hash, subject, message string
		seconds                int
	}
	var commits []commit
	for _, record := range strings.Split(r.git(t, "log", "--all", "-z", "--pretty=format:%H%n%ct%n%s%n%B", "--encoding="), "\x00") {
		parts := strings.SplitN(record, "\n", 4)
		seconds, err := strconv.Atoi(parts[1])
		require.NoError(t, err)
		commits = append(commits, commit{parts[0], parts[2], parts[3], seconds})
	}
	named := func(by commit, prefix string) commit {
		i := slices.IndexFunc(commits, func(c commit) bool { return strings.HasPrefix(c.hash, strings.ToLower(prefix)) })
		require.GreaterOrEqual(t, i, 0, "%s names %s", by.hash, prefix)
		assert.Less(t, commits[i].seconds, by.seconds, "%s names %s", by.hash, prefix)
		return commits[i]
	}
	fixes := regexp.MustCompile(`^Fixes: (?:commit )?([0-9a-fA-F]{7,40}) \("(.*)"\)$`)
	others := regexp.MustCompile(`[0-9a-f]{40}`)
	fixed, other := 0, 0
	for _, c := range commits {
		for line := range strings.Lines(c.message) {
			line = strings.TrimSpace(line)
			if m := fixes.FindStringSubmatch(line); m != nil {
				fixed++
				assert.Equal(t, named(c, m[1]).subject, m[2])
			} else if hash := others.FindString(line); hash != "" {
				other++
				named(c, hash)
			}
		}
	}
	assert.Greater(t, fixed, 30)
	assert.Greater(t, other, 5)
}

// A merge is what git itself makes of its parents, but for evil merges and for a
// few of topics that went on with a file after the change to it was picked onto
// main: git cannot merge these by itself.
func TestMergesAreClean(t *testing.T) {
	r := generated(t, Options{Commits: 400, Seed: 11})
	clean, evil, conflicts := 0, 0, 0
	for _, line := range r.lines(t, "log", "--merges", "--min-parents=2", "--max-parents=2", "--format=%T %P") {
		f := strings.Fields(line)
		tree, err := r.run(t, "-c", "merge.renames=false", "merge-tree", "--write-tree", "--allow-unrelated-histories", f[1], f[2])
		switch {
		case err != nil && strings.Contains(tree, "CONFLICT (content)"):
			conflicts++
		case strings.TrimSpace(tree) == f[0]:
			clean++
		default:
			require.NoError(t, err)
			evil++
		}
	}
	assert.Greater(t, clean, 10)
	assert.LessOrEqual(t, evil, clean/5)
	assert.LessOrEqual(t, conflicts, clean/10)
}

// A new version of a file is stored as a delta, even if git never repacks.
func TestEditsAreStoredAsDeltas(t *testing.T) {
	r := generated(t, Options{Commits: 300, Files: 100})
	index, err := filepath.Glob(filepath.Join(string(r), "objects/pack/*.idx"))
	require.NoError(t, err)
	deltas := regexp.MustCompile(`(?m)^[0-9a-f]{40} blob .* \d+ [0-9a-f]{40}$`)
	edits := len(r.lines(t, "log", "--all", "--no-merges", "--diff-filter=M", "--name-only", "--format="))
	assert.Greater(t, len(deltas.FindAllString(r.git(t, append([]string{"verify-pack", "-v"}, index...)...), -1)), edits*9/10)
}

func TestRepack(t *testing.T) {
	loose, packed := generated(t, Options{Commits: 60}), generated(t, Options{Commits: 60, Repack: true})
	assert.Equal(t, loose.refs(t), packed.refs(t))
	size := func(r repo) (sum int64) {
		packs, err := filepath.Glob(filepath.Join(string(r), "objects/pack/*.pack"))
		require.NoError(t, err)
		for _, pack := range packs {
			info, err := os.Stat(pack)
			require.NoError(t, err)
			sum += info.Size()
		}
		return sum
	}
	assert.Less(t, size(packed), size(loose))
}

func TestBadOptions(t *testing.T) {
	occupied := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(occupied, "file"), nil, 0o666))
	for want, options := range map[string]Options{
		"synthetic history: no directory given":                                                                      {},
		"synthetic history: " + occupied + " is not empty: choose another directory":                                 {Dir: occupied},
		"synthetic history: -1 commits, 0 files, at most 0 bytes a file: use positive numbers, or 0 for the default": {Commits: -1},
	} {
		assert.EqualError(t, Generate(t.Context(), options), want)
	}
	assert.FileExists(t, filepath.Join(occupied, "file"))
}

func TestCancelledRunLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := filepath.Join(t.TempDir(), "history.git")
	failed := make(chan error)
	go func() { failed <- Generate(ctx, Options{Dir: dir, Commits: 1_000_000, Files: 500}) }()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(dir, "HEAD"))
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	cancel()
	assert.ErrorIs(t, <-failed, context.Canceled)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestLogNormal(t *testing.T) {
	const median = 250
	r := random(1)
	samples := [10_000]int{}
	for i := range samples {
		samples[i] = r.logNormal(median, linesSpread)
	}
	slices.Sort(samples[:])
	sum := 0
	for _, sample := range samples {
		sum += sample
	}
	assert.InEpsilon(t, median, samples[5000], 0.1)
	assert.InEpsilon(t, median*39/10, samples[8413], 0.2, "one standard deviation, 2^1.95")
	assert.Less(t, samples[1587], median*10/35)
	assert.InEpsilon(t, median*5/2, sum/len(samples), 0.2, "the mean of a log-normal distribution")
	assert.Positive(t, samples[0])
}

// Linux 2.6.26, some 100,000 commits from the kernel's first, has 24,270 files of 388 lines
// on average, and the 9,941 commits since 2.6.25 that are no merges changed 8,676 of them. See
// activeDir and medianLines. Here git has no part in it.
func TestFilesAreAsLongAndAsManyChangeAsInTheKernel(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel() // so that no contents are written
	im := &importer{ctx: cancelled, limit: math.MaxInt, out: bufio.NewWriter(io.Discard), known: map[string]bool{}}
	im.answered.L = &im.mutex
	im.readErr = io.EOF // nobody answers: hashes are zeros
	h := newHistory(Options{Commits: 1_400_000, Files: 87_000, MaxFileBytes: defaultMaxFileBytes}, im)
	require.NoError(t, h.begin())
	const from, to = 100_000, 110_900
	for im.asked < to {
		require.NoError(t, h.step())
	}
	files, lines, changed := 0, 0, 0
	for slot, f := range h.files {
		if f != nil {
			files++
			lines += len(f.lines)
			if h.last[slot] >= from {
				changed++
			}
		}
	}
	assert.Equal(t, h.mainFiles, files)
	assert.InEpsilon(t, 24_270, files, 0.1)
	assert.InEpsilon(t, 388, lines/files, 0.1)
	assert.InEpsilon(t, 8676.0/24_270, float64(changed)/float64(files), 0.1)
}
