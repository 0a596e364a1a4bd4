package kernelcve_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source/internal/kernelcve"
	"github.com/commitflow/commitflow/stage"
)

const (
	a40 = "a42055e8d2c30d4decfc13ce943d09c7b9dad221"
	b40 = "dd32621f19243f89ce830919496a5dcc2158aa33"
)

func hashOf(t testing.TB, text string) stage.Hash {
	h, err := stage.ParseHash(text)
	require.NoError(t, err)
	return h
}

func TestDyads(t *testing.T) {
	text := "# dyad version: 1.2.0\n\n4.20:" + a40 + ":5.15.165:" + b40 + "\n0:0:6.8:" + b40 + "\n6.1:" + a40 + ":0:0\n"
	dyads, err := kernelcve.ParseDyads(text)
	require.NoError(t, err)
	assert.Equal(t, text, dyads.String())
	assert.Equal(t, kernelcve.Dyads{
		{Remark: "# dyad version: 1.2.0"}, {},
		{Dyad: kernelcve.Dyad{Introduced: "4.20", IntroducedCommit: hashOf(t, a40), Fixed: "5.15.165", FixedCommit: hashOf(t, b40)}},
		{Dyad: kernelcve.Dyad{Introduced: "0", Fixed: "6.8", FixedCommit: hashOf(t, b40)}},
		{Dyad: kernelcve.Dyad{Introduced: "6.1", IntroducedCommit: hashOf(t, a40), Fixed: "0"}},
	}, dyads)
	for bad, want := range map[string]string{
		"4.20:" + a40 + ":5.15":                            "want 4 fields",
		"\n4.20:" + a40 + ":5.15:xyz":                      "line 2: dyad: ",
		"4.20:" + a40 + ":5.15:" + strings.ToUpper(b40):    "lower case",
		"4.20:" + a40 + ":5.15:" + strings.Repeat("0", 40): "or 0 for none",
		":" + a40 + ":5.15:" + b40:                         "a version is empty",
		"4.20:" + a40[:12] + ":5.15:" + b40:                "want 40",
	} {
		_, err := kernelcve.ParseDyads(bad)
		assert.ErrorContains(t, err, want)
	}
}

func TestHashes(t *testing.T) {
	hashes, err := kernelcve.ParseHashes(a40 + "\n" + b40)
	require.NoError(t, err)
	assert.Equal(t, a40+"\n"+b40+"\n", kernelcve.PrintHashes(hashes))
	hashes, err = kernelcve.ParseHashes("1e18ec3e9d46\n" + b40 + "\n")
	assert.ErrorContains(t, err, "1e18ec3e9d46")
	assert.Equal(t, []stage.Hash{hashOf(t, b40)}, hashes)
	assert.Equal(t, []string{"https://example.org/1"}, kernelcve.ParseReferences("\nhttps://example.org/1 \n"))
}

// The scores are those of the calculator and the examples of the specification.
func TestScores(t *testing.T) {
	for vector, want := range map[string]float32{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1, // CVE-2013-1937 of the examples
		"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N": 6.4, // CVE-2013-0375
		"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N": 3.1, // CVE-2014-3566
		"CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L": 4.2, // CVE-2014-2019 has PR:N, AV:P
		"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N": 0,
		"CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H": 5.5,
	} {
		v, err := kernelcve.ParseVector(vector)
		require.NoError(t, err)
		assert.Equal(t, vector, v.String())
		assert.Equal(t, want, v.Score(), vector)
	}
	for _, bad := range []string{"", "CVSS:3.1", "CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		"CVSS:3.1/AC:L/AV:N/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P"} {
		_, err := kernelcve.ParseVector(bad)
		assert.ErrorContains(t, err, "CVSS vector")
	}
	file := "f4215fc3-5b6b-47ff-a258-f7189bd81038 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\n\nAV:N - because\n"
	scoring, err := kernelcve.ParseScoring(file)
	require.NoError(t, err)
	assert.Equal(t, file, scoring.String())
	_, err = kernelcve.ParseScoring("CVSS:3.1/AV:N\n")
	assert.ErrorContains(t, err, "UUID")
	scoring, err = kernelcve.ParseScoring(strings.TrimSuffix(strings.SplitAfter(file, "\n")[0], "\n"))
	require.NoError(t, err)
	assert.Empty(t, scoring.Text)
}

