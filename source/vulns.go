package source

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/kernelcve"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

// Vulns is what a copy of the Linux kernel's list of vulnerabilities (vulns.git)
// says of commits, for a [stage.Classifier]. It does not change once it is read,
// and takes some 10 MB.
//
// A commit fixes a CVE if the list names it as its fix, in the main history or
// in a stable one; it introduces a CVE if the list, an override included, says
// that the hole came with it. What the list does not know, or dates before git,
// has no introducing commit. Rejected CVEs are left out, whatever else is said of
// them, and so are reserved ones.
type Vulns struct {
	commits   map[stage.Hash][]stage.CVE
	published int
	rejected  map[string]bool
	problems  []string
	digest    string
}

var (
	_ stage.CVEList    = (*Vulns)(nil)
	_ stage.Configured = (*Vulns)(nil)
)

// ErrNoVulns tells that a directory or repository holds no list of
// vulnerabilities.
var ErrNoVulns = errors.New("no list of vulnerabilities")

// ReadVulns reads the list from dir: a checked-out vulns.git, or any repository
// of it, a bare one too, at the revision ("" for HEAD). A file that cannot be
// understood is told by [Vulns.Problems] and does not stop it.
func ReadVulns(ctx context.Context, dir, revision string) (*Vulns, error) {
	files, err := openVulns(ctx, dir, revision)
	if err != nil {
		return nil, fmt.Errorf("vulnerabilities in %s: %w", dir, err)
	}
	defer files.close()
	r := vulnsReader{files: files, sum: sha256.New()}
	r.vulns.commits = map[stage.Hash][]stage.CVE{}
	if err := r.read(ctx); err != nil {
		return nil, fmt.Errorf("vulnerabilities in %s: %w", dir, err)
	}
	return &r.vulns, nil
}

// CVEs gives the CVEs of a commit, ordered by ID, its fixes first.
func (v *Vulns) CVEs(commit stage.Hash) []stage.CVE { return v.commits[commit] }

// Published is the number of CVEs that were read.
func (v *Vulns) Published() int { return v.published }

// Commits is the number of commits that fix or introduce a CVE.
func (v *Vulns) Commits() int { return len(v.commits) }

// Rejected tells whether the list rejects the CVE.
func (v *Vulns) Rejected(id string) bool { return v.rejected[id] }

// Problems tells what could not be understood, one line for each.
func (v *Vulns) Problems() []string { return slices.Clone(v.problems) }

// Configuration names what a checkpoint must not change under a run.
func (v *Vulns) Configuration() map[string]string { return map[string]string{"vulns": v.digest} }

// vulnsReader reads the files of a list, in the order of their names.
type vulnsReader struct {
	files vulnsFiles
	sum   hash.Hash
	vulns Vulns
}

// vulnsFiles are the files of a list, below "cve/".
type vulnsFiles struct {
	names []string // sorted; "published/2024/CVE-2024-26581.sha1"
	read  func(ctx context.Context, name string) ([]byte, error)
	close func() error
}

func (r *vulnsReader) read(ctx context.Context) error {
	r.vulns.rejected = map[string]bool{}
	for _, name := range r.files.names {
		if strings.HasPrefix(name, "rejected/") {
			r.vulns.rejected[cveOf(name)] = true
		}
	}
	names := r.files.names
	for len(names) > 0 {
		id := cveOf(names[0])
		end := 1
		for end < len(names) && cveOf(names[end]) == id {
			end++
		}
		files := names[:end]
		names = names[end:]
		if strings.HasPrefix(files[0], "published/") && kernelcve.ID.MatchString(id) && !r.vulns.rejected[id] {
			if err := r.published(ctx, id, files); err != nil {
				return err
			}
		}
	}
	if r.vulns.published == 0 {
		return fmt.Errorf("%w: cve/published holds no CVE: check out the branch that has them", ErrNoVulns)
	}
	for commit, list := range r.vulns.commits {
		slices.SortFunc(list, func(a, b stage.CVE) int {
			return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Role, b.Role))
		})
		r.vulns.commits[commit] = slices.Compact(list)
	}
	r.vulns.digest = fmt.Sprintf("%x", r.sum.Sum(nil))
	return nil
}

// cveOf is the CVE that a file is about.
func cveOf(name string) string {
	id, _, _ := strings.Cut(path.Base(name), ".")
	return id
}

