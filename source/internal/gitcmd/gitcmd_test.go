package gitcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// git runs git in dir as a user would, with nothing neutralised but the
// machine's own configuration.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=1112911993 -0700",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com", "GIT_COMMITTER_DATE=1112911993 -0700")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "git %s: %s", strings.Join(args, " "), stderr.String())
	return strings.TrimSuffix(string(out), "\n")
}

// workTree makes a repository with one commit of a file in a directory.
func workTree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	git(t, dir, "init", "-q", "-b", "main", ".")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	write(t, filepath.Join(dir, "sub", "file"), "content\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "first")
	return dir
}

func write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

func open(t *testing.T, dir string) *Repository {
	t.Helper()
	r, err := Open(context.Background(), dir)
	require.NoError(t, err)
	return r
}

func TestOpenFindsRepositoriesOfEveryLayout(t *testing.T) {
	dir := workTree(t)
	head := git(t, dir, "rev-parse", "HEAD")
	elsewhere := t.TempDir()
	elsewhere, err := filepath.EvalSymlinks(elsewhere)
	require.NoError(t, err)
	git(t, elsewhere, "clone", "-q", "--bare", dir, "bare.git")
	git(t, dir, "worktree", "add", "-q", filepath.Join(elsewhere, "linked"))
	git(t, elsewhere, "clone", "-q", "--separate-git-dir", "separate.git", dir, "separate")

	for _, test := range []struct{ name, open, gitDir, objects, home string }{
		{"work tree", dir, dir + "/.git", dir + "/.git/objects", dir},
		{"inside of a work tree", dir + "/sub", dir + "/.git", dir + "/.git/objects", dir},
		{".git itself", dir + "/.git", dir + "/.git", dir + "/.git/objects", dir + "/.git"},
		{"bare", elsewhere + "/bare.git", elsewhere + "/bare.git", elsewhere + "/bare.git/objects", elsewhere + "/bare.git"},
		{"linked work tree", elsewhere + "/linked", dir + "/.git/worktrees/linked", dir + "/.git/objects", elsewhere + "/linked"},
		{"a .git file, as submodules have", elsewhere + "/separate", elsewhere + "/separate.git", elsewhere + "/separate.git/objects", elsewhere + "/separate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := open(t, test.open)
			assert.Equal(t, test.gitDir, r.GitDir)
			assert.Equal(t, test.objects, r.ObjectDir)
			assert.Equal(t, test.home, r.home)
			out, err := r.Output(context.Background(), "rev-list", "HEAD", "--", "sub/file")
			require.NoError(t, err)
			assert.Equal(t, head+"\n", string(out))
		})
	}
}

func TestOpenTakesARelativePath(t *testing.T) {
	dir := workTree(t)
	t.Chdir(dir)
	r := open(t, "sub")
	assert.Equal(t, dir+"/.git", r.GitDir)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	empty := t.TempDir()
	write(t, empty+"/file", "")
	sha256 := t.TempDir()
	git(t, sha256, "init", "-q", "--object-format=sha256", ".")

	for _, test := range []struct {
		name, dir string
		want      error
		says      string
	}{
		{"no directory", empty + "/none", os.ErrNotExist, "none"},
		{"a file", empty + "/file", ErrNotRepository, "it is a file"},
		{"no repository", empty, ErrNotRepository, empty},
		{"sha256", sha256, ErrObjectFormat, "only sha1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(context.Background(), test.dir)
			require.ErrorIs(t, err, test.want)
			assert.Contains(t, err.Error(), test.says)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestOpenHonoursWhomTheUserTrusts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("giving a directory to another user takes root")
	}
	dir := workTree(t)
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, 12345, 12345))
	}))
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("SUDO_UID", "")

	_, err := Open(context.Background(), dir)
	require.ErrorIs(t, err, ErrNotTrusted)
	assert.Contains(t, err.Error(), "git config --global --add safe.directory "+dir)

	write(t, home+"/.gitconfig", "[safe]\n\tdirectory = "+dir+"\n")
	r := open(t, dir)
	_, err = r.Output(context.Background(), "rev-list", "HEAD")
	require.NoError(t, err)
}

func TestWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Open(context.Background(), ".")
	require.ErrorIs(t, err, ErrGitMissing)
}

func TestVersions(t *testing.T) {
	for _, test := range []struct {
		printed, version string
		want             error
	}{
		{"git version 2.39.5\n", "2.39.5", nil},
		{"git version 2.20.0", "2.20.0", nil},
		{"git version 2.50.1 (Apple Git-155)\n", "2.50.1", nil},
		{"git version 3.0.0.rc1\n", "3.0.0.rc1", nil},
		{"git version 2.19.9\n", "2.19.9", ErrGitTooOld},
		{"git version 1.8.3.1\n", "1.8.3.1", ErrGitTooOld},
	} {
		version, err := supported(test.printed)
		assert.ErrorIs(t, err, test.want, test.printed)
		assert.Equal(t, test.version, version)
	}
	for _, printed := range []string{"", "git version\n", "hub version 2.2.2", "git version two"} {
		_, err := supported(printed)
		assert.Error(t, err, "%q", printed)
	}
	_, err := Version(context.Background())
	assert.NoError(t, err)
}

