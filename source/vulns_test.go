package source_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/kernelcve"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

var (
	fix40     = strings.Repeat("f1", 20)
	stable40  = strings.Repeat("f2", 20)
	bug40     = strings.Repeat("b1", 20)
	other40   = strings.Repeat("b2", 20)
	neither40 = strings.Repeat("c1", 20)
)

const vector75 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"

// smallVulns is a list of vulnerabilities, checked out.
func smallVulns(t *testing.T) string {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	published, rejected := "cve/published/2024/", "cve/rejected/2024/"
	for name, text := range map[string]string{
		published + "CVE-2024-0001":                     "",
		published + "CVE-2024-0001.sha1":                fix40 + "\n",
		published + "CVE-2024-0001.dyad":                "# x\n5.1:" + bug40 + ":6.1.9:" + stable40 + "\n5.1:" + bug40 + ":6.2:" + fix40 + "\n",
		published + "CVE-2024-0001.cvss":                "uuid " + vector75 + "\n\nwhy\n",
		published + "CVE-2024-0001.json":                "not looked at",
		published + "CVE-2024-0001.mbox":                "From x\n",
		published + "CVE-2024-0002.sha1":                fix40 + "\n",
		published + "CVE-2024-0002.dyad":                "2.6.12:" + kernelcve.GitRoot.String() + ":6.2:" + fix40 + "\n0:0:0:0\n",
		published + "CVE-2024-0003.sha1":                other40, // before its dyads were made
		published + "CVE-2024-0003.json":                `{"cveMetadata":{"cveID":"CVE-2024-0003"},"containers":{"cna":{"metrics":[{"cvssV3_1":{"vectorString":"V","baseScore":5.5}}],"affected":[{"versions":[{"version":"` + bug40 + `","status":"affected","versionType":"git"}]}]}}}`,
		published + "CVE-2024-0004.sha1":                neither40 + "\n",
		published + "CVE-2024-0005.sha1":                "a1b2\n" + other40 + "\n",
		published + "CVE-2024-0005.dyad":                "6.1:" + bug40 + "\n",
		published + "CVE-2024-0005.vulnerable":          bug40 + "\n",
		published + "CVE-2024-0006.vulnerable":          neither40 + "\n",
		rejected + "CVE-2024-0004.sha1":                 neither40 + "\n",
		rejected + "CVE-2024-0006.sha1":                 neither40 + "\n",
		"cve/reserved/2024/CVE-2024-0007":               "",
		"cve/testing/published/2024/CVE-2024-0008.sha1": neither40,
	} {
		write(t, dir, name, text)
	}
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "vulns")
	return dir
}

func cve(id string, role stage.CVERole, score float32, vector string) stage.CVE {
	return stage.CVE{ID: id, Role: role, Score: score, Vector: vector}
}

