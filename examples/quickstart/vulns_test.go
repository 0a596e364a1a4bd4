package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/examples/internal/commandtest"
)

// A list of vulnerabilities that names two commits of a history gives them the
// tag, the CVE and the strength; the rejected one counts for nothing.
func TestQuickstartReadsAListOfVulnerabilities(t *testing.T) {
	repo := commandtest.History(t, 60)
	list := exec.CommandContext(t.Context(), "git", "-C", repo, "rev-list", "--no-merges", "--max-count=8", "HEAD")
	text, err := list.Output()
	require.NoError(t, err)
	commits := strings.Fields(string(text))
	fix, rejected, bug := commits[0], commits[1], commits[7]

	vulns := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(vulns, "cve", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	write("published/2024/CVE-2024-0001.sha1", fix+"\n")
	write("published/2024/CVE-2024-0001.dyad", "# dyad version: 1.2.0\n5.1:"+bug+":6.2:"+fix+"\n")
	write("published/2024/CVE-2024-0001.cvss", "f4215fc3 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H\n\nwhy\n")
	write("rejected/2024/CVE-2024-0002.sha1", rejected+"\n")

	type securityRow struct {
		Commit   string   `json:"commit"`
		Task     string   `json:"task"`
		Tags     []string `json:"tags"`
		Strength string   `json:"strength"`
		CVEs     []string `json:"cves"`
		CVSS     float32  `json:"cvss"`
	}
	rows := func(args ...string) map[string]securityRow {
		out := filepath.Join(t.TempDir(), "set")
		ran := quickstart(t, append([]string{"-repo", repo, "-out", out, "-min-quality", "0", "-mode", "security"}, args...)...)
		require.Zero(t, ran.status, ran.stderr)
		rows := map[string]securityRow{}
		for _, line := range commandtest.Rows(t, out) {
			var r securityRow
			require.NoError(t, json.Unmarshal([]byte(line), &r))
			if r.Task == "fix" {
				rows[r.Commit] = r
			}
		}
		return rows
	}
	with := rows("-vulns", vulns)
	require.Contains(t, with, fix)
	assert.Contains(t, with[fix].Tags, "security")
	assert.Equal(t, "cve", with[fix].Strength)
	assert.Equal(t, []string{"CVE-2024-0001"}, with[fix].CVEs)
	assert.Equal(t, float32(7.5), with[fix].CVSS)
	assert.NotContains(t, with, rejected)
	assert.NotContains(t, with, bug, "that a commit opened the hole does not make it a fix")
	assert.NotContains(t, rows(), fix, "only the list tells")

	ran := quickstart(t, "-repo", repo, "-out", filepath.Join(t.TempDir(), "set"), "-vulns", t.TempDir())
	assert.NotZero(t, ran.status)
	assert.Contains(t, ran.stderr, "not a git repository")
}