func TestTheRepositorysConfigurationRunsNothing(t *testing.T) {
	dir := workTree(t)
	marker := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "script")
	write(t, script, "#!/bin/sh\necho \"$0 $*\" >>"+marker+"\nexit 1\n")
	require.NoError(t, os.Chmod(script, 0o755))
	write(t, dir+"/.gitattributes", "* diff=evil\n")
	alternate := t.TempDir()
	git(t, alternate, "init", "-q", "--bare", ".")
	write(t, dir+"/.git/objects/info/alternates", alternate+"/objects\n")
	// A commit that claims a signature, so that a checker would be called.
	raw := git(t, dir, "cat-file", "commit", "HEAD")
	signed := strings.Replace(raw, "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n", 1)
	write(t, dir+"/signed", signed+"\n")
	id := git(t, dir, "hash-object", "-t", "commit", "-w", "signed")
	for _, key := range []string{
		"core.fsmonitor", "core.alternateRefsCommand", "core.pager", "core.sshCommand", "core.askPass",
		"gpg.program", "gpg.openpgp.program", "diff.external", "diff.evil.textconv", "diff.evil.command", "pager.log",
	} {
		git(t, dir, "config", key, script)
	}
	commands := [][]string{
		{"rev-list", "--alternate-refs", "--all"},
		{"log", "--format=%G?", id},
		{"log", "-p", "HEAD"},
		{"diff-tree", "--root", "-p", "HEAD"},
		{"status"},
	}

	for _, args := range commands { // what the test is about does happen with plain git
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		_ = cmd.Run()
		if args[0] == "log" && args[1] == "-p" || args[0] == "rev-list" {
			require.FileExists(t, marker, "%v", args)
		}
		_ = os.Remove(marker)
	}
	r := open(t, dir)
	for _, args := range commands {
		_, err := r.Output(context.Background(), args...)
		assert.NoError(t, err, "%v", args)
		assert.NoFileExists(t, marker, "%v", args)
		_ = os.Remove(marker)
	}
}

func TestMissingObjectsAreNotFetched(t *testing.T) {
	origin := workTree(t)
	git(t, origin, "config", "uploadpack.allowFilter", "true")
	git(t, origin, "config", "uploadpack.allowAnySHA1InWant", "true")
	blob := git(t, origin, "rev-parse", "HEAD:sub/file")
	parent := t.TempDir()
	git(t, parent, "clone", "-q", "--bare", "--filter=blob:none", "file://"+origin, "partial.git")
	partial := parent + "/partial.git"

	_, err := open(t, partial).Output(context.Background(), "cat-file", "blob", blob)
	var failed *Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "content", git(t, partial, "cat-file", "blob", blob), "plain git does fetch it")
}

func TestTheEnvironmentDoesNotLeadAstray(t *testing.T) {
	dir, other := workTree(t), workTree(t)
	git(t, other, "commit", "-q", "--allow-empty", "-m", "second")
	t.Setenv("GIT_DIR", other+"/.git")
	t.Setenv("GIT_OBJECT_DIRECTORY", other+"/.git/objects")
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "alias.x")
	t.Setenv("GIT_CONFIG_VALUE_0", "version")
	r := open(t, dir)
	assert.Equal(t, dir+"/.git", r.GitDir)
	assert.Equal(t, dir+"/.git/objects", r.ObjectDir)
	out, err := r.Output(context.Background(), "rev-list", "--count", "HEAD")
	require.NoError(t, err)
	assert.Equal(t, "1\n", string(out))
}

func TestLines(t *testing.T) {
	ctx := context.Background()
	dir := workTree(t)
	for i := range 3 {
		git(t, dir, "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", fmt.Sprintf("carriage return\r\n\nof %d", i))
	}
	r := open(t, dir)

	var got []string
	collect := func(line []byte) error { got = append(got, string(line)); return nil }
	require.NoError(t, r.Lines(ctx, collect, "rev-list", "HEAD"))
	assert.Equal(t, strings.Fields(git(t, dir, "rev-list", "HEAD")), got)

	got = nil
	require.NoError(t, r.Lines(ctx, collect, "log", "-1", "--format=%B"))
	assert.Equal(t, "carriage return\r", got[0])

	stop := errors.New("enough")
	seen := 0
	err := r.Lines(ctx, func([]byte) error { seen++; return stop }, "rev-list", "HEAD")
	assert.Equal(t, stop, err)
	assert.Equal(t, 1, seen)

	err = r.Lines(ctx, collect, "rev-list", "nowhere")
	var failed *Error
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, err.Error(), "git rev-list: fatal: ")
	assert.Contains(t, err.Error(), "nowhere")
	assert.NotContains(t, err.Error(), "\n")
	var exit *exec.ExitError
	assert.ErrorAs(t, err, &exit)
}