func TestReadVulns(t *testing.T) {
	checkedOut := smallVulns(t)
	bare := filepath.Join(t.TempDir(), "vulns.git")
	git(t, checkedOut, "clone", "-q", "--bare", checkedOut, bare)
	var digests []map[string]string
	for _, where := range [][2]string{{checkedOut, ""}, {bare, ""}, {checkedOut, "main"}} {
		v, err := source.ReadVulns(t.Context(), where[0], where[1])
		require.NoError(t, err)
		of := func(digits string) []stage.CVE {
			hash, err := stage.ParseHash(digits)
			require.NoError(t, err)
			return v.CVEs(hash)
		}
		assert.Equal(t, []stage.CVE{cve("CVE-2024-0001", stage.CVEFix, 7.5, vector75), cve("CVE-2024-0002", stage.CVEFix, 0, "")}, of(fix40))
		assert.Equal(t, []stage.CVE{cve("CVE-2024-0001", stage.CVEFix, 7.5, vector75)}, of(stable40))
		assert.Equal(t, []stage.CVE{cve("CVE-2024-0003", stage.CVEFix, 5.5, "V"), cve("CVE-2024-0005", stage.CVEFix, 0, "")}, of(other40))
		assert.Equal(t, []stage.CVE{
			cve("CVE-2024-0001", stage.CVEIntroduces, 7.5, vector75), cve("CVE-2024-0003", stage.CVEIntroduces, 5.5, "V"), cve("CVE-2024-0005", stage.CVEIntroduces, 0, ""),
		}, of(bug40))
		assert.Empty(t, of(neither40), "rejected, or in another state")
		assert.Empty(t, v.CVEs(kernelcve.GitRoot), "before git")
		assert.Empty(t, v.CVEs(stage.Hash{}), "unknown")
		assert.True(t, v.Rejected("CVE-2024-0004"))
		assert.False(t, v.Rejected("CVE-2024-0001"))
		assert.Equal(t, 4, v.Published())
		assert.Equal(t, 4, v.Commits())
		problems := v.Problems()
		require.Len(t, problems, 2)
		assert.Contains(t, problems[0], `published/2024/CVE-2024-0005.dyad: line 1: dyad`)
		assert.Contains(t, problems[1], `published/2024/CVE-2024-0005.sha1: object id "a1b2"`)
		digests = append(digests, v.Configuration())
	}
	assert.Equal(t, digests[0], digests[1])
	assert.Equal(t, digests[0], digests[2])
}

func TestReadVulnsTellsWhatIsWrong(t *testing.T) {
	_, err := source.ReadVulns(t.Context(), smallHistory(t), "")
	assert.ErrorIs(t, err, source.ErrNoVulns)
	assert.ErrorContains(t, err, "name a clone of the kernel's vulns repository")
	_, err = source.ReadVulns(t.Context(), smallVulns(t), "none")
	assert.ErrorContains(t, err, "none")
	_, err = source.ReadVulns(t.Context(), t.TempDir(), "")
	assert.ErrorIs(t, err, source.ErrNotRepository)
	empty := t.TempDir()
	write(t, empty, "cve/published/2024/README", "")
	_, err = source.ReadVulns(t.Context(), empty, "")
	assert.ErrorIs(t, err, source.ErrNoVulns)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = source.ReadVulns(ctx, smallVulns(t), "main")
	assert.Error(t, err)
}

// TestTheKernelsVulns reads all of the kernel's list, and holds each file of it
// against what can be printed of it again.
func TestTheKernelsVulns(t *testing.T) {
	dir := os.Getenv("COMMITFLOW_VULNS")
	if dir == "" {
		t.Skip("set COMMITFLOW_VULNS to a clone of the kernel's vulns repository (and COMMITFLOW_VULNS_REVISION, if it is not HEAD) to read it whole")
	}
	revision := os.Getenv("COMMITFLOW_VULNS_REVISION")
	v, err := source.ReadVulns(t.Context(), dir, revision)
	require.NoError(t, err)
	for _, problem := range v.Problems() {
		t.Log(problem)
	}

	files := vulnFiles(t, dir, revision)
	published, fixes, rejected := 0, map[stage.Hash]bool{}, map[string]bool{}
	for name := range files {
		if id, _, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], "."); strings.HasPrefix(name, "rejected/") {
			rejected[id] = true
		}
	}
	counts := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		if !strings.HasPrefix(name, "published/") {
			continue
		}
		id, extension, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], ".")
		switch extension {
		case "sha1":
			hashes, err := kernelcve.ParseHashes(text)
			require.NoError(t, err, name)
			assert.Equal(t, strings.TrimSpace(text), strings.TrimSpace(kernelcve.PrintHashes(hashes)))
			published++
			for _, h := range hashes {
				fixes[h] = true
				assert.True(t, slices.ContainsFunc(v.CVEs(h), func(c stage.CVE) bool { return c.ID == id && c.Role == stage.CVEFix }), name)
			}
		case "vulnerable":
			hashes, err := kernelcve.ParseHashes(text)
			if err != nil {
				counts["overrides with an abbreviated hash"]++
			}
			if v.Rejected(id) {
				continue
			}
			for _, h := range hashes {
				if h == kernelcve.GitRoot {
					counts["overrides that date the bug before git"]++
					continue
				}
				assert.True(t, slices.ContainsFunc(v.CVEs(h), func(c stage.CVE) bool { return c.ID == id && c.Role == stage.CVEIntroduces }), name)
			}
			counts["overrides"]++
		case "dyad":
			dyads, err := kernelcve.ParseDyads(text)
			require.NoError(t, err, name)
			assert.Equal(t, text, dyads.String(), name)
			counts["dyad files"]++
			counts[compareRanges(t, name, dyads, files[strings.TrimSuffix(name, "dyad")+"json"])]++
		case "cvss":
			scoring, err := kernelcve.ParseScoring(text)
			require.NoError(t, err, name)
			assert.Equal(t, text, scoring.String(), name)
			counts["scores"]++
			if record, ok := files[strings.TrimSuffix(name, "cvss")+"json"]; ok {
				r, err := kernelcve.ParseRecord([]byte(record))
				require.NoError(t, err)
				if r.Vector == scoring.Vector.String() {
					counts["scores that the record has"]++
					assert.Equal(t, r.Score, scoring.Vector.Score(), name)
				} else {
					counts["scores that the record lacks or has another of"]++
				}
			}
		case "reference":
			counts["references"] += len(kernelcve.ParseReferences(text))
		}
	}
	for id := range rejected {
		assert.True(t, v.Rejected(id), id)
	}
	for h := range fixes {
		for _, c := range v.CVEs(h) {
			assert.False(t, rejected[c.ID], "%s is rejected", c.ID)
		}
	}
	assert.Equal(t, published, v.Published())
	t.Logf("%d published, %d distinct fixes, %d rejected, %d commits known; %v", published, len(fixes), len(rejected), v.Commits(), counts)
}

