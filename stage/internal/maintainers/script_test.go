package maintainers

import (
	"archive/tar"
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sentinel is a path that only one section of a file of its own is about; in the
// script's output it tells where the sections of one path end.
const (
	sentinel        = "zz/zz/zz/zz/zz/sentinel.txt"
	sentinelSection = "ZZ SENTINEL"

	script = "scripts/get_maintainer.pl"
)

// TestSectionsAreThoseOfTheScript compares with scripts/get_maintainer.pl of the
// repository itself: 20 of its revisions, 500 random paths each.
func TestSectionsAreThoseOfTheScript(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the directory of a repository that has scripts/get_maintainer.pl to compare with it")
	}
	if _, err := exec.LookPath("perl"); err != nil {
		t.Skip("install perl to compare with scripts/get_maintainer.pl")
	}
	revisions, paths := 20, 500
	if n, err := strconv.Atoi(os.Getenv("COMMITFLOW_ROUNDS")); err == nil {
		revisions = n
	}
	all := strings.Fields(git(t, repo, "rev-list", "--first-parent", "HEAD", "--", "MAINTAINERS"))
	var known []string
	for _, revision := range all {
		if exec.Command("git", "-C", repo, "cat-file", "-e", revision+":"+script).Run() == nil {
			known = append(known, revision)
		}
	}
	if len(known) == 0 {
		t.Skip("the repository has no scripts/get_maintainer.pl")
	}
	rng := rand.New(rand.NewPCG(20, 500))
	var total, differing, commented int
	for i := range revisions {
		revision := known[i*(len(known)-1)/max(1, revisions-1)]
		n, bad, explained := compareRevision(t, repo, revision, paths, rng)
		total += n
		differing += bad
		commented += explained
		t.Logf("%.12s: %d paths, %d differ, %d by a comment that the script takes for a title", revision, n, bad, explained)
	}
	t.Logf("%d paths at %d revisions: %d differ, %d by a comment that the script takes for a title", total, revisions, differing, commented)
	assert.LessOrEqual(t, differing*1000, total)
}

func git(t *testing.T, repo string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", repo}, args...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1")
	out, err := command.Output()
	require.NoError(t, err, args)
	return string(out)
}

func compareRevision(t *testing.T, repo, revision string, n int, rng *rand.Rand) (paths, differing, commented int) {
	dir := t.TempDir()
	var names []string
	lines := strings.Split(strings.TrimSuffix(git(t, repo, "ls-tree", "-r", "-z", "--name-only", revision), "\x00"), "\x00")
	for _, name := range lines {
		if !strings.ContainsAny(name, "\n\"") {
			names = append(names, name)
		}
	}
	checkOut(t, repo, revision, dir)
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	// U-Boot has had its script look into all directories in three ways.
	recursive := strings.Contains(readFile(filepath.Join(dir, ".get_maintainer.conf")), "--find-maintainer-files") ||
		strings.Contains(readFile(filepath.Join(dir, script)), "$find_maintainer_files = 1") ||
		strings.Contains(readFile(filepath.Join(dir, script)), "@maint_files")
	marker := "\n" + sentinelSection + "\nM:\tNobody <nobody@example.org>\nF:\t" + sentinel + "\n"
	write("MAINTAINERS", readFile(filepath.Join(dir, "MAINTAINERS"))+marker)
	write(sentinel, "")

	picked := make([]string, 0, n)
	for range n {
		if name := names[rng.IntN(len(names))]; isFile(filepath.Join(dir, name)) {
			picked = append(picked, name)
		}
	}
	want := askScript(t, dir, picked)

	var p Parser
	var sections []*Section
	titles := map[string][]string{} // by a comment right above the fields
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "MAINTAINERS" && d.Type().IsRegular() && (recursive || filepath.Dir(path) == dir) {
			text := readFile(path)
			sections = append(sections, p.Parse(text)...)
			for _, match := range commentedTitle.FindAllStringSubmatch(text, -1) {
				titles[match[2]] = append(titles[match[2]], match[1])
			}
		}
		return err
	}))
	x := NewIndex(sections)
	isDir := func(path string) bool {
		info, err := os.Stat(filepath.Join(dir, path))
		return err == nil && info.IsDir()
	}
	var f Finder
	for i, path := range picked {
		f.Path(x, path, isDir)
		var got []string
		depth := map[string]int{}
		for _, m := range f.Found() {
			got = append(got, strings.Join(append([]string{m.Title}, people(m.Section)...), "\n"))
			depth[m.Title] = m.Depth
		}
		explained := false
		for j, section := range want[i] {
			comment, rest, _ := strings.Cut(section, "\n")
			for _, title := range titles[comment] {
				named := strings.TrimSuffix(title+"\n"+rest, "\n")
				if slices.Contains(got, named) && !slices.Contains(want[i], named) {
					want[i][j], explained = named, true
				}
			}
		}
		ordered := slices.IsSortedFunc(want[i], func(a, b string) int { return depth[title(b)] - depth[title(a)] })
		slices.Sort(got)
		sorted := slices.Sorted(slices.Values(want[i]))
		if !slices.Equal(got, sorted) || !ordered {
			differing++
			t.Logf("%s at %s: the script has\n%s\nand we have\n%s", path, revision, strings.Join(sorted, "\n\n"), strings.Join(got, "\n\n"))
		} else if explained {
			commented++
		}
	}
	return len(picked), differing, commented
}