// published reads the files of one CVE. Where the dyads are missing the record
// tells what they would. A CVE that no commit fixes or introduces is no label
// for any, and leftovers of one that was moved elsewhere are none.
func (r *vulnsReader) published(ctx context.Context, id string, files []string) error {
	fixes, introduces := map[stage.Hash]bool{}, map[stage.Hash]bool{}
	var vector string
	var score float32
	known, dyads := false, slices.ContainsFunc(files, func(name string) bool { return path.Ext(name) == ".dyad" })
	for _, name := range files {
		extension := path.Ext(name)
		switch extension {
		case ".sha1", ".dyad", ".vulnerable", ".cvss":
		case ".json":
			if dyads {
				continue
			}
		default:
			continue
		}
		text, err := r.files.read(ctx, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(r.sum, "%s %d\n", name, len(text))
		r.sum.Write(text)
		var problem error
		var ranges []kernelcve.Dyad
		switch extension {
		case ".sha1":
			var hashes []stage.Hash
			hashes, problem = kernelcve.ParseHashes(string(text))
			include(fixes, hashes...)
			known = known || len(hashes) > 0
		case ".vulnerable":
			var hashes []stage.Hash
			hashes, problem = kernelcve.ParseHashes(string(text))
			include(introduces, hashes...)
		case ".dyad":
			var lines kernelcve.Dyads
			lines, problem = kernelcve.ParseDyads(string(text))
			for _, line := range lines {
				ranges = append(ranges, line.Dyad)
			}
		case ".cvss":
			var scoring kernelcve.Scoring
			if scoring, problem = kernelcve.ParseScoring(string(text)); problem == nil {
				vector, score = scoring.Vector.String(), scoring.Vector.Score()
			}
		case ".json":
			var record kernelcve.Record
			record, problem = kernelcve.ParseRecord(text)
			ranges = record.Ranges
			known = known || problem == nil
			if vector == "" {
				vector, score = record.Vector, record.Score
			}
		}
		for _, d := range ranges {
			include(introduces, d.IntroducedCommit)
			include(fixes, d.FixedCommit)
		}
		if problem != nil {
			r.vulns.problems = append(r.vulns.problems, fmt.Sprintf("%s: %v", name, strings.ReplaceAll(problem.Error(), "\n", "; ")))
		}
	}
	if !known {
		return nil
	}
	r.vulns.published++
	add := func(commits map[stage.Hash]bool, role stage.CVERole) {
		for commit := range commits {
			r.vulns.commits[commit] = append(r.vulns.commits[commit], stage.CVE{ID: id, Role: role, Score: score, Vector: vector})
		}
	}
	add(fixes, stage.CVEFix)
	add(introduces, stage.CVEIntroduces)
	return nil
}

// include adds the commits that stand for one: not "unknown", and not "before
// git".
func include(commits map[stage.Hash]bool, hashes ...stage.Hash) {
	for _, h := range hashes {
		if !h.IsZero() && h != kernelcve.GitRoot {
			commits[h] = true
		}
	}
}

// maxVulnsFile is the largest file that is read; a CVE record has some 10 kB.
const maxVulnsFile = 16 << 20

// openVulns finds the files, in a directory or in a repository.
func openVulns(ctx context.Context, dir, revision string) (vulnsFiles, error) {
	if _, err := os.Stat(filepath.Join(dir, "cve", "published")); err == nil && revision == "" {
		return vulnsInDirectory(filepath.Join(dir, "cve"))
	}
	return vulnsInRepository(ctx, dir, cmp.Or(revision, "HEAD"))
}

func vulnsInDirectory(dir string) (vulnsFiles, error) {
	files := vulnsFiles{close: func() error { return nil }}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return files, err
	}
	files.close = root.Close
	for _, part := range []string{"published", "rejected"} {
		err := fs.WalkDir(root.FS(), part, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				files.names = append(files.names, name)
			}
			if errors.Is(err, fs.ErrNotExist) && name == "rejected" {
				return nil
			}
			return err
		})
		if err != nil {
			return files, errors.Join(err, root.Close())
		}
	}
	slices.Sort(files.names)
	files.read = func(_ context.Context, name string) ([]byte, error) {
		if info, err := root.Stat(name); err == nil && info.Size() > maxVulnsFile {
			return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read", name, info.Size(), maxVulnsFile)
		}
		return root.ReadFile(name)
	}
	return files, nil
}

func vulnsInRepository(ctx context.Context, dir, revision string) (vulnsFiles, error) {
	repo, err := gitcmd.Open(ctx, dir)
	if err != nil {
		return vulnsFiles{}, err
	}
	ids := map[string]stage.Hash{}
	files := vulnsFiles{}
	err = repo.Lines(ctx, func(line []byte) error {
		head, name, found := strings.Cut(string(line), "\tcve/")
		fields := strings.Fields(head)
		if !found || len(fields) != 3 || fields[1] != "blob" {
			return nil
		}
		id, err := stage.ParseHash(fields[2])
		if err != nil {
			return err
		}
		ids[name] = id
		files.names = append(files.names, name)
		return nil
	}, "ls-tree", "-r", "--full-tree", "--end-of-options", revision, "cve/published", "cve/rejected")
	if err != nil {
		return files, err
	}
	if len(files.names) == 0 {
		return files, fmt.Errorf("%w: there is no cve/published in %s: name a clone of the kernel's vulns repository, and the branch that has them", ErrNoVulns, revision)
	}
	objects, err := object.Open(ctx, repo, object.Options{CacheBytes: 32 << 20, MaxObject: maxVulnsFile})
	if err != nil {
		return files, err
	}
	slices.Sort(files.names)
	files.close = objects.Close
	files.read = func(ctx context.Context, name string) ([]byte, error) {
		text, err := objects.Blob(ctx, ids[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return text, nil
	}
	return files, nil
}