// compareRanges holds dyads against the ranges of the record, and tells how they
// compare. Where an introducing commit is unknown the record says "before git".
func compareRanges(t *testing.T, name string, dyads kernelcve.Dyads, record string) string {
	if record == "" {
		return "dyads without a record"
	}
	r, err := kernelcve.ParseRecord([]byte(record))
	require.NoError(t, err, name)
	pairs := func(unknown stage.Hash, lines []kernelcve.Dyad) map[[2]stage.Hash]bool {
		pairs := map[[2]stage.Hash]bool{}
		for _, d := range lines {
			if d.IntroducedCommit.IsZero() {
				d.IntroducedCommit = unknown
			}
			pairs[[2]stage.Hash{d.IntroducedCommit, d.FixedCommit}] = true
		}
		return pairs
	}
	var own []kernelcve.Dyad
	for _, line := range dyads {
		if line.IsDyad() {
			own = append(own, line.Dyad)
		}
	}
	if maps.Equal(pairs(stage.Hash{}, own), pairs(stage.Hash{}, r.Ranges)) {
		return "dyads equal to the record's ranges"
	}
	assert.Equal(t, pairs(kernelcve.GitRoot, own), pairs(kernelcve.GitRoot, r.Ranges), name)
	return "dyads whose unknown commit the record dates before git"
}

// vulnFiles reads the files below cve/ of a clone.
func vulnFiles(t *testing.T, dir, revision string) map[string]string {
	if revision == "" {
		revision = "HEAD"
	}
	repo, err := gitcmd.Open(t.Context(), dir)
	require.NoError(t, err)
	objects, err := object.Open(t.Context(), repo, object.Options{})
	require.NoError(t, err)
	defer objects.Close()
	files := map[string]string{}
	for line := range strings.Lines(git(t, dir, "ls-tree", "-r", "--full-tree", revision, "cve/published", "cve/rejected")) {
		head, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\tcve/")
		id, err := stage.ParseHash(strings.Fields(head)[2])
		require.NoError(t, err)
		if strings.HasSuffix(name, ".mbox") {
			continue
		}
		text, err := objects.Blob(t.Context(), id)
		require.NoError(t, err, name)
		files[name] = string(text)
	}
	return files
}
