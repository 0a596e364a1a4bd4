package commitobj

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// git is a git command that no configuration of the machine reaches.
func git(gitDir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"--git-dir=" + gitDir, "-c", "i18n.logOutputEncoding=UTF-8"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C")
	cmd.Stderr = os.Stderr
	return cmd
}

// oddObjects are commits that git reads, and that hold what is odd in the
// tables of this package's tests.
func oddObjects() []string {
	raw := []string{
		treeLine + author + committer + "\n",
		treeLine + author + committer,
		treeLine + committer + author + "\nm\n",
		treeLine + "author B <b@c.d> 1 +0000\n" + author + committer + "committer B <b@c.d> 1 +0000\n\nm\n",
		treeLine + strings.TrimSpace(author) + "\n and more\n" + committer + "\nm\n",
		treeLine + author + "parent 0123456789abcdef0123456789abcdef01234567\n" + committer + "\nm\n",
		treeLine + author + committer + "encoding ISO-8859-1\nencoding KOI8-R\n\n\xe4\n",
		treeLine + author + committer + "gpgsig -----BEGIN\n author X <x> 1 +0000\n \n -----END\nother\n\nm\n\nb\n",
		treeLine + author + committer + "\n\n \nsubject  \nmore\r\n\r\n \nbody\n\nAcked-by: A\n",
		treeLine + author + committer + "\nsub\x00ject\n\nbody\n",
		treeLine + author + committer + "\nsubject\n\nbo\x00dy\n",
	}
	for _, test := range identityTests {
		raw = append(raw, treeLine+"author "+test.line+"\n"+committer+"\nm\n", treeLine+author+"committer "+test.line+"\n\nm\n")
	}
	for _, test := range encodingTests {
		header := ""
		if test.encoding != "" {
			header = "encoding " + test.encoding + "\n"
		}
		raw = append(raw, treeLine+"author "+test.stored+" <a> 1 +0000\n"+committer+header+"\n"+test.stored+"\n\n"+test.stored+"\n")
	}
	return raw
}

// Commits with every oddity are read as git log reads them.
func TestParseAsGit(t *testing.T) {
	dir := t.TempDir()
	gitDir := filepath.Join(dir, "repo.git")
	require.NoError(t, git(gitDir, "init", "--quiet", "--bare").Run())
	mktree := git(gitDir, "mktree")
	require.NoError(t, mktree.Run())

	var paths strings.Builder
	objects := oddObjects()
	for i, raw := range objects {
		path := filepath.Join(dir, strconv.Itoa(i))
		require.NoError(t, os.WriteFile(path, []byte(raw), 0o600))
		fmt.Fprintln(&paths, path)
	}
	hash := git(gitDir, "hash-object", "-t", "commit", "-w", "--literally", "--stdin-paths")
	hash.Stdin = strings.NewReader(paths.String())
	out, err := hash.Output()
	require.NoError(t, err)

	compared := compareWithGit(t, gitDir, strings.Fields(string(out)))
	assert.Greater(t, compared.commits, len(objects)*9/10, "few of the objects are equal")
	t.Log(compared)
}

// All commits of a real history are read as git log reads them.
func TestParseAsGitOverHistory(t *testing.T) {
	gitDir := os.Getenv("COMMITFLOW_REPO")
	if gitDir == "" {
		t.Skip("set COMMITFLOW_REPO to a git directory to compare all its commits with git log")
	}
	out, err := git(gitDir, "rev-list", "--all").Output()
	require.NoError(t, err)
	t.Log(compareWithGit(t, gitDir, strings.Fields(string(out))))
}

// comparison counts the commits that were compared and those on which git and
// we differ for a known reason.
type comparison struct {
	commits, repaired, nobody, noDate, notUTF8 int
}

func (c comparison) String() string {
	return fmt.Sprintf("%d commits, %d of them repaired; git finds nobody in %d identities and no date in %d, and prints %d texts that are not UTF-8",
		c.commits, c.repaired, c.nobody, c.noDate, c.notUTF8)
}