func TestRecord(t *testing.T) {
	r, err := kernelcve.ParseRecord([]byte(`{"cveMetadata":{"cveID":"CVE-2024-26581"},"containers":{"cna":{
		"metrics":[{"other":{}},{"cvssV3_1":{"vectorString":"CVSS:3.1/…","baseScore":7.5}}],
		"affected":[{"versions":[{"version":"` + a40 + `","lessThan":"` + b40 + `","status":"affected","versionType":"git"},
			{"version":"` + b40 + `","status":"affected","versionType":"git"},{"version":"4.20","status":"affected"}]}],
		"references":[{"url":"https://example.org/1"}]}}}`))
	require.NoError(t, err)
	assert.Equal(t, kernelcve.Record{
		ID: "CVE-2024-26581", Vector: "CVSS:3.1/…", Score: 7.5, References: []string{"https://example.org/1"},
		Ranges: []kernelcve.Dyad{{IntroducedCommit: hashOf(t, a40), FixedCommit: hashOf(t, b40)}, {IntroducedCommit: hashOf(t, b40)}},
	}, r)
	for bad, want := range map[string]string{
		"{":  "CVE record: ",
		"{}": "the id is",
		`{"cveMetadata":{"cveID":"CVE-2024-26581"},"containers":{"cna":{"affected":[{"versions":[{"version":"x","status":"affected","versionType":"git"}]}]}}}`: "CVE-2024-26581: affected version",
	} {
		_, err := kernelcve.ParseRecord([]byte(bad))
		assert.ErrorContains(t, err, want)
	}
}

func FuzzDyads(f *testing.F) {
	f.Add("# remark\n4.20:" + a40 + ":5.15.165:" + b40 + "\n")
	f.Add("0:0:0:0\n\n:::\n")
	f.Add("4.20:" + a40 + ":0:0")
	f.Fuzz(func(t *testing.T, text string) {
		dyads, err := kernelcve.ParseDyads(text)
		if err != nil {
			return
		}
		require.Equal(t, strings.TrimSuffix(text, "\n"), strings.TrimSuffix(dyads.String(), "\n"))
	})
}

func FuzzScoring(f *testing.F) {
	f.Add("f4215fc3 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\n\nAV:N - because\n")
	f.Add("x CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:C/C:L/I:N/A:N")
	f.Fuzz(func(t *testing.T, text string) {
		scoring, err := kernelcve.ParseScoring(text)
		if err != nil {
			return
		}
		require.Equal(t, text, scoring.String())
		score := scoring.Vector.Score()
		require.True(t, 0 <= score && score <= 10, score)
	})
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"cveMetadata":{"cveID":"CVE-2024-26581"},"containers":{"cna":{"affected":[{"versions":[{"version":"` + a40 + `","status":"affected","versionType":"git"}]}]}}}`))
	f.Add([]byte(`{"cveMetadata":{"cveID":"CVE-1-1"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := kernelcve.ParseRecord(text)
		require.Equal(t, err == nil, kernelcve.ID.MatchString(r.ID) || err == nil)
		for _, d := range r.Ranges {
			require.NoError(t, err)
			require.False(t, d.IntroducedCommit.IsZero() && d.FixedCommit.IsZero() && r.ID == "")
		}
	})
}

func FuzzHashes(f *testing.F) {
	f.Add(a40 + "\n" + b40)
	f.Add("1e18ec3e9d46\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		hashes, err := kernelcve.ParseHashes(text)
		if err == nil {
			require.Len(t, hashes, len(strings.Fields(text)))
		}
		again, err := kernelcve.ParseHashes(kernelcve.PrintHashes(hashes))
		require.NoError(t, err)
		require.Equal(t, hashes, again)
	})
}
