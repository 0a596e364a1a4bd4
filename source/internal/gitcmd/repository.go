package gitcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What keeps a repository from being opened; errors of [Open] wrap these.
var (
	ErrNotRepository = errors.New("not a git repository")
	ErrNotTrusted    = errors.New("the repository belongs to another user")
	ErrObjectFormat  = errors.New("unsupported object format")
)

// outputLimit bounds what [Repository.Output] collects.
const outputLimit = 256 << 20

// Repository is a git repository found on this machine. It holds no resources
// and is safe for concurrent use.
type Repository struct {
	// GitDir is the repository's own directory, absolute: the bare repository,
	// the .git of a work tree, or what the .git file of a linked work tree or
	// submodule names.
	GitDir string
	// ObjectDir is where the repository keeps its objects, absolute.
	ObjectDir string
	// ShallowFile lists the commits at which a shallow clone ends, and
	// GraftsFile those whose parents were rewritten by hand; neither need
	// exist.
	ShallowFile string
	GraftsFile  string

	// home is where children run: the top of the work tree, so that paths in
	// arguments mean what they mean in trees, or GitDir without a work tree.
	home string
}

// Open finds the repository that dir is, or lies in: a bare repository, a work
// tree (linked ones and submodules too) or a directory inside of one.
//
// git refuses repositories that belong to another user unless the user's or
// the system's configuration trusts them (safe.directory); that decision is
// honoured, and the error tells how to change it.
func Open(ctx context.Context, dir string) (*Repository, error) {
	if _, err := Version(ctx); err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", dir, err)
	}
	if info, err := os.Stat(absolute); err != nil {
		return nil, fmt.Errorf("repository %s: %w", dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("repository %s: %w: it is a file", dir, ErrNotRepository)
	}
	r, err := locate(ctx, absolute, false)
	if errors.Is(err, ErrNotTrusted) {
		r, err = locate(ctx, absolute, true)
	}
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", dir, err)
	}
	return r, nil
}

// locate asks git where the parts of the repository are.
func locate(ctx context.Context, dir string, userConfig bool) (*Repository, error) {
	out, err := run(ctx, dir, userConfig, 1<<20, []string{"rev-parse",
		"--show-object-format",
		"--is-inside-work-tree",
		"--absolute-git-dir",
		"--git-path", "objects",
		"--git-path", "shallow",
		"--git-path", "info/grafts",
		"--show-cdup",
	})
	if err != nil {
		return nil, refusal(err)
	}
	answers := strings.Split(string(out), "\n")
	if len(answers) < 7 || len(answers) > 8 { // git prints no cdup in some bare repositories
		return nil, fmt.Errorf("git rev-parse gave %d answers, want 7: is there a newline in the path?", len(answers)-1)
	}
	// A git that does not know the question (older than 2.28) echoes it, and
	// has never heard of other formats.
	if format := answers[0]; format != "sha1" && !strings.HasPrefix(format, "--") {
		return nil, fmt.Errorf("%w: objects are named by %s, only sha1 can be read; "+
			"convert a copy with git fast-export and fast-import", ErrObjectFormat, format)
	}
	r := &Repository{
		GitDir:      answers[2],
		ObjectDir:   below(dir, answers[3]),
		ShallowFile: below(dir, answers[4]),
		GraftsFile:  below(dir, answers[5]),
	}
	r.home = r.GitDir
	if answers[1] == "true" {
		r.home = below(dir, answers[6])
	}
	return r, nil
}

// below resolves what git printed relative to the directory it ran in.
func below(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// refusal names the known reasons for which git does not open a repository.
func refusal(err error) error {
	var failed *Error
	if !errors.As(err, &failed) {
		return err
	}
	switch said := failed.Stderr; {
	case strings.Contains(said, "dubious ownership"), strings.Contains(said, "unsafe repository"):
		return fmt.Errorf("%w: if you trust it, run: git config --global --add safe.directory %s",
			ErrNotTrusted, ownedElsewhere(said))
	case strings.Contains(said, "not a git repository"):
		return ErrNotRepository
	}
	return err
}

// ownedElsewhere is the directory that git's advice names.
func ownedElsewhere(stderr string) string {
	for line := range strings.Lines(stderr) {
		if _, dir, ok := strings.Cut(line, "--add safe.directory "); ok {
			return strings.TrimSpace(dir)
		}
	}
	return "DIR"
}

// Start runs git with args in the repository. The child is killed when ctx is
// done; the caller must end the process by Wait or Close in any case.
//
// Paths in args are relative to the root of the trees.
func (r *Repository) Start(ctx context.Context, args ...string) (*Process, error) {
	return start(ctx, r.home, false, append([]string{"--git-dir=" + r.GitDir}, args...))
}

// Output runs git with args in the repository and gives what it prints, up to
// 256 MiB; for more use [Repository.Lines] or [Repository.Start].
func (r *Repository) Output(ctx context.Context, args ...string) ([]byte, error) {
	return run(ctx, r.home, false, outputLimit, append([]string{"--git-dir=" + r.GitDir}, args...))
}