// commentedTitle finds titles that a comment follows: "VCT BOARD", "#M: -". The
// script takes the comment for the title; we pass over comments.
var commentedTitle = regexp.MustCompile(`(?m)^([^#\s].*)\n(?:#.*\n)*(#.*)\n[A-Z]:`)

func title(section string) string {
	title, _, _ := strings.Cut(section, "\n")
	return title
}

func people(s *Section) []string {
	return append(slices.Clone(s.Maintainers), s.Reviewers...)
}

// askScript gives the sections of each path, with their people, in the script's
// order.
func askScript(t *testing.T, dir string, paths []string) [][]string {
	t.Helper()
	args := []string{script, "-f", "--sections", "--nogit", "--nogit-fallback", "--nogit-blame",
		"--nokeywords", sentinel, sentinel}
	for _, path := range paths {
		args = append(args, path, sentinel)
	}
	command := exec.Command("perl", args...)
	command.Dir = dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, stderr.String())
	var blocks []string
	for block := range strings.SplitSeq(string(out), "\n\n") {
		block = strings.Trim(block, "\n")
		if strings.Contains(block, "\n") { // the list of addresses at the end is of no section
			lines := strings.Split(block, "\n")
			kept := []string{strings.TrimSpace(lines[0])}
			var reviewers []string
			for _, line := range lines[1:] {
				switch {
				case strings.HasPrefix(line, "M:"):
					kept = append(kept, strings.TrimSpace(line[2:]))
				case strings.HasPrefix(line, "R:"):
					reviewers = append(reviewers, strings.TrimSpace(line[2:]))
				}
			}
			blocks = append(blocks, strings.Join(append(kept, reviewers...), "\n"))
		} else if block != "" {
			blocks = append(blocks, block)
		}
	}
	isSentinel := func(block string) bool { return title(block) == sentinelSection }
	first := slices.IndexFunc(blocks, isSentinel)
	require.Zero(t, first, "the first path is the sentinel")
	others := slices.IndexFunc(blocks[1:], isSentinel) // sections that each path belongs to
	require.GreaterOrEqual(t, others, 0)
	blocks = blocks[1+others+1+others:]
	var found [][]string
	for range paths {
		end := slices.IndexFunc(blocks, isSentinel)
		require.GreaterOrEqual(t, end, 0)
		found = append(found, blocks[:end])
		blocks = blocks[end+1+others:]
	}
	return found
}

// checkOut puts the files of a revision into a directory: those that the
// script reads with their contents, the others empty.
func checkOut(t *testing.T, repo, revision, dir string) {
	t.Helper()
	var read []string
	for entry := range strings.SplitSeq(git(t, repo, "ls-tree", "-r", "-z", revision), "\x00") {
		head, name, ok := strings.Cut(entry, "\t")
		if !ok || !strings.HasPrefix(head, "1") {
			continue
		}
		if filepath.Base(name) == "MAINTAINERS" || name == script || strings.HasPrefix(name, ".get_maintainer.") || name == ".mailmap" {
			read = append(read, name)
		}
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
	archive := tar.NewReader(strings.NewReader(git(t, repo, append([]string{"archive", revision, "--"}, read...)...)))
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
		if header.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(archive)
		require.NoError(t, err)
		if header.Name == script {
			// Perl 5.24 has done away with this way to write "any byte".
			text = bytes.ReplaceAll(text, []byte(`(\C)`), []byte(`(.)`))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, header.Name), text, 0o644))
	}
}

func readFile(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