func TestTheChildEndsWithTheContext(t *testing.T) {
	r := open(t, workTree(t))
	for name, end := range map[string]func(*Process) error{"wait": (*Process).Wait, "close": (*Process).Close} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			p, err := r.Start(ctx, "cat-file", "--batch") // waits for questions on its input
			require.NoError(t, err)
			time.AfterFunc(20*time.Millisecond, cancel)
			err = end(p)
			if name == "wait" {
				require.ErrorIs(t, err, context.Canceled)
			}
			require.NoError(t, p.Close())
			require.NotNil(t, p.cmd.ProcessState, "the child was waited for")
			assert.False(t, p.cmd.ProcessState.Success())
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	err := r.Lines(ctx, func([]byte) error { cancel(); return nil }, "cat-file", "--batch-all-objects", "--batch-check")
	if err != nil { // it may have been quicker
		assert.ErrorIs(t, err, context.Canceled)
	}
	_, err = r.Output(ctx, "rev-list", "HEAD")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestCloseMayComeFromAnotherGoroutine(t *testing.T) {
	r := open(t, workTree(t))
	p, err := r.Start(context.Background(), "cat-file", "--batch")
	require.NoError(t, err)
	time.AfterFunc(10*time.Millisecond, func() { _ = p.Close() })
	_, err = p.Stdout.Read(make([]byte, 1))
	assert.Error(t, err)
	require.NoError(t, p.Close())
	assert.NoError(t, p.Wait())
}

func TestOutputIsBounded(t *testing.T) {
	_, err := run(context.Background(), t.TempDir(), false, 10, []string{"version", "--build-options"})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "more than 10 bytes")
}

func TestComplaint(t *testing.T) {
	for _, test := range []struct{ stderr, want string }{
		{"", ""},
		{"warning: w\nfatal: bad object x\nhint: h\n", "fatal: bad object x"},
		{"error: one\nerror: two\n\n", "error: two"},
		{"fatal: \x1b[31mred\n", "fatal: ?[31mred"},
	} {
		assert.Equal(t, test.want, complaint(test.stderr))
	}
	var kept tail
	for range 3 {
		_, _ = kept.Write(bytes.Repeat([]byte("x"), tailSize))
	}
	_, _ = kept.Write([]byte("\nfatal: the end"))
	assert.Len(t, kept.String(), tailSize)
	assert.Equal(t, "fatal: the end", complaint(kept.String()))
}

func TestObjectDirsFollowsAlternates(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	dir := func(name string) string {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(path, 0o755))
		return path
	}
	own, second, third, quoted := dir("own"), dir("second"), dir("third"), dir("odd\tname")
	write(t, own+"/info/alternates", "# a comment\n\n../second\n"+root+"/none\n\""+root+"/odd\\tname\"\n")
	write(t, second+"/info/alternates", third+"\n"+own+"\n")
	write(t, third+"/info/alternates", second+"\n"+third+"\n")

	dirs, err := (&Repository{ObjectDir: own}).ObjectDirs()
	require.NoError(t, err)
	assert.Equal(t, []string{own, second, third, quoted}, dirs)

	deep := dir("deep0")
	for i := range 20 {
		write(t, fmt.Sprintf("%s/deep%d/info/alternates", root, i), dir(fmt.Sprintf("deep%d", i+1))+"\n")
	}
	dirs, err = (&Repository{ObjectDir: deep}).ObjectDirs()
	require.NoError(t, err)
	assert.Len(t, dirs, 1+alternatesDepth+1)

	write(t, own+"/info/alternates", strings.Repeat("x", alternatesSize+1))
	_, err = (&Repository{ObjectDir: own}).ObjectDirs()
	assert.Error(t, err)
}

func FuzzAlternates(f *testing.F) {
	f.Add("../other/objects\n")
	f.Add("# comment\n\"/quoted \\\"path\\\"\"\n/abs\n\"\n")
	dir := f.TempDir()
	require.NoError(f, os.MkdirAll(dir+"/info", 0o755))
	f.Fuzz(func(t *testing.T, list string) {
		write(t, dir+"/info/alternates", list)
		dirs, err := alternates(dir)
		if err == nil {
			for _, d := range dirs {
				assert.True(t, filepath.IsAbs(d), "%q", d)
			}
		}
	})
}