// compareWithGit holds [Parse] and [Message] against git log.
func compareWithGit(t *testing.T, gitDir string, hashes []string) (compared comparison) {
	t.Helper()
	list := strings.Join(hashes, "\n") + "\n"
	log := git(gitDir, "log", "--no-walk=unsorted", "--stdin", "--date=raw",
		"--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%ad%x00%cn%x00%ce%x00%ct%x00%cd%x00%e%x00%s%x00%b%x00%B%x00%(trailers:only,unfold)%x00")
	log.Stdin = strings.NewReader(list)
	printed := start(t, log)
	cat := git(gitDir, "cat-file", "--batch", "--buffer")
	cat.Stdin = strings.NewReader(list)
	objects := start(t, cat)

	seen := make(map[string]bool, len(hashes))
	for _, hash := range hashes {
		raw := readObject(t, objects)
		if seen[hash] {
			continue // git log prints it once
		}
		seen[hash] = true
		var f [16]string
		for i := range f {
			text, err := printed.ReadString(0)
			require.NoError(t, err)
			f[i] = strings.TrimSuffix(text, "\x00")
		}
		require.Equal(t, hash, strings.TrimPrefix(f[0], "\n"))

		var c stage.Commit
		require.NoError(t, Parse(&c, raw))
		compared.commits++
		if len(c.Repaired) > 0 {
			compared.repaired++
		}
		require.Equal(t, f[1], c.Tree.String())
		var parents []string
		for _, p := range c.Parents {
			parents = append(parents, p.String())
		}
		require.Equal(t, f[2], strings.Join(parents, " "), "parents of %s", hash)
		compared.identity(t, &c, hash, "author", c.Author, f[3:7])
		compared.identity(t, &c, hash, "committer", c.Committer, f[7:11])
		require.Equal(t, f[11], c.Encoding, "encoding of %s", hash)
		compared.text(t, &c, hash, "message", f[12], c.Subject)
		compared.text(t, &c, hash, "message", f[13], c.Body)
		compared.text(t, &c, hash, "message", f[14], c.Message)
		var trailers strings.Builder
		for _, trailer := range c.Trailers {
			if trailer.Loose { // git sees none outside the last paragraph
				continue
			}
			fmt.Fprintf(&trailers, "%s: %s\n", trailer.Key, trailer.Value)
		}
		compared.text(t, &c, hash, "message", f[15], trailers.String())

		said := Message(raw)
		require.Equal(t, c.Committer.Seconds, said.Seconds)
		if c.Encoding == "" && utf8.Valid(said.Text) {
			require.Equal(t, c.Message, string(said.Text))
		}
	}
	require.NoError(t, log.Wait())
	require.NoError(t, cat.Wait())
	return compared
}

// identity compares name, mail, seconds, and raw date. Git prints none of them
// for a line without a whole mail address, and no date where it finds no
// number with a zone after it.
func (n *comparison) identity(t *testing.T, c *stage.Commit, hash, field string, got stage.Signature, printed []string) {
	t.Helper()
	if strings.Join(printed, "") == "" && hasRepair(c, field) {
		n.nobody++
		return
	}
	n.text(t, c, hash, field, printed[0], got.Name)
	n.text(t, c, hash, field, printed[1], got.Mail)
	if printed[2] == "" {
		require.True(t, hasRepair(c, field) || got.Seconds < 0, "git prints no date of the %s of %s, and we %d", field, hash, got.Seconds)
		n.noDate++
		return
	}
	require.Equal(t, printed[3], fmt.Sprintf("%d %+05d", got.Seconds, got.Zone), "date of the %s of %s", field, hash)
}

// text compares a text. Git prints bytes as they are where it cannot convert
// them, and nothing after a NUL.
func (n *comparison) text(t *testing.T, c *stage.Commit, hash, field, printed, got string) {
	t.Helper()
	require.True(t, utf8.ValidString(got), "%s of %s: %q", field, hash, got)
	if !utf8.ValidString(printed) {
		n.notUTF8++
		require.True(t, hasRepair(c, field), "%s of %s: %q", field, hash, printed)
		inUTF8, _ := stage.Charset{}.UTF8(printed)
		require.Equal(t, inUTF8, got, "%s of %s", field, hash)
		return
	}
	if before, _, found := strings.Cut(c.Message, "\x00"); found && field == "message" {
		require.True(t, strings.HasPrefix(got, printed) && strings.Contains(before, printed), "%s of %s: git prints %q of %q", field, hash, printed, got)
		return
	}
	require.Equal(t, printed, got, "%s of %s", field, hash)
}

func hasRepair(c *stage.Commit, field string) bool {
	for _, r := range c.Repaired {
		if r.Field == field {
			return true
		}
	}
	return false
}

func start(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return bufio.NewReaderSize(pipe, 1<<20)
}

// readObject reads one answer of git cat-file --batch.
func readObject(t *testing.T, objects *bufio.Reader) []byte {
	t.Helper()
	line, err := objects.ReadString('\n')
	require.NoError(t, err)
	fields := strings.Fields(line)
	require.Len(t, fields, 3, line)
	size, err := strconv.Atoi(fields[2])
	require.NoError(t, err)
	raw := make([]byte, size+1)
	_, err = io.ReadFull(objects, raw)
	require.NoError(t, err)
	return raw[:size]
}
